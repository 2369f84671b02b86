/* verdict.h - the table for people, and a line of JSON per figure. */
#ifndef BENCH_VERDICT_H
#define BENCH_VERDICT_H

#include "tests/bench/rounds.h"
#include <stdio.h>

void verdict_table(const struct found *found, FILE *out);

/* 0, or -1 and errno. */
int verdict_json(const struct found *found, FILE *out);

#endif
