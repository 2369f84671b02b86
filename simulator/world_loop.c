/* world_loop.c - timers, descriptors, signals and posts of a fiber; see
 * world_loop.h. */
#include "simulator/world_loop.h"
#include "common/check.h"
#include "simulator/world_process_in.h"
#include "simulator/world_watch.h"
#include "topology-api/memory.h"
#include <poll.h>
#include <stdlib.h>

/* A timer or a watch that is set. */
struct entry {
    struct entry *next;
    struct world_loop *loop;
    struct loop_timer *timer; /* or */
    struct loop_watch *watch;
    struct world_watch at; /* the watch's */
    bool due;              /* in this turn */
};

struct world_loop {
    struct loop loop; /* first */
    struct world *world;
    struct entry *entries;
    bool woken;      /* something was posted */
    bool posts_due;  /* in this turn */
    uint64_t raised; /* signals, a bit each … */
    uint64_t taken;  /* … that it takes … */
    uint64_t signals_due;
    void (*signal_fn)(void *arg, int signal);
    void *signal_arg;
};

static struct world_loop *own(struct loop *loop)
{
    return (struct world_loop *)(void *)loop;
}

/* -- entries --------------------------------------------------------------- */

static struct entry *entry_new(struct world_loop *loop)
{
    struct entry *e = xcalloc(1, sizeof(*e));

    e->loop = loop;
    e->next = loop->entries;
    loop->entries = e;
    world_process_of(loop->loop.env)->n_entries++;
    return e;
}

static void entry_free(struct entry *e)
{
    struct entry **link = &e->loop->entries;

    while (*link != e)
        link = &(*link)->next;
    *link = e->next;
    world_watch_end(&e->at);
    world_process_of(e->loop->loop.env)->n_entries--;
    free(e);
}

/* A timer that has fired stays, and is not set. */
static int64_t time_of(const struct entry *e)
{
    return e->timer != NULL && e->timer->at != 0 ? e->timer->at : INT64_MAX;
}

static bool is_ready(const struct entry *e)
{
    return time_of(e) <= e->loop->world->now || world_watch_events(&e->at) != 0;
}

/* -- a turn ---------------------------------------------------------------- */

static bool find_due(struct world_loop *l)
{
    bool any;

    l->posts_due = l->woken;
    l->signals_due = l->raised;
    any = l->posts_due || l->signals_due != 0;
    for (struct entry *e = l->entries; e != NULL; e = e->next) {
        e->due = is_ready(e);
        any |= e->due;
    }
    return any;
}

static int64_t next_due(const struct world_loop *l)
{
    int64_t until = INT64_MAX;

    for (const struct entry *e = l->entries; e != NULL; e = e->next) {
        until = time_of(e) < until ? time_of(e) : until;
        until = world_watch_due(&e->at, until);
    }
    return until;
}

/* Of those that are due, the timer whose time was first. */
static struct entry *first_timer(const struct world_loop *l)
{
    struct entry *first = NULL;

    for (struct entry *e = l->entries; e != NULL; e = e->next)
        if (e->due && e->timer != NULL &&
            (first == NULL || time_of(e) < time_of(first) ||
             (time_of(e) == time_of(first) && world_below(l->world, 2) == 0)))
            first = e;
    return first;
}

static void call_posts(struct world_loop *l)
{
    l->woken = l->posts_due = false;
    loop_run_posts(&l->loop);
}

static void call_signal(struct world_loop *l)
{
    int signal = __builtin_ctzll(l->signals_due);

    l->signals_due &= ~(UINT64_C(1) << signal);
    l->raised &= ~(UINT64_C(1) << signal);
    l->signal_fn(l->signal_arg, signal);
}

static void call_entry(struct entry *e)
{
    e->due = false;
    if (e->timer != NULL)
        loop_timer_fire(e->timer);
    else
        e->watch->fn(e->watch->arg);
}

