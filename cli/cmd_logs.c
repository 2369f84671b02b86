/* cmd_logs.c - `gale logs`: what workers have written, on whatever machine they
 * are. */
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/log_places.h"
#include "cli/log_reader.h"
#include "cli/topology_order.h"
#include "common/json.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "logs"
#define POLL_NS INT64_C(200000000)
#define POLLS_PER_LOOK 10 /* at whether workers have moved */
#define POLLS_AT_END 5    /* without a word, and nothing more is expected */
#define LINES_DEFAULT 100u

const char cmd_logs_details[] =
    "\nShows the end of what each worker of a topology has written: its log, "
    "and what plugins print.\nLogs are kept for a while when a worker or its "
    "topology is gone\n(logviewer.cleanup.age.mins): NAME is a name then, of "
    "which the newest is meant, or an id.\n"
    "A supervisor that cannot be asked is named, and the status is 3 then; "
    "what "
    "others have is shown.\n\n"
    "  -c, --component ID  of the workers alone that run this component, or "
    "have run it\n"
    "  -w, --worker N      of this worker alone\n"
    "  -n, --lines N       so many lines of each; default: 100\n"
    "  -f, --follow        go on with what comes, until Ctrl-C or until the\n"
    "                      topology is gone\n"
    "  --config FILE       configuration of the cluster; default: what the\n"
    "                      environment variable GALE_CONFIG names, otherwise\n"
    "                      /etc/gale/gale.yaml if it is there\n"
    "  -c KEY=VALUE        a key of it, VALUE in JSON\n"
    "  --json              {worker, supervisor, host, text} in JSON, one per "
    "line\n"
    "  --timeout SECS      how long an answer may take; default: 30\n";

struct arguments {
    struct cluster_options options;
    struct log_wish wish;
    uint32_t lines;
    bool follow;
};

struct show {
    struct cluster *cluster;
    const struct arguments *arguments;
    struct log_places places;
    char last[200]; /* the head over what was printed last; "": none yet */
};

/* -- arguments ------------------------------------------------------------- */

static int take_number(const char *option, int64_t max, int64_t *n)
{
    char *end;

    errno = 0;
    *n = strtoll(optarg, &end, 10);
    if (errno == 0 && end != optarg && *end == '\0' && *n >= 0 && *n <= max)
        return EXIT_OK;
    return command_usage(NAME,
                         "%s: found \"%s\", expected a number from 0 to %lld",
                         option, optarg, (long long)max);
}

static int take_lines(struct arguments *a)
{
    int64_t n = 0;
    int status = take_number("-n", LOG_TAIL_LINES_MAX, &n);

    a->lines = (uint32_t)n;
    return status;
}

/* An id of a component has no '='. */
static int take_component(struct arguments *a, int option, char **argv)
{
    if (option == 'c' && strchr(optarg, '=') != NULL)
        return cluster_options_take(&a->options, 'c', argv);
    a->wish.component = optarg;
    return EXIT_OK;
}

static int take_option(struct arguments *a, int option, char **argv)
{
    switch (option) {
    case 'c':
    case 'C':
        return take_component(a, option, argv);
    case 'w':
        return take_number("-w", 1023, &a->wish.worker);
    case 'n':
        return take_lines(a);
    case 'f':
        a->follow = true;
        return EXIT_OK;
    default:
        return cluster_options_take(&a->options, option, argv);
    }
}

static int take_arguments(struct arguments *a, int argc, char **argv)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"component", required_argument, NULL, 'C'},
        {"worker", required_argument, NULL, 'w'},
        {"lines", required_argument, NULL, 'n'},
        {"follow", no_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":c:w:n:f", options, NULL)) != -1)
        status = take_option(a, option, argv);
    if (status == EXIT_OK)
        status =
            topology_order_name(&a->options, argc, argv, optind, &a->wish.name);
    return status == EXIT_OK ? cluster_options_done(&a->options) : status;
}

/* -- printing -------------------------------------------------------------- */

/* A terminal obeys control characters: none of somebody else's goes there. */
static void put_lines(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            printf("\\x%02x", c);
        else
            putchar(c);
    }
}

static void put_json(const struct log_place *place, const char *text,
                     size_t size)
{
    struct json j;

    json_to_file(&j, stdout);
    json_object(&j);
    json_key(&j, "worker");
    json_uint(&j, place->worker);
    json_key(&j, "supervisor");
    json_string(&j, place->supervisor);
    json_key(&j, "host");
    json_string(&j, place->host);
    json_key(&j, "text");
    json_bytes(&j, text, size);
    json_end(&j);
    json_finish(&j);
    putchar('\n');
}

/* Where another log begins. */
static void put_head(struct show *s, const struct log_place *place)
{
    char head[sizeof(s->last)];

    snprintf(head, sizeof(head),
             "==> worker %u on %.50s, supervisor %s <==", place->worker,
             place->host, place->supervisor);
    if (strcmp(head, s->last) == 0)
        return;
    printf("%s%s\n", s->last[0] != '\0' ? "\n" : "", head);
    memcpy(s->last, head, sizeof(head));
}

