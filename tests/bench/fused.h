/*
 * fused.h - the limit: words split and counted in one loop, without an engine.
 *
 * The same work as that of the topologies, by one thread, with nothing between
 * splitting and counting. Verdicts on the engine are shares of these.
 */
#ifndef BENCH_FUSED_H
#define BENCH_FUSED_H

#include "tests/bench/bench.h"

/* The five sentences of the spout `sentences`, as fast as they can be had. */
int fused_in_turn(const struct bench_run *r);
int fused_at_random(const struct bench_run *r);

/* The words of the large text, from the page cache. */
int fused_file(const struct bench_run *r);

#endif
