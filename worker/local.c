/*
 * local.c - runs a topology in this process (gale/local.h).
 *
 * A control thread leads the worker through its life. It sleeps until something
 * has changed (worker_notify) and then takes one step: what it does is a
 * function of the phase, of the counters that carriers keep, and of what the
 * owner has asked for.
 *
 *     OPENING   all tasks open or prepare
 *     RUNNING   spouts are active
 *     DRAINING  spouts are inactive, what is pending gets settled
 *     FINISHING bolts get end_of_input, one component after the other
 *     CLOSING   tasks close or clean up, one component after the other; the
 *               owner is told if a callback does not return
 *     ENDED     carriers are stopped
 */
#include "worker/local.h"
#include "common/check.h"
#include "common/config.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "worker/carrier.h"
#include "worker/crash.h"
#include "worker/letters.h"
#include "worker/position_store.h"
#include "worker/spout_task.h"
#include "worker/stats.h"
#include "worker/task_base.h"
#include "worker/waited_for.h"
#include "worker/watchdog.h"
#include "worker/wiring.h"
#include <stdlib.h>

/* Or gale.topology.drain.secs, if that is less. */
#define PATIENCE_NS 5000000000
#define PATIENCE_MIN_NS 10000000

enum phase { OPENING, RUNNING, DRAINING, FINISHING, CLOSING, ENDED };

enum asked { ASKED_NOTHING, ASKED_DRAIN, ASKED_NOW };

struct gale_local {
    struct env *env;
    struct worker *worker;
    struct log *log;
    struct env_thread *control;

    /* The control thread's own. */
    enum phase phase;
    uint32_t turn;    /* FINISHING, CLOSING: place in model.order */
    int64_t deadline; /* DRAINING, FINISHING */
    int64_t patience; /* OPENING, CLOSING: so long until it says … */
    struct watchdog *watchdog;
    int64_t say_at; /* … at this time, who keeps it waiting */
    bool active;    /* spouts have been told */
    bool gave_up;   /* drained for as long as it may, and that twice */
    enum gale_local_state outcome;

    /* Written by the owner, from any thread or signal handler. */
    _Atomic(uint32_t) asked;
    _Atomic(bool) want_active;

    struct env_monitor *monitor; /* of what follows */
    gale_local_state state;
    bool opened;
    bool open_failed;
    bool is_stuck;
    char stuck[600]; /* written once: which callback does not return */
};

/* -- what is true of the worker -------------------------------------------- */

/* Nobody runs, nothing is under way, all messages are answered. */
static bool is_quiet(struct worker *w)
{
    return atomic_load(&w->waiting) == 0 && atomic_load(&w->async) == 0 &&
           atomic_load(&w->active) == 0;
}

static bool for_all_spouts(struct worker *w, bool (*is)(struct task *))
{
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i]->spout != NULL && !is(w->tasks[i]))
            return false;
    return true;
}

static bool is_exhausted(struct task *t)
{
    return atomic_load(&t->spout->exhausted);
}

static bool has_no_pending(struct task *t)
{
    return counter_get(&t->counters.pending) == 0 &&
           counter_get(&t->counters.resting) == 0;
}

/* All of it at one time: nobody has woken up while we looked. */
static bool is_complete(struct worker *w)
{
    uint64_t wakeups = atomic_load(&w->wakeups);

    return is_quiet(w) && for_all_spouts(w, is_exhausted) &&
           for_all_spouts(w, has_no_pending) && is_quiet(w) &&
           wakeups == atomic_load(&w->wakeups);
}

/* -- steps ----------------------------------------------------------------- */

static void set_state(struct gale_local *l, gale_local_state state)
{
    env_enter(l->env, l->monitor);
    l->state = state;
    l->is_stuck = false;
    env_notify(l->env, l->monitor);
    env_leave(l->env, l->monitor);
}

static void tell_spouts(struct gale_local *l, bool active)
{
    const struct model *m = l->worker->model;

    l->active = active;
    for (uint32_t i = 0; i < m->n_components; i++)
        if (m->components[i].is_spout)
            worker_tell(l->worker, i,
                        active ? MESSAGE_ACTIVATE : MESSAGE_DEACTIVATE);
}

static void begin_closing(struct gale_local *l, gale_local_state outcome)
{
    check(l->phase < CLOSING);
    l->outcome = outcome;
    l->phase = CLOSING;
    l->turn = 0;
}

