/* scale_clock.c - time that is a number, and its timers; see scale_clock.h. */
#include "cli/scale_clock.h"
#include "common/check.h"
#include "simulator/world.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define SEED 1u
#define BEGIN_NS INT64_C(1000000000)
#define BEGIN_WALL_US INT64_C(1767225600000000) /* 2026-01-01 */

/* Of a timer that is set: timer->event is this. */
struct entry {
    struct loop_timer *timer;
    int64_t at;
    uint64_t turn; /* of those at one time, who was set first comes first */
    uint32_t place;
};

struct measured {
    const struct loop *loop;
    struct scale_meter *meter;
};

struct scale_clock {
    struct world *world;
    struct env_ops ops;
    int64_t now;
    uint64_t turns;
    uint32_t n, room;
    struct entry **heap;
    struct measured measured[2];
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

static struct entry *entry_of(const struct loop_timer *timer)
{
    return (struct entry *)(void *)timer->event;
}

static struct entry *entry_new(struct scale_clock *c, struct loop_timer *timer)
{
    struct entry *e = xcalloc(1, sizeof(*e));

    if (c->n == c->room) {
        c->room = c->room > 0 ? 2 * c->room : 64;
        c->heap = xreallocarray(c->heap, c->room, sizeof(struct entry *));
    }
    e->timer = timer;
    timer->event = (struct event *)(void *)e;
    put(c, c->n++, e);
    return e;
}

static void set(struct env *env, struct loop_timer *timer)
{
    struct scale_clock *c = the_clock;
    struct entry *e =
        timer->event == NULL ? entry_new(c, timer) : entry_of(timer);

    (void)env;
    e->at = timer->at;
    e->turn = ++c->turns;
    sift_up(c, e);
    sift_down(c, e);
}

static void clear(struct env *env, struct loop_timer *timer)
{
    struct entry *e = entry_of(timer);

    (void)env;
    take_out(the_clock, e);
    free(e);
}

static struct scale_meter *meter_of(struct scale_clock *c,
                                    const struct loop *loop)
{
    for (size_t i = 0; i < sizeof(c->measured) / sizeof(c->measured[0]); i++)
        if (c->measured[i].loop == loop)
            return c->measured[i].meter;
    return NULL;
}

static void fire(struct scale_clock *c, struct entry *e)
{
    struct loop_timer *timer = e->timer;
    struct scale_meter *meter = meter_of(c, timer->loop);

    take_out(c, e);
    free(e);
    timer->event = NULL;
    timer->at = 0;
    scale_meter_begin(meter);
    timer->fn(timer->arg);
    scale_meter_end(meter);
}

void scale_clock_run(struct scale_clock *c, int64_t until)
{
    while (c->n > 0 && c->heap[0]->at <= until) {
        if (c->heap[0]->at > c->now)
            c->now = c->heap[0]->at;
        fire(c, c->heap[0]);
    }
    if (until > c->now)
        c->now = until;
}

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

static const struct env_timer_ops timers = {.set = set, .clear = clear};

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
    c->ops.timers = &timers;
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

void scale_clock_measure(struct scale_clock *c, const struct loop *loop,
                         struct scale_meter *meter)
{
    struct measured *m = &c->measured[c->measured[0].loop != NULL];

    check(m->loop == NULL);
    *m = (struct measured){loop, meter};
}
