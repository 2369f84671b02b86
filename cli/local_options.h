/*
 * local_options.h - the arguments of `gale local`, taken apart and checked.
 */
#ifndef GALE_LOCAL_OPTIONS_H
#define GALE_LOCAL_OPTIONS_H

#include "common/flux.h"
#include <gale/abi.h>

struct local_options {
    const char **configs; /* files, in the order given */
    size_t n_configs;
    const char **overrides; /* key=value, in the order given */
    size_t n_overrides;
    int64_t ttl_ms;        /* -1: no limit */
    uint32_t carriers;     /* 0: not given */
    const char *state_dir; /* NULL: not given, as below */
    const char *stats;
    const char *letters; /* a spool, instead of what the spouts read */
    bool quiet;
    bool cluster; /* and, 0 and NULL if not given: */
    uint32_t n_supervisors, n_slots;
    const char *commands; /* where they are read from */
    bool seeded;          /* in a simulated world, by these seeds */
    bool one_seed;
    uint64_t first_seed, last_seed;
    uint32_t faults;          /* bits of enum fault */
    struct flux_options yaml; /* of a topology in YAML */
    const char *file;         /* the topology … */
    int argc;                 /* … and its arguments */
    char **argv;
};

/* Texts stay the caller's. EXIT_OK, or EXIT_USAGE after having said why; to be
 * freed in either case. */
int local_options_parse(struct local_options *o, int argc, char **argv);
void local_options_free(struct local_options *o);

/* The first argument of the topology that is written as an option of `gale
 * local` is, or NULL. */
const char *local_options_behind_file(const struct local_options *o);

#endif
