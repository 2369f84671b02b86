/*
 * roll_book.h - the books of a roll call (examples/roll_call.c): which numbers
 * were called, have answered and were acked, and what must be true of it.
 *
 *     L  a number is acked only when both of its answers were seen; a task that
 *        begins anew goes on behind no number that is not acked
 *     D  a number is called again only when it failed, or by a task that has
 *        begun anew; an answer is executed at most as often as its number was
 *        called; not more is acked again than those who began anew, or were
 *        replaced and did not know it, could call again; if nothing has failed,
 *        nothing is
 *     P  a position that is kept covers no number that was never acked, takes
 *        the place of no newer one, and does not go back behind where its birth
 *        began; who begins anew goes on from what was kept, or from later on;
 *        if nothing has failed, what is acked is soon kept
 *
 * A life is one task of `numbers` in one process. A process that was replaced
 * and does not know it yet may live beside the next one. Positions that are
 * kept are those in ZooKeeper; a birth is that of a worker (slot.h).
 *
 * Pure. The first thing that must not be is kept as a sentence.
 */
#ifndef GALE_ROLL_BOOK_H
#define GALE_ROLL_BOOK_H

#include "common/position_record.h"

struct roll_book;

/* Of the topology with this id. */
struct roll_book *roll_book_new(const char *topology);
void roll_book_free(struct roll_book *b); /* NULL is fine */

const char *roll_book_topology(const struct roll_book *b);

struct roll_life {
    uint32_t task, n_tasks;         /* its index, and how many there are */
    uint64_t number;                /* of the life, from 1 on; 0: none yet */
    uint64_t called, acked, failed; /* as it has heard */
};

/* It is opened by a worker of that birth, and goes on with its k-th number. */
struct roll_life roll_book_open(struct roll_book *b, uint32_t task,
                                uint32_t n_tasks, uint64_t k, uint64_t birth);
/* It is about to call its k-th number; … */
void roll_book_calls(struct roll_book *b, const struct roll_life *l,
                     uint64_t k);
/* … and has. */
void roll_book_called(struct roll_book *b, struct roll_life *l, uint64_t k);
void roll_book_acked(struct roll_book *b, struct roll_life *l, uint64_t k);
void roll_book_failed(struct roll_book *b, struct roll_life *l, uint64_t k);
/* A bolt has acked an answer of the number. */
void roll_book_answered(struct roll_book *b, uint64_t number, uint32_t answer);

/* A worker of that birth is to be, from now on. */
void roll_book_assigned(struct roll_book *b, uint64_t birth);
/* A process of that birth has ended. */
void roll_book_ended(struct roll_book *b, uint64_t birth);
/* It is kept that the task goes on with its k-th number. */
void roll_book_kept(struct roll_book *b, uint32_t task, uint64_t k,
                    struct position_order order);

/* Nothing has failed until now (ns). From time to time. */
void roll_book_is_calm(struct roll_book *b, int64_t now);

struct roll_counts {
    uint64_t called, failed;
    uint64_t acked;     /* numbers, each once */
    uint64_t again;     /* acks beyond these … */
    uint64_t explained; /* … of which there may be so many */
    uint64_t lives, kept;
};

struct roll_counts roll_book_counts(const struct roll_book *b);

/* Whether all below `count` are acked; else *missing is one that is not. */
bool roll_book_is_complete(const struct roll_book *b, uint64_t count,
                           uint64_t *missing);

/* "" while all is well. */
const char *roll_book_wrong(const struct roll_book *b);

#endif
