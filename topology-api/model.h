/*
 * model.h - a built and checked topology: what the worker wires up.
 *
 * Made by topology.c from a gale_builder, checked by topology_check.c, ordered
 * by topology_graph.c; read-only from then on. Everything in it lives until
 * gale_builder_free(); descriptors are full-size copies in which members that
 * an older plugin lacks are zero.
 */
#ifndef GALE_MODEL_H
#define GALE_MODEL_H

#include "topology-api/settings.h"
#include <gale/bolt.h>
#include <gale/grouping.h>
#include <gale/hook.h>
#include <gale/invariant.h>
#include <gale/local.h>
#include <gale/spout.h>
#include <gale/topology.h>

#define MODEL_KEY_MAX 16u      /* fields that one grouping groups by */
#define MODEL_TASKS_MAX 32767u /* task ids are 16 bits, key groups 2^15 */

struct stream_decl {
    char *name;
    uint32_t flags; /* gale_stream_flags */
    uint32_t n_fields;
    char **fields;
};

struct plugin;

/* What the name of a plugin meant when the topology was built. */
struct model_plugin {
    uint32_t kind;         /* enum manifest_kind (manifest.h) */
    char *name;            /* as the topology says it */
    char *file;            /* path of the shared object */
    char *id;              /* of the descriptor in it */
    struct plugin *plugin; /* NULL in a description (common/description.h) */
};

/* One subscription of a component to a stream of another (or of itself). */
struct input_decl {
    uint32_t kind;   /* gale_grouping_kind */
    uint32_t from;   /* index of the producing component */
    uint32_t stream; /* index among its streams */
    uint32_t n_key;
    uint32_t *key;         /* field indices, in the order given */
    gale_grouping *custom; /* GALE_CUSTOM, else NULL … */
    char *custom_name;     /* … and how the topology names it */
    bool in_cycle; /* both ends are in the same cycle (strongly connected) */
};

struct component {
    char *id;
    char *plugin; /* as named in gale_add_…() */
    char *file;   /* path of the shared object it came from */
    char *place;  /* where it is written, as "file:3:5"; NULL: not in a file */
    bool is_spout;
    gale_spout spout; /* valid if is_spout */
    gale_bolt bolt;   /* valid otherwise */
    uint32_t executors;
    uint32_t tasks;     /* ≥ executors */
    int32_t first_task; /* ids first_task … first_task + tasks - 1, from 1 on */
    uint32_t n_streams; /* declared by descriptor and by `declare` */
    struct stream_decl *streams;
    uint32_t n_inputs; /* bolts */
    struct input_decl *inputs;
    struct settings *settings;  /* options and keys of this component */
    struct settings *overrides; /* -c COMPONENT.key=value; NULL: none */
    struct settings *from_file; /* COMPONENT.key of files; NULL: none */
    void *image; /* instance memory as the options fill it (option_table.c) */
    bool has_letters; /* its last stream is that of its dead letters */
    void *replayed;   /* what a spout emits instead of its own; NULL: nothing */
    void (*replayed_free)(void *replayed);
    uint32_t cycle; /* number of its strongly connected component */
    bool cyclic;    /* … which has more than one member or a loop */
};

struct model {
    char *name;
    uint32_t n_components; /* in the order in which they were added */
    struct component *components;
    uint32_t *order; /* indices of components, upstream first; members of a
                        cycle next to each other */
    uint32_t n_tasks;
    uint32_t letters;   /* the bolt that gets dead letters; UINT32_MAX: none */
    uint32_t n_plugins; /* spouts, bolts, groupings and hooks by name … */
    struct model_plugin *plugins; /* … each once */
    uint32_t n_hooks;
    gale_hook *hooks; /* of every task */
    uint32_t n_invariants;
    gale_invariant *invariants; /* of the topology's file, by id */
    const char *own_file;      /* … which is this; NULL: built in a program */
    struct settings *topology; /* gale_configure() */
    struct settings *file;     /* configuration files, merged */
    struct settings *overrides; /* -c key=value */
};

/*
 * The checked model of a builder; the first call checks (topology_check.c) and
 * later calls answer the same. NULL with the first error.
 */
const struct model *model_of(gale_builder *b, gale_err *error);

/* Index of the component, or UINT32_MAX. */
uint32_t model_find(const struct model *m, const char *id);

/* What configures a component (NULL: the topology), strongest first: overrides
 * (those of the component first), component, topology, file (likewise). Some
 * are NULL. */
#define MODEL_LAYERS 6u
void model_layers(const struct model *m, const struct component *c,
                  const struct settings *layers[MODEL_LAYERS]);

/*
 * The configured value of a key, the strongest layer's; NULL if none of them
 * sets it. Defaults are not applied here (common/config.h).
 */
const gale_value *model_config(const struct model *m, const struct component *c,
                               const char *key);

/*
 * Fill instance (instance_size zeroed bytes) from the component's options and
 * configuration. Text it points to lives as long as the model. 0, or -1 with
 * component, option, found and expected.
 */
int model_fill_options(const struct model *m, const struct component *c,
                       void *instance, gale_err *error);

/* Formats into error and returns -1, so that `return error_set(…)` reads well.
 * error may be NULL. */
int error_set(gale_err *error, const char *format, ...) GALE_PRINTF(2, 3);

/* Of so many tasks that are shared out among so many executors, the first one
 * of executor i: it has those up to the first one of the next. */
static inline uint32_t model_first_task(uint32_t tasks, uint32_t executors,
                                        uint32_t i)
{
    return (uint32_t)((uint64_t)i * tasks / executors);
}

#endif
