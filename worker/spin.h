/*
 * spin.h - does a carrier with nothing to do look on for a while, or sleep?
 *
 * Sleeping and being woken takes longer than a short wait, so that a carrier to
 * which others hand over often had better look on. Where nobody does, that is
 * what an idle topology costs. So it has some tries; one that paid gives them
 * back, and so does, for one try, a sleep so short that a try would have paid.
 * Pure, one thread.
 */
#ifndef GALE_SPIN_H
#define GALE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#define SPIN_NS 20000       /* so long is a try */
#define SPIN_SLEEP_NS 50000 /* a try, and what being woken takes */
#define SPIN_TRIES 2u       /* in vain, one after the other */

struct spin {
    uint32_t failed; /* tries in vain since one paid; 0: as if one just had */
};

static inline bool spin_is_worth_it(const struct spin *s)
{
    return s->failed < SPIN_TRIES;
}

/* A try has ended; paid: somebody handed something over meanwhile. */
static inline void spin_tried(struct spin *s, bool paid)
{
    s->failed = paid ? 0 : s->failed + 1;
}

/* A sleep of so many ns has ended, since somebody handed something over. */
static inline void spin_woken(struct spin *s, int64_t ns)
{
    if (ns < SPIN_SLEEP_NS && s->failed >= SPIN_TRIES)
        s->failed = SPIN_TRIES - 1;
}

#endif
