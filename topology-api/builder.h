/*
 * builder.h - a topology while it is being recorded; private.
 *
 * builder_host.c takes down what gale_add_…(), gale_set() and the others say;
 * builder.c owns it and keeps the first mistake. topology.c makes the model
 * (model.h) of it when it is asked for; from then on nothing can be added. One
 * thread at a time.
 */
#ifndef GALE_BUILDER_H
#define GALE_BUILDER_H

#include "topology-api/model.h"
#include "topology-api/option_table.h"

struct plugin;

/* Where a subscription is written: all of it, from which component, of which
 * stream, and by which fields or custom grouping. */
enum builder_input_place {
    BUILDER_INPUT,
    BUILDER_FROM,
    BUILDER_STREAM,
    BUILDER_KEY,
    BUILDER_INPUT_PLACES,
};

/* A subscription as it was said; topology_inputs.c looks its names up. */
struct wanted_input {
    uint32_t kind; /* gale_grouping_kind */
    uint32_t n_fields;
    char *from;
    char *stream;
    char **fields;
    char *custom;                       /* NULL unless kind is GALE_CUSTOM */
    char *places[BUILDER_INPUT_PLACES]; /* NULL: not in a file */
};

/* A component as it was said. */
struct wanted {
    gale_declarer declarer; /* first: plugins hold a pointer to it */
    struct builder *builder;
    char *id;
    char *plugin;
    bool is_spout;
    uint32_t executors;
    uint32_t tasks; /* 0: as many as executors */
    uint32_t n_inputs;
    struct wanted_input *inputs;
    struct settings *settings;
    const void *descriptor; /* of this process, not of a file; or NULL */
    char *place;            /* where it is written; NULL: not in a file */
    bool unknown;   /* what it is was refused: nothing follows from it */
    bool has_input; /* … or one of its inputs was: it has one all the same */
    bool unclear;   /* … its options were: nobody knows its streams */
    bool half_set;  /* … or a value was: what is missing may be that */
};

/* Hears of a mistake. */
typedef void builder_mistake_fn(void *arg, const char *text);

struct builder {
    gale_builder handle; /* first: plugins hold a pointer to it */
    gale_err error;      /* the first one; "" while there is none */
    bool usage;          /* it is about the arguments */
    struct plugin *own;  /* the topology's file; NULL before it is loaded */
    gale_topology descriptor; /* what was loaded from it */
    char *name;               /* NULL: none was set */
    uint32_t n_wanted;
    struct wanted **wanted; /* in the order in which they were added */
    struct wanted *refused; /* handed out when there is an error */
    struct settings *ids;   /* number in `wanted` by component id */
    struct settings *topology, *file, *overrides; /* layers, see model.h */
    bool described;   /* it is built from a description, and names mean … */
    uint32_t n_given; /* … these alone (topology_plugins.h) */
    struct model_plugin *given;
    struct model *model;       /* NULL until it is checked */
    struct option_texts texts; /* which the model points to */
    gale_warn_fn *warn;        /* NULL: nobody listens */
    void *warn_arg;
    char *file_name; /* that it is written in, plugins may lie beside it; NULL:
                        a shared object or a program has built it */
    builder_mistake_fn *hears; /* of all mistakes of the check; NULL: nobody,
                                  and it ends with the first */
    void *hears_arg;
    uint32_t n_mistakes; /* that it has found so far */
    bool lacks_parts; /* some were refused before: a spout may be among them */
};

/* What gale_add_…(), gale_set() and the others call (builder_host.c). */
extern const gale_builder_host builder_host;

struct builder *builder_of(gale_builder *b);

/* Keep the error unless there is one already. */
GALE_PRINTF(2, 3)
void builder_error(struct builder *b, const char *format, ...);

/*
 * The check has found error, at `place`; "" or NULL if that is not known. It is
 * told to who hears of them all; then 0, and the check goes on. Or nobody does:
 * -1, with the place in error.
 */
int builder_mistake(struct builder *b, const char *place, gale_err *error);
/* The same of one that says its place by itself. */
int builder_mistake_placed(struct builder *b, gale_err *error);

/* Whether what comes now counts: no mistake yet, and not checked yet. */
bool builder_recording(struct builder *b);

/* A component that is in no list; each is freed with its builder. */
struct wanted *builder_wanted_new(struct builder *b);

/* The component of this id in `wanted`, UINT32_MAX if there is none. */
uint32_t builder_find(const struct builder *b, const char *id);

/* The component is this one, and no file is searched for it. It is copied when
 * the topology is checked. */
void builder_take_spout(gale_declarer *d, const gale_spout *spout);
void builder_take_bolt(gale_declarer *d, const gale_bolt *bolt);

/* For who reads a topology from a file: what is said has a place in it, which
 * mistakes begin with, as "file:3:5"; all are copied. */
void builder_written_in(gale_builder *b, const char *file);
void builder_place(gale_declarer *d, const char *place);
/* Of the last input. */
void builder_place_input(gale_declarer *d,
                         const char *const places[BUILDER_INPUT_PLACES]);
void builder_set_from(gale_declarer *d, const char *key, gale_value value,
                      const struct settings_source *source);
void builder_configure_from(gale_builder *b, const char *key, gale_value value,
                            const struct settings_source *source);

/* The model that topology.c has made. NULL is fine. */
void topology_free(struct model *m);

GALE_PRINTF(2, 3)
void builder_warn(struct builder *b, const char *format, ...);

/* Who hears the warnings of the check: the one that was named last. */
void builder_listen(gale_builder *b, gale_warn_fn *warn, void *arg);

/* Who hears of every mistake of the check, which then does not end with the
 * first. */
void builder_hear_all(gale_builder *b, builder_mistake_fn *hears, void *arg);

/*
 * Where common/config puts what it reads: the merged files, and what the
 * command line says. The settings may be replaced; the old ones are then freed
 * by who replaces them. NULL with the error once the topology is checked.
 */
struct settings **builder_file(gale_builder *b, gale_err *error);
struct settings **builder_overrides(gale_builder *b, gale_err *error);

#endif
