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

/* Of `gale COMMAND FILE ARGS`: build and check it. 0, and the builder has its
 * model; -1, and what is wrong has been said, of YAML all of it; GALE_USAGE
 * with the sentence. Warnings of what is done with the builder later are said,
 * too: command must live as long. */
int topology_file_load(gale_builder *b, const char *command,
                       const struct flux_options *o, const char *file, int argc,
                       char **argv, gale_err *usage);

/* 0, or -1 with the sentence: the options, or arguments, make no sense for this
 * file. */
int topology_file_fits(const struct flux_options *o, const char *file, int argc,
                       char **argv, gale_err *error);

#endif