/* True if the phase was left because of an error or of gale_local_stop(NOW). */
static bool cut_short(struct gale_local *l)
{
    if (worker_halted(l->worker))
        begin_closing(l, GALE_LOCAL_FAILED);
    else if (atomic_load(&l->asked) == ASKED_NOW)
        begin_closing(l, GALE_LOCAL_STOPPED);
    else
        return false;
    worker_halt(l->worker);
    return true;
}

static void step_opening(struct gale_local *l)
{
    if (atomic_load(&l->worker->waiting) > 0)
        return;
    env_enter(l->env, l->monitor);
    l->opened = true;
    l->open_failed = worker_halted(l->worker);
    env_notify(l->env, l->monitor);
    env_leave(l->env, l->monitor);
    if (l->open_failed) {
        begin_closing(l, GALE_LOCAL_FAILED);
        return;
    }
    l->phase = RUNNING;
    if (atomic_load(&l->want_active))
        tell_spouts(l, true);
}

static void step_running(struct gale_local *l)
{
    struct worker *w = l->worker;

    if (cut_short(l))
        return;
    if (atomic_load(&l->asked) == ASKED_DRAIN) {
        l->phase = DRAINING;
        l->deadline = l->env->ops->now(l->env) + w->config.drain_ns;
        tell_spouts(l, false);
        return;
    }
    if (atomic_load(&l->want_active) != l->active)
        tell_spouts(l, !l->active);
    else if (is_complete(w))
        set_state(l, GALE_LOCAL_COMPLETE);
}

static void warn_of_pending(struct gale_local *l)
{
    uint64_t pending = 0;

    for (uint32_t i = 1; i <= l->worker->n_tasks; i++)
        pending += counter_get(&l->worker->tasks[i]->counters.pending);
    log_warn(l->log, "drain",
             "gave up waiting after %.1f s: %llu messages are not settled and "
             "will be read again after a restart with --state",
             (double)l->worker->config.drain_ns / 1e9,
             (unsigned long long)pending);
}

static void step_draining(struct gale_local *l)
{
    bool late = l->env->ops->now(l->env) >= l->deadline;

    if (cut_short(l))
        return;
    if (!late &&
        !(is_quiet(l->worker) && for_all_spouts(l->worker, has_no_pending)))
        return;
    if (late)
        warn_of_pending(l);
    l->phase = FINISHING;
    l->turn = 0;
    l->deadline = l->env->ops->now(l->env) + l->worker->config.drain_ns;
}

/* Tell all bolts of the next cycle or component; a cycle's members together. */
static void finish_next(struct gale_local *l)
{
    const struct model *m = l->worker->model;
    uint32_t cycle = m->components[m->order[l->turn]].cycle;

    while (l->turn < m->n_components &&
           m->components[m->order[l->turn]].cycle == cycle)
        worker_tell(l->worker, m->order[l->turn++], MESSAGE_FINISH);
}

/* What is queued takes too long: no more callbacks but the last. */
static void give_up_finishing(struct gale_local *l)
{
    log_warn(l->log, "drain",
             "gave up waiting for queued tuples after another %.1f s: bolts "
             "that had no end_of_input yet get none",
             (double)l->worker->config.drain_ns / 1e9);
    l->gave_up = true;
    worker_halt(l->worker);
    begin_closing(l, GALE_LOCAL_STOPPED);
}

static void step_finishing(struct gale_local *l)
{
    if (cut_short(l))
        return;
    if (!is_quiet(l->worker)) {
        if (l->env->ops->now(l->env) >= l->deadline)
            give_up_finishing(l);
        return;
    }
    if (l->turn < l->worker->model->n_components)
        finish_next(l);
    else
        begin_closing(l, GALE_LOCAL_STOPPED);
}

/* When nobody saves any more; that the last ones are kept is part of it. */
static void close_positions(struct worker *w)
{
    gale_err error;

    if (position_store_close(w->positions, &error) != 0)
        worker_fail(w, error.text);
    w->positions = NULL;
}

static void step_closing(struct gale_local *l)
{
    const struct model *m = l->worker->model;

    if (atomic_load(&l->worker->waiting) > 0 ||
        atomic_load(&l->worker->async) > 0)
        return;
    if (l->turn < m->n_components) {
        worker_tell(l->worker, m->order[l->turn++], MESSAGE_CLOSE);
        return;
    }
    worker_stop(l->worker);
    atomic_store(&l->worker->stopped, l->env->ops->now(l->env));
    close_positions(l->worker);
    letters_close(l->worker->letters); /* what they settle comes too late */
    l->worker->letters = NULL;
    l->phase = ENDED;
    if (l->worker->error[0] != '\0') /* also of a close or end_of_input */
        l->outcome = GALE_LOCAL_FAILED;
    set_state(l, l->outcome);
}

