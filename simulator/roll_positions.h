/*
 * roll_positions.h - the positions of a roll call that are kept, and how far
 * back one may be from which a task begins anew. Private to roll_book.c.
 *
 * Who begins reads what is kept: after his birth was written, and after the
 * process that was there before has ended. So of what was kept between that
 * moment and his beginning, the least is the least from which he may begin.
 *
 * Pure.
 */
#ifndef GALE_ROLL_POSITIONS_H
#define GALE_ROLL_POSITIONS_H

#include "common/position_record.h"

enum { ROLL_TASKS_MAX = 64 };

struct roll_birth {
    uint64_t birth;
    uint64_t least[ROLL_TASKS_MAX]; /* of what was kept, as said above */
    uint64_t begin[ROLL_TASKS_MAX]; /* of its first life; UINT64_MAX: none */
};

struct roll_positions {
    struct {
        uint64_t k;
        struct position_order order;
    } kept[ROLL_TASKS_MAX]; /* all zero: nothing is */
    struct roll_birth *births;
    uint32_t n_births;
};

void roll_positions_fini(struct roll_positions *p);

/* NULL: it was never assigned. */
struct roll_birth *roll_positions_birth(const struct roll_positions *p,
                                        uint64_t birth);

/* It is to be, or a process of it has ended. */
void roll_positions_look(struct roll_positions *p, uint64_t birth);

void roll_positions_keep(struct roll_positions *p, uint32_t task, uint64_t k,
                         struct position_order order);

#endif
