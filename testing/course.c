/*
 * course.c - how a test runs: it starts, comes to rest, lets time pass, ends.
 *
 * The test is the first thread of its world; while it waits, the others go on.
 */
#include "testing/kit.h"
#include "simulator/engine_world.h"
#include "topology-api/builder.h"
#include "worker/local_in.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include <inttypes.h>
#include <string.h>

#define CARRIERS_MAX 4
#define LOOK_NS 1000         /* between looks whether it has come to rest */
#define REST_NS 600000000000 /* in which it must */
#define WAIT_MS 3600000      /* for what is waited for */
#define WAIT_STEP_MAX_NS 1000000000

/* -- starting -------------------------------------------------------------- */

static void intruded(void *arg, const char *what)
{
    kit_mistake(arg, "%s", what);
}

static void make_world(gale_test *t)
{
    struct world_options options = {.seed = t->seed,
                                    .n_cpus = CARRIERS_MAX,
                                    .intruded = intruded,
                                    .arg = t};

    t->world = engine_world_new(&options);
    t->env = world_env(t->world);
    t->waiter = t->env->ops->waiter_new(t->env);
}

/* What fits nowhere. What the component of a bolt or spout by itself sets is
 * what gale_test_option() was given: there, it is a mistake. */
static void hear_warning(void *arg, const char *text)
{
    static const char of_component[] = "component \"";
    gale_test *t = arg;

    fprintf(t->log, "warning: %s\n", text);
    if (t->subject != NULL &&
        strncmp(text, of_component, strlen(of_component)) == 0)
        kit_mistake(t, "%s", text);
}

/* What is fed without having been added is a spout of the topology. */
static void check_sources(gale_test *t)
{
    for (size_t i = 0; i < t->n_sources; i++) {
        const char *id = t->sources[i]->id;
        uint32_t found = model_find(t->model, id);

        if (found == UINT32_MAX || !t->model->components[found].is_spout)
            kit_mistake(t, "there is no spout \"%s\" in the topology \"%s\"",
                        id, t->model->name);
    }
}

static void run_in_world(gale_test *t)
{
    const struct local_in in = {.env = t->env,
                                .wired = capture_begin,
                                .arg = t,
                                .inactive = !t->active};
    gale_local_opts opts = {.size = sizeof(opts), .log = t->log};
    gale_err error;

    opts.carriers = t->subject != NULL
                        ? 1
                        : 1 + (uint32_t)world_below(t->world, CARRIERS_MAX);
    t->local = local_start(&in, t->builder, &opts, &error);
    if (t->local == NULL)
        snprintf(t->failed.text, sizeof(t->failed.text), "%s", error.text);
}

void gale_test_start(gale_test *t)
{
    gale_err error;

    if (t->started || !kit_is_fine(t))
        return;
    feeding_begin(t);
    t->started = true;
    subjects_settle(t);
    builder_listen(t->builder, hear_warning, t);
    t->model = kit_is_fine(t) ? model_of(t->builder, &error) : NULL;
    if (t->model == NULL) {
        kit_mistake(t, "%s", error.text);
        return;
    }
    check_sources(t);
    if (!kit_is_fine(t))
        return;
    make_world(t);
    run_in_world(t);
}

/* -- coming to rest -------------------------------------------------------- */

static bool spouts_know(const gale_test *t)
{
    for (uint32_t i = 1; i <= t->worker->n_tasks; i++) {
        const struct task *task = t->worker->tasks[i];

        if (task->spout != NULL && task->spout->active != t->active)
            return false;
    }
    return true;
}

/* What has failed again and again rests a while before its spout is told, which
 * may emit it then. */
static bool fails_rest(const gale_test *t)
{
    for (uint32_t i = 1; i <= t->worker->n_tasks; i++)
        if (atomic_load(&t->worker->tasks[i]->counters.resting) > 0)
            return true;
    return false;
}

static bool is_at_rest(const gale_test *t)
{
    struct worker *w = t->worker;

    return !fails_rest(t) && atomic_load(&w->waiting) == 0 &&
           atomic_load(&w->async) == 0 && atomic_load(&w->active) == 0 &&
           spouts_know(t);
}

static int64_t now(const gale_test *t)
{
    return t->env->ops->now(t->env);
}

/* The others go on until then. */
static void let_pass(gale_test *t, int64_t until)
{
    struct env_ready ready[1];

    while (now(t) < until)
        t->env->ops->waiter_wait(t->env, t->waiter, until, ready, 1);
}

