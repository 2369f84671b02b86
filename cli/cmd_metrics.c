/* cmd_metrics.c - `gale metrics`: what the streams of a topology have done, how
 * long it took, and what its plugins have measured. */
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/human.h"
#include "cli/metrics_streams.h"
#include "cli/pack_json.h"
#include "cli/table.h"
#include "cli/topology_order.h"
#include "cli/topology_table.h"
#include "topology-api/memory.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "metrics"

const char cmd_metrics_details[] =
    "\nShows each stream of a topology, as it stands now: of an output how "
    "many "
    "tuples were emitted,\nand of a spout's what became of its messages and "
    "how "
    "long they took until the ack (complete);\nof a bolt's input one call of "
    "execute, and the time until the input is acked or failed\n(process), and "
    "of the bolt how busy its executors are (capacity).\n\n"
    "Then the counters, gauges and histograms that plugins make: of a counter "
    "the sum over the\ntasks of its component, of a gauge mean, least and "
    "greatest of its tasks, of a histogram\nquantiles of what all tasks have "
    "recorded; at most 64 of a component. Workers tell every\nthree seconds; "
    "one that is started again begins at 0.\n\n"
    "  -m, --component ID  of this component alone\n" CLUSTER_OPTIONS_HELP;

struct arguments {
    struct cluster_options options;
    const char *name, *component;
};

/* -- arguments ------------------------------------------------------------- */

static int take_arguments(struct arguments *a, int argc, char **argv)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"component", required_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":c:m:", options, NULL)) != -1)
        if (option == 'm')
            a->component = optarg;
        else
            status = cluster_options_take(&a->options, option, argv);
    if (status == EXIT_OK)
        status = topology_order_name(&a->options, argc, argv, optind, &a->name);
    return status == EXIT_OK ? cluster_options_done(&a->options) : status;
}

/* -- for people ------------------------------------------------------------ */

static bool is_text(const msgpack_object *o, const char *text)
{
    gale_str s = unpack_str(o);

    return s.size == strlen(text) && memcmp(s.data, text, s.size) == 0;
}

static bool is_wanted(const struct arguments *a, const msgpack_object *id)
{
    return a->component == NULL || is_text(id, a->component);
}

static void add_text(struct table *t, const msgpack_object *o)
{
    char *text = unpack_text(o, 300);

    table_add(t, "%s", text == NULL ? "-" : text);
    free(text);
}

/* Blank if the kind of the metric has none. */
static void add_number(struct table *t, const msgpack_object *metric,
                       const char *key)
{
    const msgpack_object *o = unpack_key(metric, key);
    char text[HUMAN_MAX];

    if (o == NULL)
        table_add(t, "%s", "");
    else
        table_add(t, "%s", human_number(text, unpack_float(o, NAN)));
}

static void add_row(struct table *t, const msgpack_object *metric)
{
    static const char *const columns[] = {"n",   "min",  "p50",
                                          "p99", "p999", "max"};
    bool records = is_text(unpack_key(metric, "kind"), "histogram");

    add_text(t, unpack_key(metric, "component"));
    add_text(t, unpack_key(metric, "name"));
    add_text(t, unpack_key(metric, "kind"));
    table_add(t, "%llu",
              (unsigned long long)unpack_uint(unpack_key(metric, "tasks"), 0));
    add_number(t, metric, records ? "mean" : "value");
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        add_number(t, metric, columns[i]);
}

/* any: something is above it. */
static void put_table(const struct arguments *a, const msgpack_object *metrics,
                      bool any)
{
    static const char *const titles[] = {
        "component", "metric", "kind", "tasks", "value", "samples",
        "min",       "p50",    "p99",  "p99.9", "max"};
    struct table *t = table_new(titles, sizeof(titles) / sizeof(titles[0]));

    for (uint32_t i = 0; i < unpack_n(metrics); i++)
        if (is_wanted(a, unpack_key(unpack_at(metrics, i), "component")))
            add_row(t, unpack_at(metrics, i));
    if (table_rows(t) > 0)
        table_print(t, stdout);
    else if (!any)
        puts("its workers have told nothing of that yet");
    table_free(t);
}