/* One of what is due, as chance says; false: there is nothing left. */
static bool call_one(struct world_loop *l)
{
    struct entry *chosen = first_timer(l);
    uint64_t n = chosen != NULL;
    enum { ENTRY, POSTS, SIGNAL } what = ENTRY;

    for (struct entry *e = l->entries; e != NULL; e = e->next)
        if (e->due && e->watch != NULL && world_below(l->world, ++n) == 0)
            chosen = e;
    if (l->posts_due && world_below(l->world, ++n) == 0)
        what = POSTS;
    if (l->signals_due != 0 && world_below(l->world, ++n) == 0)
        what = SIGNAL;
    if (n == 0)
        return false;
    if (what == POSTS)
        call_posts(l);
    else if (what == SIGNAL)
        call_signal(l);
    else
        call_entry(chosen);
    return true;
}

static void turn(struct loop *loop)
{
    struct world_loop *l = own(loop);

    world_point(loop->env);
    while (!find_due(l))
        world_wait(l->world, l, next_due(l));
    while (!loop->ended && call_one(l))
        world_point(loop->env);
}

static void end(struct loop *loop)
{
    (void)loop;
}

static void wake(struct loop *loop)
{
    own(loop)->woken = true;
    world_wake(own(loop)->world, loop);
}

/* -- timers, descriptors --------------------------------------------------- */

/* One that was due, and is moved, is not due any more. */
static void timer_set(struct loop_timer *timer)
{
    struct entry *e = timer->event;

    if (e == NULL)
        timer->event = e = entry_new(own(timer->loop));
    e->timer = timer;
    e->due = false;
}

static void timer_clear(struct loop_timer *timer)
{
    entry_free(timer->event);
}

static int watch_set(struct loop_watch *watch, int fd, bool writable)
{
    struct world_loop *l = own(watch->loop);
    struct entry *e = entry_new(l);

    e->watch = watch;
    e->at = (struct world_watch){
        .fd = fd, .events = writable ? POLLOUT : POLLIN, .sleeper = l};
    if (world_watch_begin(l->world, &e->at) != 0) {
        entry_free(e);
        return -1;
    }
    watch->event = e;
    return 0;
}

static void watch_clear(struct loop_watch *watch)
{
    entry_free(watch->event);
}

/* -- signals --------------------------------------------------------------- */

/* On the stack of whoever sends it. */
static void raised(void *arg, int signal)
{
    struct world_loop *l = arg;

    l->raised |= l->taken & UINT64_C(1) << signal;
    world_wake(l->world, l);
}

static void pass_over(void *arg, int signal)
{
    (void)arg, (void)signal;
}

static int take_signals(struct loop *loop, const int *signals, uint32_t n,
                        void (*fn)(void *arg, int signal), void *arg)
{
    struct world_loop *l = own(loop);

    check(l->signal_fn == NULL);
    for (uint32_t i = 0; i < n; i++) {
        check(signals[i] >= 0 && signals[i] < 64);
        l->taken |= UINT64_C(1) << signals[i];
    }
    l->signal_fn = fn;
    l->signal_arg = arg;
    world_process_handle(world_process_of(loop->env), raised, l);
    return 0;
}

/* -- life ------------------------------------------------------------------ */

static struct loop *loop_open(struct env *env)
{
    struct world_loop *l = xcalloc(1, sizeof(*l));

    l->world = world_of(env);
    return &l->loop;
}

static void loop_close(struct loop *loop)
{
    struct world_loop *l = own(loop);

    check(l->entries == NULL);
    if (l->signal_fn != NULL)
        world_process_handle(world_process_of(loop->env), pass_over, NULL);
    free(l);
}

const struct loop_ops world_loops = {
    .open = loop_open,
    .close = loop_close,
    .turn = turn,
    .end = end,
    .wake = wake,
    .timer_set = timer_set,
    .timer_clear = timer_clear,
    .watch_set = watch_set,
    .watch_clear = watch_clear,
    .signals = take_signals,
};
