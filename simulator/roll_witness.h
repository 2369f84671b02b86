/*
 * roll_witness.h - stands between the engine of a simulated worker and the
 * plugins of a roll call, and keeps its books.
 */
#ifndef GALE_ROLL_WITNESS_H
#define GALE_ROLL_WITNESS_H

#include "simulator/roll_book.h"

struct worker;

/* The worker is wired, and nothing of it runs yet. It goes with the worker's
 * process, and is never freed. */
void roll_witness_begin(struct roll_book *book, struct worker *worker);

#endif