/* What the topology failed with, once. */
static bool has_failed(gale_test *t)
{
    const char *text = gale_local_error(t->local);

    if (*text == '\0')
        return false;
    gale_local_wait(t->local, -1);
    if (t->failed.text[0] == '\0' && !t->expected_to_fail)
        snprintf(t->failed.text, sizeof(t->failed.text), "%s", text);
    t->ended = true;
    return true;
}

static bool can_run(gale_test *t)
{
    gale_test_start(t);
    return t->local != NULL && !t->ended && !has_failed(t);
}

/* To ask whether it has failed lets others go on: rest comes first. */
static bool has_come_to_rest(gale_test *t)
{
    bool rest = is_at_rest(t);

    return has_failed(t) || rest;
}

void gale_test_settle(gale_test *t)
{
    int64_t limit;

    if (!can_run(t))
        return;
    limit = now(t) + REST_NS;
    while (!has_come_to_rest(t)) {
        if (now(t) >= limit) {
            kit_mistake(t,
                        "the topology does not come to rest within %d s: "
                        "somebody always has something to do",
                        (int)(REST_NS / 1000000000));
            return;
        }
        let_pass(t, now(t) + LOOK_NS);
    }
}

bool course_pass(gale_test *t, int64_t ns)
{
    if (!can_run(t))
        return false;
    let_pass(t, now(t) + ns);
    return can_run(t);
}

/* -- time ------------------------------------------------------------------ */

void gale_test_advance(gale_test *t, int64_t ms)
{
    gale_test_settle(t);
    if (ms < 0 || ms > GALE_TEST_ADVANCE_MAX)
        kit_mistake(
            t, "gale_test_advance(%" PRId64 "): expected 0 to %" PRId64 " ms",
            ms, GALE_TEST_ADVANCE_MAX);
    if (!can_run(t))
        return;
    let_pass(t, now(t) + ms * 1000000);
    gale_test_settle(t);
}

/* Executed by a bolt, emitted by a spout. */
static uint64_t progress_of(gale_test *t, uint32_t component)
{
    const struct component *c = &t->model->components[component];

    return counts_now(t, c->id,
                      c->is_spout ? GALE_TEST_EMITTED : GALE_TEST_EXECUTED);
}

static uint64_t wait_for(gale_test *t, uint32_t component, uint64_t n)
{
    int64_t limit = now(t) + (int64_t)WAIT_MS * 1000000, step = LOOK_NS;
    uint64_t found = progress_of(t, component);

    while (found < n && can_run(t) && now(t) < limit) {
        let_pass(t, now(t) + step);
        step = 2 * step < WAIT_STEP_MAX_NS ? 2 * step : WAIT_STEP_MAX_NS;
        found = progress_of(t, component);
    }
    return found;
}

void gale_test_wait(gale_test *t, const char *component, uint64_t n)
{
    uint32_t c;
    uint64_t found;

    gale_test_start(t);
    c = capture_component(t, component);
    if (c == UINT32_MAX || !can_run(t))
        return;
    found = wait_for(t, c, n);
    if (found < n)
        kit_mistake(t,
                    "\"%s\" has handled %" PRIu64 " tuples after an hour, "
                    "expected %" PRIu64,
                    t->model->components[c].id, found, n);
}

void gale_test_activate(gale_test *t, bool active)
{
    t->active = active; /* from the start on, if that is to come */
    if (can_run(t))
        gale_local_activate(t->local, active);
}

/* -- the end --------------------------------------------------------------- */

static void drain(gale_test *t)
{
    gale_local_stop(t->local, GALE_STOP_DRAIN);
    gale_local_wait(t->local, -1);
    if (!local_gave_up(
            t->local)) /* what is held for ever is for others to say */
        has_failed(t);
    t->ended = true;
}

void gale_test_end(gale_test *t)
{
    gale_test_settle(t);
    if (!can_run(t))
        return;
    t->ending = true;
    drain(t);
}

void gale_test_complete(gale_test *t)
{
    gale_local_state state;

    if (!can_run(t))
        return;
    t->ending = true;
    sources_wake(t);
    state = gale_local_wait(t->local, WAIT_MS);
    if (state == GALE_LOCAL_RUNNING)
        kit_mistake(t, "the topology is not complete after an hour: a spout is "
                       "not exhausted, or a message is never acked");
    drain(t);
}
