/* tick_clock.c - setting anchors, and how fast the counter runs; see
 * tick_clock.h. */
#include "common/tick_clock.h"

#define BASE_NS 1000000000 /* the rate is measured over so long, or twice */
#define SLOWER_MAX 16      /* by at most this part of it */
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

/* By how much what may have been told is ahead of the clock. */
static int64_t ahead(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    int64_t told;

    tick_clock_read(c, ticks, &told);
    return told > ns ? told - ns : 0;
}

static void begin(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    publish(c, ticks, ns + ahead(c, ticks, ns), 0, 0);
    c->base_ticks = ticks;
    c->base_ns = ns;
    c->rate = 0;
}

static bool is_plausible(const struct tick_clock *c, uint64_t rate)
{
    uint64_t apart = rate > c->rate ? rate - c->rate : c->rate - rate;

    return rate > 0 && (c->rate == 0 || apart < c->rate / OTHER_RATE);
}

static void go_on(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    int64_t lead = ahead(c, ticks, ns);
    uint64_t slower =
        (uint64_t)((__uint128_t)c->rate * (uint64_t)lead / TICK_CLOCK_SPAN_NS);

    if (slower > c->rate / SLOWER_MAX)
        slower = c->rate / SLOWER_MAX;
    publish(c, ticks, ns + lead, c->rate - slower,
            ((uint64_t)TICK_CLOCK_SPAN_NS << TICK_CLOCK_RATE_BITS) / c->rate);
}

static void set(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    uint64_t rate;

    if (c->base_ns == 0 || ticks <= c->base_ticks || ns < c->base_ns) {
        begin(c, ticks, ns);
        return;
    }
    if (ns - c->base_ns < TICK_CLOCK_LEARN_NS && c->rate == 0)
        return;
    rate = ns - c->base_ns < TICK_CLOCK_LEARN_NS
               ? c->rate
               : rate_since_base(c, ticks, ns);
    if (!is_plausible(c, rate)) {
        begin(c, ticks, ns);
        return;
    }
    c->rate = rate;
    go_on(c, ticks, ns);
    if (ns - c->base_ns > BASE_NS) {
        c->base_ticks = ticks;
        c->base_ns = ns;
    }
}

void tick_clock_anchor(struct tick_clock *c, uint64_t ticks, int64_t ns)
{
    if (atomic_exchange_explicit(&c->setting, true, memory_order_acquire))
        return; /* another thread does it, with times as good */
    set(c, ticks, ns);
    atomic_store_explicit(&c->setting, false, memory_order_release);
}
