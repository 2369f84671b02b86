/*
 * patience.h - when to say who keeps a run waiting: after 5 s, or the time of a
 * drain if that is less, and at twice the time again and again. Pure.
 */
#ifndef GALE_PATIENCE_H
#define GALE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#define PATIENCE_NS 5000000000
#define PATIENCE_MIN_NS 10000000

struct patience {
    int64_t ns;     /* that will have passed … */
    int64_t say_at; /* … at this time; INT64_MAX: nothing is to be said */
};

static inline void patience_begin(struct patience *p, int64_t drain_ns,
                                  int64_t now)
{
    p->ns = drain_ns < PATIENCE_NS ? drain_ns : PATIENCE_NS;
    if (p->ns < PATIENCE_MIN_NS)
        p->ns = PATIENCE_MIN_NS;
    p->say_at = now + p->ns;
}

/* How many ns have passed, if that is to be said now; else 0. */
static inline int64_t patience_lost(struct patience *p, int64_t now)
{
    int64_t ns = p->ns;

    if (now < p->say_at)
        return 0;
    p->say_at += ns;
    p->ns *= 2;
    return ns;
}

#endif
