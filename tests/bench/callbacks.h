/*
 * callbacks.h - the limit of the plugin interface: spouts and bolts that ship,
 * each called through function pointers by the one before it, without an
 * engine: no queue, no copy, no ack, no counter.
 */
#ifndef BENCH_CALLBACKS_H
#define BENCH_CALLBACKS_H

#include "tests/bench/bench.h"

int callbacks_const(const struct bench_run *r);    /* const → null */
int callbacks_const_id(const struct bench_run *r); /* const → id → null */
int callbacks_in_turn(const struct bench_run *r);  /* sentences … count */
int callbacks_at_random(const struct bench_run *r);

#endif
