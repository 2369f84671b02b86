/*
 * topology_file.h - the file of a topology, be it a shared object or YAML: the
 * commands that take one, take both.
 */
#ifndef GALE_TOPOLOGY_FILE_H
#define GALE_TOPOLOGY_FILE_H

#include "common/flux.h"
#include <getopt.h>

enum { OPT_FILTER = 512, OPT_ENV_FILTER };

/* Of getopt_long(). */
#define TOPOLOGY_FILE_OPTIONS                                                  \
    {"filter", required_argument, NULL, OPT_FILTER},                           \
    {                                                                          \
        "env-filter", no_argument, NULL, OPT_ENV_FILTER                        \
    }

#define TOPOLOGY_FILE_HELP                                                     \
    "  --filter FILE        of a topology in YAML: a file of properties, for"  \
    "\n                       ${NAME}\n"                                       \
    "  --env-filter         of the same: ${ENV-NAME} is the variable NAME of"  \
    "\n                       the environment\n"

/* Whether it was one of these options; optarg is its value. */
bool topology_file_option(struct flux_options *o, int option);

/* Of `gale COMMAND FILE ARGS`. 0, -1 with the error, or GALE_USAGE. */
int topology_file_load(gale_builder *b, const struct flux_options *o,
                       const char *file, int argc, char **argv,
                       gale_warn_fn *warn, void *arg, gale_err *error);

/* 0, or -1 with the sentence: the options, or arguments, make no sense for this
 * file. */
int topology_file_fits(const struct flux_options *o, const char *file, int argc,
                       char **argv, gale_err *error);

#endif
