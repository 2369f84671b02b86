/*
 * kafka_fields.h - a tuple as a record of Kafka: which field, or which option,
 * becomes its topic, partition, timestamp, key, value and headers.
 *
 * Text and bytes are written as they are, whatever they are; nil is null; an
 * int, a float (17 digits) and a bool are text, a list and a map JSON.
 */
#ifndef CONNECTORS_KAFKA_FIELDS_H
#define CONNECTORS_KAFKA_FIELDS_H

#include <gale/option.h>
#include <gale/stream.h>
#include <gale/task.h>
#include <librdkafka/rdkafka.h>

enum {
    KAFKA_FIELD_TOPIC,
    KAFKA_FIELD_PARTITION,
    KAFKA_FIELD_TIMESTAMP,
    KAFKA_FIELD_KEY,
    KAFKA_FIELD_VALUE,
    KAFKA_FIELD_HEADERS,
    KAFKA_FIELDS,
    KAFKA_FIELDS_TEXT = 256,
};

struct kafka_fields {
    gale_str names[KAFKA_FIELDS]; /* options: of fields; "": none */
    gale_str topic, key, headers; /* options: the same for all records */
    int64_t partition;            /* option; -1: by key */

    /* its own */
    uint32_t at[KAFKA_FIELDS]; /* places in tuples of `component`, `stream` */
    const char *component, *stream;
};

struct kafka_part {
    const char *data; /* NULL: null */
    size_t size;
    char number[32]; /* … which is the text of one */
    char *json;      /* … or of a list or a map */
};

/* Borrows from the tuple and from the options, but owns its headers. */
struct kafka_outgoing {
    gale_str topic;
    int32_t partition; /* RD_KAFKA_PARTITION_UA: by key */
    int64_t timestamp; /* ms; 0: now */
    struct kafka_part key, value;
    rd_kafka_headers_t *headers; /* NULL: none */
};

/* Looks the options over; false with the sentence in
 * text[KAFKA_FIELDS_TEXT]. */
bool kafka_fields_check(const struct kafka_fields *f, char *text);

/* Where the fields are in this input; false with the sentence. */
bool kafka_fields_locate(struct kafka_fields *f, const gale_tuple *in,
                         char *text);

/* For `declare`: the same. There are no streams. */
gale_result kafka_fields_declare(gale_outputs *out,
                                 const struct kafka_fields *f);

/* False with the sentence: no record can be made of it. Either way
 * kafka_outgoing_fini(). */
bool kafka_fields_take(const struct kafka_fields *f, const gale_tuple *in,
                       struct kafka_outgoing *to, char *text);

/* Whoever has taken the headers has set them to NULL. */
void kafka_outgoing_fini(struct kafka_outgoing *to);

#define KAFKA_FIELDS_OPTIONS(type_, member_)                                   \
    GALE_OPTION_STR(type_, member_.topic, "topic", "",                         \
                    "where all records go"),                                   \
        GALE_OPTION_FIELD(type_, member_.names[KAFKA_FIELD_TOPIC],             \
                          "topic.field", "", "or the field that says where"),  \
        GALE_OPTION_FIELD(type_, member_.names[KAFKA_FIELD_VALUE],             \
                          "value.field", "value",                              \
                          "what becomes the value; nil is null"),              \
        GALE_OPTION_FIELD(type_, member_.names[KAFKA_FIELD_KEY], "key.field",  \
                          "", "what becomes the key; none: see key"),          \
        GALE_OPTION_STR(type_, member_.key, "key", "",                         \
                        "the key of all records; none: null"),                 \
        GALE_OPTION_FIELD(type_, member_.names[KAFKA_FIELD_HEADERS],           \
                          "headers.field", "",                                 \
                          "a map of headers, as kafka_spout has it"),          \
        GALE_OPTION_MAP(type_, member_.headers, "header.",                     \
                        "headers of all records, before those"),               \
        GALE_OPTION_FIELD(type_, member_.names[KAFKA_FIELD_PARTITION],         \
                          "partition.field", "",                               \
                          "which partition; nil, as without: by key"),         \
        GALE_OPTION_INT(type_, member_.partition, "partition", "-1", -1,       \
                        INT32_MAX,                                             \
                        "the partition of all records; -1: by "                \
                        "key"),                                                \
        GALE_OPTION_FIELD(type_, member_.names[KAFKA_FIELD_TIMESTAMP],         \
                          "timestamp.field", "",                               \
                          "milliseconds since 1970; nil, as without: now")

#endif
