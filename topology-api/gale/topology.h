/*
 * gale/topology.h - wiring spouts and bolts into a topology.
 *
 *     static gale_result build(gale_builder *b, int argc, char **argv)
 *     {
 *         if (argc < 1)
 *             return gale_usage(b, "wordcount FILE…");
 *         gale_declarer *lines = gale_add_spout(b, "lines", "lines", 1);
 *         gale_set(lines, "files", gale_cstr(argv[0]));
 *         gale_shuffle(gale_add_bolt(b, "split", "split", 2), "lines");
 *         gale_by_fields(gale_add_bolt(b, "count", "count", 2), "split",
 *                        "word");
 *         gale_global(gale_add_bolt(b, "print", "print", 1), "count");
 *         return GALE_OK;
 *     }
 *
 *     GALE_TOPOLOGY(wordcount, .summary = "counts words", .build = build,
 *                   .usage = "FILE…");
 *
 * The first mistake is kept, with component and cause, and reported at the end;
 * every later call is harmless. So straight code needs no checks, and NULL
 * never comes back from gale_add_…(). Components may be named before they
 * are added.
 *
 * Component ids: 1 to 255 letters, digits, '.', '_' and '-', not beginning with
 * '.'; "__…" is reserved. A topology's name: 1 to 64 letters, digits, '_' and
 * '-', beginning with a letter or digit. So both can run on a cluster, too.
 *
 * Called in the client, before anything runs, by one thread. Texts and values
 * are copied.
 */
#ifndef GALE_TOPOLOGY_H
#define GALE_TOPOLOGY_H

#include <gale/value.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct gale_builder gale_builder;   /* a topology being built */
typedef struct gale_declarer gale_declarer; /* one component of it */

/* Shuffle deals tuples in slices to whichever task has room, which evens out
 * over time as long as the tasks keep pace. One that cannot run, since its
 * carrier is in a long callback, gets no more than fits in front of it: of
 * millions that a single callback emits, the tasks of other carriers get most.
 * Where gale.topology.shuffle.exact is true, it deals tuple by tuple, in turn,
 * and such a callback keeps in memory what waits. */
typedef enum gale_grouping_kind {
    GALE_SHUFFLE = 1,          /* evenly over time, in any order */
    GALE_BY_FIELDS = 2,        /* same values of these fields: same task */
    GALE_ALL = 3,              /* every task gets a copy */
    GALE_GLOBAL = 4,           /* the task with the lowest id */
    GALE_NONE = 5,             /* it does not matter */
    GALE_DIRECT = 6,           /* the producer says, per tuple */
    GALE_LOCAL_OR_SHUFFLE = 7, /* a task in the same worker if there is one */
    GALE_PARTIAL_KEY = 8,      /* one of two tasks per key, the less used */
    GALE_CUSTOM = 9,           /* a GALE_GROUPING says */
} gale_grouping_kind;

/* A subscription to a stream. Start from {.size = sizeof(gale_input)}. */
typedef struct gale_input {
    size_t size;        /* of this struct */
    uint32_t kind;      /* gale_grouping_kind */
    uint32_t n_fields;  /* GALE_BY_FIELDS, GALE_PARTIAL_KEY: at least 1 */
    const char *from;   /* component */
    const char *stream; /* NULL: "default" */
    const char *const *fields; /* names of the fields that are the key */
    const char *custom;        /* GALE_CUSTOM: the plugin's name */
} gale_input;

/* The host's side; members are only ever added at the end. */
typedef struct gale_builder_host {
    size_t size;
    gale_declarer *(*add_spout)(gale_builder *, const char *id,
                                const char *plugin, int executors);
    gale_declarer *(*add_bolt)(gale_builder *, const char *id,
                               const char *plugin, int executors);
    void (*set_tasks)(gale_declarer *, int tasks);
    void (*input)(gale_declarer *, const gale_input *);
    void (*set)(gale_declarer *, const char *key, gale_value);
    void (*configure)(gale_builder *, const char *key, gale_value);
    void (*set_name)(gale_builder *, const char *name);
    gale_result (*fail)(gale_builder *, bool usage, const char *text);
} gale_builder_host;

struct gale_builder {
    const gale_builder_host *host;
};

struct gale_declarer {
    const gale_builder_host *host;
};

/*
 * plugin: the id of a spout or bolt, searched for in this file, then as
 * PLUGIN.so on GALE_PLUGIN_PATH, beside this file and beside gale; or
 * "FILE.so", or "FILE.so:ID".
 * executors: how many run in parallel; also the number of tasks, unless
 * gale_set_tasks() gives more.
 */
static inline gale_declarer *gale_add_spout(gale_builder *b, const char *id,
                                            const char *plugin, int executors)
{
    return b->host->add_spout(b, id, plugin, executors);
}

static inline gale_declarer *gale_add_bolt(gale_builder *b, const char *id,
                                           const char *plugin, int executors)
{
    return b->host->add_bolt(b, id, plugin, executors);
}

/* tasks ≥ executors; fixed for the topology's life. */
static inline gale_declarer *gale_set_tasks(gale_declarer *d, int tasks)
{
    d->host->set_tasks(d, tasks);
    return d;
}

/*
 * An option of the component, or a configuration key for it alone, which is one
 * of topology.debug, topology.max.spout.pending, topology.tasks,
 * topology.tick.tuple.freq.secs and gale.topology.latency.target.ms. What is
 * neither is a mistake; the other keys are of the whole topology:
 * gale_configure().
 */
