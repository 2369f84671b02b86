/*
 * spin.h - does a carrier with nothing to do look on for a while, or sleep?
 *
 * Sleeping and being woken takes longer than a short wait, so that a carrier to
 * which others hand over often had better look on. Where nobody does, that is
 * what an idle topology costs. So it has some tries; one that paid gives them
 * back, and so does, for one try, a sleep so short that a try would have paid.
 *
 * Where more threads have work than there are CPUs, who looks on keeps one from
 * who would hand something over. So a thread that has waited for a CPU for much
 * of the time of late does not try for a while.
 * Pure, one thread.
 */
#ifndef GALE_SPIN_H
#define GALE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#define SPIN_NS 20000         /* so long is a try */
#define SPIN_SLEEP_NS 50000   /* a try, and what being woken takes */
#define SPIN_TRIES 2u         /* in vain, one after the other */
#define SPIN_LOOK_NS 10000000 /* how it has waited: not more often, … */
#define SPIN_WAITED 4         /* … and for a fourth of the time is much */
#define SPIN_OFF_NS 100000000

struct spin {
    uint32_t failed;   /* tries in vain since one paid; 0: as if one just had */
    int64_t looked;    /* ns, when the thread had waited for … */
    int64_t waited;    /* … so many ns for a CPU */
    int64_t off_until; /* no try before */
};

static inline bool spin_is_worth_it(const struct spin *s, int64_t now)
{
    return s->failed < SPIN_TRIES && now >= s->off_until;
}

/* A try has ended; paid: somebody handed something over meanwhile. */
static inline void spin_tried(struct spin *s, bool paid)
{
    s->failed = paid ? 0 : s->failed + 1;
}

/* After a try in vain: is it time for spin_waited()? */
static inline bool spin_asks_waited(const struct spin *s, int64_t now)
{
    return now - s->looked >= SPIN_LOOK_NS;
}

/* So many ns has the thread had work and no CPU by now. */
static inline void spin_waited(struct spin *s, int64_t waited, int64_t now)
{
    if ((waited - s->waited) * SPIN_WAITED > now - s->looked)
        s->off_until = now + SPIN_OFF_NS;
    s->looked = now;
    s->waited = waited;
}

/* A sleep of so many ns has ended, since somebody handed something over. */
static inline void spin_woken(struct spin *s, int64_t ns)
{
    if (ns < SPIN_SLEEP_NS && s->failed >= SPIN_TRIES)
        s->failed = SPIN_TRIES - 1;
}

#endif
