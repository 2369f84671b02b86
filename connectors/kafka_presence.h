/*
 * kafka_presence.h - is there a broker, and a topic to write to? Asked by
 * blocking questions, before anything runs.
 */
#ifndef CONNECTORS_KAFKA_PRESENCE_H
#define CONNECTORS_KAFKA_PRESENCE_H

#include "connectors/kafka_client.h"

struct kafka_presence {
    const char *from;        /* brokers, for people */
    rd_kafka_topic_t *topic; /* NULL: any broker is enough */
    int64_t partition;       /* that it must have; -1: any */
    int64_t start_ms;        /* as long as brokers are waited for */
};

/* False with the sentence in text[KAFKA_TEXT]. Meanwhile what librdkafka logs
 * is logged, and other events are dropped. */
bool kafka_presence_await(const struct kafka_presence *p,
                          struct kafka_client *client, gale_task *task,
                          char *text);

#endif