static void put_cut(const struct arguments *a, const msgpack_object *cut,
                    const char *sentence)
{
    for (uint32_t i = 0; i < unpack_n(cut); i++) {
        if (!is_wanted(a, unpack_at(cut, i)))
            continue;
        put_foreign_text(stdout, unpack_at(cut, i));
        puts(sentence);
    }
}

/* -- as JSON --------------------------------------------------------------- */

static void put_key(struct json *j, const msgpack_object *answer,
                    const char *key)
{
    json_key(j, key);
    pack_json(j, unpack_key(answer, key));
}

/* Of a list those whose `id_key` is wanted. */
static void put_wanted(struct json *j, const struct arguments *a,
                       const msgpack_object *answer, const char *key,
                       const char *id_key)
{
    const msgpack_object *list = unpack_key(answer, key);

    json_key(j, key);
    json_list(j);
    for (uint32_t i = 0; i < unpack_n(list); i++)
        if (is_wanted(a, unpack_key(unpack_at(list, i), id_key)))
            pack_json(j, unpack_at(list, i));
    json_end(j);
}

static void put_json(const struct arguments *a, const msgpack_object *answer)
{
    static const char *const keys[] = {"name", "id", "status"};
    struct json j;

    json_to_file(&j, stdout);
    json_object(&j);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        put_key(&j, answer, keys[i]);
    put_wanted(&j, a, answer, "components", "id");
    put_key(&j, answer, "streams_cut");
    put_key(&j, answer, "cut");
    put_wanted(&j, a, answer, "metrics", "component");
    json_end(&j);
    json_finish(&j);
    putchar('\n');
}

/* -- the command ----------------------------------------------------------- */

static bool has_component(const struct arguments *a,
                          const msgpack_object *components)
{
    bool has = a->component == NULL;

    for (uint32_t i = 0; i < unpack_n(components) && !has; i++)
        has = is_wanted(a, unpack_key(unpack_at(components, i), "id"));
    return has;
}

static void put_tables(const struct arguments *a, const msgpack_object *answer)
{
    bool any = metrics_streams_print(unpack_key(answer, "components"),
                                     a->component, stdout);

    put_table(a, unpack_key(answer, "metrics"), any);
    put_cut(a, unpack_key(answer, "cut"),
            " has more metrics than are shown: of a component 64, of a "
            "topology 4096, of names at most 255 bytes long");
    put_cut(a, unpack_key(answer, "streams_cut"),
            " has more streams, or times, than are shown: of a topology 4096 "
            "streams, of a worker 96 KiB");
}

static int put(const struct arguments *a, const msgpack_object *answer)
{
    if (!has_component(a, unpack_key(answer, "components")))
        return command_error(NAME,
                             "the topology \"%s\" has no component \"%s\"",
                             a->name, a->component);
    if (a->options.json)
        put_json(a, answer);
    else
        put_tables(a, answer);
    return command_finish(NAME, EXIT_OK);
}

static int show(const struct arguments *a)
{
    struct cluster *c = cluster_open(&a->options, TOKEN_READER);
    struct unpacked answer;
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 1);
    pack_key_text(&params, "name", a->name);
    status =
        c == NULL ? EXIT_ERROR : cluster_call(c, "metrics", &params, &answer);
    pack_free(&params);
    if (status == EXIT_OK) {
        status = put(a, answer.root);
        unpacked_free(&answer);
    }
    cluster_close(c);
    return status;
}

int cmd_metrics(int argc, char **argv)
{
    struct arguments a = {.name = NULL};
    int status;

    cluster_options_begin(&a.options, NAME);
    status = take_arguments(&a, argc, argv);
    if (status == EXIT_OK)
        status = show(&a);
    cluster_options_end(&a.options);
    return status;
}
