/* phases.c - the control thread leads a worker through its life; see
 * phases.h. */
#include "worker/phases.h"
#include "common/check.h"
#include "worker/executor.h"
#include "worker/memory_wait.h"
#include "worker/quiet.h"
#include "worker/waited_for.h"
#include "worker/watchdog.h"
#include "worker/wiring.h"

static int64_t now(const struct phases *p)
{
    return p->worker->env->ops->now(p->worker->env);
}

/* -- what a leader orders -------------------------------------------------- */

void phases_begin_patience(struct phases *p)
{
    if (p->phase == RUNNING || p->phase == DRAINING)
        p->patience.say_at = INT64_MAX;
    else
        patience_begin(&p->patience, p->worker->config.drain_ns, now(p));
}

void phases_tell_spouts(struct phases *p, bool active)
{
    const struct model *m = p->worker->model;

    p->active = active;
    for (uint32_t i = 0; i < m->n_components; i++)
        if (m->components[i].is_spout)
            worker_tell(p->worker, i,
                        active ? MESSAGE_ACTIVATE : MESSAGE_DEACTIVATE);
}

void phases_drain(struct phases *p)
{
    check(p->phase == RUNNING);
    p->phase = DRAINING;
    phases_tell_spouts(p, false);
}

void phases_finish(struct phases *p)
{
    check(p->phase == DRAINING);
    p->phase = FINISHING;
    p->turn = 0;
}

bool phases_finish_next(struct phases *p)
{
    const struct model *m = p->worker->model;
    uint32_t cycle;

    check(p->phase == FINISHING);
    if (p->turn == m->n_components)
        return false;
    cycle = m->components[m->order[p->turn]].cycle;
    while (p->turn < m->n_components &&
           m->components[m->order[p->turn]].cycle == cycle)
        worker_tell(p->worker, m->order[p->turn++], MESSAGE_FINISH);
    return true;
}

void phases_close(struct phases *p)
{
    check(p->phase < CLOSING);
    p->phase = CLOSING;
    p->turn = 0;
}

/* -- what is the same for all ---------------------------------------------- */

static void step_opening(struct phases *p)
{
    bool failed;

    if (atomic_load(&p->worker->waiting) > 0)
        return;
    failed = worker_halted(p->worker);
    p->phase = RUNNING;
    if (failed)
        phases_close(p);
    p->leader->opened(p->arg, failed);
}

static void step_closing(struct phases *p)
{
    struct worker *w = p->worker;

    if (atomic_load(&w->waiting) > 0 || atomic_load(&w->async) > 0) {
        p->leader->waits(p->arg, 0);
        return;
    }
    if (p->turn < w->model->n_components) {
        worker_tell(w, w->model->order[p->turn++], MESSAGE_CLOSE);
        return;
    }
    worker_stop(w);
    atomic_store(&w->stopped, now(p));
    p->leader->ends(p->arg);
    p->phase = ENDED;
    p->leader->ended(p->arg);
}

/* A worker without spouts has nothing to do a hundred thousand times a second,
 * whenever it is done with what came. */
static bool may_be_told(struct phases *p)
{
    int64_t at = now(p);

    if (at < p->quiet_at)
        return false;
    p->quiet_at = at + p->leader->quiet_every_ns;
    return true;
}

/* Set before it is looked at: whoever comes later tells us. Who lets spouts
 * rest waits until nothing is under way. */
static void want_quiet(struct phases *p)
{
    bool busy = p->phase == RUNNING && p->active;

    atomic_store(&p->worker->want_quiet,
                 !busy || (quiet_exhausted(p->worker) && may_be_told(p)));
}

static void step(struct phases *p)
{
    want_quiet(p);
    if (p->phase == OPENING)
        step_opening(p);
    else if (p->phase == CLOSING)
        step_closing(p);
    else
        p->leader->lead(p->arg);
}

/* -- who keeps it waiting -------------------------------------------------- */

static void lose_patience(struct phases *p)
{
    static const char *const doing[] = {
        [OPENING] = "open", [FINISHING] = "finish", [CLOSING] = "close"};
    int64_t ns = patience_lost(&p->patience, now(p));

    if (ns == 0)
        return;
    waited_for_say(p->worker, doing[p->phase], ns);
    p->leader->waits(p->arg, ns);
}

/* -- the control thread ---------------------------------------------------- */

/* When to look without having been told. */
static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What came to its end while nobody was to tell us is looked at later. */
static int64_t look_for_quiet(const struct phases *p)
{
    return p->phase == RUNNING && !atomic_load(&p->worker->want_quiet) &&
                   quiet_exhausted(p->worker)
               ? p->quiet_at
               : INT64_MAX;
}

static int64_t look_at(struct phases *p)
{
    int64_t at = sooner(p->leader->look_at(p->arg), look_for_quiet(p));

    at = sooner(at, watchdog_look(p->watchdog));
    at = sooner(at, memory_wait_look(p->worker));
    return sooner(at, p->patience.say_at);
}

static void control_run(void *arg)
{
    struct phases *p = arg;
    struct env *env = p->worker->env;
    struct env_ready ready[1];

    phases_begin_patience(p);
    while (p->phase != ENDED) {
        enum phase before = p->phase;
        uint32_t turn = p->turn;

        step(p);
        if (p->phase != before || p->turn != turn) {
            phases_begin_patience(p);
            continue; /* the next step may be due at once */
        }
        lose_patience(p);
        env->ops->waiter_wait(env, p->worker->control, look_at(p), ready, 1);
    }
}

void phases_init(struct phases *p, struct worker *w,
                 const struct leader *leader, void *arg)
{
    *p = (struct phases){.worker = w, .leader = leader, .arg = arg};
    p->watchdog = watchdog_new(w);
}

void phases_fini(struct phases *p)
{
    watchdog_free(p->watchdog);
}

#define NO_THREAD                                                              \
    "no thread can be started: raise the limit of threads (ulimit -u, or "     \
    "pids.max of the control group), or end others"

/* In a thread of its own; without one, in ours and to the end, for tasks have
 * been told to open, and are to be closed. */
static void start_control(struct phases *p)
{
    struct env *env = p->worker->env;

    p->control = env->ops->thread_start(env, "control", -1, control_run, p);
    if (p->control != NULL)
        return;
    worker_fail(p->worker, NO_THREAD);
    control_run(p);
}

bool phases_start(struct phases *p)
{
    struct worker *w = p->worker;

    if (!worker_start(w)) {
        worker_stop(w);
        worker_fail(w, NO_THREAD);
        return false;
    }
    for (uint32_t i = w->model->n_components; i-- > 0;) /* consumers first */
        worker_tell(w, w->model->order[i], MESSAGE_OPEN);
    start_control(p);
    return true;
}

void phases_join(struct phases *p)
{
    struct env *env = p->worker->env;

    if (p->control != NULL)
        env->ops->thread_join(env, p->control);
    p->control = NULL;
}
