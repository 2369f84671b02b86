/*
 * cmd_check.c - `gale check`: what must hold of every plugin, tried on one; a
 * line for each check.
 */
#include "cli/check_yaml.h"
#include "cli/command.h"
#include "cli/topology_file.h"
#include "common/last_words.h"
#include "testing/conformance.h"
#include "topology-api/memory.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char cmd_check_details[] =
    "\n"
    "Tries each spout, bolt, grouping, hook and topology of FILE.so in a "
    "simulated"
    " world, every\ncheck in a process of its own: it is opened and closed,"
    " gets ticks before tuples,\nempty, huge and wrong tuples, the same ones"
    " again, is deactivated, is run twice. A\nline says what held and what did"
    " not. FILE.so is a path, or a name that is found\nas plugins are;"
    " FILE.so:ID is one of several. What cannot be tried in such a"
    "\nworld is skipped, and why is said: what needs a server or real time, and"
    " spouts that\nwait for a descriptor that is no regular file"
    " (gale_wait_fd).\n"
    "\n"
    "Of a topology in YAML it says all that is wrong, each with its line and"
    " column:\nkeys, plugins, options and their values, streams, fields,"
    " ${NAME} without a value.\nNothing of it runs. Several files are checked"
    " one after the other.\n"
    "\n"
    "  -c KEY=VALUE      set an option, as those that must be given\n"
    "  --fields NAME,…   the fields that bolts are fed; else f0 and f1\n"
    "  --timeout SECONDS for each check, else 60; it is killed then. When one"
    " of a\n                    plugin's was not enough, its others have a"
    " tenth, so that a bolt\n                    of which all hang takes twice"
    " as long\n"
    "  --filter FILE     of a topology in YAML: a file of properties, which"
    " gives ${NAME}\n                    its value\n"
    "  --env-filter      the same: ${ENV-NAME} is the variable NAME of the"
    " environment\n"
    "\n"
    "Exit status: 0 all that was tried holds, 1 something does not, 2 wrong"
    " arguments,\n130 Ctrl-C.\n";

enum { TIMEOUT_MAX = 86400, TRIED_MAX = 500 };

struct arguments {
    struct conformance_options options;
    const char **overrides;
    char **fields;
    struct flux_options yaml;
    char **files;
    int n_files;
    uint32_t of[CONFORMANCE_NOT_TRIED + 1];
    char *setup; /* said_once() */
};

/* -- arguments ------------------------------------------------------------- */

static void take_fields(struct arguments *a, const char *text)
{
    for (; *text != '\0'; text += *text == ',') {
        size_t size = strcspn(text, ",");

        a->fields = xreallocarray(a->fields, a->options.n_fields + 1,
                                  sizeof(*a->fields));
        a->fields[a->options.n_fields++] = xstrndup(text, size);
        text += size;
    }
    a->options.fields = (const char *const *)a->fields;
}

static int parse_timeout(struct arguments *a, const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end != '\0' || n < 1 || n > TIMEOUT_MAX)
        return command_usage("check",
                             "--timeout: found \"%s\", expected seconds from 1"
                             " to %d",
                             text, TIMEOUT_MAX);
    a->options.seconds = (uint32_t)n;
    return EXIT_OK;
}

static int take_option(struct arguments *a, int option, char **argv)
{
    switch (option) {
    case 'c':
        if (strchr(optarg, '=') == NULL || *optarg == '=')
            return command_usage(
                "check", "-c: found \"%s\", expected key=value", optarg);
        a->overrides[a->options.n_overrides++] = optarg;
        return EXIT_OK;
    case 'f':
        take_fields(a, optarg);
        return EXIT_OK;
    case 't':
        return parse_timeout(a, optarg);
    case ':':
        return command_usage("check", "%s needs a value", argv[optind - 1]);
    default:
        return topology_file_option(&a->yaml, option)
                   ? EXIT_OK
                   : command_usage("check", "unknown option %s",
                                   argv[optind - 1]);
    }
}

static int check_fits(const struct arguments *a)
{
    gale_err error;

    for (int i = 0; i < a->n_files; i++)
        if (topology_file_fits(&a->yaml, a->files[i], 0, NULL, &error) != 0)
            return command_usage("check", "%s", error.text);
    return EXIT_OK;
}

