/*
 * lives.h - the lives of spout tasks, and what each is not to emit again.
 *
 * A spout task lives until its host crashes; its next life goes on where a
 * saved position says. A position that was set in a life is a promise: once it
 * is saved, what was emitted before it was settled, and does not come again.
 * So a message that was acked may be acked again only if it was emitted behind
 * the position that its spout went on from.
 *
 * Pure. Messages are numbered in the order of emission, over all tasks; a
 * position goes by a hash of its split and its bytes.
 */
#ifndef GALE_LIVES_H
#define GALE_LIVES_H

#include "simulator/number_map.h"

/* What a position covers: messages of that life with smaller numbers. */
struct covered {
    uint32_t life;
    uint32_t before;
};

struct life {
    int32_t task;
    uint32_t number; /* of the life; 0 is the first */
    bool keeps;      /* it has set a position, in this life or before */
    bool repeats;    /* it emits ids again by itself: nothing can be said */
};

/* All zero to begin with. */
struct lives {
    struct life *lives; /* of each spout task that was heard of */
    uint32_t n;
    struct number_map by_position; /* numbers of `covered` */
    struct covered *covered;
    uint32_t n_covered, capacity;
};

void lives_fini(struct lives *l);

/* Good until another task is heard of. */
struct life *lives_of(struct lives *l, int32_t task);

/* The task has set a position; before: the number of the next message. */
void lives_position(struct lives *l, int32_t task, uint64_t position,
                    uint32_t before);

/* A new life goes on from these positions, one per split. False: nothing is
 * known to be covered by all of them. */
bool lives_go_on(struct lives *l, int32_t task, const uint64_t *positions,
                 uint32_t n, struct covered *covered);

#endif