static void put_text(struct show *s, const struct log_place *place,
                     const char *text, size_t size)
{
    if (s->arguments->options.json) {
        put_json(place, text, size);
    } else {
        put_head(s, place);
        put_lines(text, size);
    }
    fflush(stdout);
}

/* -- logs ------------------------------------------------------------------ */

static struct log_reader reader_of(const struct show *s)
{
    return (struct log_reader){s->cluster, s->places.topology};
}

static int show_end(struct show *s, struct log_place *place)
{
    const struct log_reader reader = reader_of(s);
    size_t size;
    char *text;
    int status =
        log_reader_tail(&reader, place, s->arguments->lines, &text, &size);

    if (status == EXIT_OK)
        put_text(s, place, text, size);
    else
        command_error(NAME, "worker %u of supervisor %s: %s", place->worker,
                      place->supervisor, cluster_why(s->cluster));
    place->followed = true;
    free(text);
    return status;
}

/* The worst of them. */
static int show_ends(struct show *s)
{
    int worst = EXIT_OK;

    for (uint32_t i = 0; i < s->places.n; i++)
        if (!s->places.list[i].followed) {
            int status = show_end(s, &s->places.list[i]);

            worst = status > worst ? status : worst;
        }
    return worst;
}

static void say_away(const struct show *s, struct log_place *place)
{
    if (!place->away)
        command_error(NAME, "worker %u of supervisor %s: %s; it is tried again",
                      place->worker, place->supervisor,
                      cluster_why(s->cluster));
    place->away = true;
}

/* Whether there was something. */
static bool show_more(struct show *s, struct log_place *place)
{
    const struct log_reader reader = reader_of(s);
    uint64_t before = place->offset;
    size_t size = 1;

    while (size > 0) {
        char *text;

        if (log_reader_more(&reader, place, &text, &size) != EXIT_OK) {
            say_away(s, place);
            size = 0;
        } else {
            place->away = false;
        }
        if (size > 0)
            put_text(s, place, text, size);
        free(text);
    }
    return place->offset != before;
}

/* What has come since the last time; whether there was something. */
static bool show_all_more(struct show *s)
{
    bool some = false;

    loop_run_for(cluster_loop(s->cluster), POLL_NS);
    for (uint32_t i = 0; i < s->places.n; i++)
        some |= show_more(s, &s->places.list[i]);
    return some;
}

/* Its workers may still say something; the exit status. */
static int follow_to_the_end(struct show *s)
{
    for (uint32_t silent = 0; silent < POLLS_AT_END && !ferror(stdout);)
        silent = show_all_more(s) ? 0 : silent + 1;
    fprintf(stderr, "gale " NAME ": topology %s is gone; that was all\n",
            s->places.topology);
    return EXIT_OK;
}

/* Until it is gone, or Ctrl-C, which has nothing to undo; or nobody reads. By
 * its id: another one may get the name. */
static int follow(struct show *s)
{
    struct log_wish wish = s->arguments->wish;
    char *id = xstrdup(s->places.topology);

    wish.name = id;
    for (uint64_t i = 1; !s->places.gone && !ferror(stdout); i++) {
        show_all_more(s);
        if (i % POLLS_PER_LOOK == 0 &&
            log_places_find(&s->places, s->cluster, NAME, &wish, true) ==
                EXIT_OK)
            show_ends(s);
    }
    free(id);
    return ferror(stdout) ? EXIT_OK : follow_to_the_end(s);
}

/* Those that could not be asked were named. */
static int nothing_found(const struct show *s)
{
    const struct log_wish *wish = &s->arguments->wish;

    if (s->places.missed != EXIT_OK)
        return s->places.missed;
    return command_error(NAME, "there is no such log of \"%s\"%s", wish->name,
                         wish->worker >= 0 || wish->component != NULL
                             ? ": without -w and -c all are shown"
                             : " yet");
}

static int show(struct show *s)
{
    const struct arguments *a = s->arguments;
    int status;

    cluster_be_quiet(s->cluster);
    status = log_places_find(&s->places, s->cluster, NAME, &a->wish, false);
    if (status == EXIT_OK && s->places.n == 0 && !a->follow)
        status = nothing_found(s);
    if (status == EXIT_OK)
        status = show_ends(s);
    if (status == EXIT_OK && a->follow)
        status = follow(s);
    if (status == EXIT_OK)
        status = s->places.missed;
    return command_finish(NAME, status);
}

int cmd_logs(int argc, char **argv)
{
    struct arguments a = {.wish.worker = -1, .lines = LINES_DEFAULT};
    struct show s = {.arguments = &a};
    int status;

    cluster_options_begin(&a.options, NAME);
    status = take_arguments(&a, argc, argv);
    if (status == EXIT_OK) {
        s.cluster = cluster_open(&a.options, TOKEN_READER);
        status = s.cluster == NULL ? EXIT_ERROR : show(&s);
    }
    log_places_free(&s.places);
    cluster_close(s.cluster);
    cluster_options_end(&a.options);
    return status;
}
