/*
 * roll_witness.h - stands between the engine of a simulated worker and the
 * plugins of a roll call, and keeps its books.
 *
 *     B  what the engine says of a spout's messages is what the books say:
 *        emitted = acked + failed + pending
 */
#ifndef GALE_ROLL_WITNESS_H
#define GALE_ROLL_WITNESS_H

#include "simulator/roll_book.h"

struct roll_witness;
struct worker;

/* The worker of that birth is wired, and nothing of it runs yet. It goes with
 * the worker's process, and is never freed. */
struct roll_witness *roll_witness_begin(struct roll_book *book, uint64_t birth,
                                        struct worker *worker);

/* Whether B holds, between two steps of its process, which runs; else *text, of
 * size, says what not. */
bool roll_witness_look(const struct roll_witness *w, char *text, size_t size);

#endif