/* -- who keeps it waiting -------------------------------------------------- */

static bool has_patience(enum phase phase)
{
    return phase == OPENING || phase == CLOSING;
}

static void begin_patience(struct gale_local *l)
{
    int64_t drain_ns = l->worker->config.drain_ns;

    l->patience = drain_ns < PATIENCE_NS ? drain_ns : PATIENCE_NS;
    if (l->patience < PATIENCE_MIN_NS)
        l->patience = PATIENCE_MIN_NS;
    l->say_at = l->env->ops->now(l->env) + l->patience;
}

/* Tell the owner, who can do something about it: end the process, or wait. */
static void tell_if_stuck(struct gale_local *l)
{
    char text[sizeof(l->stuck)];

    if (l->phase != CLOSING ||
        !waited_for_ever(l->worker, l->gave_up, l->patience, text,
                         sizeof(text)))
        return;
    env_enter(l->env, l->monitor);
    if (l->stuck[0] == '\0') /* whoever was told may be reading it */
        snprintf(l->stuck, sizeof(l->stuck), "%s", text);
    l->is_stuck = true;
    l->state = GALE_LOCAL_STUCK;
    env_notify(l->env, l->monitor);
    env_leave(l->env, l->monitor);
}

static void lose_patience(struct gale_local *l)
{
    if (!has_patience(l->phase) || l->env->ops->now(l->env) < l->say_at)
        return;
    waited_for_say(l->worker, l->phase == OPENING ? "open" : "close",
                   l->patience);
    tell_if_stuck(l);
    l->say_at += l->patience;
    l->patience *= 2; /* since the start of this turn, by then */
}

/* -- the control thread ---------------------------------------------------- */

/* Set before it is looked at: whoever comes later tells us. */
static void want_quiet(struct gale_local *l)
{
    atomic_store(&l->worker->want_quiet,
                 l->phase != RUNNING ||
                     for_all_spouts(l->worker, is_exhausted));
}

static void step(struct gale_local *l)
{
    want_quiet(l);
    switch (l->phase) {
    case OPENING:
        step_opening(l);
        break;
    case RUNNING:
        step_running(l);
        break;
    case DRAINING:
        step_draining(l);
        break;
    case FINISHING:
        step_finishing(l);
        break;
    case CLOSING:
        step_closing(l);
        break;
    case ENDED:
        break;
    }
}

/* When to look without having been told. */
static int64_t look_at(const struct gale_local *l)
{
    if (has_patience(l->phase))
        return l->say_at;
    return l->phase == RUNNING ? INT64_MAX : l->deadline;
}

static void control_run(void *arg)
{
    struct gale_local *l = arg;
    struct env_ready ready[1];

    begin_patience(l);
    while (l->phase != ENDED) {
        enum phase before = l->phase;
        uint32_t turn = l->turn;
        int64_t at;

        step(l);
        if (l->phase != before || l->turn != turn) {
            begin_patience(l);
            continue; /* the next step may be due at once */
        }
        lose_patience(l);
        at = watchdog_look(l->watchdog);
        l->env->ops->waiter_wait(l->env, l->worker->control,
                                 at < look_at(l) ? at : look_at(l), ready, 1);
    }
}

/* -- the public functions -------------------------------------------------- */

static int open_positions(struct gale_local *l, const char *dir,
                          gale_err *error)
{
    struct worker *w = l->worker;

    if (dir == NULL)
        return 0;
    w->positions =
        position_store_open(l->env, dir, w->model->name, l->log, error);
    if (w->positions == NULL)
        return -1;
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i]->spout != NULL &&
            position_store_load(w->positions, w->tasks[i],
                                &w->tasks[i]->spout->positions, error) != 0)
            return -1;
    return 0;
}

static void local_free(struct gale_local *l)
{
    if (l->worker != NULL) {
        letters_close(l->worker->letters);
        position_store_close(l->worker->positions, NULL); /* never begun */
        worker_free(l->worker);
    }
    watchdog_free(l->watchdog);
    log_free(l->log);
    l->env->ops->monitor_free(l->env, l->monitor);
    free(l);
}