static int parse(struct arguments *a, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"fields", required_argument, NULL, 'f'},
        {"timeout", required_argument, NULL, 't'},
        TOPOLOGY_FILE_OPTIONS,
        {NULL, 0, NULL, 0}};
    int option, status = EXIT_OK;

    opterr = 0;
    optind = 0;
    a->overrides = xcalloc((size_t)argc, sizeof(*a->overrides));
    a->options.overrides = a->overrides;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":c:", long_options, NULL)) >= 0)
        status = take_option(a, option, argv);
    if (status == EXIT_OK && optind == argc)
        return command_usage("check", "expected a shared object, or a "
                                      "topology in YAML");
    a->files = argv + optind;
    a->n_files = argc - optind;
    return status == EXIT_OK ? check_fits(a) : status;
}

static void arguments_free(struct arguments *a)
{
    for (uint32_t i = 0; i < a->options.n_fields; i++)
        free(a->fields[i]);
    free(a->fields);
    free(a->overrides);
    free(a->setup);
}

/* -- Ctrl-C ---------------------------------------------------------------- */

static _Atomic(const char *) trying; /* read by the handler */

static void begins(const char *owner, const char *what)
{
    static char texts[2]
                     [TRIED_MAX]; /* the one that may be read is left alone */
    static int at;

    at = !at;
    snprintf(texts[at], TRIED_MAX, "%s: %s", owner, what);
    atomic_store(&trying, texts[at]);
}

static void interrupted(int signal)
{
    struct last_words words = {0};
    const char *what = atomic_load(&trying);

    (void)signal;
    last_words_put(&words, "gale check: interrupted; under way was: ");
    last_words_put(&words, what);
    last_words_say(&words);
    _exit(EXIT_INTERRUPTED);
}

static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupted};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* -- the suite ------------------------------------------------------------- */

/* What is wrong with how the component is set up, such as an option that is not
 * given, keeps every check from its work: said whole once. */
static const char *said_once(struct arguments *a, const char *why)
{
    const char *setup = strstr(why, "component \"");

    if (setup == NULL)
        return why;
    if (a->setup != NULL && strcmp(a->setup, setup) == 0)
        return "for the same reason";
    free(a->setup);
    a->setup = xstrdup(setup);
    return setup;
}

/* A finding may quote a plugin: it stays on its line. */
static void say(void *arg, const char *owner, const char *what,
                enum conformance_verdict verdict, const char *why)
{
    static const char *const words[] = {"ok    ", "FAILED", "-     "};
    struct arguments *a = arg;

    a->of[verdict]++;
    why = said_once(a, why);
    printf("%s %s: %s%s%s", words[verdict], owner, what, *why ? ": " : "",
           verdict == CONFORMANCE_NOT_TRIED ? "skipped: " : "");
    for (; *why != '\0'; why++)
        putchar((unsigned char)*why < 0x20 || *why == 0x7f ? ' ' : *why);
    putchar('\n');
    fflush(stdout);
}

static void say_sum(const struct arguments *a)
{
    if (a->n_files > 1)
        printf("%s: ", a->options.file);
    printf("%u held, %u did not", a->of[CONFORMANCE_HELD],
           a->of[CONFORMANCE_FAILED]);
    if (a->of[CONFORMANCE_NOT_TRIED] > 0)
        printf(", %u skipped", a->of[CONFORMANCE_NOT_TRIED]);
    putchar('\n');
}

static int run(struct arguments *a)
{
    gale_err error;

    memset(a->of, 0, sizeof(a->of));
    a->options.begins = begins;
    begins(a->options.file, "it is looked for");
    catch_interrupts();
    if (conformance_run(&a->options, say, a, &error) < 0)
        return command_error("check", "%s", error.text);
    say_sum(a);
    return command_finish("check",
                          a->of[CONFORMANCE_FAILED] > 0 ? EXIT_ERROR : EXIT_OK);
}

static int check_one(struct arguments *a, const char *file)
{
    a->options.file = file;
    if (!flux_is_yaml(file))
        return run(a);
    return check_yaml(file, &a->yaml, a->overrides, a->options.n_overrides,
                      a->n_files > 1);
}

/* All of them, whatever is wrong with one. */
int cmd_check(int argc, char **argv)
{
    struct arguments a = {.overrides = NULL};
    int status = parse(&a, argc, argv), one;

    for (int i = 0; i < a.n_files && status != EXIT_USAGE; i++) {
        one = check_one(&a, a.files[i]);
        status = one == EXIT_OK ? status : one;
    }
    arguments_free(&a);
    return status;
}
