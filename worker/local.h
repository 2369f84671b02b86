/*
 * local.h - a topology in this process, in a world that the caller chooses.
 *
 * gale_local_start() of <gale/local.h> takes the real one; the rest of that
 * header does for any.
 */
#ifndef GALE_WORKER_LOCAL_H
#define GALE_WORKER_LOCAL_H

#include "common/env.h"
#include <gale/local.h>

/* As gale_local_start(). The env stays the caller's, and outlives it. */
gale_local *local_start(struct env *env, gale_builder *b,
                        const gale_local_opts *opts, gale_err *error);

struct worker;

/* The worker that it runs. */
struct worker *local_worker(gale_local *l);

#endif
