/* kafka_fields.c - see kafka_fields.h. */
#include "connectors/kafka_fields.h"
#include "connectors/json_text.h"
#include "connectors/kafka_topics.h"
#include "connectors/must.h"
#include <inttypes.h>

static const char *const parts[KAFKA_FIELDS] = {
    "topic", "partition", "timestamp", "key", "value", "headers"};

/* -- options --------------------------------------------------------------- */

static bool topic_is_wrong(const struct kafka_fields *f, char *text)
{
    bool by_field = f->names[KAFKA_FIELD_TOPIC].size > 0;

    if ((f->topic.size > 0) == by_field)
        snprintf(text, KAFKA_FIELDS_TEXT,
                 "options topic and topic.field: found %s, expected one of "
                 "them",
                 by_field ? "both" : "none");
    else if (!by_field && !kafka_topics_is_name(f->topic))
        snprintf(text, KAFKA_FIELDS_TEXT,
                 "option topic: \"%.100s\" is no name of a topic, expected at "
                 "most 249 letters, digits, dots, - or _",
                 f->topic.data);
    else
        return false;
    return true;
}

static bool key_is_wrong(const struct kafka_fields *f, char *text)
{
    if (f->key.size == 0 || f->names[KAFKA_FIELD_KEY].size == 0)
        return false;
    snprintf(text, KAFKA_FIELDS_TEXT,
             "options key and key.field: found both, expected one of them");
    return true;
}

static bool partition_is_wrong(const struct kafka_fields *f, char *text)
{
    if (f->partition < 0 || f->names[KAFKA_FIELD_PARTITION].size == 0)
        return false;
    snprintf(text, KAFKA_FIELDS_TEXT,
             "options partition and partition.field: found both, expected one "
             "of them");
    return true;
}

bool kafka_fields_check(const struct kafka_fields *f, char *text)
{
    text[0] = '\0';
    return !topic_is_wrong(f, text) && !key_is_wrong(f, text) &&
           !partition_is_wrong(f, text);
}

gale_result kafka_fields_declare(gale_outputs *out,
                                 const struct kafka_fields *f)
{
    gale_result result = GALE_OK;
    char text[KAFKA_FIELDS_TEXT];

    if (topic_is_wrong(f, text))
        result = gale_declare_error(out, text);
    if (key_is_wrong(f, text))
        result = gale_declare_error(out, text);
    if (partition_is_wrong(f, text))
        result = gale_declare_error(out, text);
    return result;
}

bool kafka_fields_locate(struct kafka_fields *f, const gale_tuple *in,
                         char *text)
{
    const char *component = gale_source_component(in);
    const char *stream = gale_source_stream(in);

    if (f->component == component && f->stream == stream)
        return true;
    for (int i = 0; i < KAFKA_FIELDS; i++) {
        f->at[i] = f->names[i].size > 0 ? gale_index_of(in, f->names[i].data)
                                        : GALE_NO_FIELD;
        if (f->names[i].size == 0 || f->at[i] != GALE_NO_FIELD)
            continue;
        snprintf(text, KAFKA_FIELDS_TEXT,
                 "the tuples of %.60s, stream %.60s, have no field \"%.60s\": "
                 "see the option %s.field",
                 component, stream, f->names[i].data, parts[i]);
        return false;
    }
    f->component = component;
    f->stream = stream;
    return true;
}

/* -- values ---------------------------------------------------------------- */

static bool refuse(const struct kafka_fields *f, int field, char *text,
                   const char *why)
{
    snprintf(text, KAFKA_FIELDS_TEXT,
             "field \"%.60s\" cannot be the %s of a record: %s",
             f->names[field].data, parts[field], why);
    return false;
}

static void write_number(struct kafka_part *p, gale_value v)
{
    int n = v.kind == GALE_FLOAT
                ? snprintf(p->number, sizeof(p->number), "%.17g", v.as.f)
            : v.kind == GALE_INT
                ? snprintf(p->number, sizeof(p->number), "%" PRId64, v.as.i)
                : snprintf(p->number, sizeof(p->number), "%s",
                           v.as.i ? "true" : "false");

    p->data = p->number;
    p->size = (size_t)n;
}

/* NULL, or why not. */
static const char *write_json(struct kafka_part *p, const gale_tuple *in,
                              gale_value v)
{
    struct text_out out = {NULL, 0, 0};
    const char *why = json_text_write(&out, in, v, JSON_BYTES_REFUSED);

    p->data = p->json = out.data;
    p->size = out.size;
    return why;
}

static const char *write_part(struct kafka_part *p, const gale_tuple *in,
                              gale_value v)
{
    switch (v.kind) {
    case GALE_NIL:
        return NULL;
    case GALE_STRING:
    case GALE_BYTES:
        p->data = v.size > 0 ? v.as.data : "";
        p->size = v.size;
        return NULL;
    case GALE_LIST:
    case GALE_MAP:
        return write_json(p, in, v);
    default:
        write_number(p, v);
        return NULL;
    }
}

static bool take_part(const struct kafka_fields *f, int field,
                      const gale_tuple *in, struct kafka_part *to, char *text)
{
    const char *why = write_part(to, in, gale_get(in, f->at[field]));

    return why == NULL || refuse(f, field, text, why);
}

