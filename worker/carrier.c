/* carrier.c - the loop of a carrier thread. Acks: ack_way.c. Idle: idle.c. */
#include "worker/carrier.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "worker/batch_view.h"
#include "worker/blocks_rule.h"
#include "worker/crash.h"
#include "worker/executor.h"
#include "worker/idle.h"
#include "worker/long_runs.h"
#include "worker/moving.h"
#include "worker/outbox.h"
#include "worker/own_threads.h"
#include "worker/parking.h"
#include "worker/worker.h"
#include <stdlib.h>

#define POLL_EVERY_NS 50000 /* look at file descriptors while busy */
#define LOOK_EVERY_NS 2000  /* look at shared memory while busy */

_Thread_local struct carrier *carrier_here;

/* -- run queue ------------------------------------------------------------- */

static void push_front(struct carrier *c, struct executor *e)
{
    e->next_run = c->front;
    c->front = e;
}

static void push_back(struct carrier *c, struct executor *e)
{
    e->next_run = NULL;
    if (c->back == NULL)
        c->back = e;
    else
        c->back_last->next_run = e;
    c->back_last = e;
}

static struct executor *pop_front(struct carrier *c)
{
    struct executor *e = c->front;

    check(e != NULL);
    c->front = e->next_run;
    return e;
}

static struct executor *pop_next(struct carrier *c)
{
    struct executor *e;

    if (c->front != NULL && c->chained < CARRIER_CHAIN) {
        c->chained++;
        return pop_front(c);
    }
    while (c->front != NULL)
        push_back(c, pop_front(c));
    c->chained = 0;
    e = c->back;
    if (e != NULL)
        c->back = e->next_run;
    return e;
}

static void enqueue(struct carrier *c, struct executor *e)
{
    if (c->chain)
        push_front(c, e);
    else
        push_back(c, e);
    c->chain = false;
}

void carrier_hand_over(struct executor *e)
{
    struct carrier *to = e->carrier; /* which may have it at once */

    FAULT_POINT("executor_injected");
    inbox_push(&to->injected, &e->inject);
    carrier_wake(to);
}

/* c is the only carrier, and this is its thread. */
static void schedule_alone(struct carrier *c, struct executor *e)
{
    check(e->carrier == c);
    if (atomic_load_explicit(&e->scheduled, memory_order_relaxed)) {
        c->chain = false;
        return;
    }
    atomic_store_explicit(&e->scheduled, 1, memory_order_relaxed);
    enqueue(c, e);
}

/* This thread is no carrier, or speaks as if it were none. */
static void leave_note(struct executor *e)
{
    struct carrier *to;

    if (atomic_exchange(&e->told, 1))
        return;
    to = atomic_load(&e->at);
    env_point(e->worker->env);
    FAULT_POINT("note_left");
    inbox_push(&to->notes, &e->note);
    carrier_wake(to);
}

/* There are several. */
static void schedule_among(struct executor *e, struct carrier *from)
{
    env_point(from->env);
    /* After the push (seq_cst): see the protocol in executor.h. */
    if (atomic_load(&e->scheduled) || atomic_exchange(&e->scheduled, 1)) {
        from->chain = false;
    } else if (from == e->carrier) {
        enqueue(from, e);
    } else {
        from->chain = false; /* it was meant for e, which is another's */
        carrier_hand_over(e);
    }
}

void carrier_schedule(struct executor *e, struct carrier *from)
{
    if (from == NULL)
        leave_note(e);
    else if (e->alone)
        schedule_alone(from, e);
    else
        schedule_among(e, from);
}

static struct executor *of_inject(struct inbox_node *n)
{
    return (struct executor *)(void *)((char *)n -
                                       offsetof(struct executor, inject));
}

static struct executor *of_note(struct inbox_node *n)
{
    return (struct executor *)(void *)((char *)n -
                                       offsetof(struct executor, note));
}

/* -- the loop -------------------------------------------------------------- */