static inline gale_declarer *gale_set(gale_declarer *d, const char *key,
                                      gale_value value)
{
    d->host->set(d, key, value);
    return d;
}

/* A configuration key of the topology, or an option of all components that have
 * it; the command line still wins. What is neither is a warning, since plugins
 * may ask for it by gale_config(). */
static inline void gale_configure(gale_builder *b, const char *key,
                                  gale_value value)
{
    b->host->configure(b, key, value);
}

/* The topology's name; without it, the id of the GALE_TOPOLOGY. */
static inline void gale_set_name(gale_builder *b, const char *name)
{
    b->host->set_name(b, name);
}

static inline gale_declarer *gale_subscribe(gale_declarer *d,
                                            const gale_input *input)
{
    d->host->input(d, input);
    return d;
}

/* The short forms take the stream "default"; `…_stream` any other. */
static inline gale_declarer *gale_subscribe_(
    gale_declarer *d, uint32_t kind, const char *from, const char *stream,
    const char *const *fields, uint32_t n_fields, const char *custom)
{
    gale_input input;

    input.size = sizeof(input);
    input.kind = kind;
    input.n_fields = n_fields;
    input.from = from;
    input.stream = stream;
    input.fields = fields;
    input.custom = custom;
    return gale_subscribe(d, &input);
}

#define gale_shuffle(d, from) gale_shuffle_stream(d, from, NULL)
#define gale_shuffle_stream(d, from, stream)                                   \
    gale_subscribe_(d, GALE_SHUFFLE, from, stream, NULL, 0, NULL)
#define gale_all(d, from) gale_all_stream(d, from, NULL)
#define gale_all_stream(d, from, stream)                                       \
    gale_subscribe_(d, GALE_ALL, from, stream, NULL, 0, NULL)
#define gale_global(d, from) gale_global_stream(d, from, NULL)
#define gale_global_stream(d, from, stream)                                    \
    gale_subscribe_(d, GALE_GLOBAL, from, stream, NULL, 0, NULL)
#define gale_none(d, from) gale_none_stream(d, from, NULL)
#define gale_none_stream(d, from, stream)                                      \
    gale_subscribe_(d, GALE_NONE, from, stream, NULL, 0, NULL)
#define gale_direct(d, from) gale_direct_stream(d, from, NULL)
#define gale_direct_stream(d, from, stream)                                    \
    gale_subscribe_(d, GALE_DIRECT, from, stream, NULL, 0, NULL)
#define gale_local_or_shuffle(d, from)                                         \
    gale_local_or_shuffle_stream(d, from, NULL)
#define gale_local_or_shuffle_stream(d, from, stream)                          \
    gale_subscribe_(d, GALE_LOCAL_OR_SHUFFLE, from, stream, NULL, 0, NULL)
#define gale_custom(d, from, custom) gale_custom_stream(d, from, NULL, custom)
#define gale_custom_stream(d, from, stream, custom)                            \
    gale_subscribe_(d, GALE_CUSTOM, from, stream, NULL, 0, custom)

#ifndef __cplusplus /* C++ has them in gale/topology.hpp */
#define GALE_NAMES_(...)                                                       \
    ((const char *const[]){__VA_ARGS__}),                                      \
        ((uint32_t)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)))
#define gale_by_fields(d, from, ...)                                           \
    gale_by_fields_stream(d, from, NULL, __VA_ARGS__)
#define gale_by_fields_stream(d, from, stream, ...)                            \
    gale_subscribe_(d, GALE_BY_FIELDS, from, stream, GALE_NAMES_(__VA_ARGS__), \
                    NULL)
#define gale_partial_key(d, from, ...)                                         \
    gale_partial_key_stream(d, from, NULL, __VA_ARGS__)
#define gale_partial_key_stream(d, from, stream, ...)                          \
    gale_subscribe_(d, GALE_PARTIAL_KEY, from, stream,                         \
                    GALE_NAMES_(__VA_ARGS__), NULL)
#endif

/* Refuse to build, with one sentence; returns GALE_FATAL. */
GALE_PRINTF(2, 3)
static inline gale_result gale_build_error(gale_builder *b, const char *format,
                                           ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return b->host->fail(b, false, text);
}

/* The arguments are not what the topology takes: shows text as its usage. */
static inline gale_result gale_usage(gale_builder *b, const char *text)
{
    return b->host->fail(b, true, text);
}

typedef struct gale_topology {
    uint32_t abi;        /* GALE_ABI */
    uint32_t size;       /* of this struct */
    uint32_t host_needs; /* least size of gale_builder_host */
    uint32_t reserved;
    uint64_t features;   /* reserved: 0 */
    const char *name;    /* the id it is found by */
    const char *summary; /* one line for people */
    const char *usage;   /* its arguments, for people */
    /* argv holds the topology's own arguments, without a program name. */
    gale_result (*build)(gale_builder *b, int argc, char **argv);
} gale_topology;

#ifndef __cplusplus /* as above */
#define GALE_TOPOLOGY(id_, ...)                                                \
    GALE_MANIFEST(topology, id_);                                              \
    GALE_EXPORT extern const gale_topology gale_topology_##id_;                \
    GALE_EXPORT const gale_topology gale_topology_##id_ = {                    \
        .abi = GALE_ABI,                                                       \
        .size = sizeof(gale_topology),                                         \
        .host_needs = sizeof(gale_builder_host),                               \
        .name = #id_,                                                          \
        __VA_ARGS__}
#endif

#endif
