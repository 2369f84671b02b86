/* topology_run.c - topologies that run inside a test; see topology_run.h. */
#include "tests/support/topology_run.h"
#include "worker/local_in.h"
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COMPONENTS_MAX = 64, STREAMS_MAX = 16 };

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(
    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("# ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    abort();
}

/* BUILD/tests/unit/test_x knows BUILD, so that it also runs by hand. */
static void find_plugins(void)
{
    char path[4096], plugins[9000];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (size < 0)
        give_up("cannot read /proc/self/exe");
    path[size] = '\0';
    for (int up = 0; up < 3; up++)
        *strrchr(path, '/') = '\0';
    snprintf(plugins, sizeof(plugins), "%s/tests/plugins:%s/lib/gale", path,
             path);
    setenv("GALE_PLUGIN_PATH", plugins, 1);
}

void topology_run_begin(struct topology_run *r, const char *name)
{
    find_plugins();
    memset(r, 0, sizeof(*r));
    r->builder = gale_builder_new();
    gale_set_name(r->builder, name);
    /* However slow the machine: a test of timeouts sets its own. */
    gale_configure(r->builder, "topology.message.timeout.secs", gale_int(3600));
    captured_open(&r->log);
}

void topology_run_end(struct topology_run *r)
{
    gale_local_free(r->local);
    gale_builder_free(r->builder);
    captured_text(&r->log);
    free(r->log.text);
    memset(r, 0, sizeof(*r));
}

static gale_declarer *point_to(gale_declarer *d, const struct probe *probe)
{
    return gale_set(d, "probe", gale_int((intptr_t)probe));
}

gale_declarer *topology_run_spout_as(struct topology_run *r, const char *id,
                                     const char *plugin,
                                     const struct probe *probe, int executors)
{
    char name[300];

    snprintf(name, sizeof(name), "probe.so:%s", plugin);
    return point_to(gale_add_spout(r->builder, id, name, executors), probe);
}

gale_declarer *topology_run_bolt_as(struct topology_run *r, const char *id,
                                    const char *plugin,
                                    const struct probe *probe, int executors)
{
    char name[300];

    snprintf(name, sizeof(name), "probe.so:%s", plugin);
    return point_to(gale_add_bolt(r->builder, id, name, executors), probe);
}

gale_declarer *topology_run_spout(struct topology_run *r, const char *id,
                                  const struct probe *probe, int executors)
{
    return topology_run_spout_as(r, id, "probe_spout", probe, executors);
}

gale_declarer *topology_run_bolt(struct topology_run *r, const char *id,
                                 const struct probe *probe, int executors)
{
    return topology_run_bolt_as(r, id, "probe_bolt", probe, executors);
}

/* -- its life -------------------------------------------------------------- */

bool topology_run_tries(struct topology_run *r)
{
    gale_local_opts opts = {.size = sizeof(opts),
                            .carriers = r->carriers ? r->carriers : 2,
                            .state_dir = r->state_dir,
                            .log = r->log.stream};
    const struct local_in in = {
        .env = r->env ? r->env : env_posix(), .wired = r->wired, .arg = r};

    r->local = local_start(&in, r->builder, &opts, &r->error);
    return r->local != NULL;
}

void topology_run_start(struct topology_run *r)
{
    if (!topology_run_tries(r))
        give_up("the topology does not start: %s", r->error.text);
}

static void print_component(void *arg, const gale_component_stats *c)
{
    (void)arg;
    fprintf(stderr,
            "# %s: emitted %" PRIu64 ", transferred %" PRIu64
            ", executed %" PRIu64 ", acked %" PRIu64 ", failed %" PRIu64
            ", pending %" PRIu64 ", held %" PRIu64 ", queued %" PRIu64 "\n",
            c->id, c->emitted, c->transferred, c->executed, c->acked, c->failed,
            c->pending, c->held, c->queued);
}

static gale_local_state wait_for_end(struct topology_run *r, const char *what)
{
    gale_local_state state =
        gale_local_wait(r->local, TOPOLOGY_RUN_PATIENCE * 1000);

    if (state == GALE_LOCAL_RUNNING) {
        gale_local_stats(r->local, print_component, NULL);
        give_up("the topology did not %s in %d s", what, TOPOLOGY_RUN_PATIENCE);
    }
    return state;
}

void topology_run_until_complete(struct topology_run *r)
{
    if (r->local == NULL)
        topology_run_start(r);
    if (wait_for_end(r, "become complete") != GALE_LOCAL_COMPLETE)
        give_up("the topology did not become complete, but ended: %s",
                gale_local_error(r->local));
}

gale_local_state topology_run_stop(struct topology_run *r, gale_stop how)
{
    gale_local_stop(r->local, how);
    return wait_for_end(r, "stop");
}

void topology_run_complete(struct topology_run *r)
{
    topology_run_until_complete(r);
    if (topology_run_stop(r, GALE_STOP_DRAIN) != GALE_LOCAL_STOPPED)
        give_up("the topology failed: %s", gale_local_error(r->local));
}

const char *topology_run_fails(struct topology_run *r)
{
    if (r->local == NULL && !topology_run_tries(r))
        return r->error.text;
    if (wait_for_end(r, "fail") != GALE_LOCAL_FAILED)
        give_up("the topology ended, but did not fail");
    return gale_local_error(r->local);
}

/* -- counters -------------------------------------------------------------- */

/* Copies of all components' counters: the originals die with the callback. */
struct all_stats {
    uint32_t n;
    gale_component_stats components[COMPONENTS_MAX];
    gale_stream_stats outputs[COMPONENTS_MAX][STREAMS_MAX];
    gale_stream_stats inputs[COMPONENTS_MAX][STREAMS_MAX];
    char last_errors[COMPONENTS_MAX][1024];
};

static struct all_stats all;

static void keep_component(void *arg, const gale_component_stats *c)
{
    uint32_t i = all.n++;

    (void)arg;
    if (i >= COMPONENTS_MAX || c->n_outputs > STREAMS_MAX ||
        c->n_inputs > STREAMS_MAX)
        give_up("too large a topology for topology_run_stats()");
    all.components[i] = *c;
    memcpy(all.outputs[i], c->outputs, c->n_outputs * sizeof(*c->outputs));
    memcpy(all.inputs[i], c->inputs, c->n_inputs * sizeof(*c->inputs));
    snprintf(all.last_errors[i], sizeof(all.last_errors[i]), "%s",
             c->last_error);
    all.components[i].outputs = all.outputs[i];
    all.components[i].inputs = all.inputs[i];
    all.components[i].last_error = all.last_errors[i];
}

static void read_stats(struct topology_run *r)
{
    all.n = 0;
    gale_local_stats(r->local, keep_component, NULL);
}

gale_component_stats topology_run_stats(struct topology_run *r, const char *id)
{
    read_stats(r);
    for (uint32_t i = 0; i < all.n; i++)
        if (strcmp(all.components[i].id, id) == 0)
            return all.components[i];
    give_up("there are no counters of \"%s\"", id);
}

gale_stream_stats topology_run_input(struct topology_run *r, const char *id,
                                     const char *from, const char *stream)
{
    gale_component_stats c = topology_run_stats(r, id);

    for (uint32_t i = 0; i < c.n_inputs; i++)
        if (strcmp(c.inputs[i].component, from) == 0 &&
            strcmp(c.inputs[i].stream, stream) == 0)
            return c.inputs[i];
    give_up("\"%s\" has no input from %s of \"%s\"", id, stream, from);
}

struct wanted_metric {
    const char *component, *name;
    gale_metric_stats found;
};

static void keep_metric(void *arg, const gale_metric_stats *m)
{
    struct wanted_metric *wanted = arg;

    if (strcmp(m->component, wanted->component) == 0 &&
        strcmp(m->name, wanted->name) == 0)
        wanted->found = *m;
}

gale_metric_stats topology_run_metric(struct topology_run *r,
                                      const char *component, const char *name)
{
    struct wanted_metric wanted = {component, name, {.component = NULL}};

    gale_local_metrics(r->local, keep_metric, &wanted);
    if (wanted.found.component == NULL)
        give_up("\"%s\" has no metric \"%s\"", component, name);
    return wanted.found;
}

/* What subscribers have executed of a stream. */
static uint64_t executed_of(const char *component, const char *stream)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < all.n; i++)
        for (uint32_t k = 0; k < all.components[i].n_inputs; k++) {
            const gale_stream_stats *in = &all.inputs[i][k];

            if (strcmp(in->component, component) == 0 &&
                strcmp(in->stream, stream) == 0)
                sum += in->emitted;
        }
    return sum;
}

