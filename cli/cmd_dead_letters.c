/*
 * cmd_dead_letters.c - `gale dead-letters`: what is in a spool of messages that
 * nobody could process, and the same messages once more.
 */
#include "cli/command.h"
#include "common/spool.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <string.h>

const char cmd_dead_letters_details[] =
    "\n"
    "A message that failed more often than gale.topology.max.replays says, or"
    " that a bolt\ncalled poison, goes to the file of "
    "gale.topology.dead.letter:"
    " one line of JSON with\nwhat its spout emitted, where it failed last, why"
    " and how often.\n"
    "\n"
    "  list FILE                 a line for each\n"
    "  show FILE N               everything about the one of this number\n"
    "  replay FILE [OPTIONS] TOPOLOGY [ARGS…]\n"
    "                            run the topology as `gale local` does, with"
    " these\n                            messages instead of what its spouts"
    " read\n"
    "\n"
    "A record that is cut in half, as a crash leaves it, is left out. The file"
    " stays as\nit is: move it away first, so that what fails again goes to a"
    " new one.\n";

static const char name[] = "dead-letters";

/* -- list ------------------------------------------------------------------ */

/* Text for people: what could steer a terminal is a question mark. */
static char *harmless(gale_str text)
{
    char *copy = xstrndup(text.size > 0 ? text.data : "", text.size);

    for (char *at = copy; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    return copy;
}

static void list_letter(uint32_t n, const struct dead_letter *l)
{
    char time[DEAD_LETTER_TIME_SIZE];
    char *spout = harmless(l->spout), *where = harmless(l->component);
    char *error = harmless(l->error);

    dead_letter_time(l->time_us, time);
    time[19] = '\0'; /* whole seconds */
    printf("%u  %s  %s: failed %s%lld time%s%s%s: %s\n", n, time, spout,
           l->poison ? "as poison, " : "", (long long)l->failures,
           l->failures != 1 ? "s" : "", *where != '\0' ? ", in " : "", where,
           error);
    free(spout);
    free(where);
    free(error);
}

static void warn_if_cut(const struct spool *s)
{
    if (s->cut)
        fprintf(stderr,
                "gale dead-letters: warning: %s: the last record is cut off "
                "and is left out\n",
                s->path);
}

/* A record that is damaged does not hide the others. */
static int list(struct spool *s, int argc, char **argv)
{
    struct dead_letter letter;
    struct dead_letter_memory *memory;
    gale_err error;
    int status = EXIT_OK, found;

    (void)argc, (void)argv;
    while ((found = spool_next(s, &letter, &memory, &error)) != 0) {
        if (found < 0)
            status = command_error(name, "%s", error.text);
        else
            list_letter(s->n, &letter);
        dead_letter_forget(memory);
    }
    return status;
}

/* -- show ------------------------------------------------------------------ */

static void show_text(const char *what, gale_str text)
{
    char *copy = harmless(text);

    printf("%-10s %s\n", what, copy);
    free(copy);
}

static void show_place(const char *what, gale_str component, int64_t task)
{
    char *id = harmless(component);

    if (task != 0)
        printf("%-10s %s (task %lld)\n", what, id, (long long)task);
    else
        printf("%-10s nowhere: it took too long\n", what);
    free(id);
}

static void show_field(gale_str field, gale_value value)
{
    char *id = harmless(field);
    struct json j;

    printf("field      %s = ", id);
    free(id);
    json_to_file(&j, stdout);
    json_value(&j, value);
    printf("\n");
}

static void show_letter(const struct dead_letter *l)
{
    char time[DEAD_LETTER_TIME_SIZE];

    printf("%-10s %s\n", "time", dead_letter_time(l->time_us, time));
    show_text("topology", l->topology);
    show_place("spout", l->spout, l->task);
    printf("%-10s %llu %llu\n", "message", (unsigned long long)l->id.hi,
           (unsigned long long)l->id.lo);
    show_place("failed in", l->component, l->failed_task);
    printf("%-10s %lld\n", "failures", (long long)l->failures);
    printf("%-10s %s\n", "poison", l->poison ? "yes" : "no");
    show_text("error", l->error);
    if (!l->has_fields) {
        printf("%-10s not known: its spout emits nothing again\n", "fields");
        return;
    }
    show_text("stream", l->stream);
    for (uint32_t i = 0; i < l->n; i++)
        show_field(l->names[i], l->values[i]);
}

/* The record n of the spool; damaged ones before it do not matter. */
static int show_number(struct spool *s, uint32_t n)
{
    struct dead_letter letter;
    struct dead_letter_memory *memory;
    gale_err error;
    int found;

    do {
        found = spool_next(s, &letter, &memory, &error);
        if (found > 0 && s->n == n)
            show_letter(&letter);
        dead_letter_forget(memory);
    } while (found != 0 && s->n < n);
    if (found < 0)
        return command_error(name, "%s", error.text);
    if (found == 0)
        return command_error(name, "%s has no record %u: it has %u", s->path, n,
                             s->n);
    return EXIT_OK;
}

static int show(struct spool *s, int argc, char **argv)
{
    char *end = argv[0];
    long n;

    (void)argc;
    errno = 0;
    n = strtol(argv[0], &end, 10);
    if (end == argv[0] || *end != '\0' || errno != 0 || n < 1 || n > INT32_MAX)
        return command_usage(name,
                             "show: found \"%s\", expected the number of a "
                             "record, from 1 on",
                             argv[0]);
    return show_number(s, (uint32_t)n);
}

/* -- replay ---------------------------------------------------------------- */

/* `gale local --letters FILE …` */
static int replay(int argc, char **argv)
{
    char **args;
    int status;

    if (argc < 2)
        return command_usage(name, "replay: expected a file and a topology");
    args = xcalloc((size_t)argc + 3, sizeof(*args));
    args[0] = "local";
    args[1] = "--letters";
    memcpy(args + 2, argv, (size_t)argc * sizeof(*args));
    status = cmd_local(argc + 2, args);
    free(args);
    return status;
}

/* -- which of them --------------------------------------------------------- */

static int with_spool(const char *path, int argc, char **argv,
                      int (*run)(struct spool *s, int argc, char **argv))
{
    struct spool spool;
    gale_err error;
    int status;

    if (spool_open(&spool, env_posix(), path, &error) != 0)
        return command_error(name, "%s", error.text);
    status = run(&spool, argc, argv);
    warn_if_cut(&spool);
    spool_close(&spool);
    return command_finish(name, status);
}

int cmd_dead_letters(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "replay") == 0)
        return replay(argc - 2, argv + 2);
    if (strcmp(what, "list") == 0 && argc == 3)
        return with_spool(argv[2], 0, NULL, list);
    if (strcmp(what, "show") == 0 && argc == 4)
        return with_spool(argv[2], 1, argv + 3, show);
    if (strcmp(what, "list") == 0)
        return command_usage(name, "list: expected one file");
    if (strcmp(what, "show") == 0)
        return command_usage(name, "show: expected a file and a number");
    return command_usage(name, "found \"%s\", expected list, show or replay",
                         what);
}
