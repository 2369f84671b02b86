/*
 * kafka_record.h - a record of Kafka as the values of a tuple.
 *
 * Which ones, and in which order, says the option `fields`. Texts are bytes as
 * Kafka has them, in the memory of the message; a key, a value or a header that
 * is null is nil, an empty one is an empty text. The time is in milliseconds,
 * nil if the record has none. Headers are a map in their order, names as often
 * as they come.
 */
#ifndef CONNECTORS_KAFKA_RECORD_H
#define CONNECTORS_KAFKA_RECORD_H

#include <gale/stream.h>
#include <gale/value.h>
#include <librdkafka/rdkafka.h>

#define KAFKA_RECORD_FIELDS "topic partition offset timestamp key value headers"

enum { KAFKA_RECORD_MAX = 7, KAFKA_HEADERS_MAX = 64 };

struct kafka_record {
    uint8_t fields[KAFKA_RECORD_MAX]; /* indices into KAFKA_RECORD_FIELDS */
    uint32_t n;
    bool headers; /* whether they are among them */
};

struct kafka_values {
    gale_value items[KAFKA_RECORD_MAX];
    gale_value headers[2 * KAFKA_HEADERS_MAX];
};

/* Names, parted by blanks, commas or line ends; false: one is wrong, which
 * `declare` has said. */
bool kafka_record_init(struct kafka_record *r, gale_str fields);

/* For `declare`: says each that is wrong. */
gale_result kafka_record_declare(gale_outputs *out, gale_str fields);

/* As long as the message and the topic's name are there. What is behind
 * KAFKA_HEADERS_MAX headers is left out. */
void kafka_record_values(const struct kafka_record *r, const char *topic,
                         const rd_kafka_message_t *message,
                         struct kafka_values *to);

#endif
