/* cmd_monitor.c - `gale monitor`: how many tuples each component emits, again
 * and again. */
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/human.h"
#include "cli/recent_rate.h"
#include "cli/table.h"
#include "cli/topology_order.h"
#include "common/json.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "monitor"
#define SECOND_NS INT64_C(1000000000)
#define TIMES_MAX 1000000000

enum { INTERVAL_DEFAULT_S = 4 };

const char cmd_monitor_details[] =
    "\nShows, every few seconds until Ctrl-C, what each component of a "
    "topology has emitted in\nall, and per second of late: since the line "
    "before, or in three seconds if these are more,\nsince workers tell so "
    "often. A worker that is started again begins at 0.\n\n"
    "  -i, --interval SECS        so often; default: 4\n"
    "  -m, --component ID         of this component alone\n"
    "  -s, --stream ID            of this stream alone\n"
    "  -w, --watch WHAT           emitted (default), or transferred: counted "
    "once for\n"
    "                             each task that gets it\n"
    "  -n, --times N              end after so many\n" CLUSTER_OPTIONS_HELP;

struct arguments {
    struct cluster_options options;
    const char *name, *component, *stream, *watch;
    int64_t interval_s, times; /* times: 0 for ever */
};

/* What was there the last time, in the order of the lines. */
struct monitor {
    const struct arguments *arguments;
    struct cluster *cluster;
    int64_t now; /* when it was asked */
    uint32_t capacity;
    struct recent_rate *rates;
    uint32_t next; /* line */
    bool found;    /* the component */
    bool told;     /* streams of it */
};

/* -- arguments ------------------------------------------------------------- */

static int take_number(const char *option, int64_t max, int64_t *n)
{
    char *end;

    errno = 0;
    *n = strtoll(optarg, &end, 10);
    if (errno == 0 && end != optarg && *end == '\0' && *n >= 1 && *n <= max)
        return EXIT_OK;
    return command_usage(NAME,
                         "%s: found \"%s\", expected a number from 1 to %lld",
                         option, optarg, (long long)max);
}

static int take_watch(struct arguments *a)
{
    a->watch = optarg;
    if (!strcmp(optarg, "emitted") || !strcmp(optarg, "transferred"))
        return EXIT_OK;
    return command_usage(
        NAME, "-w: found \"%s\", expected emitted or transferred", optarg);
}

static int take_option(struct arguments *a, int option, char **argv)
{
    switch (option) {
    case 'i':
        return take_number("-i", 86400, &a->interval_s);
    case 'n':
        return take_number("-n", TIMES_MAX, &a->times);
    case 'm':
        a->component = optarg;
        return EXIT_OK;
    case 's':
        a->stream = optarg;
        return EXIT_OK;
    case 'w':
        return take_watch(a);
    default:
        return cluster_options_take(&a->options, option, argv);
    }
}

static int take_arguments(struct arguments *a, int argc, char **argv)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"interval", required_argument, NULL, 'i'},
        {"component", required_argument, NULL, 'm'},
        {"stream", required_argument, NULL, 's'},
        {"watch", required_argument, NULL, 'w'},
        {"times", required_argument, NULL, 'n'},
        {NULL, 0, NULL, 0},
    };
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":c:i:m:s:w:n:", options, NULL)) !=
               -1)
        status = take_option(a, option, argv);
    if (status == EXIT_OK)
        status = topology_order_name(&a->options, argc, argv, optind, &a->name);
    return status == EXIT_OK ? cluster_options_done(&a->options) : status;
}

/* -- lines ----------------------------------------------------------------- */

static bool is_wanted(const char *wanted, const msgpack_object *o)
{
    gale_str text = unpack_str(o);

    return wanted == NULL || (text.size == strlen(wanted) &&
                              memcmp(text.data, wanted, text.size) == 0);
}

/* Of the next line. */
static const struct recent_rate *rate_of(struct monitor *m, uint64_t value)
{
    struct recent_rate *r;

    if (m->next >= m->capacity) {
        uint32_t had = m->capacity;

        m->capacity = 2 * m->next + 16;
        m->rates = xreallocarray(m->rates, m->capacity, sizeof(*m->rates));
        memset(&m->rates[had], 0, (m->capacity - had) * sizeof(*m->rates));
    }
    r = &m->rates[m->next++];
    recent_rate_see(r, m->now, value);
    return r;
}

static void add_text(struct table *t, const msgpack_object *o)
{
    char *text = unpack_text(o, 300);

    table_add(t, "%s", text == NULL ? "-" : text);
    free(text);
}

static void add_row(struct monitor *m, struct table *t,
                    const msgpack_object *component,
                    const msgpack_object *stream)
{
    uint64_t now = unpack_uint(unpack_key(stream, m->arguments->watch), 0);
    const struct recent_rate *rate = rate_of(m, now);
    char text[HUMAN_MAX];

    add_text(t, unpack_key(component, "id"));
    add_text(t, unpack_key(stream, "stream"));
    table_add(
        t, "%llu",
        (unsigned long long)unpack_uint(unpack_key(component, "executors"), 0));
    table_add(
        t, "%llu",
        (unsigned long long)unpack_uint(unpack_key(component, "tasks"), 0));
    table_add(t, "%s", human_count(text, now));
    if (rate->known)
        table_add(t, "%s", human_number(text, rate->per_second));
    else
        table_add(t, "-");
}