static bool begin(struct gale_local *l, gale_err *error)
{
    const struct model *m = l->worker->model;

    atomic_init(&l->want_active, true);
    l->watchdog = watchdog_new(l->worker);
    crash_runs(1);
    worker_start(l->worker);
    for (uint32_t i = m->n_components; i-- > 0;) /* consumers first */
        worker_tell(l->worker, m->order[i], MESSAGE_OPEN);
    l->control =
        l->env->ops->thread_start(l->env, "control", -1, control_run, l);
    if (l->control == NULL) {
        worker_stop(l->worker);
        crash_runs(-1);
        error_set(error, "cannot start the control thread");
        return false;
    }
    env_enter(l->env, l->monitor);
    while (!l->opened)
        env_wait(l->env, l->monitor, INT64_MAX);
    env_leave(l->env, l->monitor);
    if (!l->open_failed)
        return true;
    l->env->ops->thread_join(l->env, l->control);
    crash_runs(-1);
    error_set(error, "%s", l->worker->error);
    return false;
}

gale_local *local_start(const struct local_in *in, gale_builder *b,
                        const gale_local_opts *opts, gale_err *error)
{
    static const gale_local_opts defaults = {.size = sizeof(defaults)};
    const struct model *m;
    struct gale_local *l;

    config_register();
    m = model_of(b, error);
    if (m == NULL || config_check(m, error) != 0)
        return NULL;
    if (opts == NULL)
        opts = &defaults;
    l = xcalloc(1, sizeof(*l));
    l->env = in->env;
    l->monitor = l->env->ops->monitor_new(l->env);
    l->log = log_new(l->env, opts->log != NULL ? opts->log : stderr, m->name);
    l->worker = worker_new(l->env, m, l->log, opts->carriers, error);
    if (l->worker != NULL && in->wired != NULL)
        in->wired(in->arg, l->worker);
    if (l->worker != NULL && open_positions(l, opts->state_dir, error) == 0 &&
        letters_open(l->worker, error) == 0 && begin(l, error))
        return l;
    local_free(l);
    return NULL;
}

gale_local *gale_local_start(gale_builder *b, const gale_local_opts *opts,
                             gale_err *error)
{
    const struct local_in in = {.env = env_posix()};

    return local_start(&in, b, opts, error);
}

/* In the monitor: a complete one goes on once it is asked to stop. */
static bool is_going_on(struct gale_local *l)
{
    return l->state == GALE_LOCAL_RUNNING ||
           (l->state == GALE_LOCAL_COMPLETE &&
            atomic_load(&l->asked) != ASKED_NOTHING);
}

gale_local_state gale_local_wait(gale_local *l, int timeout_ms)
{
    int64_t until = timeout_ms < 0 ? INT64_MAX
                                   : l->env->ops->now(l->env) +
                                         (int64_t)timeout_ms * 1000000;
    gale_local_state state;
    bool in_time = true;

    env_enter(l->env, l->monitor);
    while (is_going_on(l) && in_time)
        in_time = env_wait(l->env, l->monitor, until);
    state = l->state;
    if (state == GALE_LOCAL_STUCK)
        l->state = GALE_LOCAL_RUNNING; /* who waits again has more patience */
    env_leave(l->env, l->monitor);
    return state;
}

void gale_local_stop(gale_local *l, gale_stop how)
{
    uint32_t asked = how == GALE_STOP_NOW ? ASKED_NOW : ASKED_DRAIN;

    if (asked > atomic_load(&l->asked))
        atomic_store(&l->asked, asked);
    worker_notify(l->worker);
}

void gale_local_activate(gale_local *l, bool active)
{
    atomic_store(&l->want_active, active);
    worker_notify(l->worker);
}

void gale_local_free(gale_local *l)
{
    if (l == NULL)
        return;
    if (atomic_load(&l->asked) == ASKED_NOTHING)
        gale_local_stop(l, GALE_STOP_NOW);
    l->env->ops->thread_join(l->env, l->control);
    crash_runs(-1);
    local_free(l);
}

const char *gale_local_error(gale_local *l)
{
    struct worker *w = l->worker;
    bool failed, stuck;

    env_enter(w->env, w->monitor);
    failed = w->error[0] != '\0';
    env_leave(w->env, w->monitor);
    env_enter(l->env, l->monitor);
    stuck = l->is_stuck;
    env_leave(l->env, l->monitor);
    return failed ? w->error : stuck ? l->stuck : "";
}

struct worker *local_worker(gale_local *l)
{
    return l->worker;
}

void gale_local_stats(gale_local *l, gale_component_fn *fn, void *arg)
{
    stats_components(l->worker, fn, arg);
}

void gale_local_metrics(gale_local *l, gale_metric_fn *fn, void *arg)
{
    stats_metrics(l->worker, fn, arg);
}

const char *gale_version(void)
{
    return GALE_VERSION;
}
