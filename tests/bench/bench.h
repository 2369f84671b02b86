/*
 * bench.h - what is measured: cases, and the figures that each of them gives.
 *
 * `bench` takes the cases of cases.c in turn, round by round, and starts itself
 * again for every run of one (`bench --run ID`): a run has a process of its
 * own, writes its figures as lines `NAME VALUE` to standard output and ends.
 * The parent gathers them (rounds.c) and prints the table (verdict.c).
 *
 * Everything here is one thread's.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BENCH_FIGURES_MAX = 6, /* of one case */
    BENCH_RUNS_MAX = 100,
};

/* From the environment; the names are BENCH_… of docs/benchmarks.md. */
struct bench_options {
    double seconds;         /* measured by a run, after the warm-up */
    double latency_seconds; /* the same for latencies */
    uint32_t runs;          /* of each case */
    uint32_t file_mb;       /* size of the text, 10^6 bytes */
    const char *only;       /* run the cases whose id contains this; if it is
                             one's whole id, that one */
};

/* 0, or -1 after saying what is wrong. */
int bench_options_read(struct bench_options *o);

enum must {
    MUST_NOTHING,
    MUST_AT_LEAST, /* the median */
    MUST_AT_MOST,
};

struct figure {
    const char *name;
    const char *unit;
    enum must kind;
    double must;
};

/* What a run is told. */
struct bench_run {
    const struct bench_case *of;
    const struct bench_options *options;
    double rate; /* of the case that `paced_by` names, in messages a second */
};

struct bench_case {
    const char *id;
    bool acked;
    uint32_t carriers; /* 0: the engine takes no part */
    uint32_t workers;  /* processes that share the topology; 0: it is one */
    /* 0, or -1 after saying what is wrong. NULL: the case is the ratio of the
     * first figures of `over` to `under`, within one round. */
    int (*run)(const struct bench_run *r);
    const char *topology;  /* for run, and … */
    const char *args[4];   /* … of one that ships, up to NULL */
    uint32_t parallelism;  /* … executors of each component */
    uint64_t size;         /* … bytes of a tuple, or messages pending */
    const char *transport; /* … of two workers: gale.worker.transport */
    const char *paced_by;  /* a case whose rate it needs */
    double messages;       /* … in its figures' unit, per message */
    double load;           /* … and so much of it */
    const char *over;      /* of a ratio */
    const char *under;     /* of a ratio; else: what the first figure is a
                             share of … */
    double share_must;     /* … at least so much; 0: any */
    bool own_thread;       /* a bolt has one, whatever the carriers are */
    bool once;             /* takes long and is for orientation only */
    struct figure figures[BENCH_FIGURES_MAX]; /* up to a name of NULL */
};

/* Tuples cross from one processor to the other in it: what it does depends on
 * the placement class. */
static inline bool bench_case_crosses(const struct bench_case *c)
{
    return c->carriers > 1 || c->workers > 1 || c->own_thread;
}

extern const struct bench_case cases[];
extern const uint32_t cases_n;

const struct bench_case *cases_find(const char *id); /* NULL if there is none */

/* For a run: its figure. */
void bench_figure(const char *name, double value);

/* Monotonic seconds. */
double bench_now(void);

#endif
