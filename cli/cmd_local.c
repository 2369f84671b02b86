/*
 * cmd_local.c - `gale local`: build a topology, run it in this process to its
 * end, and say what it did.
 *
 * The bolts' results go to standard output by their own hands; everything that
 * is said here goes to standard error.
 */
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/live.h"
#include "cli/local_cluster_run.h"
#include "cli/local_deeds.h"
#include "cli/local_options.h"
#include "cli/local_seeds.h"
#include "cli/out_file.h"
#include "cli/report.h"
#include "cli/stats_json.h"
#include "cli/topology_file.h"
#include "common/config.h"
#include "common/env.h"
#include "common/last_words.h"
#include "topology-api/builder.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_S 5
#define PATIENCE_MIN_S 0.01

const char cmd_local_details[] =
    "\n"
    "FILE.so is a path, or the name of a topology that comes with gale or lies"
    " on\nGALE_PLUGIN_PATH; FILE.so:ID picks one of several in a file. ARGS go"
    " to the\ntopology. FILE.yaml is a topology that is written in YAML: its"
    " plugins by name,\nwith options, and the streams between them; `gale check"
    " FILE.yaml` says all that is\nwrong with it, docs/topology-yaml.md"
    " explains its keys.\n\nIt runs until every spout is exhausted and"
    " everything is acked, or until Ctrl-C:\nonce lets what is pending finish,"
    " twice stops at once. SIGTERM is the same; SIGHUP,\na terminal that is"
    " closed, is as Ctrl-C once.\n\nA callback that does not return has twice"
    " the time of gale.topology.drain.secs, and\nthen 5 s, or that time if it"
    " is less, but a second at least; then the process\nends, and says whose it"
    " is. Tuples that are queued meanwhile have a second at least,\nhowever"
    " short that time is. One that does not return while the topology opens"
    " has\n5 s, or gale.topology.drain.secs if less, after Ctrl-C or the time"
    " to live.\n"
    "\n"
    "  -c KEY=VALUE         set a configuration key, or an option in every"
    " component\n                       that has it; VALUE is JSON, or text\n"
    "  -c COMPONENT.KEY=VALUE  the same for the component of that id alone;"
    " stronger\n"
    "  --config FILE        read a configuration file (YAML)\n"
    "  --local-ttl SECONDS  stop as Ctrl-C does after this time; a topology "
    "that"
    " is not\n                       loaded by then has 5 s more, as one that"
    " opens\n"
    "  --state DIR          keep the positions of spouts there, and go on"
    " from them\n"
    "  --carriers N         threads that run the topology; as many as CPUs\n"
    "  --seed N             run in a simulated world that follows from N, and"
    " once\n                       more; say a hash of all that happened\n"
    "  --seeds A..B         many such runs, until one shows what must not be\n"
    "  --faults all|LIST    let things go wrong in these runs: late, break,"
    " crash,\n                       pause, inbox\n"
    "  --letters FILE       the spouts emit the dead letters of FILE instead of"
    " what they\n                       read; see `gale help dead-letters`\n"
    "  --stats FILE         write all counters there at the end "
    "(JSON)\n" TOPOLOGY_FILE_HELP
    "  -q, --quiet          no table at the end, no line while it "
    "runs\n" LOCAL_CLUSTER_HELP "\n"
    "Results go to standard output, everything else to standard error. On a"
    " terminal\na line shows tuples executed per second, messages acked,"
    " failed and pending, and\nthe 99th percentile of the time until a message"
    " is acked.\n"
    "\n"
    "Exit status: 0 done, 1 an error or a callback that does not return, 2"
    " wrong\narguments, 130 Ctrl-C twice, or once while the topology is loaded"
    " and built. Failed\nmessages that a spout does not emit again are no "
    "error:"
    " the table says how many\nthere are.\n" LOCAL_DEEDS_HELP;

struct run {
    struct local_options options;
    gale_builder *builder;
    gale_local *local;
    struct out_file stats;
    int64_t started; /* ns */
    struct live live;
};

static int64_t now_ns(void)
{
    struct env *env = env_posix();

    return env->ops->now(env);
}

static void warn(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "gale local: warning: %s\n", text);
}

/* -- before it runs -------------------------------------------------------- */

/* In a cluster they are the topology's, like any key. */
static int set_carriers(struct run *r, gale_err *error)
{
    char text[48];

    snprintf(text, sizeof(text), "gale.worker.carriers=%u",
             r->options.carriers);
    return r->options.cluster && r->options.carriers > 0
               ? gale_builder_override(r->builder, text, warn, NULL, error)
               : 0;
}

