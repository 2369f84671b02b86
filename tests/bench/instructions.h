/* instructions.h - a case of known length, for who counts instructions. */
#ifndef BENCH_INSTRUCTIONS_H
#define BENCH_INSTRUCTIONS_H

#include "tests/bench/bench.h"

/* Until the spouts have emitted n messages, a number in digits, and all is
 * settled. 0, or -1 after saying what is wrong. */
int instructions(const struct bench_case *c, const char *n);

#endif
