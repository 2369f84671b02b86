/*
 * placement.h - how far apart the two processors are on which we happen to run.
 *
 * A virtual machine's processors move between the cores of its host, within
 * seconds, and what crosses from one to the other costs up to ten times more
 * or less then. So every run is framed by this measurement, and runs of
 * different classes are not to be compared where two carriers take part.
 */
#ifndef BENCH_PLACEMENT_H
#define BENCH_PLACEMENT_H

enum placement_class {
    PLACEMENT_NONE, /* there is one processor only */
    PLACEMENT_SMT,  /* two threads of a core: below 35 ns */
    PLACEMENT_NEAR, /* two cores with a common cache: below 120 ns */
    PLACEMENT_FAR,
    PLACEMENT_MIXED, /* of a time in which it changed */
    PLACEMENT_CLASSES,
};

/* Nanoseconds that a cache line takes from one processor to the other: the
 * median of some short measurements, about 10 ms in all; 0 if there is one
 * processor only. */
double placement_ns(void);

enum placement_class placement_class(double ns);

/* Of what was done between two measurements. */
enum placement_class placement_between(double before, double after);

const char *placement_name(enum placement_class c);

#endif
