/*
 * tick_clock.h - time from a counter of ticks, kept in step with a clock.
 *
 * The processor's counter is read in half the time that the kernel's clock
 * takes, and a message that waits for nothing spends most of its time in
 * looking at the clock. So now and then the two are read together (an
 * *anchor*), and in between time is the anchor's plus the ticks since then at
 * the rate that the anchors show.
 *
 * Nothing is known for the first two TICK_CLOCK_LEARN_NS, nor when the last
 * anchor is more than TICK_CLOCK_SPAN_NS old, nor after counter and clock have
 * disagreed (a machine that slept, or moved): then the caller reads the counter
 * and after it the clock, sets an anchor, and takes what the clock says.
 *
 * From one anchor to the next, time may go back by as much as they err, some
 * tens of nanoseconds: who minds takes the later of two times (env_posix.c).
 *
 * Pure: ticks and time come in as arguments. Any thread may read and set;
 * neither waits for the other.
 */
#ifndef GALE_TICK_CLOCK_H
#define GALE_TICK_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TICK_CLOCK_LEARN_NS 2000000
#define TICK_CLOCK_SPAN_NS 1000000
#define TICK_CLOCK_RATE_BITS 32

struct tick_anchor {
    _Atomic(uint64_t) ticks;
    _Atomic(int64_t) ns;
    _Atomic(uint64_t) rate; /* ns per tick, with 32 bits of fraction */
    _Atomic(uint64_t) span; /* valid for so many ticks; 0: for none */
};

/* All zero to begin with. */
struct tick_clock {
    struct tick_anchor anchors[2];
    _Atomic(uint32_t) generation; /* its parity is the anchor to read */

    /* Of whoever holds `setting`. */
    _Atomic(bool) setting;
    uint64_t base_ticks; /* where the rate is measured from */
    int64_t base_ns;     /* 0: nowhere yet */
    uint64_t rate;       /* as measured last; 0: not yet */
    bool learnt;         /* … and the one before it was the same */
};

/* The time at `ticks`; false if it is not known. */
static inline bool tick_clock_read(struct tick_clock *c, uint64_t ticks,
                                   int64_t *ns)
{
    uint32_t generation;
    uint64_t since, rate, span;

    do {
        struct tick_anchor *a;

        generation = atomic_load_explicit(&c->generation, memory_order_acquire);
        a = &c->anchors[generation & 1];
        /* Acquire: who sees something of the next but one generation will see
         * below that there was a next one. */
        since = ticks - atomic_load_explicit(&a->ticks, memory_order_acquire);
        rate = atomic_load_explicit(&a->rate, memory_order_acquire);
        span = atomic_load_explicit(&a->span, memory_order_acquire);
        *ns = atomic_load_explicit(&a->ns, memory_order_acquire);
    } while (__builtin_expect(
        generation !=
            atomic_load_explicit(&c->generation, memory_order_relaxed),
        0));
    /* Another thread may have set the anchor since `ticks` were read. */
    if (__builtin_expect((int64_t)since < 0 && -since < span, 0))
        since = 0;
    *ns += (int64_t)(since * rate >> TICK_CLOCK_RATE_BITS);
    return since < span;
}

/* The clock showed ns at `ticks`. Of no effect if there is a later anchor. */
void tick_clock_anchor(struct tick_clock *c, uint64_t ticks, int64_t ns);

#endif
