/*
 * flux.h - a topology that is written in YAML, as Storm's Flux has them.
 *
 * Its keys are the rows of flux_keys.def, and docs/topology-yaml.md says what
 * they mean. The file is read as a whole, with those that it includes, checked,
 * and recorded in a builder by the calls that code makes (gale/topology.h),
 * each with its place: what the topology's check finds wrong begins with that,
 * too.
 */
#ifndef GALE_FLUX_H
#define GALE_FLUX_H

#include <gale/local.h> /* gale_builder, gale_err */
#include <stdbool.h>

enum {
    FLUX_SIZE_MAX = 1 << 20, /* bytes of a file */
    FLUX_DEPTH_MAX = 32,     /* lists and maps in each other */
    FLUX_NODES_MAX = 10000,  /* of a file; what an alias repeats counts again */
    FLUX_FILES_MAX = 64,     /* of a topology, with … */
    FLUX_ALL_NODES_MAX = 40000, /* … so many in all */
    FLUX_INCLUDES_MAX = 16, /* files that include each other, one in another */
    FLUX_FOUND_MAX = 1000,  /* findings that are told */
};

/* The value of a variable of the environment; NULL: it is not set. */
typedef const char *flux_env_fn(const char *name);

/* What is said besides the file: where ${…} gets its values, and a name. */
struct flux_options {
    const char *filter; /* ${NAME}: a file of properties; NULL: none is given */
    flux_env_fn *env;   /* ${ENV-NAME}; NULL: not to be replaced */
    const char *name;   /* of the topology; NULL: the file's */
};

/* Whether the name is one of a file of YAML. */
bool flux_is_yaml(const char *path);

/* Hears of all that was found, in the order of the file: `file:3:5: text`. */
typedef void flux_found_fn(void *arg, bool is_error, const char *text);

/* Record the topology and check all of it, going on after each mistake. How
 * many errors there are, of which the first FLUX_FOUND_MAX are told; if there
 * is none, the builder has its model. */
uint32_t flux_load(gale_builder *b, const char *path,
                   const struct flux_options *options, flux_found_fn *found,
                   void *arg);

#endif