static int configure(struct run *r)
{
    const struct local_options *o = &r->options;
    gale_err error;

    for (size_t i = 0; i < o->n_configs; i++)
        if (gale_builder_config_file(r->builder, o->configs[i], warn, NULL,
                                     &error) < 0)
            return command_error("local", "%s", error.text);
    for (size_t i = 0; i < o->n_overrides; i++)
        if (!(o->cluster && cluster_options_is_daemons(o->overrides[i])) &&
            gale_builder_override(r->builder, o->overrides[i], warn, NULL,
                                  &error) < 0)
            return command_error("local", "%s", error.text);
    if (set_carriers(r, &error) < 0)
        return command_error("local", "%s", error.text);
    return EXIT_OK;
}

/* As long as the log waits until it names what has not returned (local.c). */
static int64_t patience_ms(const struct model *m)
{
    const char *key = "gale.topology.drain.secs";
    double s;

    if (!config_is_set(m, NULL, key))
        key = "topology.message.timeout.secs";
    s = config_float(m, NULL, key);
    s = s < PATIENCE_S ? s : PATIENCE_S;
    return s > PATIENCE_MIN_S ? (int64_t)(s * 1000)
                              : (int64_t)(PATIENCE_MIN_S * 1000);
}

/* What is known of the configuration before the topology is. */
static int64_t patience_so_far_ms(const struct builder *b)
{
    const struct model m = {.file = b->file, .overrides = b->overrides};

    return patience_ms(&m);
}

static int load(struct run *r)
{
    const struct local_options *o = &r->options;
    gale_err error;
    int loaded = topology_file_load(r->builder, "local", &o->yaml, o->file,
                                    o->argc, o->argv, &error);

    last_words_restore();
    if (loaded == GALE_USAGE) {
        command_error("local", "%s", error.text);
        return EXIT_USAGE;
    }
    if (loaded == 0 && o->letters != NULL &&
        gale_builder_replay(r->builder, o->letters, &error) < 0)
        return command_error("local", "%s", error.text);
    return loaded == 0 ? EXIT_OK : EXIT_ERROR;
}

/* A time to live from a seed's world is not one of ours. */
static int load_in_time(struct run *r)
{
    int status;

    interrupt_loads(r->options.seeded ? -1 : r->options.ttl_ms,
                    patience_so_far_ms(builder_of(r->builder)));
    status = load(r);
    interrupt_loaded();
    return status;
}

static int stats_error(const struct run *r)
{
    return command_error("local", "--stats: cannot write %s: %s",
                         r->options.stats, strerror(errno));
}

static int open_stats(struct run *r)
{
    const char *path = r->options.stats;

    if (path == NULL)
        return EXIT_OK;
    if (out_file_open(&r->stats, path) != 0)
        return stats_error(r);
    interrupt_owes(path);
    return EXIT_OK;
}

static int start(struct run *r)
{
    gale_local_opts opts = {
        .size = sizeof(opts),
        .carriers = r->options.carriers,
        .state_dir = r->options.state_dir,
    };
    bool live = !r->options.quiet && isatty(STDERR_FILENO);
    gale_err error;

    r->started = now_ns();
    r->local = gale_local_start(r->builder, &opts, &error);
    if (r->local == NULL)
        return command_error("local", "%s", error.text);
    live_init(&r->live, live ? stderr : NULL, r->started);
    return EXIT_OK;
}

/* -- while it runs --------------------------------------------------------- */

/* Until the time to live is over or the line is to be drawn again. */
static int wait_ms(const struct run *r, int64_t ttl_at)
{
    int64_t left = (ttl_at - now_ns() + 999999) / 1000000;

    if (r->live.out != NULL && left > LIVE_EVERY_MS)
        return LIVE_EVERY_MS;
    if (ttl_at == INT64_MAX || left > INT32_MAX)
        return ttl_at == INT64_MAX ? -1 : INT32_MAX;
    return left > 0 ? (int)left : 0;
}

static void show(struct run *r, bool stopping)
{
    struct totals totals;

    if (r->live.out == NULL)
        return;
    totals = totals_of(r->local);
    if (stopping)
        r->live.stopping =
            interrupt_count() > 0 ? INTERRUPT_HINT : INTERRUPT_TWICE_HINT;
    live_show(&r->live, &totals, now_ns());
}

