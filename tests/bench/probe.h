/*
 * probe.h - how far apart the two processors are on which we happen to run.
 *
 * A virtual machine's processors move between the cores of its host, within
 * seconds, and what crosses from one to the other costs up to ten times more
 * or less then. So every run is framed by this measurement, and runs of
 * different classes are not to be compared where two carriers take part.
 */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

enum probe_class {
    PROBE_NONE, /* there is one processor only */
    PROBE_SMT,  /* two threads of a core: below 35 ns */
    PROBE_NEAR, /* two cores with a common cache: below 120 ns */
    PROBE_FAR,
};

/* Nanoseconds that a cache line takes from one processor to the other: the
 * median of some short measurements, about 10 ms in all; 0 if there is one
 * processor only. */
double probe_ns(void);

enum probe_class probe_class(double ns);
const char *probe_name(enum probe_class c);

#endif
