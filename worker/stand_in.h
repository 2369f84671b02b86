/*
 * stand_in.h - an executor of another worker, as those here see it.
 *
 * It is an ordinary executor with an inbox and a gate, on the carrier of the
 * link to its worker, but has no tasks: a run writes what has come as frames.
 * What was sent stays charged to the gate until the consumer says that it has
 * taken it; with that, it says how much may wait for it, so emit, slices and
 * stalls are the same as in front of one that is here.
 */
#ifndef GALE_STAND_IN_H
#define GALE_STAND_IN_H

#include "worker/executor.h"

struct link;
struct wire_credit;

struct stand_in {
    struct executor executor; /* first */
    struct link *link;
    struct stand_in *next;         /* of the link */
    struct envelope *first, *last; /* sent, and not taken as far as is known */
    uint64_t taken;                /* tuples of `first` that are */
};

/* The executor of a stand-in; not entered anywhere yet. */
struct executor *stand_in_new(struct link *link, const struct component *c);
void stand_in_free(struct executor *e);

/* All that follows is for the link's carrier. */

/* NULL, or what is wrong, as in "the frame …". */
const char *stand_in_credit(struct stand_in *s, const struct wire_credit *c);

/* What was under way is lost: it is not charged any more. How much may wait is
 * unknown again, since what was lost may wait there all the same. */
void stand_in_lose(struct stand_in *s);

/* The executor is on the worker of another link by now: what waits goes there,
 * what was sent is lost. Carriers are parked. */
void stand_in_move(struct stand_in *s, struct link *link);

/* There is no such executor any more: what waits is lost, too, and whoever
 * waits for room goes on; stand_in_free() is next. Returns how many tuples have
 * waited. Carriers are parked. */
uint64_t stand_in_end(struct stand_in *s);

static inline struct stand_in *stand_in_of(struct executor *e)
{
    return (struct stand_in *)(void *)e;
}

#endif
