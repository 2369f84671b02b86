/*
 * ratios.h - what came of running two revisions by turns: has one become
 * slower?
 *
 * A round gives one ratio for a case: above 1, what is here is better than the
 * other one. It counts if both halves had one and the same placement class; and
 * each class is judged by itself, since what crosses from one processor to the
 * other costs ten times more in one than in another.
 *
 * Two things make a class slower: the median of its ratios is below
 * RATIOS_SLOWER, and nearly all of its rounds, not just those in the middle,
 * are to the disadvantage (at most one in RATIOS_ONE_IN is not). Ratios that
 * noise alone has spread around 1 have both together in at most one of 16 sets
 * of seven, however wide they spread; who asks twice more with new sets
 * (compare.c) is wrong in one of 4096. A loss of 15 % has both unless the noise
 * is larger than itself. Pure.
 */
#ifndef BENCH_RATIOS_H
#define BENCH_RATIOS_H

#include "tests/bench/placement.h"
#include "tests/bench/samples.h"
#include <stdbool.h>

#define RATIOS_SLOWER 0.9

enum {
    RATIOS_ENOUGH = 7, /* rounds of a class, to say something about it */
    RATIOS_ONE_IN = 7,
};

/* Of one round. */
struct ratio {
    double value; /* NAN: a half gave no figure */
    enum placement_class ours, other;
};

enum ratios_verdict { RATIOS_FEW, RATIOS_SAME, RATIOS_SLOW };

/* Of the rounds of one class. */
struct ratios_row {
    struct samples values;
    enum ratios_verdict verdict;
};

struct ratios {
    struct ratios_row rows[PLACEMENT_CLASSES]; /* by class; MIXED: none */
    uint32_t counted, dropped;                 /* rounds */
};

void ratios_judge(struct ratios *r, const struct ratio *rounds, uint32_t n);

/* A class has rounds enough. */
bool ratios_enough(const struct ratios *r);
/* A class is slower. */
bool ratios_slow(const struct ratios *r);

const char *ratios_verdict_name(enum ratios_verdict v);

#endif
