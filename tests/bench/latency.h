/* latency.h - how long a message takes that comes when it is due. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include "tests/bench/bench.h"
#include <gale/local.h>

struct embedded;

/*
 * The case's `load` of the rate that the case `paced_by` reached, in an open
 * loop. Every message is measured: from when it was due to the last bolt
 * (figures sink …) and to its ack (complete …), in microseconds; p50, p99,
 * p99.9. And how many were acked a second (achieved), also of those that were
 * due too early to count. With two carriers, every message crosses from one to
 * the other.
 */
int latency(const struct bench_run *r);

/* What the same topology does at most, measuring, when all is due at once. */
int latency_most(const struct bench_run *r);

/* -- for who runs it elsewhere --------------------------------------------- */

#define LATENCY_WARMUP 1.0 /* seconds, of which nothing counts */

void latency_build(struct embedded *e, const struct bench_case *c, double rate);

/* Messages a second; 0 of a case that takes all it can. */
double latency_rate(const struct bench_run *r);

/* A gale_metric_fn; arg: a uint64_t, the messages that were measured. */
void latency_figures(void *arg, const gale_metric_stats *s);

/* Did it keep up? */
void latency_note(const struct bench_run *r, uint64_t measured);

#endif
