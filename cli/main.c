/*
 * main.c - the gale command: which subcommands there are, and the way to them.
 */
#include "common/config.h"
#include "cli/command.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

const struct command commands[] = {
    {"local", "[OPTIONS] FILE.so|FILE.yaml [ARGS…]",
     "run a topology in this process", cmd_local_details, cmd_local},
    {"inspect", "[OPTIONS] FILE.so|FILE.yaml [ARGS…]",
     "show what a shared object or topology contains", cmd_inspect_details,
     cmd_inspect},
    {"new", "bolt|spout|topology NAME", "write the skeleton of a plugin",
     cmd_new_details, cmd_new},
    {"dead-letters", "list|show|replay FILE …",
     "messages that nobody could process", cmd_dead_letters_details,
     cmd_dead_letters},
    {"try", "[OPTIONS] BOLT.so", "show what a bolt makes of tuples",
     cmd_try_details, cmd_try},
    {"check", "[OPTIONS] FILE.so|FILE.yaml…",
     "try whether a plugin or a topology in YAML is right", cmd_check_details,
     cmd_check},
    {"submit", "[OPTIONS] FILE.so|FILE.yaml [ARGS…]",
     "run a topology on a cluster", cmd_submit_details, cmd_submit},
    {"jar", "[OPTIONS] FILE.so|FILE.yaml [ARGS…]", "the same, by Storm's name",
     cmd_submit_details, cmd_submit},
    {"status", "[OPTIONS]", "show a cluster, and what is wrong with it",
     cmd_status_details, cmd_status},
    {"list", "[OPTIONS]", "show the topologies of a cluster", cmd_list_details,
     cmd_list},
    {"activate", "[OPTIONS] NAME", "let a topology's spouts emit again",
     cmd_activate_details, cmd_activate},
    {"deactivate", "[OPTIONS] NAME", "let a topology's spouts rest",
     cmd_deactivate_details, cmd_deactivate},
    {"rebalance", "[OPTIONS] NAME", "place a topology's executors anew",
     cmd_rebalance_details, cmd_rebalance},
    {"kill", "[OPTIONS] NAME", "end a topology", cmd_kill_details, cmd_kill},
    {"get-errors", "[OPTIONS] NAME", "show the last errors of a topology",
     cmd_get_errors_details, cmd_get_errors},
    {"monitor", "[OPTIONS] NAME", "show how much a topology's components emit",
     cmd_monitor_details, cmd_monitor},
    {"metrics", "[OPTIONS] NAME", "show what a topology's plugins measure",
     cmd_metrics_details, cmd_metrics},
    {"set_log_level", "[OPTIONS] NAME", "set what a topology's workers log",
     cmd_set_log_level_details, cmd_set_log_level},
    {"logs", "[OPTIONS] NAME", "show what a topology's workers have written",
     cmd_logs_details, cmd_logs},
    {"key", "[OPTIONS] ROLE FILE",
     "write a key that may do less than the token", cmd_key_details, cmd_key},
    {"nimbus", "[OPTIONS]", "run the daemon that decides what runs where",
     cmd_nimbus_details, cmd_nimbus},
    {"supervisor", "[OPTIONS]", "run the daemon that runs a machine's workers",
     cmd_supervisor_details, cmd_supervisor},
    {"kill_workers", "[OPTIONS]", "end the workers of this machine",
     cmd_kill_workers_details, cmd_kill_workers},
    {"cluster", "up|down|status [OPTIONS] DIR",
     "run a cluster on this machine, for development", cmd_cluster_details,
     cmd_cluster},
    {"simulate", "--scale|--seeds A..B [OPTIONS]",
     "run clusters that are not there, to see what they take, or let them fail",
     cmd_simulate_details, cmd_simulate},
    {"dev-zookeeper", "[OPTIONS]", "run a ZooKeeper server for development",
     cmd_dev_zookeeper_details, cmd_dev_zookeeper},
    {"help", "[COMMAND]", "explain the commands, or one of them", "", cmd_help},
    {"version", "", "print the version", "", cmd_version},
    {NULL, NULL, NULL, NULL, NULL},
};

/* `gale --help` and `gale --version` are what people try first. */
static const char *name_of(const char *word)
{
    if (!strcmp(word, "--help") || !strcmp(word, "-h"))
        return "help";
    if (!strcmp(word, "--version") || !strcmp(word, "-V"))
        return "version";
    return word;
}

static bool asks_for_help(int argc, char **argv)
{
    return argc == 3 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"));
}

/* What was closed by the caller (`>&-`) must not become some other file: its
 * place is taken by one that cannot be used, so that using it is an error. */
static void keep_standard_places(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Every carrier waits with two descriptors, and plugins open what they like.
 * Most systems let a program have many, if it asks: the soft limit is low for
 * the sake of select(), which knows no descriptor above 1023. As the lowest one
 * that is free is always taken, a topology that opens few never gets there. */
static void take_all_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* if not, it stays as it was */
}

/* What gale starts of itself is executed by a name that says nothing, and
 * `ps`, `top` and `ss` show that: /proc/self/exe. */
static void take_name(const char *word)
{
    char name[32] = "";

    if (prctl(PR_GET_NAME, name) != 0 || strcmp(name, "exe") != 0)
        return;
    snprintf(name, sizeof(name), "gale %s", word);
    prctl(PR_SET_NAME, name); /* cut after 15 bytes */
}

int main(int argc, char **argv)
{
    const struct command *command;

    keep_standard_places();
    take_all_descriptors();
    config_register();
    if (argc < 2) {
        fputs("usage: gale COMMAND [ARGUMENTS]; `gale help` lists the"
              " commands\n",
              stderr);
        return EXIT_USAGE;
    }
    take_name(argv[1]);
    command = command_find(name_of(argv[1]));
    if (command == NULL)
        command = command_find_inner(argv[1]);
    if (command == NULL)
        return command_unknown(argv[1]);
    if (asks_for_help(argc, argv))
        return cmd_help(2, (char *[]){"help", argv[1], NULL});
    return command->run(argc - 1, argv + 1);
}
