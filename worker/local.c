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
#include "worker/local_in.h"
#include "common/check.h"
#include "common/config.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "worker/carrier.h"
#include "worker/local_opts.h"
#include "worker/given_up.h"
#include "worker/kept_files.h"
#include "worker/leave.h"
#include "worker/patience.h"
#include "worker/quiet.h"
#include "worker/spout_task.h"
#include "worker/stats.h"
#include "worker/task_base.h"
#include "worker/waited_for.h"
#include "worker/watchdog.h"
#include "worker/wiring.h"
#include <stdlib.h>

/* However short a drain is, queued tuples are given so much to go on. */
#define STANDSTILL_MIN_NS 1000000000

enum phase { OPENING, RUNNING, DRAINING, FINISHING, CLOSING, ENDED };

enum asked { ASKED_NOTHING, ASKED_DRAIN, ASKED_NOW };

struct gale_local {
    struct local_in in;
    struct env *env;
    struct worker *worker;
    struct log *log;
    struct env_thread *control;

    /* The control thread's own. */
    enum phase phase;
    uint32_t turn;     /* FINISHING, CLOSING: place in model.order */
    int64_t deadline;  /* DRAINING, FINISHING */
    uint64_t progress; /* FINISHING: tuples executed at the last look … */
    int64_t seen;      /* … at which there were more than before */
    char missing[900]; /* what the stop has given up; "" if nothing */
    bool only_owes;    /* … which is failed messages alone */
    struct watchdog *watchdog;
    struct patience patience;
    bool active;  /* spouts have been told */
    bool gave_up; /* drained for as long as it may, and that twice */
    enum gale_local_state outcome;

    /* Written by the owner, from any thread or signal handler. */
    _Atomic(uint32_t) asked;
    _Atomic(bool) complete;          /* written by the control thread */
    _Atomic(bool) asked_by_somebody; /* not only since it was complete */
    _Atomic(bool) want_active;

    struct env_monitor *monitor; /* of what follows */
    gale_local_state state;
    bool opened;
    bool open_failed;
    bool is_stuck;
    char stuck[600]; /* written once: which callback does not return */
};

/* -- steps ----------------------------------------------------------------- */

/* Something has changed: who keeps it waiting from here on is said later. */
static void begin_patience(struct gale_local *l)
{
    if (l->phase == RUNNING || l->phase == DRAINING)
        l->patience.say_at = INT64_MAX;
    else
        patience_begin(&l->patience, l->worker->config.drain_ns,
                       l->env->ops->now(l->env));
}

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
    else if (quiet_complete(w)) {
        atomic_store(&l->complete, true);
        set_state(l, GALE_LOCAL_COMPLETE);
    }
}

/* The stop is not what it should have been: said at once, and in the end. */
static void give_up_draining(struct gale_local *l)
{
    given_up_pending(l->worker, l->missing, sizeof(l->missing));
    log_warn(l->log, "drain", "%s", l->missing);
}

/* Queued tuples, and callbacks, have their time anew. */
static void goes_on_from_here(struct gale_local *l)
{
    int64_t drain_ns = l->worker->config.drain_ns;

    l->seen = l->env->ops->now(l->env);
    l->deadline =
        l->seen + (drain_ns > STANDSTILL_MIN_NS ? drain_ns : STANDSTILL_MIN_NS);
    begin_patience(l);
}

static void step_draining(struct gale_local *l)
{
    bool settled = quiet_now(l->worker) && quiet_pending(l->worker) == 0;

    if (cut_short(l))
        return;
    if (!settled && (!atomic_load(&l->asked_by_somebody) ||
                     l->env->ops->now(l->env) < l->deadline))
        return;
    if (!settled)
        give_up_draining(l);
    l->phase = FINISHING;
    l->turn = 0;
    l->progress = quiet_executed(l->worker);
    goes_on_from_here(l);
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
    char text[sizeof(l->missing)];

    given_up_queued(text, sizeof(text), l->env->ops->now(l->env) - l->seen);
    log_warn(l->log, "drain", "%s", text);
    if (l->missing[0] == '\0')
        snprintf(l->missing, sizeof(l->missing), "%s", text);
    l->gave_up = true;
    worker_halt(l->worker);
    begin_closing(l, GALE_LOCAL_STOPPED);
}

/*
 * There is no hope, or not for as long as somebody who waits would: nothing was
 * executed for the time of a drain. A run that came to its end by itself is
 * given all the time there is: its results are what it was made for, and nobody
 * has asked it to stop.
 */
static bool is_hopeless(struct gale_local *l)
{
    uint64_t executed = quiet_executed(l->worker);

    if (executed != l->progress)
        goes_on_from_here(l);
    l->progress = executed;
    return l->env->ops->now(l->env) >= l->deadline &&
           atomic_load(&l->asked_by_somebody);
}

static void step_finishing(struct gale_local *l)
{
    struct watcher *watcher = l->worker->watcher;

    if (cut_short(l))
        return;
    if (!quiet_now(l->worker)) {
        if (is_hopeless(l))
            give_up_finishing(l);
        return;
    }
    goes_on_from_here(l);
    if (l->turn < l->worker->model->n_components) {
        finish_next(l);
        return;
    }
    if (watcher != NULL && watcher->finished != NULL)
        watcher->finished(watcher);
    begin_closing(l, GALE_LOCAL_STOPPED);
}

/* A run that came to its end by itself owes nothing: its spouts have said that
 * they will not emit again. */
