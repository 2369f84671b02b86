/*
 * wire_speed.h - what a tuple costs on its way to another worker, before and
 * behind the connection: made into bytes, and into a tuple again; beside it
 * msgpack-c with the same values.
 */
#ifndef BENCH_WIRE_SPEED_H
#define BENCH_WIRE_SPEED_H

#include "tests/bench/bench.h"

/* Figures, in ns per tuple, but for the bytes: encode, decode, bytes, sum,
 * msgpack-c pack, msgpack-c unpack. */
int wire_speed_shared(const struct bench_run *r); /* a word, anchors shared */
int wire_speed_own(const struct bench_run *r); /* a word, anchors of its own */
int wire_speed_numbers(const struct bench_run *r); /* i64, str8, i64, f64 */

#endif