static bool take_key(const struct kafka_fields *f, const gale_tuple *in,
                     struct kafka_outgoing *to, char *text)
{
    return take_part(f, KAFKA_FIELD_KEY, in, &to->key, text);
}

static bool take_value(const struct kafka_fields *f, const gale_tuple *in,
                       struct kafka_outgoing *to, char *text)
{
    return take_part(f, KAFKA_FIELD_VALUE, in, &to->value, text);
}

/* -- headers --------------------------------------------------------------- */

static void add_header(struct kafka_outgoing *to, gale_str name,
                       const char *data, size_t size)
{
    rd_kafka_resp_err_t error;

    if (to->headers == NULL)
        to->headers = rd_kafka_headers_new(8);
    error = rd_kafka_header_add(to->headers, name.data, (ssize_t)name.size,
                                data, (ssize_t)size);
    must(error == RD_KAFKA_RESP_ERR_NO_ERROR);
}

static const char *take_header(const gale_tuple *in, gale_value name,
                               gale_value value, struct kafka_outgoing *to)
{
    struct kafka_part part = {.data = NULL};
    const char *why = NULL;

    if (name.kind != GALE_STRING || name.size == 0 ||
        memchr(name.as.data, '\0', name.size) != NULL)
        return "the name of a header is a text";
    why = write_part(&part, in, value);
    if (why == NULL)
        add_header(to, gale_value_str(name), part.data, part.size);
    free(part.json);
    return why;
}

static bool take_headers(const struct kafka_fields *f, const gale_tuple *in,
                         struct kafka_outgoing *to, char *text)
{
    gale_value map = gale_get(in, f->at[KAFKA_FIELD_HEADERS]);
    const char *why = NULL;

    if (map.kind == GALE_NIL)
        return true;
    if (map.kind != GALE_MAP)
        return refuse(f, KAFKA_FIELD_HEADERS, text, "expected a map");
    for (uint32_t i = 0; i < map.size && why == NULL; i++)
        why = take_header(in, gale_item(in, map, 2 * i),
                          gale_item(in, map, 2 * i + 1), to);
    return why == NULL || refuse(f, KAFKA_FIELD_HEADERS, text, why);
}

/* -- where it goes --------------------------------------------------------- */

static bool take_topic(const struct kafka_fields *f, const gale_tuple *in,
                       struct kafka_outgoing *to, char *text)
{
    gale_value v = gale_get(in, f->at[KAFKA_FIELD_TOPIC]);

    to->topic = gale_value_str(v);
    if (kafka_topics_is_name(to->topic))
        return true;
    return refuse(f, KAFKA_FIELD_TOPIC, text,
                  "expected at most 249 letters, digits, dots, - or _");
}

/* A nil leaves *to as it is. */
static bool take_int(const struct kafka_fields *f, int field,
                     const gale_tuple *in, int64_t most, const char *expected,
                     int64_t *to, char *text)
{
    gale_value v = gale_get(in, f->at[field]);

    if (v.kind == GALE_NIL)
        return true;
    if (v.kind != GALE_INT || v.as.i < 0 || v.as.i > most)
        return refuse(f, field, text, expected);
    *to = v.as.i;
    return true;
}

static bool take_partition(const struct kafka_fields *f, const gale_tuple *in,
                           struct kafka_outgoing *to, char *text)
{
    int64_t partition = RD_KAFKA_PARTITION_UA;
    bool ok = take_int(f, KAFKA_FIELD_PARTITION, in, INT32_MAX,
                       "expected an int from 0 on, or nil", &partition, text);

    to->partition = (int32_t)partition;
    return ok;
}

static bool take_timestamp(const struct kafka_fields *f, const gale_tuple *in,
                           struct kafka_outgoing *to, char *text)
{
    return take_int(f, KAFKA_FIELD_TIMESTAMP, in, INT64_MAX,
                    "expected milliseconds since 1970, or nil", &to->timestamp,
                    text);
}

/* -- the whole record ------------------------------------------------------ */

typedef bool take_fn(const struct kafka_fields *f, const gale_tuple *in,
                     struct kafka_outgoing *to, char *text);

static take_fn *const takes[KAFKA_FIELDS] = {take_topic,     take_partition,
                                             take_timestamp, take_key,
                                             take_value,     take_headers};

static void take_fixed(const struct kafka_fields *f, struct kafka_outgoing *to)
{
    gale_str name, value;

    memset(to, 0, sizeof(*to));
    to->topic = f->topic;
    to->partition =
        f->partition < 0 ? RD_KAFKA_PARTITION_UA : (int32_t)f->partition;
    if (f->key.size > 0) {
        to->key.data = f->key.data;
        to->key.size = f->key.size;
    }
    for (size_t at = 0; gale_option_pair(f->headers, &at, &name, &value);)
        add_header(to, name, value.data, value.size);
}

bool kafka_fields_take(const struct kafka_fields *f, const gale_tuple *in,
                       struct kafka_outgoing *to, char *text)
{
    bool ok = true;

    take_fixed(f, to);
    for (int i = 0; i < KAFKA_FIELDS && ok; i++)
        if (f->at[i] != GALE_NO_FIELD)
            ok = takes[i](f, in, to, text);
    return ok;
}

void kafka_outgoing_fini(struct kafka_outgoing *to)
{
    free(to->key.json);
    free(to->value.json);
    if (to->headers != NULL)
        rd_kafka_headers_destroy(to->headers);
}
