/*
 * blocks_rule.h - whether an executor's callbacks wait, though its component
 * does not say so.
 *
 * A run has waited when it took long, its thread computed for hardly any of
 * that time, and went to sleep for something. The last is asked for since a
 * thread that had to let others compute has not waited: on a busy machine that
 * happens to anyone, for as long. Who has waited in BLOCKS_OFTEN of
 * BLOCKS_WINDOW runs is taken to do so always. Only who has been slow of late
 * is looked at, since asking what a thread has done costs a microsecond; so the
 * first long run counts for nothing. Pure.
 */
#ifndef GALE_BLOCKS_RULE_H
#define GALE_BLOCKS_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCKS_RUN_NS 1000000 /* a run is long */
#define BLOCKS_CPU_PART 10 /* it has computed for less than this part of it */
#define BLOCKS_WINDOW 100u
#define BLOCKS_OFTEN 3u

/* One of those that were looked at. */
struct blocks_run {
    int64_t ns;
    int64_t cpu_ns; /* of its thread */
    uint64_t waits; /* its thread went to sleep for something */
};

/* Of an executor; all zero when looking begins. */
struct blocks {
    uint32_t n;                /* runs */
    uint32_t quick;            /* … since the last long one */
    uint32_t at[BLOCKS_OFTEN]; /* the last that have waited, counted from 1; 0:
                                  none */
};

enum blocks_verdict {
    BLOCKS_MAYBE,
    BLOCKS_NOT,   /* any more: look no longer */
    BLOCKS_ALWAYS /* now and in the future */
};

static inline bool blocks_waited(const struct blocks_run *r)
{
    return r->ns >= BLOCKS_RUN_NS && r->waits > 0 &&
           r->cpu_ns < r->ns / BLOCKS_CPU_PART;
}

/* So many of the last that have waited are in the window. */
static inline uint32_t blocks_count(const struct blocks *b)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < BLOCKS_OFTEN; i++)
        n += b->at[i] > 0 && b->n - b->at[i] < BLOCKS_WINDOW;
    return n;
}

static inline enum blocks_verdict blocks_ran(struct blocks *b,
                                             const struct blocks_run *r)
{
    b->n++;
    b->quick = r->ns < BLOCKS_RUN_NS ? b->quick + 1 : 0;
    if (blocks_waited(r)) {
        for (uint32_t i = 1; i < BLOCKS_OFTEN; i++)
            b->at[i - 1] = b->at[i];
        b->at[BLOCKS_OFTEN - 1] = b->n;
        if (blocks_count(b) == BLOCKS_OFTEN)
            return BLOCKS_ALWAYS;
    }
    return b->quick < BLOCKS_WINDOW ? BLOCKS_MAYBE : BLOCKS_NOT;
}

#endif
