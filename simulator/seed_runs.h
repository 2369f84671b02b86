/*
 * seed_runs.h - runs of many seeds, each in a process of its own, until one
 * shows what must not be.
 *
 * A run has the plugins' code in it: it may crash, hang, or answer otherwise
 * when it is asked again. So each is a child of this process, and some are run
 * twice and must be the same. Several run at a time.
 */
#ifndef GALE_SEED_RUNS_H
#define GALE_SEED_RUNS_H

#include "simulator/seeded_run.h"

enum seed_verdict {
    SEED_FINE,
    SEED_VIOLATES, /* result.violation says what */
    SEED_FAILS,    /* the topology did; result.error says why */
    SEED_CRASHES,  /* the process ended by itself; text says how */
    SEED_HANGS,    /* it was ended */
    SEED_DIFFERS,  /* the second time; text says where */
    SEED_CANNOT,   /* no process; text says why */
};

enum { SEED_OWN_MAX = 1024 };

struct seed_outcome {
    uint64_t seed;
    enum seed_verdict verdict;
    struct seeded_result result;
    char text[SEEDED_TEXT_MAX];
    /* Of runs that are of something else than one topology. */
    char own[SEED_OWN_MAX];
};

/* What a seed is the seed of, if it is not one topology's run. */
struct seed_kind {
    void *arg;
    /* In the child: run it, and fill in verdict, result.hash, texts and `own`.
     * What is wrong may be told at once, by done(of, o), which does not
     * return. */
    void (*run)(void *arg, uint64_t seed, struct seed_outcome *o,
                void (*done)(void *of, const struct seed_outcome *o), void *of);
    /* In the parent: one was fine, for the first time. */
    void (*add)(void *arg, const struct seed_outcome *o);
};

struct seed_runs {
    gale_builder *builder;        /* loaded, or … */
    const struct seed_kind *kind; /* … this */
    struct seeded_options run;
    uint64_t first, last;
    uint32_t jobs;         /* processes at a time, ≥ 1 */
    uint32_t limit_s;      /* ≥ 1; of real time, for one run; for one alone
                              only if nobody says when its time is over */
    uint32_t twice_one_in; /* every so manieth seed is run twice; 0: none */

    /* seed_runs_one(): in the child, when its run has ended. NULL: nothing. */
    void (*ended)(void *arg, const struct seeded_run *r);
    void *arg;

    /* Out. */
    uint64_t n_runs;  /* that were fine */
    uint64_t n_twice; /* of these, run twice */
    struct ledger_counts counts;
    uint64_t faults[FAULTS];
    uint64_t looks; /* at invariants */
};

/* False if one is not fine: *bad says which, the first of those that ran. */
bool seed_runs_all(struct seed_runs *s, struct seed_outcome *bad);

/* The first seed alone, for somebody who watches: what it says is heard, and
 * `ended` is called; then once more, in silence, to see that it is the same.
 * False if it is not fine. */
bool seed_runs_one(struct seed_runs *s, struct seed_outcome *o);

#endif
