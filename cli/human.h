/*
 * human.h - numbers as people read them: three digits and a unit.
 *
 * Each writes into buffer (HUMAN_MAX bytes are enough for all) and returns it.
 */
#ifndef GALE_HUMAN_H
#define GALE_HUMAN_H

#include <stdint.h>

#define HUMAN_MAX 32

/* 999,999 and below exactly, then 1.23 M, 45.6 G … */
const char *human_count(char *buffer, uint64_t n);

/* Three digits throughout: 12.3, 4.56 k, 789 M … */
const char *human_number(char *buffer, double x);

/* Nanoseconds: 850 ns, 1.23 µs, 45.6 ms, 7.89 s … */
const char *human_time(char *buffer, double ns);

#endif
