/*
 * flux_in.h - what the files flux_*.c share; private to them.
 *
 * flux_file.c reads a file and those that it includes, flux_map.c holds a map
 * to the table of keys, flux_value.c makes values, flux_plugin.c paths, and
 * flux_parts.c, flux_settings.c and flux_streams.c the parts of a topology of
 * them. flux_merge.c puts those of several files together, flux_build.c records
 * them, flux_found.c keeps what is wrong. What was made lives as long as the
 * struct flux.
 */
#ifndef GALE_FLUX_IN_H
#define GALE_FLUX_IN_H

#include "common/flux.h"
#include "common/flux_keys.h"
#include "common/yaml_tree.h"
#include "topology-api/builder.h"
#include "topology-api/settings.h"

/* A file that is read. */
struct flux_file {
    const char *path;
    const struct flux_file *includer; /* NULL: none */
    uint32_t number;                  /* in the order in which they are read */
    uint32_t depth;                   /* of includes; the first has 1 */
};

/* Something in it, for sentences. */
struct flux_at {
    const struct flux_file *file;
    const struct yaml_node *node;
};

/* A key and its value, and where that is from: "file:3:5". */
struct flux_setting {
    const char *key;
    gale_value value;
    struct settings_source from;
};

struct flux_settings {
    bool wrong; /* one of them was, and is not here */
    uint32_t n;
    struct flux_setting *items;
};

struct flux_component {
    bool is_spout;
    const char *id;
    const char *plugin; /* NULL: it is not known */
    int executors, tasks;
    bool has_input; /* a stream to it is wrong: it may be the only one */
    struct flux_settings settings;
    const char *place;
};

struct flux_stream {
    const char *from, *to; /* NULL: wrong, and said so */
    const char *stream;    /* NULL: the default */
    uint32_t kind;         /* gale_grouping_kind; 0: wrong, and said so */
    const char **fields;
    uint32_t n_fields;
    const char *custom;
    const char *to_place;
    const char *places[BUILDER_INPUT_PLACES];
};

/* Of one file with what it includes. */
struct flux_topology {
    const char *name; /* NULL: none was given */
    bool has_name;    /* it was, but may be wrong */
    bool lacks_parts; /* some were refused, or stand under an unknown key:
                           what is missing may be that */
    struct flux_settings config;
    struct flux_component *components;
    uint32_t n_components;
    struct flux_stream *streams;
    uint32_t n_streams;
};

struct flux_finding {
    bool is_error;
    uint32_t file, line, column; /* where, for their order; 0: all of it */
    char *text;
};

struct flux {
    const struct flux_options *options;
    struct settings *properties; /* of --filter; NULL: none, or unreadable */
    bool filter_failed;          /* what is wrong with it is said once */
    gale_builder *builder;
    struct flux_file *files[FLUX_FILES_MAX];
    uint32_t n_files, n_nodes;
    struct yaml_tree *trees[FLUX_FILES_MAX];
    struct yaml_tree *kept; /* blocks that live as long */
    struct flux_finding *findings;
    uint32_t n_findings, n_errors;
};

/* -- flux_found.c ---------------------------------------------------------- */

/* Say what is wrong, at the node. Returns -1. */
GALE_PRINTF(3, 4)
int flux_wrong(struct flux *f, struct flux_at at, const char *format, ...);

/* The same of a text that begins with its place, if it has one. */
void flux_found(struct flux *f, bool is_error, const char *text);

/* By file, line and column; of one place as they were found. */
void flux_sort(struct flux *f);

/* "file:3:5" */
const char *flux_place(struct flux *f, struct flux_at at);

void *flux_keep(struct flux *f, void *block);

/* -- flux_value.c ---------------------------------------------------------- */

/* Each says what is wrong, and returns -1 then. ${…} is replaced. */
int flux_text(struct flux *f, struct flux_at at, const char *what,
              const char **text);
int flux_number(struct flux *f, struct flux_at at, const char *what, int min,
                int max, int *number);
int flux_bool(struct flux *f, struct flux_at at, const char *what, bool *value);
int flux_value(struct flux *f, struct flux_at at, gale_value *value);
/* The text of a single one, which is set. */
const char *flux_written(struct flux *f, struct flux_at at);

/* -- flux_plugin.c --------------------------------------------------------- */

/* A path as seen from the directory of the file. */
const char *flux_beside(struct flux *f, const struct flux_file *file,
                        const char *name);
/* What a plugin is called, as the file says it: as the search takes it. */
const char *flux_plugin(struct flux *f, const struct flux_file *file,
                        const char *name);
gale_value flux_plugins(struct flux *f, const struct flux_file *file,
                        gale_value names);

/* -- flux_map.c ------------------------------------------------------------ */

struct flux_map {
    struct flux_at at;
    bool has_unknown; /* a key that is in no row */
    uint32_t n;
    struct flux_pair {
        const struct flux_key *key;    /* the row that is meant */
        const struct yaml_node *word;  /* the key as it is written */
        const struct yaml_node *value; /* NULL: wrong, and said so */
    } pairs[FLUX_KEYS_MAX];
};

/* Hold a map to the rows of `in`; what names it in sentences: "a spout". All
 * that is wrong is said; -1 if it is no map at all. */
int flux_map_read(struct flux *f, struct flux_at at, enum flux_in in,
                  const char *what, struct flux_map *map);

/* The value of a key; a node of NULL: it is not there, or is wrong. */
struct flux_at flux_map_get(const struct flux_map *map, const char *key);
/* Whether it is there, right or wrong. */
bool flux_map_has(const struct flux_map *map, const char *key);

/* -- flux_parts.c, flux_settings.c, flux_streams.c ------------------------- */

void flux_read_component(struct flux *f, struct flux_at at, bool is_spout,
                         struct flux_topology *to);
void flux_read_stream(struct flux *f, struct flux_at at,
                      struct flux_topology *to);
/* A map of keys and values, into those that are there. of_component: what they
 * may be follows from it. */
void flux_read_settings(struct flux *f, struct flux_at at, bool of_component,
                        struct flux_settings *to);
/* The same as a list of properties. */
void flux_read_properties(struct flux *f, struct flux_at at,
                          struct flux_settings *to);

/* -- flux_merge.c ---------------------------------------------------------- */

/* NULL if there is none of this id. */
struct flux_component *flux_find(const struct flux_topology *t, const char *id);
void flux_add_component(struct flux_topology *t, struct flux_component c);
void flux_add_stream(struct flux_topology *t, struct flux_stream s);
/* override_: what is there already is replaced, or else kept. */
void flux_add_setting(struct flux_settings *to, struct flux_setting s,
                      bool override_);

/* Moves all of `from`, which is empty then. */
void flux_merge(struct flux_topology *to, struct flux_topology *from,
                bool override_);
void flux_topology_free(struct flux_topology *t);

/* -- flux_file.c, flux_build.c --------------------------------------------- */

/* at: where it is included; of nothing for the first. Whether there is anything
 * in it, right or wrong. */
bool flux_read_file(struct flux *f, const char *path, struct flux_at at,
                    struct flux_topology *to);
void flux_build(struct flux *f, const char *path,
                const struct flux_topology *t);

#endif
