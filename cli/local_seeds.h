/*
 * local_seeds.h - `gale local --seed` and `--seeds`: the topology in a
 * simulated world.
 */
#ifndef GALE_LOCAL_SEEDS_H
#define GALE_LOCAL_SEEDS_H

#include "cli/local_options.h"
#include <gale/local.h>

/* The builder is loaded and checked. The exit status of the process. argv: the
 * command line as it was given, for the one that repeats a run. */
int local_seeds_run(const struct local_options *o, gale_builder *b, int argc,
                    char **argv);

#endif
