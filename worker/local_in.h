/*
 * local_in.h - a topology in this process, in a world that the caller chooses.
 *
 * gale_local_start() of <gale/local.h> takes the real one; the rest of that
 * header does for any.
 */
#ifndef GALE_LOCAL_IN_H
#define GALE_LOCAL_IN_H

#include "common/env.h"
#include <gale/local.h>

struct worker;

/* The world, and who wants to see the worker when it is wired and nothing runs
 * yet. */
struct local_in {
    struct env *env;
    void (*wired)(void *arg, struct worker *w); /* NULL: nobody */
    /* The worker was wired, and is about to be freed. */
    void (*gone)(void *arg); /* NULL: nobody */
    void *arg;
    bool inactive; /* spouts wait for gale_local_activate() */
};

/* As gale_local_start(). The env stays the caller's, and outlives it. */
gale_local *local_start(const struct local_in *in, gale_builder *b,
                        const gale_local_opts *opts, gale_err *error);

/* It has ended, and its stop gave something up: that is why it failed. */
bool local_gave_up(const gale_local *l);
/* … and that is messages alone that had failed and were not emitted again. */
bool local_only_owes(const gale_local *l);

/* The worker that it runs. */
struct worker *local_worker(gale_local *l);

#endif
