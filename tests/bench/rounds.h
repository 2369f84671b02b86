/*
 * rounds.h - runs the cases, round by round, and keeps what they found.
 *
 * Rounds, because the machine changes with the time of day: what is compared
 * was measured within the same minute or so, and a ratio is taken of two runs
 * of one round.
 */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include "tests/bench/bench.h"
#include "tests/bench/samples.h"

struct found {
    bool chosen;
    bool failed; /* a run did: its figures say nothing */
    double values[BENCH_FIGURES_MAX][BENCH_RUNS_MAX]; /* by round; NAN: none */
    struct samples placement; /* ns, before and after each run */
    uint32_t classes;         /* bits 1 << enum placement_class */
};

/* found: one for each of `cases`. Choose what the options name, and what that
 * is compared with. 0, or -1 after saying that nothing has that name. */
int rounds_choose(struct found *found, const struct bench_options *o);

/* Run what is chosen; program: the path of this one. 0, or -1 if a run failed,
 * which has been said. */
int rounds_run(struct found *found, const struct bench_options *o,
               const char *program);

/* What a figure of a case came to; n may be 0. */
void rounds_samples(const struct found *f, uint32_t figure, struct samples *s);

/* The case's first figure as a share of that of another, within each round. */
void rounds_shares(const struct found *over, const struct found *under,
                   double *by_round);

/* The number of a case in `cases`. */
uint32_t rounds_index(const char *id);

#endif
