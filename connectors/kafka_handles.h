/*
 * kafka_handles.h - the topics that a producer writes to, by name: each is
 * looked up by librdkafka once, and there are only so many of them.
 */
#ifndef CONNECTORS_KAFKA_HANDLES_H
#define CONNECTORS_KAFKA_HANDLES_H

#include <gale/value.h>
#include <librdkafka/rdkafka.h>

/* Starts zeroed, but for max. */
struct kafka_handles {
    rd_kafka_topic_t **items; /* by name, ascending */
    size_t n;
    int64_t max;
};

/* name: as kafka_topics_is_name() takes it. NULL with the sentence in
 * text[size]. The handle is borrowed until kafka_handles_drop(). */
rd_kafka_topic_t *kafka_handles_find(struct kafka_handles *h,
                                     rd_kafka_t *producer, gale_str name,
                                     char *text, size_t size);

/* Before their producer ends. */
void kafka_handles_drop(struct kafka_handles *h);

#endif