static void put_pair(struct json *j, const char *key, const msgpack_object *o)
{
    char *text = unpack_text(o, 300);

    json_key(j, key);
    json_string(j, text != NULL ? text : "");
    free(text);
}

static void put_json(struct monitor *m, const msgpack_object *component,
                     const msgpack_object *stream)
{
    uint64_t now = unpack_uint(unpack_key(stream, m->arguments->watch), 0);
    const struct recent_rate *rate = rate_of(m, now);
    struct json j;

    json_to_file(&j, stdout);
    json_object(&j);
    put_pair(&j, "component", unpack_key(component, "id"));
    put_pair(&j, "stream", unpack_key(stream, "stream"));
    json_key(&j, "executors");
    json_uint(&j, unpack_uint(unpack_key(component, "executors"), 0));
    json_key(&j, "tasks");
    json_uint(&j, unpack_uint(unpack_key(component, "tasks"), 0));
    json_key(&j, m->arguments->watch);
    json_uint(&j, now);
    json_key(&j, "per_second");
    if (rate->known)
        json_float(&j, rate->per_second);
    else
        json_null(&j);
    json_end(&j);
    json_finish(&j);
    putchar('\n');
}

static void each_stream(struct monitor *m, struct table *t,
                        const msgpack_object *component)
{
    const msgpack_object *streams = unpack_key(component, "streams");

    if (!is_wanted(m->arguments->component, unpack_key(component, "id")))
        return;
    m->found = true;
    m->told |= unpack_n(streams) > 0;
    for (uint32_t i = 0; i < unpack_n(streams); i++) {
        const msgpack_object *s = unpack_at(streams, i);

        if (!is_wanted(m->arguments->stream, unpack_key(s, "stream")))
            continue;
        if (m->arguments->options.json)
            put_json(m, component, s);
        else
            add_row(m, t, component, s);
    }
}

static void put_table(struct monitor *m, const msgpack_object *components)
{
    const char *const titles[] = {"component",         "stream",
                                  "executors",         "tasks",
                                  m->arguments->watch, "per second"};
    struct table *t = table_new(titles, 6);

    m->next = 0;
    m->found = m->told = false;
    for (uint32_t i = 0; i < unpack_n(components); i++)
        each_stream(m, t, unpack_at(components, i));
    if (!m->arguments->options.json && m->found && !m->told)
        puts("its workers have told nothing of that yet");
    else if (!m->arguments->options.json && m->next > 0)
        table_print(t, stdout);
    table_free(t);
    fflush(stdout);
}

/* -- again and again ------------------------------------------------------- */

static int ask(struct monitor *m, struct unpacked *answer)
{
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 1);
    pack_key_text(&params, "name", m->arguments->name);
    status = cluster_call(m->cluster, "topology", &params, answer);
    pack_free(&params);
    return status;
}

static int once(struct monitor *m)
{
    const struct arguments *a = m->arguments;
    struct unpacked answer;
    int status = ask(m, &answer);

    if (status != EXIT_OK)
        return status;
    m->now = loop_now(cluster_loop(m->cluster));
    put_table(m, unpack_key(answer.root, "components"));
    unpacked_free(&answer);
    if (!m->found)
        return command_error(NAME,
                             "the topology \"%s\" has no component \"%s\"",
                             a->name, a->component);
    if (m->told && m->next == 0 && a->component == NULL)
        return command_error(NAME,
                             "no component of the topology \"%s\" has a stream "
                             "\"%s\"",
                             a->name, a->stream);
    if (m->told && m->next == 0)
        return command_error(NAME,
                             "the component \"%s\" of the topology \"%s\" has "
                             "no stream \"%s\"",
                             a->component, a->name, a->stream);
    return command_finish(NAME, EXIT_OK);
}

static int watch(const struct arguments *a)
{
    struct monitor m = {.arguments = a};
    int64_t interval = a->interval_s * SECOND_NS;
    int status = EXIT_ERROR;

    m.cluster = cluster_open(&a->options, TOKEN_READER);
    if (m.cluster != NULL)
        status = once(&m);
    for (int64_t i = 1; status == EXIT_OK && (a->times == 0 || i < a->times);
         i++) {
        loop_run_for(cluster_loop(m.cluster), interval);
        if (!a->options.json)
            putchar('\n');
        status = once(&m);
    }
    free(m.rates);
    cluster_close(m.cluster);
    return status;
}

int cmd_monitor(int argc, char **argv)
{
    struct arguments a = {.watch = "emitted", .interval_s = INTERVAL_DEFAULT_S};
    int status;

    cluster_options_begin(&a.options, NAME);
    status = take_arguments(&a, argc, argv);
    if (status == EXIT_OK)
        status = watch(&a);
    cluster_options_end(&a.options);
    return status;
}
