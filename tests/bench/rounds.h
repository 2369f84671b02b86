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
#include "tests/bench/placement.h"
#include "tests/bench/samples.h"

struct found {
    bool chosen;
    bool failed; /* a run did: its figures say nothing */
    double values[BENCH_FIGURES_MAX][BENCH_RUNS_MAX]; /* by round; NAN: none */
    enum placement_class class_of[BENCH_RUNS_MAX];    /* … of these rounds */
    struct samples placement; /* ns, before and after each run */
};

/* As if nothing had been chosen or found. */
void rounds_forget(struct found *f);

/* found: one for each of `cases`. Choose what the options name, what that is
 * paced by, and, for shares, what it is compared with. 0, or -1 after saying
 * that nothing has that name. */
int rounds_choose(struct found *found, const struct bench_options *o,
                  bool shares);

/* Run what is chosen. 0, or -1 if a run failed, which has been said. */
int rounds_run(struct found *found, const struct bench_options *o);

/* One run of case i, by the bench that `build` has; rate: see rounds_pace().
 * 0, or -1 if it failed, which has been said. */
int rounds_run_case(struct found *f, uint32_t i, uint32_t round, double rate,
                    const char *build);

/* A line for who looks on. */
void rounds_show(const struct found *f, uint32_t i, uint32_t round,
                 const char *who);

/* Messages a second of a case that is paced by the rate of another, by what
 * that has reached so far; else 0. */
double rounds_pace(const struct found *found, uint32_t i);

/* What a figure of a case came to; n may be 0. */
void rounds_samples(const struct found *f, uint32_t figure, struct samples *s);

/* The case's first figure as a share of that of another, within each round. */
void rounds_shares(const struct found *over, const struct found *under,
                   double *by_round);

/* The number of a case in `cases`. */
uint32_t rounds_index(const char *id);

#endif