static const char *unbalanced_component(const gale_component_stats *c)
{
    static char text[400];

    for (uint32_t i = 0; i < c->n_outputs; i++) {
        uint64_t executed = executed_of(c->id, c->outputs[i].stream);

        snprintf(text, sizeof(text),
                 "%s.%s: %" PRIu64 " transferred, %" PRIu64 " executed", c->id,
                 c->outputs[i].stream, c->outputs[i].transferred, executed);
        if (c->outputs[i].transferred != executed)
            return text;
    }
    for (uint32_t i = 0; i < c->n_inputs; i++) {
        const gale_stream_stats *in = &c->inputs[i];

        snprintf(text, sizeof(text),
                 "%s: of %" PRIu64 " inputs from %s.%s %" PRIu64
                 " were acked and %" PRIu64 " failed",
                 c->id, in->emitted, in->component, in->stream, in->acked,
                 in->failed);
        if (in->emitted != in->acked + in->failed)
            return text;
    }
    snprintf(text, sizeof(text),
             "%s: %" PRIu64 " queued, %" PRIu64 " held, %" PRIu64 " pending",
             c->id, c->queued, c->held, c->pending);
    return c->queued + c->held + c->pending > 0 ? text : NULL;
}

const char *topology_run_unbalanced(struct topology_run *r)
{
    const char *why = NULL;

    read_stats(r);
    for (uint32_t i = 0; i < all.n && why == NULL; i++)
        why = unbalanced_component(&all.components[i]);
    return why;
}

