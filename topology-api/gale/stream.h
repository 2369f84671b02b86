/*
 * gale/stream.h - the streams that a component declares.
 *
 * A component emits to declared streams only, each with its named fields. The
 * first stream is the one that gale_emit() uses; by Storm's custom it is named
 * "default". Streams are numbered in the order in which they are declared.
 *
 *     .streams = GALE_STREAMS(GALE_STREAM("default", "word", "count"),
 *                             GALE_STREAM("late", "word")),
 *
 * Names: 1 to 255 bytes of letters, digits, '.', '_' and '-'; those that
 * begin with "__" are reserved. At most 255 fields.
 */
#ifndef GALE_STREAM_H
#define GALE_STREAM_H

#include <gale/value.h>

typedef enum gale_stream_flags {
    GALE_STREAM_DIRECT = 1u << 0, /* the producer names the consuming task */
    /* Reserved; a stream that sets one is refused until it works. */
    GALE_STREAM_APPEND = 1u << 1,
    GALE_STREAM_CHANGELOG = 1u << 2,
    GALE_STREAM_LATE = 1u << 3,
} gale_stream_flags;

typedef struct gale_fields {
    const char *const *names;
    uint32_t n;
    uint32_t item_size; /* sizeof(const char *) */
} gale_fields;

typedef struct gale_stream {
    const char *name;
    uint32_t flags; /* gale_stream_flags */
    uint32_t reserved;
    gale_fields fields;
    const char *time_field; /* reserved for event time: NULL */
} gale_stream;

typedef struct gale_streams {
    const gale_stream *items;
    uint32_t n;
    uint32_t item_size;
} gale_streams;

#ifndef __cplusplus
#define GALE_FIELDS(...)                                                       \
    {                                                                          \
        (const char *const[]){__VA_ARGS__},                                    \
            sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),            \
            sizeof(char *)                                                     \
    }
#define GALE_STREAM(name_, ...)                                                \
    {                                                                          \
        name_, 0, 0, GALE_FIELDS(__VA_ARGS__), NULL                            \
    }
#define GALE_DIRECT_STREAM(name_, ...)                                         \
    {                                                                          \
        name_, GALE_STREAM_DIRECT, 0, GALE_FIELDS(__VA_ARGS__), NULL           \
    }
#define GALE_STREAMS(...)                                                      \
    {                                                                          \
        (const gale_stream[]){__VA_ARGS__},                                    \
            sizeof((gale_stream[]){__VA_ARGS__}) / sizeof(gale_stream),        \
            sizeof(gale_stream)                                                \
    }
/* The usual case: one stream, named "default", with these fields. */
#define GALE_OUTPUTS(...) GALE_STREAMS(GALE_STREAM("default", __VA_ARGS__))
#endif

/*
 * Handed to a component's `declare` callback, which is called while the
 * topology is built, with the instance memory already filled from the options,
 * when its streams depend on them. What is declared there comes after the
 * streams of the descriptor. names are copied.
 */
typedef struct gale_outputs gale_outputs;

typedef struct gale_outputs_host {
    size_t size;
    gale_result (*declare)(gale_outputs *o, const gale_stream *stream);
    gale_result (*error)(gale_outputs *o, const char *text);
    gale_value (*config)(gale_outputs *o, const char *key);
} gale_outputs_host;

struct gale_outputs {
    const gale_outputs_host *host;
};

/* GALE_FATAL if the name or a field is refused; the builder keeps the text. The
 * callback may go on, so that what is wrong besides is said, too. */
static inline gale_result gale_declare_stream(gale_outputs *o,
                                              const gale_stream *stream)
{
    return o->host->declare(o, stream);
}

/* Refuse the configuration, with one sentence; returns GALE_FATAL. It may be
 * called for each thing that is wrong: `gale check` of a topology in YAML says
 * all of them, where a sentence that begins with "option NAME" has the place of
 * that option; elsewhere the first is said. */
static inline gale_result gale_declare_error(gale_outputs *o, const char *text)
{
    return o->host->error(o, text);
}

/* What the component's configuration sets a key to, for an option that has to
 * fit it; nil: nobody sets it, so that its default holds, or the host is older
 * than this call. Borrowed until `declare` returns. It may be of any type: what
 * it must be is looked at later. */
static inline gale_value gale_declare_config(gale_outputs *o, const char *key)
{
    return o->host->size > offsetof(gale_outputs_host, config)
               ? o->host->config(o, key)
               : gale_nil();
}

#endif
