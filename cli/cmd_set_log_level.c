/* cmd_set_log_level.c - `gale set_log_level`: what a topology's workers log
 * from now on. */
#include "cli/command.h"
#include "cli/topology_order.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME "set_log_level"
#define SECONDS_MAX 86400

const char cmd_set_log_level_details[] =
    "\nWhat the workers of a topology log, themselves and what plugins log: "
    "this level and above;\nalso those of its workers that start later. As "
    "usual is INFO.\n\n"
    "  -l, --level LEVEL[:SECS]  DEBUG, INFO, WARN or ERROR, for so "
    "many\n"
    "                            seconds, or until something else is said; "
    "with\n"
    "                            Storm's ROOT= before it, too\n"
    "  -r, --reset               as usual again\n" CLUSTER_OPTIONS_HELP;

struct arguments {
    struct cluster_options options;
    const char *name;
    int option; /* 'l' or 'r'; 0: neither yet */
    char level[16];
    int64_t seconds; /* 0: no end */
};

static int take_seconds(struct arguments *a, const char *text)
{
    char *end;

    errno = 0;
    a->seconds = strtoll(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && a->seconds > 0 &&
        a->seconds <= SECONDS_MAX)
        return EXIT_OK;
    return command_usage(NAME,
                         "-l: found \"%s\", expected seconds from 1 to %d",
                         text, SECONDS_MAX);
}

static int take_level(struct arguments *a, const char *text)
{
    static const char root[] = "ROOT=";
    gale_log_level level;
    size_t size;

    a->seconds = 0;
    if (strncmp(text, root, strlen(root)) == 0)
        text += strlen(root);
    size = strcspn(text, ":");
    snprintf(a->level, sizeof(a->level), "%.*s", (int)size, text);
    if (!log_level_read(text, size, &level))
        return command_usage(NAME,
                             "-l: found \"%s\", expected DEBUG, INFO, "
                             "WARN or ERROR, and :SECS behind it or not",
                             text);
    return text[size] == '\0' ? EXIT_OK : take_seconds(a, text + size + 1);
}

/* Either of them, once or more often. */
static int take_option(struct arguments *a, int option, char **argv)
{
    if (option != 'l' && option != 'r')
        return cluster_options_take(&a->options, option, argv);
    if (a->option != 0 && a->option != option)
        return command_usage(NAME, "expected -l LEVEL or -r, not both");
    a->option = option;
    return take_level(a, option == 'l' ? optarg : "INFO");
}

static int take_arguments(struct arguments *a, int argc, char **argv)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"level", required_argument, NULL, 'l'},
        {"reset", no_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":c:l:r", options, NULL)) != -1)
        status = take_option(a, option, argv);
    if (status == EXIT_OK)
        status = topology_order_name(&a->options, argc, argv, optind, &a->name);
    if (status == EXIT_OK && a->level[0] == '\0')
        status = command_usage(NAME, "expected -l LEVEL, or -r");
    return status == EXIT_OK ? cluster_options_done(&a->options) : status;
}

static int order(const struct arguments *a)
{
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 3);
    pack_key_text(&params, "name", a->name);
    pack_key_text(&params, "level", a->level);
    pack_key_int(&params, "secs", a->seconds);
    status = topology_order(&a->options, NAME, &params);
    pack_free(&params);
    return status;
}

int cmd_set_log_level(int argc, char **argv)
{
    struct arguments a = {.seconds = 0};
    int status;

    cluster_options_begin(&a.options, NAME);
    status = take_arguments(&a, argc, argv);
    if (status == EXIT_OK)
        status = order(&a);
    cluster_options_end(&a.options);
    return status;
}
