/*
 * local.c - runs a topology in this process (gale/local.h).
 *
 * The control thread leads the worker through its phases (phases.h). What it
 * does in between is decided here: a function of the phase, of the counters
 * that carriers keep, and of what the owner has asked for.
 */
#include "worker/local_in.h"
#include "common/check.h"
#include "common/config.h"
#include "common/last_words.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "worker/local_opts.h"
#include "worker/given_up.h"
#include "worker/kept_files.h"
#include "worker/leave.h"
#include "worker/phases.h"
#include "worker/quiet.h"
#include "worker/stats.h"
#include "worker/waited_for.h"
#include "worker/wiring.h"
#include <stdlib.h>
#include <string.h>

/* However short a drain is, queued tuples are given so much to go on. */
#define STANDSTILL_MIN_NS 1000000000

enum asked { ASKED_NOTHING, ASKED_DRAIN, ASKED_NOW, ASKED_LEAVE };

struct gale_local {
    struct local_in in;
    struct env *env;
    struct worker *worker;
    struct log *log;
    struct phases phases;

    /* The control thread's own. */
    int64_t deadline;  /* DRAINING, FINISHING */
    uint64_t progress; /* FINISHING: tuples executed at the last look … */
    int64_t seen;      /* … at which there were more than before */
    char missing[900]; /* what the stop has given up; "" if nothing */
    bool only_owes;    /* … which is failed messages alone */
    bool left;         /* told who does not wait any more */
    bool gave_up;      /* drained for as long as it may, and that twice */
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

static void set_state(struct gale_local *l, gale_local_state state)
{
    env_enter(l->env, l->monitor);
    l->state = state;
    l->is_stuck = false;
    env_notify(l->env, l->monitor);
    env_leave(l->env, l->monitor);
}

static void begin_closing(struct gale_local *l, gale_local_state outcome)
{
    l->outcome = outcome;
    phases_close(&l->phases);
}

/* True if the phase was left because of an error or of gale_local_stop(NOW). */
static bool cut_short(struct gale_local *l)
{
    if (worker_halted(l->worker))
        begin_closing(l, GALE_LOCAL_FAILED);
    else if (atomic_load(&l->asked) >= ASKED_NOW)
        begin_closing(l, GALE_LOCAL_STOPPED);
    else
        return false;
    worker_halt(l->worker);
    return true;
}

static void opened(void *arg, bool failed)
{
    struct gale_local *l = arg;

    env_enter(l->env, l->monitor);
    l->opened = true;
    l->open_failed = failed;
    env_notify(l->env, l->monitor);
    env_leave(l->env, l->monitor);
    if (failed)
        l->outcome = GALE_LOCAL_FAILED;
    else if (atomic_load(&l->want_active))
        phases_tell_spouts(&l->phases, true);
}

static void lead_running(struct gale_local *l)
{
    struct worker *w = l->worker;
    bool active = l->phases.active;

    if (atomic_load(&l->asked) == ASKED_DRAIN) {
        l->deadline = l->env->ops->now(l->env) + w->config.drain_ns;
        phases_drain(&l->phases);
        return;
    }
    if (atomic_load(&l->want_active) != active)
        phases_tell_spouts(&l->phases, !active);
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
    phases_begin_patience(&l->phases);
}

static void lead_draining(struct gale_local *l)
{
    bool settled = quiet_now(l->worker) && quiet_pending(l->worker) == 0;

    if (!settled && (!atomic_load(&l->asked_by_somebody) ||
                     l->env->ops->now(l->env) < l->deadline))
        return;
    if (!settled)
        give_up_draining(l);
    phases_finish(&l->phases);
    l->progress = quiet_executed(l->worker);
    goes_on_from_here(l);
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

static void lead_finishing(struct gale_local *l)
{
    struct watcher *watcher = l->worker->watcher;

    if (!quiet_now(l->worker)) {
        if (is_hopeless(l))
            give_up_finishing(l);
        return;
    }
    goes_on_from_here(l);
    if (phases_finish_next(&l->phases))
        return;
    if (watcher != NULL && watcher->finished != NULL)
        watcher->finished(watcher);
    begin_closing(l, GALE_LOCAL_STOPPED);
}

static void lead(void *arg)
{
    struct gale_local *l = arg;

    if (cut_short(l))
        return;
    if (l->phases.phase == RUNNING)
        lead_running(l);
    else if (l->phases.phase == DRAINING)
        lead_draining(l);
    else
        lead_finishing(l);
}

static int64_t look_at(void *arg)
{
    const struct gale_local *l = arg;
    enum phase phase = l->phases.phase;

    return (phase == DRAINING || phase == FINISHING) &&
                   atomic_load(&l->asked_by_somebody)
               ? l->deadline
               : INT64_MAX;
}

/* -- the end --------------------------------------------------------------- */

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

static void ends(void *arg)
{
    struct gale_local *l = arg;

    look_for_failed(l);
    kept_files_close(l->worker);
}

static void ended(void *arg)
{
    struct gale_local *l = arg;

    if (l->missing[0] != '\0')
        worker_fail(l->worker, l->missing);
    if (l->worker->error[0] != '\0') /* also of a close or end_of_input */
        l->outcome = GALE_LOCAL_FAILED;
    set_state(l, l->outcome);
}

/* Tell the owner, who can do something about it: end the process, or wait.
 * Once, if the owner has asked to be told of whatever is under way. */
static void tell_if_stuck(void *arg, int64_t ns)
{
    struct gale_local *l = arg;
    bool leave = atomic_load(&l->asked) == ASKED_LEAVE && !l->left;
    char text[sizeof(l->stuck)];

    if (l->phases.phase != CLOSING ||
        !waited_for_ever(l->worker, l->gave_up, leave ? INT64_MAX : ns, text,
                         sizeof(text)))
        return;
    l->left = leave;
    env_enter(l->env, l->monitor);
    if (l->stuck[0] == '\0') /* whoever was told may be reading it */
        snprintf(l->stuck, sizeof(l->stuck), "%s", text);
    l->is_stuck = true;
    l->state = GALE_LOCAL_STUCK;
    env_notify(l->env, l->monitor);
    env_leave(l->env, l->monitor);
}

static const struct leader rules = {
    .opened = opened,
    .lead = lead,
    .look_at = look_at,
    .waits = tell_if_stuck,
    .ends = ends,
    .ended = ended,
};

/* -- the public functions -------------------------------------------------- */

static void local_free(struct gale_local *l)
{
    if (l->worker != NULL && l->in.gone != NULL)
        l->in.gone(l->in.arg);
    phases_fini(&l->phases);
    if (l->worker != NULL) {
        kept_files_drop(l->worker); /* never begun */
        worker_free(l->worker);
    }
    log_free(l->log);
    l->env->ops->monitor_free(l->env, l->monitor);
    free(l);
}

/* False if it failed, and has ended. */
static bool await_opened(struct gale_local *l)
{
    env_enter(l->env, l->monitor);
    while (!l->opened)
        env_wait(l->env, l->monitor, INT64_MAX);
    env_leave(l->env, l->monitor);
    if (l->open_failed)
        phases_join(&l->phases);
    return !l->open_failed;
}

static bool begin(struct gale_local *l, gale_err *error)
{
    bool opened_all;

    atomic_init(&l->want_active, !l->in.inactive);
    phases_init(&l->phases, l->worker, &rules, l);
    leave_runs(1);
    waited_for_open(l->worker);
    opened_all = phases_start(&l->phases) && await_opened(l);
    waited_for_open(NULL);
    if (!opened_all) {
        leave_runs(-1);
        error_set(error, "%s", l->worker->error);
    }
    return opened_all;
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
    l->worker = worker_new(l->env, m, NULL, l->log, opts->carriers, error);
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
    uint32_t asked = how == GALE_STOP_DRAIN ? ASKED_DRAIN
                     : how == GALE_STOP_NOW ? ASKED_NOW
                                            : ASKED_LEAVE;

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
    phases_join(&l->phases);
    leave_runs(-1);
    local_free(l);
}

bool gale_local_opening(char *text, size_t size)
{
    struct last_words words = {0};

    if (!waited_for_put(&words))
        return false;
    size = words.n < size ? words.n : size - 1;
    memcpy(text, words.text, size);
    text[size] = '\0';
    return true;
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
    return l->phases.phase == ENDED && l->missing[0] != '\0';
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
