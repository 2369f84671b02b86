/*
 * other_time.h - whether plugins that ask the real clock are to see another
 * time than it is.
 *
 * Two runs of a seed follow each other within moments: what depends on the real
 * time would often be the same in both. So the second one sees another time, if
 * the program has the clocks of libc in hand, as the command does
 * (cli/own_clock.c). gale itself always sees the real one.
 */
#ifndef GALE_OTHER_TIME_H
#define GALE_OTHER_TIME_H

#include <stdbool.h>

/* Set before there is a second thread. */
extern bool other_time;

#endif
