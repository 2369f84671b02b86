/*
 * cmd_dev_zookeeper.c - `gale dev-zookeeper`: a ZooKeeper server on loopback,
 * as long as the command runs.
 *
 * The server is a process of its own, in a session of its own: Ctrl-C comes
 * here only, and this ends it.
 */
#include "cli/command.h"
#include "cli/dev_java.h"
#include "cli/dev_zookeeper.h"
#include "common/daemon_config.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define NAME "dev-zookeeper"

const char cmd_dev_zookeeper_details[] =
    "Runs a ZooKeeper server at 127.0.0.1 for development, with Java and the\n"
    "jars of Debian's packages default-jre-headless, libzookeeper-java and\n"
    "libslf4j-java, until Ctrl-C or SIGTERM. What it keeps stays in its data\n"
    "directory, with its log, zookeeper.log. It is one server without a\n"
    "secret: not for production.\n"
    "\n"
    "  -p, --port N   listen there (storm.zookeeper.port, 2181)\n"
    "  --data DIR     keep everything there (dev.zookeeper.path,\n"
    "                 /tmp/dev-storm-zookeeper)\n"
    "  --jars DIR     where the jars are (/usr/share/java)\n"
    "  --config FILE  read the keys from a file, as gale.yaml; may be "
    "repeated\n"
    "  -c KEY=VALUE   set a key\n"
    "\n"
    "Exit status: 0 if it was told to end, 1 if the server cannot start or "
    "ends\n"
    "by itself, 2 if the arguments make no sense.\n";

enum { OPT_DATA = 256, OPT_JARS, OPT_CONFIG };

static const struct option long_options[] = {
    {"port", required_argument, NULL, 'p'},
    {"data", required_argument, NULL, OPT_DATA},
    {"jars", required_argument, NULL, OPT_JARS},
    {"config", required_argument, NULL, OPT_CONFIG},
    {NULL, 0, NULL, 0},
};

struct arguments {
    struct daemon_config *config;
    const char *data, *jars;
    int64_t port; /* 0: none was given */
};

static void warn(void *arg, const char *text)
{
    (void)arg;
    command_error(NAME, "warning: %s", text);
}

static int take_port(struct arguments *a, const char *text)
{
    char *end;

    errno = 0;
    a->port = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || a->port < 1 ||
        a->port > 65535)
        return command_usage(
            NAME, "--port: found \"%s\", expected a number from 1 to 65535",
            text);
    return EXIT_OK;
}

/* An empty word is a variable of a shell that is not set. */
static int take_directory(const char **to, const char *option)
{
    if (*optarg == '\0')
        return command_usage(NAME, "%s: found \"\", expected a directory",
                             option);
    *to = optarg;
    return EXIT_OK;
}

static int take_option(struct arguments *a, int option, char **argv)
{
    gale_err error;

    switch (option) {
    case 'p':
        return take_port(a, optarg);
    case OPT_DATA:
        return take_directory(&a->data, "--data");
    case OPT_JARS:
        return take_directory(&a->jars, "--jars");
    case OPT_CONFIG:
        return daemon_config_file(a->config, optarg, &error) == 0
                   ? EXIT_OK
                   : command_error(NAME, "%s", error.text);
    case 'c':
        return daemon_config_override(a->config, optarg, &error) == 0
                   ? EXIT_OK
                   : command_error(NAME, "%s", error.text);
    case ':':
        return command_usage(NAME, "%s: expected a value behind it",
                             argv[optind - 1]);
    default:
        return command_usage(NAME, "unknown option %s", argv[optind - 1]);
    }
}

static int take_arguments(struct arguments *a, int argc, char **argv)
{
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":p:c:", long_options, NULL)) >= 0)
        status = take_option(a, option, argv);
    if (status == EXIT_OK && optind < argc)
        status = command_usage(NAME, "found \"%s\", expected options only",
                               argv[optind]);
    return status;
}

static int run(const struct arguments *a)
{
    struct dev_zookeeper server = {
        .port = (uint16_t)(a->port != 0
                               ? a->port
                               : daemon_config_int(a->config,
                                                   "storm.zookeeper.port")),
        .data = a->data != NULL
                    ? a->data
                    : daemon_config_text(a->config, "dev.zookeeper.path")};
    struct dev_java java;
    gale_err error;
    int status = dev_java_find(&java, NAME, a->jars);

    server.java = java.java;
    server.class_path = java.class_path;
    if (status == EXIT_OK && dev_zookeeper_run(&server, &error) != 0)
        status = command_error(NAME, "%s", error.text);
    dev_java_free(&java);
    return status == EXIT_OK ? command_finish(NAME, EXIT_OK) : status;
}

int cmd_dev_zookeeper(int argc, char **argv)
{
    struct arguments a = {.config = daemon_config_new(warn, NULL)};
    int status = take_arguments(&a, argc, argv);

    if (status == EXIT_OK)
        status = run(&a);
    daemon_config_free(a.config);
    return status;
}