static void look_for_failed(struct gale_local *l)
{
    bool nothing_yet = l->missing[0] == '\0';

    if (l->outcome == GALE_LOCAL_STOPPED &&
        atomic_load(&l->asked) == ASKED_DRAIN &&
        atomic_load(&l->asked_by_somebody))
        l->only_owes =
            given_up_failed(l->worker, l->missing, sizeof(l->missing)) &&
            nothing_yet;
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
    look_for_failed(l);
    kept_files_close(l->worker);
    l->phase = ENDED;
    if (l->missing[0] != '\0')
        worker_fail(l->worker, l->missing);
    if (l->worker->error[0] != '\0') /* also of a close or end_of_input */
        l->outcome = GALE_LOCAL_FAILED;
    set_state(l, l->outcome);
}

/* -- who keeps it waiting -------------------------------------------------- */

/* Tell the owner, who can do something about it: end the process, or wait. */
static void tell_if_stuck(struct gale_local *l, int64_t ns)
{
    char text[sizeof(l->stuck)];

    if (l->phase != CLOSING ||
        !waited_for_ever(l->worker, l->gave_up, ns, text, sizeof(text)))
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
    static const char *const doing[] = {
        [OPENING] = "open", [FINISHING] = "finish", [CLOSING] = "close"};
    int64_t ns = patience_lost(&l->patience, l->env->ops->now(l->env));

    if (ns == 0)
        return;
    waited_for_say(l->worker, doing[l->phase], ns);
    tell_if_stuck(l, ns);
}

/* -- the control thread ---------------------------------------------------- */

/* Set before it is looked at: whoever comes later tells us. */
static void want_quiet(struct gale_local *l)
{
    atomic_store(&l->worker->want_quiet,
                 l->phase != RUNNING || quiet_exhausted(l->worker));
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
    bool ends = (l->phase == DRAINING || l->phase == FINISHING) &&
                atomic_load(&l->asked_by_somebody);
    int64_t say_at = l->patience.say_at;

    return ends && l->deadline < say_at ? l->deadline : say_at;
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

static void local_free(struct gale_local *l)
{
    if (l->worker != NULL && l->in.gone != NULL)
        l->in.gone(l->in.arg);
    if (l->worker != NULL) {
        kept_files_drop(l->worker); /* never begun */
        worker_free(l->worker);
    }
    watchdog_free(l->watchdog);
    log_free(l->log);
    l->env->ops->monitor_free(l->env, l->monitor);
    free(l);
}

#define NO_THREAD                                                              \
    "no thread can be started: raise the limit of threads (ulimit -u, or "     \
    "pids.max of the control group), or end others"

/* In a thread of its own; without one, in ours and to the end, for tasks have
 * been told to open, and are to be closed. */
static void start_control(struct gale_local *l)
{
    l->control =
        l->env->ops->thread_start(l->env, "control", -1, control_run, l);
    if (l->control != NULL)
        return;
    worker_fail(l->worker, NO_THREAD);
    control_run(l);
}

/* False if it failed, and has ended. */
static bool await_opened(struct gale_local *l)
{
    env_enter(l->env, l->monitor);
    while (!l->opened)
        env_wait(l->env, l->monitor, INT64_MAX);
    env_leave(l->env, l->monitor);
    if (l->open_failed && l->control != NULL)
        l->env->ops->thread_join(l->env, l->control);
    return !l->open_failed;
}

static bool begin(struct gale_local *l, gale_err *error)
{
    const struct model *m = l->worker->model;
    bool opened = false;

    atomic_init(&l->want_active, true);
    l->watchdog = watchdog_new(l->worker);
    leave_runs(1);
    if (worker_start(l->worker)) {
        for (uint32_t i = m->n_components; i-- > 0;) /* consumers first */
            worker_tell(l->worker, m->order[i], MESSAGE_OPEN);
        start_control(l);
        opened = await_opened(l);
    } else {
        worker_stop(l->worker);
        worker_fail(l->worker, NO_THREAD);
    }
    if (!opened) {
        leave_runs(-1);
        error_set(error, "%s", l->worker->error);
    }
    return opened;
}

gale_local *local_start(const struct local_in *in, gale_builder *b,
                        const gale_local_opts *opts, gale_err *error)
{
    static const gale_local_opts defaults = {.size = sizeof(defaults)};
    const struct model *m;
    struct gale_local *l;

    config_register();
    if (opts == NULL)
        opts = &defaults;
    m = model_of(b, error);
    if (m == NULL || config_check(m, error) || local_opts_check(opts, error))
        return NULL;
    l = xcalloc(1, sizeof(*l));
    l->in = *in;
    l->env = in->env;
    l->monitor = l->env->ops->monitor_new(l->env);
    l->log = log_new(l->env, opts->log != NULL ? opts->log : stderr, m->name);
    l->worker = worker_new(l->env, m, l->log, opts->carriers, error);
    if (l->worker != NULL && in->wired != NULL)
        in->wired(in->arg, l->worker);
    if (l->worker != NULL &&
        kept_files_open(l->worker, opts->state_dir, error) == 0 &&
        begin(l, error))
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

    /* A complete run is stopped for its results; whoever asks then means it. */
    if (!atomic_load(&l->complete) || atomic_load(&l->asked) != ASKED_NOTHING)
        atomic_store(&l->asked_by_somebody, true);
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
    leave_runs(-1);
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

bool local_gave_up(const gale_local *l)
{
    return l->phase == ENDED && l->missing[0] != '\0';
}

bool local_only_owes(const gale_local *l)
{
    return local_gave_up(l) && l->only_owes;
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
