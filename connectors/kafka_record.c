/* kafka_record.c - see kafka_record.h. */
#include "connectors/kafka_record.h"
#include <stdio.h>

enum { TOPIC, PARTITION, OFFSET, TIMESTAMP, KEY, VALUE, HEADERS };

static const char *const names[] = {"topic", "partition", "offset", "timestamp",
                                    "key",   "value",     "headers"};
static const char parting[] = "\n, \t";

static int field_of(const char *word, size_t size)
{
    for (int i = 0; i < KAFKA_RECORD_MAX; i++)
        if (strlen(names[i]) == size && !memcmp(names[i], word, size))
            return i;
    return -1;
}

/* The next word from *at on; its size, 0 behind the last. */
static size_t next_word(gale_str fields, size_t *at)
{
    if (fields.data == NULL)
        return 0;
    *at += strspn(fields.data + *at, parting);
    return strcspn(fields.data + *at, parting);
}

/* Each that is wrong is told to `out`, if somebody is there. */
static bool read_fields(struct kafka_record *r, gale_str fields,
                        gale_outputs *out)
{
    size_t length;
    char text[300];
    bool right = true;

    memset(r, 0, sizeof(*r));
    for (size_t at = 0; (length = next_word(fields, &at)) > 0; at += length) {
        int field = field_of(fields.data + at, length);

        if (field >= 0 && r->n < KAFKA_RECORD_MAX) {
            r->fields[r->n++] = (uint8_t)field;
            r->headers |= field == HEADERS;
            continue;
        }
        right = false;
        snprintf(text, sizeof(text),
                 "option fields: found %.*s, expected at most %d of %s",
                 (int)(length < 100 ? length : 100), fields.data + at,
                 KAFKA_RECORD_MAX, KAFKA_RECORD_FIELDS);
        if (out != NULL)
            gale_declare_error(out, text);
    }
    if (right && r->n == 0 && out != NULL)
        gale_declare_error(out, "option fields names none, expected some "
                                "of " KAFKA_RECORD_FIELDS);
    return right && r->n > 0;
}

bool kafka_record_init(struct kafka_record *r, gale_str fields)
{
    return read_fields(r, fields, NULL);
}

gale_result kafka_record_declare(gale_outputs *out, gale_str fields)
{
    const char *chosen[KAFKA_RECORD_MAX];
    gale_stream stream = {.name = "default"};
    struct kafka_record r;

    if (!read_fields(&r, fields, out))
        return GALE_FATAL;
    for (uint32_t i = 0; i < r.n; i++)
        chosen[i] = names[r.fields[i]];
    stream.fields.names = chosen;
    stream.fields.n = r.n;
    stream.fields.item_size = sizeof(chosen[0]);
    return gale_declare_stream(out, &stream);
}

static gale_value text_of(const void *data, size_t size)
{
    return data == NULL ? gale_nil() : gale_string(data, size);
}

static gale_value headers_of(const rd_kafka_message_t *message,
                             gale_value *pairs)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *data;
    uint32_t n = 0;
    size_t size;

    if (rd_kafka_message_headers(message, &headers) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
        for (; n < KAFKA_HEADERS_MAX &&
               rd_kafka_header_get_all(headers, n, &name, &data, &size) ==
                   RD_KAFKA_RESP_ERR_NO_ERROR;
             n++) {
            pairs[2 * n] = gale_cstr(name);
            pairs[2 * n + 1] = text_of(data, size);
        }
    return gale_map(pairs, n);
}

static gale_value time_of(const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    int64_t ms = rd_kafka_message_timestamp(message, &type);

    return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? gale_nil() : gale_int(ms);
}

static gale_value value_of(int field, const char *topic,
                           const rd_kafka_message_t *message,
                           struct kafka_values *to)
{
    switch (field) {
    case TOPIC:
        return gale_cstr(topic);
    case PARTITION:
        return gale_int(message->partition);
    case OFFSET:
        return gale_int(message->offset);
    case TIMESTAMP:
        return time_of(message);
    case KEY:
        return text_of(message->key, message->key_len);
    case VALUE:
        return text_of(message->payload, message->len);
    default:
        return headers_of(message, to->headers);
    }
}

void kafka_record_values(const struct kafka_record *r, const char *topic,
                         const rd_kafka_message_t *message,
                         struct kafka_values *to)
{
    for (uint32_t i = 0; i < r->n; i++)
        to->items[i] = value_of(r->fields[i], topic, message, to);
}
