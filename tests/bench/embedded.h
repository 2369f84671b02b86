/*
 * embedded.h - a topology that runs in this process, as a user would embed it.
 *
 *     sentences --shuffle--> split --fields(word)--> count     turn, random
 *     const --shuffle--> null                                  const
 *     const --shuffle--> identity --shuffle--> null            const-id
 *     const --shuffle--> holder                                held
 *     payload --shuffle--> null                                payload
 *
 * `turn` and `random` with the split and the count that ship, `plain` in turn
 * with such as have no callbacks for batches. The case's `size` says how many
 * messages of `held` are pending, how many of `const` may be (0: as many as
 * there is room for), how many bytes a tuple of `payload` has.
 *
 * When it has ended, every tuple is accounted for: what was sent was executed,
 * what the spouts emitted with an id was acked, or failed.
 */
#ifndef BENCH_EMBEDDED_H
#define BENCH_EMBEDDED_H

#include "tests/bench/bench.h"
#include <gale/local.h>

/* All components together. */
struct embedded_counts {
    uint64_t messages; /* emitted by spouts */
    uint64_t acked, failed, pending;
    uint64_t sent;     /* tuples on their way to tasks … */
    uint64_t executed; /* … and arrived */
    uint64_t last;     /* executed by the last component that is no `print` */
};

struct embedded {
    gale_builder *builder;
    gale_local *local;
    bool acked;
};

/* The topology that the case names. 0, or -1 after saying what is wrong. */
int embedded_build(struct embedded *e, const struct bench_case *c);

/* Start what has been built on so many carriers. */
int embedded_start(struct embedded *e, uint32_t carriers);

/* Let it run; -1 if it stops by itself within this time. */
int embedded_run(struct embedded *e, double seconds);

void embedded_count(struct embedded *e, struct embedded_counts *counts);

/* What a component has counted, added to `arg`, a struct embedded_counts: a
 * gale_component_fn. */
void embedded_add(void *arg, const gale_component_stats *s);

/* When all has come to its end: is every tuple accounted for? */
int embedded_account(const struct embedded_counts *c, bool acked);

/* Drain, and account for every tuple. */
int embedded_stop(struct embedded *e);

void embedded_free(struct embedded *e);

#endif