static gale_local_state run_to_end(struct run *r)
{
    int64_t ttl_at = r->options.ttl_ms < 0
                         ? INT64_MAX
                         : r->started + r->options.ttl_ms * 1000000;
    gale_local_state state;
    bool over = false;

    for (;;) {
        state = gale_local_wait(r->local, wait_ms(r, ttl_at));
        if (state != GALE_LOCAL_RUNNING)
            break;
        if (ttl_at != INT64_MAX && now_ns() >= ttl_at) {
            gale_local_stop(r->local, GALE_STOP_DRAIN);
            ttl_at = INT64_MAX;
            over = true;
        }
        show(r, over || interrupt_count() > 0);
    }
    live_clear(&r->live);
    return state;
}

/* A complete topology still owes the final results of its bolts. */
static gale_local_state finish(struct run *r, gale_local_state state)
{
    gale_local_state end;

    if (state != GALE_LOCAL_COMPLETE)
        return state;
    gale_local_stop(r->local, GALE_STOP_DRAIN);
    end = gale_local_wait(r->local, -1);
    return end == GALE_LOCAL_STOPPED ? GALE_LOCAL_COMPLETE : end;
}

/* -- after it ran ---------------------------------------------------------- */

static int write_stats(struct run *r, gale_local_state state, double seconds)
{
    struct stats_run run = {model_of(r->builder, NULL)->name, state, seconds};
    int status = EXIT_OK;
    FILE *out;

    if (!out_file_wanted(&r->stats))
        return EXIT_OK;
    out = out_file_begin(&r->stats);
    if (out == NULL || stats_json_write(r->local, &run, out) != 0 ||
        out_file_end(&r->stats) != 0)
        status = stats_error(r);
    interrupt_owes(NULL);
    out_file_free(&r->stats);
    return status;
}

static int report(struct run *r, gale_local_state state)
{
    double seconds = (double)(now_ns() - r->started) / 1e9;
    int status;

    last_words_restore();
    if (!r->options.quiet)
        report_print(r->local, seconds, stderr);
    status = write_stats(r, state, seconds);
    if (state == GALE_LOCAL_FAILED || state == GALE_LOCAL_STUCK)
        status =
            command_error("local", "%s%s",
                          state == GALE_LOCAL_STUCK && interrupt_count() > 1
                              ? "ended at once; "
                              : "",
                          gale_local_error(r->local));
    return interrupt_count() > 1 ? EXIT_INTERRUPTED : status;
}

static int run(struct run *r)
{
    gale_local_state state;
    int status;

    if (!r->options.quiet && !isatty(STDERR_FILENO))
        interrupt_speaks();
    interrupt_opens(r->options.ttl_ms, patience_ms(model_of(r->builder, NULL)));
    status = start(r);
    interrupt_stops(r->local);
    if (status != EXIT_OK)
        return status;
    state = finish(r, run_to_end(r));
    status = report(r, state);
    if (state == GALE_LOCAL_STUCK)
        _exit(status); /* carriers are at work: nothing may be freed */
    interrupt_stops(NULL);
    gale_local_free(r->local);
    return status;
}

static int run_here(struct run *r)
{
    int status = open_stats(r);

    return status == EXIT_OK ? run(r) : status;
}

/* It failed, perhaps for an option that the topology does not know. */
static void hint(const struct local_options *o)
{
    const char *text = local_options_behind_file(o);

    if (text != NULL)
        fprintf(stderr,
                "gale local: %s stands behind %s and went to the topology; "
                "options of `gale local` stand before it\n",
                text, o->file);
}

int cmd_local(int argc, char **argv)
{
    struct run r = {.builder = gale_builder_new()};
    int status = local_options_parse(&r.options, argc, argv);

    signal(SIGPIPE, SIG_IGN); /* a bolt that writes to a pipe gets EPIPE */
    gale_local_name_crashes();
    if (status == EXIT_OK)
        status = configure(&r);
    if (status == EXIT_OK)
        status = load_in_time(&r);
    if (status == EXIT_OK && r.options.cluster)
        status = local_cluster_run(&r.options, r.builder);
    else if (status == EXIT_OK)
        status = r.options.seeded
                     ? local_seeds_run(&r.options, r.builder, argc, argv)
                     : run_here(&r);
    if (status != EXIT_OK)
        hint(&r.options);
    out_file_free(&r.stats);
    gale_builder_free(r.builder);
    local_options_free(&r.options);
    return status;
}