/* Back to the run queue, or off it without losing a wake-up. */
static void put_away(struct carrier *c, struct executor *e,
                     enum run_result result)
{
    check(atomic_load_explicit(&e->scheduled, memory_order_relaxed) == 1);
    if (result == RUN_MORE) {
        outbox_flush(e, e->blocking);
        if (e->stalled == NULL) {
            push_back(c, e);
            return;
        }
    }
    /* An executor that has nothing to do has sent everything; what it sends now
     * may fill the consumer, too. */
    if (e->dirty != NULL && keepers_may(c, e))
        keepers_add(c, e);
    else if (e->dirty != NULL)
        outbox_flush(e, true);
    check(e->dirty == NULL || e->keeps);
    executor_rests(e);
    if (e->stalled != NULL)
        gate_wait(e->stalled, e, c);
    if (executor_has_input(e))
        carrier_schedule(e, c);
}

static void run(struct carrier *c, struct executor *e)
{
    enum run_result result;
    int64_t start, ran;

    check(e->carrier == c);
    if (__builtin_expect(atomic_load_explicit(&c->rest, memory_order_relaxed),
                         0) &&
        !executor_only_ticks(e))
        carrier_begins(c);
    if (!c->fresh)
        c->now = c->env->ops->now(c->env);
    c->fresh = false;
    atomic_store_explicit(
        &c->runs, atomic_load_explicit(&c->runs, memory_order_relaxed) + 1,
        memory_order_relaxed);
    atomic_store_explicit(&c->running, e, memory_order_relaxed);
    start = c->now;
    result = e->run(e);
    atomic_store_explicit(&c->running, NULL, memory_order_relaxed);
    if (__builtin_expect(e->blocking, 0)) /* nobody knows how long it waited */
        c->now = c->env->ops->now(c->env);
    ran = c->now - start;
    e->unsent_ns += ran;
    if (__builtin_expect(e->mean_ns > LONG_RUN_NS || c->longest > 0, 0))
        c->longest = long_runs_longest(c->longest, e->mean_ns, ran);
    e->mean_ns = long_runs_mean(e->mean_ns, ran);
    carrier_send_acks(c);
    if (__builtin_expect(ran >= BLOCKS_RUN_NS, 0) && own_threads_takes(c, e))
        return;
    put_away(c, e, result);
}

static void take_over(struct carrier *c, struct executor *e)
{
    check(e->carrier == c);
    FAULT_POINT("executor_taken_over");
    c->chain = false;
    if (__builtin_expect(e->arrives, 0))
        moving_arrives(c, e);
    enqueue(c, e);
}

static void read_note(struct carrier *c, struct executor *e)
{
    FAULT_POINT("note_read");
    c->chain = false;
    atomic_store(&e->told, 0); /* before it looks at what it was told */
    carrier_schedule(e, c);
}

static void take_injected(struct carrier *c)
{
    struct inbox_node *n;

    while ((n = inbox_pop(&c->injected)) != NULL)
        take_over(c, of_inject(n));
    while ((n = inbox_pop(&c->notes)) != NULL)
        read_note(c, of_note(n));
    if (!inbox_empty(&c->mail))
        carrier_read_mail(c);
}

static struct executor *without(struct executor *first,
                                const struct executor *e)
{
    struct executor **link = &first;

    while (*link != NULL && *link != e)
        link = &(*link)->next_run;
    if (*link != NULL)
        *link = e->next_run;
    return first;
}

void carrier_forget(struct carrier *c, struct executor *e)
{
    struct inbox_node *n;

    while ((n = inbox_pop(&c->injected)) != NULL)
        take_over(c, of_inject(n));
    c->front = without(c->front, e);
    c->back = without(c->back, e);
    c->back_last = c->back;
    while (c->back_last != NULL && c->back_last->next_run != NULL)
        c->back_last = c->back_last->next_run;
    keepers_remove(c, e);
    executor_rests(e);
}

void carrier_timer_leaves(struct carrier *c, struct timer *timer)
{
    if (!timers_has(timer))
        timer->due = INT64_MAX;
    timers_remove(&c->timers, timer);
}

void carrier_timer_arrives(struct carrier *c, struct timer *timer)
{
    if (!timers_has(timer) && timer->due != INT64_MAX)
        timers_add(&c->timers, timer, timer->due);
}

