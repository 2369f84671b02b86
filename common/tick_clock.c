/* tick_clock.c - setting anchors, and how fast the counter runs; see
 * tick_clock.h. */
#include "common/tick_clock.h"

#define BASE_NS 1000000000 /* the rate is measured over so long, or twice */
#define OTHER_RATE 1024    /* a rate that differs by this part of it is wrong */

static uint64_t rate_since_base(const struct tick_clock *c, uint64_t ticks,
                                int64_t ns)
{
    __uint128_t part = (__uint128_t)(uint64_t)(ns - c->base_ns)
                       << TICK_CLOCK_RATE_BITS;

    return (uint64_t)(part / (ticks - c->base_ticks));
}

/* Readers see all of it or the anchor before. */
static void publish(struct tick_clock *c, uint64_t ticks, int64_t ns,
                    uint64_t rate, uint64_t span)
{
    uint32_t generation =
        atomic_load_explicit(&c->generation, memory_order_relaxed) + 1;
    struct tick_anchor *a = &c->anchors[generation & 1];

    atomic_store_explicit(&a->ticks, ticks, memory_order_release);
    atomic_store_explicit(&a->ns, ns, memory_order_release);
    atomic_store_explicit(&a->rate, rate, memory_order_release);
    atomic_store_explicit(&a->span, span, memory_order_release);
    atomic_store_explicit(&c->generation, generation, memory_order_release);
}

static void measure_from(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    c->base_ticks = ticks;
    c->base_ns = ns;
}

static void begin(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    publish(c, ticks, ns, 0, 0);
    measure_from(c, ticks, ns);
    c->rate = 0;
    c->learnt = false;
}

static bool is_plausible(const struct tick_clock *c, uint64_t rate)
{
    uint64_t apart = rate > c->rate ? rate - c->rate : c->rate - rate;

    return rate > 0 && apart < c->rate / OTHER_RATE;
}

static void go_on(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    publish(c, ticks, ns, c->rate,
            ((uint64_t)TICK_CLOCK_SPAN_NS << TICK_CLOCK_RATE_BITS) / c->rate);
    if (ns - c->base_ns > BASE_NS)
        measure_from(c, ticks, ns);
}

/* Whoever read counter and clock and was kept from saying so. */
static bool is_late(struct tick_clock *c, uint64_t ticks)
{
    int64_t ns;

    return tick_clock_read(c, ticks, &ns);
}

/* Two rates, one after the other, must agree before the first is believed. */
static void learn(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    uint64_t rate = rate_since_base(c, ticks, ns);

    if (c->rate == 0) {
        c->rate = rate;
        measure_from(c, ticks, ns);
        return;
    }
    if (!is_plausible(c, rate)) {
        begin(c, ticks, ns);
        return;
    }
    c->rate = rate;
    c->learnt = true;
    go_on(c, ticks, ns);
}

static void set(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    if (is_late(c, ticks))
        return;
    if (c->base_ns == 0 || ticks <= c->base_ticks || ns <= c->base_ns)
        begin(c, ticks, ns);
    else if (ns - c->base_ns >= TICK_CLOCK_LEARN_NS)
        learn(c, ticks, ns);
    else if (c->learnt)
        go_on(c, ticks, ns);
}

void tick_clock_anchor(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    if (atomic_exchange_explicit(&c->setting, true, memory_order_acquire))
        return; /* another thread does it, with times as good */
    set(c, ticks, ns);
    atomic_store_explicit(&c->setting, false, memory_order_release);
}
