/* cmd_rebalance.c - `gale rebalance`: other workers, executors or configuration
 * for a topology that runs. */
#include "cli/command.h"
#include "cli/topology_order.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>

const char cmd_rebalance_details[] =
    "\nSpouts stop; as soon as nothing is pending, at the latest after the "
    "wait, executors\nare placed anew, and the topology goes on. Executors "
    "stay where they are as far as\nthat can be, and the answer says how many "
    "move. Workers with the same executors go\non; the others start anew, and "
    "what their bolts have in memory is gone. With -t all\nstart anew. If "
    "there are fewer "
    "slots than workers, it goes on with as many as there\nare. One that is "
    "given meanwhile takes the place of the one before.\n\n"
    "  -w, --wait SECS          the longest wait; default: "
    "topology.message.timeout.secs\n"
    "  -n, --num-workers N      so many workers\n"
    "  -e, --executors COMP=N   so many executors of a component, as many as "
    "it has tasks\n"
    "                           at most; may be given several times\n"
    "  -t, --topology-conf KEY=VALUE  a key of its configuration; several "
    "times, too\n" CLUSTER_OPTIONS_HELP;

#define WISHES_MAX 1000u

struct wishes {
    int64_t wait, workers;
    const char *executors[WISHES_MAX], *conf[WISHES_MAX];
    uint32_t n_executors, n_conf;
};

static int take_count(const struct cluster_options *o, const char *option,
                      const char *text, int64_t *n)
{
    char *end;

    errno = 0;
    *n = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || *n < 1 || *n > 32767)
        return command_usage(
            o->command, "%s: found \"%s\", expected 1 to 32767", option, text);
    return EXIT_OK;
}

static int take_pair(const struct cluster_options *o, const char *option,
                     const char *text, const char **list, uint32_t *n)
{
    if (strchr(text, '=') == NULL || *text == '=')
        return command_usage(
            o->command, "%s: found \"%s\", expected NAME=VALUE", option, text);
    if (*n == WISHES_MAX)
        return command_usage(o->command, "%s: given more than %u times", option,
                             WISHES_MAX);
    list[(*n)++] = text;
    return EXIT_OK;
}

static int take(struct cluster_options *o, struct wishes *w, int option,
                char **argv)
{
    switch (option) {
    case 'w':
        return topology_order_seconds(o, "-w", optarg, &w->wait);
    case 'n':
        return take_count(o, "-n", optarg, &w->workers);
    case 'e':
        return take_pair(o, "-e", optarg, w->executors, &w->n_executors);
    case 't':
        return take_pair(o, "-t", optarg, w->conf, &w->n_conf);
    default:
        return cluster_options_take(o, option, argv);
    }
}

static int take_arguments(struct cluster_options *o, int argc, char **argv,
                          struct wishes *w)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"wait", required_argument, NULL, 'w'},
        {"num-workers", required_argument, NULL, 'n'},
        {"executors", required_argument, NULL, 'e'},
        {"topology-conf", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    int option, status;

    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":c:w:n:e:t:", options, NULL)) !=
           -1) {
        status = take(o, w, option, argv);
        if (status != EXIT_OK)
            return status;
    }
    return cluster_options_done(o);
}

/* COMP=N of each, as a map; which of them is wrong, or EXIT_OK. */
static int pack_executors(struct pack *p, const struct cluster_options *o,
                          const struct wishes *w)
{
    pack_text(p, "executors");
    pack_map(p, w->n_executors);
    for (uint32_t i = 0; i < w->n_executors; i++) {
        const char *equals = strrchr(w->executors[i], '=');
        int64_t n;
        int status = take_count(o, "-e", equals + 1, &n);

        if (status != EXIT_OK)
            return status;
        pack_text_n(p, w->executors[i], (size_t)(equals - w->executors[i]));
        pack_int(p, n);
    }
    return EXIT_OK;
}

static void pack_conf(struct pack *p, const struct wishes *w)
{
    pack_text(p, "conf");
    pack_array(p, w->n_conf);
    for (uint32_t i = 0; i < w->n_conf; i++)
        pack_text(p, w->conf[i]);
}

static int order(const struct cluster_options *o, const char *name,
                 const struct wishes *w)
{
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 3 + (w->wait >= 0) + (w->workers > 0));
    pack_key_text(&params, "name", name);
    if (w->wait >= 0)
        pack_key_int(&params, "wait", w->wait);
    if (w->workers > 0)
        pack_key_int(&params, "workers", w->workers);
    pack_conf(&params, w);
    status = pack_executors(&params, o, w);
    if (status == EXIT_OK)
        status = topology_order(o, "rebalance", &params);
    pack_free(&params);
    return status;
}

int cmd_rebalance(int argc, char **argv)
{
    struct wishes w = {.wait = -1};
    struct cluster_options o;
    const char *name = NULL;
    int status;

    cluster_options_begin(&o, "rebalance");
    status = take_arguments(&o, argc, argv, &w);
    if (status == EXIT_OK)
        status = topology_order_name(&o, argc, argv, optind, &name);
    if (status == EXIT_OK)
        status = order(&o, name, &w);
    cluster_options_end(&o);
    return status;
}
