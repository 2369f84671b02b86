/* idle.c - it looks on, sleeps, or only ticks; see idle.h. */
#include "worker/idle.h"
#include "topology-api/fault_point.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/worker.h"

#define SPIN_FOR_TIMER_NS 50000
#define NO_PAUSE_NS 1000  /* a pause takes up to 100 ns */
#define SPIN_POLL_NS 2000 /* look at file descriptors while looking on */
#define MAX_READY 16

/* -- resting --------------------------------------------------------------- */

static void now_active(struct carrier *c)
{
    atomic_fetch_add(&c->worker->active, 1);
    atomic_fetch_add(&c->worker->wakeups, 1);
}

/* Whoever ends its rest counts the carrier as active, so that no moment is
 * without an active carrier while work is on its way. What it did. */
static uint32_t end_rest(struct carrier *c)
{
    uint32_t rest = atomic_exchange(&c->rest, CARRIER_AWAKE);

    if (rest != CARRIER_AWAKE)
        now_active(c);
    return rest;
}

void carrier_wake(struct carrier *c)
{
    if (atomic_load(&c->rest) != CARRIER_AWAKE &&
        end_rest(c) == CARRIER_ASLEEP) {
        FAULT_POINT("carrier_woken");
        c->env->ops->waiter_wake(c->env, c->waiter);
    }
}

/* -- looking at what comes from outside ------------------------------------ */

bool idle_looks(struct carrier *c, bool sleeps)
{
    bool any = false;

    c->looked = c->now;
    for (struct carrier_look *l = c->looks; l != NULL; l = l->next)
        any |= l->looks(l, sleeps);
    return any;
}

static void ready_watch(struct carrier_watch *watch, uint32_t events)
{
    watch->ready(watch, events);
}

bool idle_look_at_fds(struct carrier *c, int64_t until)
{
    struct env_ready ready[MAX_READY];
    int n =
        c->env->ops->waiter_wait(c->env, c->waiter, until, ready, MAX_READY);

    for (int i = 0; i < n; i++)
        ready_watch(ready[i].data, ready[i].events);
    c->now = c->polled = c->env->ops->now(c->env);
    return n > 0;
}

static bool has_work(struct carrier *c)
{
    return c->front != NULL || c->back != NULL || !inbox_empty(&c->injected) ||
           !inbox_empty(&c->notes) || !inbox_empty(&c->mail);
}

/* True if there is something to do, and if there was before `end`. */
static bool look_on(struct carrier *c, int64_t due, int64_t end)
{
    while (!has_work(c) &&
           !atomic_load_explicit(&c->stop, memory_order_relaxed)) {
        env_point(c->env);
        if (due - c->now > NO_PAUSE_NS)
            __builtin_ia32_pause();
        c->now = c->env->ops->now(c->env);
        c->fresh = true;
        if (c->n_watched > 0 && c->now - c->polled > SPIN_POLL_NS)
            idle_look_at_fds(c, 0);
        if (c->looks != NULL && idle_looks(c, false))
            return true;
        if (c->now >= end)
            return c->now >= due;
    }
    return true;
}

/* Is there anybody: another carrier, another process, who writes to what is
 * watched? */
static bool has_company(const struct carrier *c)
{
    return c->worker->n_carriers > 1 || c->looks != NULL || c->n_watched > 0;
}

/*
 * Sleeping and waking costs more than a short wait: look on for a while when
 * somebody is likely to hand something over, or when a timer is due at once.
 * True if there is something to do.
 */
static bool spin(struct carrier *c)
{
    int64_t due = timers_next_due(&c->timers);
    bool paid;

    if (due - c->now < SPIN_FOR_TIMER_NS)
        return look_on(c, due, due);
    if (!has_company(c) || !spin_is_worth_it(&c->spin, c->now))
        return false;
    paid = look_on(c, due, c->now + SPIN_NS);
    spin_tried(&c->spin, paid);
    if (!paid && spin_asks_waited(&c->spin, c->now))
        spin_waited(&c->spin, c->env->ops->cpu_waited(c->env), c->now);
    return paid;
}

/* Until there is something, or a timer is due. */
static void sleep_now(struct carrier *c)
{
    int64_t start = c->now;
    bool woken = idle_look_at_fds(c, timers_next_due(&c->timers));

    woken |= idle_looks(c, false);
    if (end_rest(c) == CARRIER_AWAKE) /* another thread has woken it */
        woken = true;
    if (woken)
        spin_woken(&c->spin, c->now - start);
}

/* There is work, after all. */
static void take_back_rest(struct carrier *c, uint32_t before)
{
    uint32_t rest = atomic_exchange(&c->rest, CARRIER_AWAKE);

    if (rest == CARRIER_AWAKE && before == CARRIER_AWAKE)
        atomic_fetch_sub(&c->worker->active, 1); /* counted twice */
    else if (rest != CARRIER_AWAKE && before != CARRIER_AWAKE)
        now_active(c);
}

static void leave_active(struct carrier *c, uint32_t before)
{
    if (before == CARRIER_AWAKE && atomic_fetch_sub(&c->worker->active, 1) == 1)
        worker_quiet(c->worker);
}

void idle_until_work(struct carrier *c)
{
    uint32_t before;

    if (spin(c))
        return;
    before = atomic_exchange(&c->rest, CARRIER_ASLEEP);
    FAULT_POINT("carrier_sleeps");
    /* Whoever hands over looks at `rest` after the push. */
    if (has_work(c) || idle_looks(c, true) || atomic_load(&c->stop)) {
        take_back_rest(c, before);
        return;
    }
    leave_active(c, before);
    sleep_now(c);
}

/* Is somebody in the run queue for more than a tick? */
static bool queue_works(struct executor *e)
{
    for (; e != NULL; e = e->next_run)
        if (!executor_only_ticks(e))
            return true;
    return false;
}

/*
 * A carrier whose ticks take longer than their period never sleeps; still,
 * nothing is under way when it does but ticks, which begin something when they
 * emit (carrier_begins()). Looked at when control wants to know alone.
 */
void idle_but_for_ticks(struct carrier *c)
{
    if (!atomic_load_explicit(&c->worker->want_quiet, memory_order_relaxed) ||
        atomic_load_explicit(&c->rest, memory_order_relaxed) || !has_work(c) ||
        c->keepers.n > 0 || queue_works(c->front) || queue_works(c->back))
        return;
    atomic_store(&c->rest, CARRIER_TICKS);
    if (!inbox_empty(&c->injected) || !inbox_empty(&c->notes) ||
        !inbox_empty(&c->mail))
        take_back_rest(c, CARRIER_AWAKE);
    else
        leave_active(c, CARRIER_AWAKE);
}
