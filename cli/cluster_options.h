/*
 * cluster_options.h - the arguments that all commands share which talk to a
 * cluster: where it is, and how the answer is printed.
 */
#ifndef GALE_CLUSTER_OPTIONS_H
#define GALE_CLUSTER_OPTIONS_H

#include "common/daemon_config.h"
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* What every command takes, for its table of long options. */
#define CLUSTER_OPTION_CONFIG 1000
#define CLUSTER_OPTION_JSON 1001
#define CLUSTER_OPTION_TIMEOUT 1002
/* clang-format off */
#define CLUSTER_OPTIONS                                                        \
    {"config", required_argument, NULL, CLUSTER_OPTION_CONFIG},                \
    {"json", no_argument, NULL, CLUSTER_OPTION_JSON},                          \
    {"timeout", required_argument, NULL, CLUSTER_OPTION_TIMEOUT}
/* clang-format on */

/* The help of them. */
#define CLUSTER_CONFIG_HELP                                                    \
    "  --config FILE    configuration of the cluster; default: what the\n"     \
    "                   environment variable GALE_CONFIG names, otherwise\n"   \
    "                   /etc/gale/gale.yaml if it is there\n"                  \
    "  -c KEY=VALUE     a key of it, VALUE in JSON\n"
#define CLUSTER_OPTIONS_HELP                                                   \
    CLUSTER_CONFIG_HELP                                                        \
    "  --json           the answer as JSON\n"                                  \
    "  --timeout SECS   how long an answer may take, and a nimbus be waited\n" \
    "                   for; default: 30, and 3 while none was ever reached\n"

struct cluster_options {
    const char *command; /* its name, for sentences */
    struct daemon_config *config;
    const char **overrides; /* -c, applied after all files */
    uint32_t n_overrides;
    const char **files; /* that were read, in this order */
    uint32_t n_files;
    bool json;
    int64_t timeout_ns;
    bool has_timeout; /* --timeout was given */
    bool is_daemon;   /* it uses the keys of daemons, too */
};

/* All is as without arguments. To be ended with cluster_options_end(). */
void cluster_options_begin(struct cluster_options *o, const char *command);

/* One option that getopt_long() has found: EXIT_OK, or EXIT_USAGE after having
 * said why, also for one that is none of these (with `argv` as getopt has
 * left it). */
int cluster_options_take(struct cluster_options *o, int option, char **argv);

/* All options are taken: reads what they name. EXIT_OK, or another after having
 * said why. */
int cluster_options_done(struct cluster_options *o);

void cluster_options_end(struct cluster_options *o);

/* Whether KEY=VALUE is about daemons, and of no topology; and whether commands
 * that talk to daemons use it, too. */
bool cluster_options_is_daemons(const char *override);
bool cluster_options_is_callers(const char *override);

/* Parses all of the arguments for a command that has no other options; *rest is
 * the first that is none. */
int cluster_options_parse(struct cluster_options *o, int argc, char **argv,
                          int *rest);

/* The same for a daemon, which asks nobody and prints no answer, and takes no
 * arguments besides. */
int cluster_options_parse_daemon(struct cluster_options *o, int argc,
                                 char **argv);

#endif
