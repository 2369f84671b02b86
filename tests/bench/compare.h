/*
 * compare.h - two revisions by turns, case by case: `make bench BASE=REVISION`.
 *
 * A pair is a run of the one and a run of the other, close together; who begins
 * changes from round to round. Cases that do not get RATIOS_ENOUGH rounds of
 * one placement class have more. A case that looks slower (ratios.h) is asked
 * again, alone, with as many new rounds, twice; slower is what is slower in all
 * three sets.
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include "tests/bench/bench.h"
#include <stdio.h>

/* base: a build with a bench. 0, or -1: something is slower, a run failed here,
 * or nothing could be compared. A case that the base does not know, or fails
 * at, is said and left out. */
int compare(const struct bench_options *o, const char *base, FILE *json);

#endif