int carrier_watch_fd(struct carrier *c, int fd, uint32_t events,
                     struct carrier_watch *watch)
{
    return c->env->ops->waiter_watch(c->env, c->waiter, fd, events, watch);
}

void carrier_unwatch_fd(struct carrier *c, int fd, struct carrier_watch *watch)
{
    c->env->ops->waiter_unwatch(c->env, c->waiter, fd, watch);
}

void carrier_look_at(struct carrier *c, struct carrier_look *look)
{
    look->next = c->looks;
    c->looks = look;
}

void carrier_look_no_more(struct carrier *c, struct carrier_look *look)
{
    struct carrier_look **link = &c->looks;

    while (*link != look)
        link = &(*link)->next;
    *link = look->next;
}

/* Whatever a timer brings is under way, until it is seen to be a tick. */
static void expire(struct carrier *c)
{
    carrier_begins(c);
    timers_expire(&c->timers, c->now);
    idle_but_for_ticks(c);
}

/* One round; everything a carrier does happens in here. */
static void step(struct carrier *c)
{
    struct executor *e;

    env_point(c->env);
    take_injected(c);
    if (c->now >= timers_next_due(&c->timers))
        expire(c);
    e = pop_next(c);
    if (e == NULL) {
        c->fresh = false;
        if (c->keepers.n > 0)
            keepers_send(c);
        else
            idle_until_work(c);
        return;
    }
    run(c, e);
    if (__builtin_expect(keepers_are_late(c), 0))
        keepers_send(c);
    if (c->n_watched > 0 && c->now - c->polled > POLL_EVERY_NS)
        idle_look_at_fds(c, 0);
    if (c->looks != NULL && c->now - c->looked > LOOK_EVERY_NS)
        idle_looks(c, false);
}

/* True: it has stood still, and goes on. */
static bool parks(struct carrier *c)
{
    if (atomic_load(&c->stop) == CARRIER_PARKS)
        parking_take(c);
    return atomic_load(&c->stop) != CARRIER_ENDS;
}

static void carrier_run(void *arg)
{
    struct carrier *c = arg;

    carrier_here = c;
    crash_thread_begin(&c->running);
    c->now = c->env->ops->now(c->env);
    do {
        while (!atomic_load_explicit(&c->stop, memory_order_acquire))
            step(c);
    } while (parks(c));
    crash_thread_end();
    carrier_here = NULL;
}

struct carrier *carrier_new(struct worker *w, uint32_t index)
{
    struct env_waiter *waiter = w->env->ops->waiter_new(w->env);
    struct carrier *c;

    if (waiter == NULL)
        return NULL;
    c = xcalloc(1, sizeof(*c));
    c->worker = w;
    c->env = w->env;
    c->index = c->origin = index;
    c->waiter = waiter;
    c->home.carrier = c;
    timers_init(&c->timers);
    block_pool_init(&c->pool, &w->budget);
    c->batch = batch_view_new();
    random_seed(&c->random, w->seed + index);
    c->edges = random_next(&c->random);
    inbox_init(&c->injected);
    inbox_init(&c->notes);
    inbox_init(&c->mail);
    return c;
}

void carrier_free(struct carrier *c)
{
    struct inbox_node *n;

    while ((n = inbox_pop(&c->mail)) != NULL)
        ack_batch_free((struct ack_batch *)(void *)n);
    c->env->ops->waiter_free(c->env, c->waiter);
    timers_fini(&c->timers);
    batch_view_free(c->batch);
    block_pool_fini(&c->pool);
    free(c);
}

bool carrier_start(struct carrier *c, const char *name, int cpu)
{
    check(c->thread == NULL);
    atomic_fetch_add(&c->worker->active, 1);
    c->thread = c->env->ops->thread_start(c->env, name, cpu, carrier_run, c);
    return c->thread != NULL;
}

void carrier_stop(struct carrier *c)
{
    if (c->thread == NULL)
        return;
    env_enter(c->env, c->worker->parking);
    atomic_store(&c->stop, CARRIER_ENDS);
    env_notify(c->env, c->worker->parking);
    env_leave(c->env, c->worker->parking);
    c->env->ops->waiter_wake(c->env, c->waiter);
    c->env->ops->thread_join(c->env, c->thread);
    c->thread = NULL;
}