const char *topology_run_log(struct topology_run *r)
{
    fflush(r->log.stream);
    return r->log.text;
}

/* -- waiting --------------------------------------------------------------- */

void tally_add(struct tally *t, uint64_t n)
{
    pthread_mutex_lock(&t->lock);
    t->n += n;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

uint64_t tally_get(struct tally *t)
{
    uint64_t n;

    pthread_mutex_lock(&t->lock);
    n = t->n;
    pthread_mutex_unlock(&t->lock);
    return n;
}

void tally_set(struct tally *t, uint64_t n)
{
    pthread_mutex_lock(&t->lock);
    t->n = n;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

void tally_await(struct tally *t, uint64_t at_least, const char *what)
{
    struct timespec until;
    int result = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += TOPOLOGY_RUN_PATIENCE;
    pthread_mutex_lock(&t->lock);
    while (t->n < at_least && result == 0)
        result = pthread_cond_timedwait(&t->changed, &t->lock, &until);
    if (t->n < at_least)
        give_up("waited %d s: %s (%" PRIu64 " of %" PRIu64 ")",
                TOPOLOGY_RUN_PATIENCE, what, t->n, at_least);
    pthread_mutex_unlock(&t->lock);
}

void topology_run_until(bool (*is)(void *arg), void *arg, const char *what)
{
    struct env *env = env_posix();
    int64_t end =
        env->ops->now(env) + TOPOLOGY_RUN_PATIENCE * INT64_C(1000000000);

    while (!is(arg)) {
        if (env->ops->now(env) > end)
            give_up("waited %d s: %s", TOPOLOGY_RUN_PATIENCE, what);
        sched_yield();
    }
}

uint64_t topology_run_seed(const char *test)
{
    const char *given = getenv("GALE_TEST_SEED");
    struct env *env = env_posix();
    uint64_t seed =
        given != NULL ? strtoull(given, NULL, 0) : env->ops->entropy(env) >> 32;

    fprintf(stderr, "# replay: GALE_TEST_SEED=%" PRIu64 " %s\n", seed, test);
    return seed;
}
