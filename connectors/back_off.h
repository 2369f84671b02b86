/*
 * back_off.h - the pause before the next try, of what may work again later.
 *
 * It doubles from `first` up to `most`, and chance shortens it by up to a
 * quarter, so that tasks which failed together do not come back together.
 *
 * Pure: chance comes in as an argument.
 */
#ifndef CONNECTORS_BACK_OFF_H
#define CONNECTORS_BACK_OFF_H

#include <stdint.h>

/* Starts zeroed, but for first and most: 0 < first ≤ most, in any unit. */
struct back_off {
    int64_t first, most;
    int64_t last; /* the last pause before it was shortened; 0: none */
};

/* The pause from now on, at least 1. chance is 64 random bits. */
int64_t back_off_next(struct back_off *b, uint64_t chance);

/* The pause behind `last`, 0 being none: doubled, from `first` up to `most`. */
int64_t back_off_doubled(int64_t last, int64_t first, int64_t most);
/* … and shortened by chance, at least 1 if it was. */
int64_t back_off_shortened(int64_t pause, uint64_t chance);

/* It has worked. */
void back_off_reset(struct back_off *b);

#endif
