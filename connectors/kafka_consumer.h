/*
 * kafka_consumer.h - the settings of librdkafka's consumer: ours, those that a
 * user must not have, and the rest as the user says.
 */
#ifndef CONNECTORS_KAFKA_CONSUMER_H
#define CONNECTORS_KAFKA_CONSUMER_H

#include "connectors/kafka_client.h"

/* The words of the options isolation and out.of.range, in their order. */
#define KAFKA_ISOLATION_WORDS "read_committed read_uncommitted"
#define KAFKA_OUT_OF_RANGE_WORDS "earliest latest error"

struct kafka_consumer_options {
    gale_str brokers, properties; /* as of kafka_client_conf() */
    gale_str group;
    int32_t isolation, out_of_range;
    int64_t refresh_secs;
};

/* A group that the user has not named is the task's component of its topology.
 * NULL, with the sentence in text[KAFKA_TEXT]. */
rd_kafka_conf_t *kafka_consumer_conf(gale_task *task,
                                     const struct kafka_consumer_options *o,
                                     char *text);

/* For `declare`: all that is wrong with these options is said. */
gale_result kafka_consumer_declare(gale_outputs *out, gale_str brokers,
                                   gale_str properties);

#endif
