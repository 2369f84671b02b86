/* scale_clock.c - time that is a number, and its timers; see scale_clock.h. */
#include "cli/scale_clock.h"
#include "common/check.h"
#include "common/loop_ops.h"
#include "simulator/world.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>

#define SEED 1u
#define BEGIN_NS INT64_C(1000000000)
#define BEGIN_WALL_US INT64_C(1767225600000000) /* 2026-01-01 */

struct clock_loop {
    struct loop loop;          /* first */
    struct loop_timer posts;   /* something was posted */
    struct scale_meter *meter; /* NULL: nobody wants to know */
};

/* Of a timer that is set: timer->event is this. */
struct entry {
    struct loop_timer *timer;
    int64_t at;
    uint64_t turn; /* of those at one time, who was set first comes first */
    uint32_t place;
};

struct scale_clock {
    struct world *world;
    struct env_ops ops;
    int64_t now;
    uint64_t turns;
    uint32_t n, room;
    struct entry **heap; /* of all loops: they have one thread */
};

static struct scale_clock *the_clock;

/* -- the heap -------------------------------------------------------------- */

static bool is_before(const struct entry *a, const struct entry *b)
{
    return a->at != b->at ? a->at < b->at : a->turn < b->turn;
}

static void put(struct scale_clock *c, uint32_t place, struct entry *e)
{
    c->heap[place] = e;
    e->place = place;
}

static void sift_up(struct scale_clock *c, struct entry *e)
{
    uint32_t place = e->place;

    for (; place > 0 && is_before(e, c->heap[(place - 1) / 2]);
         place = (place - 1) / 2)
        put(c, place, c->heap[(place - 1) / 2]);
    put(c, place, e);
}

static void sift_down(struct scale_clock *c, struct entry *e)
{
    uint32_t place = e->place;

    for (uint32_t child; (child = 2 * place + 1) < c->n; place = child) {
        if (child + 1 < c->n && is_before(c->heap[child + 1], c->heap[child]))
            child++;
        if (!is_before(c->heap[child], e))
            break;
        put(c, place, c->heap[child]);
    }
    put(c, place, e);
}

static void take_out(struct scale_clock *c, struct entry *e)
{
    struct entry *last = c->heap[--c->n];

    if (last == e)
        return;
    put(c, e->place, last);
    sift_up(c, last);
    sift_down(c, last);
}

/* -- timers ---------------------------------------------------------------- */

static struct clock_loop *own(struct loop *loop)
{
    return (struct clock_loop *)(void *)loop;
}

static struct entry *entry_new(struct scale_clock *c, struct loop_timer *timer)
{
    struct entry *e = xcalloc(1, sizeof(*e));

    if (c->n == c->room) {
        c->room = c->room > 0 ? 2 * c->room : 64;
        c->heap = xreallocarray(c->heap, c->room, sizeof(struct entry *));
    }
    e->timer = timer;
    timer->event = e;
    put(c, c->n++, e);
    return e;
}

static void timer_set(struct loop_timer *timer)
{
    struct scale_clock *c = the_clock;
    struct entry *e = timer->event;

    if (e == NULL)
        e = entry_new(c, timer);
    e->at = timer->at;
    e->turn = ++c->turns;
    sift_up(c, e);
    sift_down(c, e);
}

static void timer_clear(struct loop_timer *timer)
{
    take_out(the_clock, timer->event);
    free(timer->event);
}

/* What is due next, of all loops. */
static void fire(struct scale_clock *c)
{
    struct entry *e = c->heap[0];
    struct loop_timer *timer = e->timer;
    struct scale_meter *meter = own(timer->loop)->meter;

    if (e->at > c->now)
        c->now = e->at;
    timer_clear(timer);
    timer->event = NULL;
    scale_meter_begin(meter);
    loop_timer_fire(timer);
    scale_meter_end(meter);
}

void scale_clock_run(struct scale_clock *c, int64_t until)
{
    while (c->n > 0 && c->heap[0]->at <= until)
        fire(c);
    if (until > c->now)
        c->now = until;
}

/* -- loops ----------------------------------------------------------------- */

static struct loop *loop_open(struct env *env)
{
    struct clock_loop *l = xcalloc(1, sizeof(*l));

    (void)env;
    return &l->loop;
}

static void loop_close(struct loop *loop)
{
    loop_timer_clear(&own(loop)->posts);
    free(own(loop));
}

static void turn(struct loop *loop)
{
    (void)loop;
    check(the_clock->n > 0);
    fire(the_clock);
}

static void end(struct loop *loop)
{
    (void)loop;
}

static void run_posts(void *arg)
{
    loop_run_posts(arg);
}

static void wake(struct loop *loop)
{
    loop_timer_set(loop, &own(loop)->posts, loop_now(loop), run_posts, loop);
}

/* Nothing outside can happen: there is nobody to listen to. */
static int no_watch(struct loop_watch *watch, int fd, bool writable)
{
    (void)watch, (void)fd, (void)writable;
    errno = EPERM;
    return -1;
}

static void watch_clear(struct loop_watch *watch)
{
    (void)watch;
    check(!"nothing is watched");
}

static int no_signals(struct loop *loop, const int *signals, uint32_t n,
                      void (*fn)(void *arg, int signal), void *arg)
{
    (void)loop, (void)signals, (void)n, (void)fn, (void)arg;
    errno = EPERM;
    return -1;
}

static const struct loop_ops loops = {
    .open = loop_open,
    .close = loop_close,
    .turn = turn,
    .end = end,
    .wake = wake,
    .timer_set = timer_set,
    .timer_clear = timer_clear,
    .watch_set = no_watch,
    .watch_clear = watch_clear,
    .signals = no_signals,
};

/* -- the env --------------------------------------------------------------- */

static int64_t now(struct env *env)
{
    (void)env;
    return the_clock->now;
}

static int64_t wall_us(struct env *env)
{
    return BEGIN_WALL_US + (now(env) - BEGIN_NS) / 1000;
}

struct scale_clock *scale_clock_new(void)
{
    struct scale_clock *c = xcalloc(1, sizeof(*c));
    const struct world_options options = {.seed = SEED, .n_cpus = 1};

    check(the_clock == NULL);
    c->world = world_new(&options);
    c->now = BEGIN_NS;
    c->ops = *world_env(c->world)->ops;
    c->ops.now = now;
    c->ops.wall_us = wall_us;
    c->ops.loops = &loops;
    world_env(c->world)->ops = &c->ops;
    the_clock = c;
    return c;
}

void scale_clock_free(struct scale_clock *c)
{
    check(c->n == 0);
    world_free(c->world);
    the_clock = NULL;
    free(c->heap);
    free(c);
}

struct env *scale_clock_env(const struct scale_clock *c)
{
    return world_env(c->world);
}

void scale_clock_measure(struct loop *loop, struct scale_meter *meter)
{
    own(loop)->meter = meter;
}
