/* launch.h - what other programs take: the command `gale`, and a pipeline. */
#ifndef BENCH_LAUNCH_H
#define BENCH_LAUNCH_H

#include "tests/bench/bench.h"

/* From exec of `gale local` to the first ack, of 20 starts: the median and the
 * slowest, in ms. */
int launch_start(const struct bench_run *r);

/* The memory of `gale local` while it counts the words of five sentences. */
int launch_resident(const struct bench_run *r);

/* tr | sort | uniq -c on the beginning of the large text. */
int launch_pipeline(const struct bench_run *r);

#endif
