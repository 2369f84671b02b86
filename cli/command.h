/*
 * command.h - what a subcommand of gale is, and how it says what went wrong.
 *
 * Each command has its own file, cmd_NAME.c, with its function and its help;
 * main.c has the table. A command returns the exit status of the process.
 */
#ifndef GALE_COMMAND_H
#define GALE_COMMAND_H

#include <gale/abi.h>

enum exit_status {
    EXIT_OK = 0,
    EXIT_ERROR = 1,
    EXIT_USAGE = 2,
    EXIT_AWAY = 3,          /* of a cluster: nobody answers, or nobody leads */
    EXIT_UNKNOWN = 4,       /* it was asked for, and may be done or not */
    EXIT_INTERRUPTED = 130, /* as a shell says it of SIGINT */
};

struct command {
    const char *name;
    const char *arguments; /* as shown behind the name */
    const char *summary;   /* one line */
    const char *details;   /* what `gale help NAME` adds; "" if nothing */
    int (*run)(int argc, char **argv); /* argv[0] is the name */
};

/* The table of main.c; ends with a command without a name. */
extern const struct command commands[];

/* NULL if there is none of that name. */
const struct command *command_find(const char *name);

/* One that gale gives itself, and that no help lists; NULL if there is none. */
const struct command *command_find_inner(const char *name);

/* Say that there is no such command, and which one may be meant. */
int command_unknown(const char *name);

/* Print `gale NAME: TEXT` to standard error; EXIT_ERROR. */
int command_error(const char *name, const char *format, ...) GALE_PRINTF(2, 3);

/* The same for arguments that make no sense, with a hint at the help;
 * EXIT_USAGE. */
int command_usage(const char *name, const char *format, ...) GALE_PRINTF(2, 3);

/* Flush standard output: status, or EXIT_ERROR and a word if that fails. */
int command_finish(const char *name, int status);

int cmd_local(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_new(int argc, char **argv);
int cmd_dead_letters(int argc, char **argv);
int cmd_try(int argc, char **argv);
int cmd_simulate(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_submit(int argc, char **argv);
int cmd_supervisor(int argc, char **argv);
int cmd_nimbus(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_kill(int argc, char **argv);
int cmd_activate(int argc, char **argv);
int cmd_deactivate(int argc, char **argv);
int cmd_rebalance(int argc, char **argv);
int cmd_get_errors(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_set_log_level(int argc, char **argv);
int cmd_logs(int argc, char **argv);
int cmd_kill_workers(int argc, char **argv);
int cmd_cluster(int argc, char **argv);
int cmd_dev_zookeeper(int argc, char **argv);
int cmd_simulate(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_version(int argc, char **argv);

extern const char cmd_local_details[];
extern const char cmd_inspect_details[];
extern const char cmd_new_details[];
extern const char cmd_dead_letters_details[];
extern const char cmd_try_details[];
extern const char cmd_simulate_details[];
extern const char cmd_check_details[];
extern const char cmd_dev_zookeeper_details[];
extern const char cmd_submit_details[];
extern const char cmd_supervisor_details[];
extern const char cmd_nimbus_details[];
extern const char cmd_key_details[];
extern const char cmd_list_details[];
extern const char cmd_status_details[];
extern const char cmd_kill_details[];
extern const char cmd_activate_details[];
extern const char cmd_deactivate_details[];
extern const char cmd_rebalance_details[];
extern const char cmd_get_errors_details[];
extern const char cmd_monitor_details[];
extern const char cmd_metrics_details[];
extern const char cmd_set_log_level_details[];
extern const char cmd_logs_details[];
extern const char cmd_kill_workers_details[];
extern const char cmd_cluster_details[];
extern const char cmd_simulate_details[];

#endif
