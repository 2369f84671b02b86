/*
 * position_pace.h - how often a leader writes positions of workers whose
 * supervisors are away. One write at a time, and one begins POSITION_PACE_NS
 * after the last one began at the earliest: 50 a second of the whole cluster at
 * most, however many workers there are. Pure.
 */
#ifndef GALE_POSITION_PACE_H
#define GALE_POSITION_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define POSITION_PACE_NS INT64_C(20000000)

struct position_pace {
    bool begun; /* the first one has */
    bool under_way;
    int64_t last; /* when the latest began */
};

/* When the next may begin; INT64_MAX: not before that one is over. */
static inline int64_t position_pace_due(const struct position_pace *p,
                                        int64_t now)
{
    if (p->under_way)
        return INT64_MAX;
    if (!p->begun || now - p->last >= POSITION_PACE_NS)
        return now;
    return p->last + POSITION_PACE_NS;
}

static inline void position_pace_begins(struct position_pace *p, int64_t now)
{
    *p = (struct position_pace){.begun = true, .under_way = true, .last = now};
}

static inline void position_pace_ends(struct position_pace *p)
{
    p->under_way = false;
}

#endif
