/*
 * forked_worker.h - one of the workers that share a topology, in a process of
 * its own, which does what it is asked and ends with its parent.
 *
 * The parent has no threads, so that it can be forked. All calls wait for the
 * answer; they are 0, or -1 after saying what is wrong.
 */
#ifndef BENCH_FORKED_WORKER_H
#define BENCH_FORKED_WORKER_H

#include "tests/bench/embedded.h"
#include <sys/types.h>

enum { FORKED_WORKERS = 2 };

struct forked_worker {
    pid_t pid;
    int fd; /* to it; -1: there is none */
};

/* What it says, whatever it was asked. */
struct worker_answer {
    char error[256]; /* why it has ended; "" if it has not */
    uint16_t port;
    bool quiet;              /* nothing is under way from here */
    uint64_t pending;        /* messages */
    uint64_t sent, received; /* over connections that are open */
    struct embedded_counts counts;
    uint64_t measured; /* messages; after forked_worker_figures() */
};

/* Worker `me` of the plan in which executor i is worker i modulo
 * FORKED_WORKERS's. *e: the topology, which is the child's from now on. */
int forked_worker_start(struct forked_worker *p, struct embedded *e,
                        uint32_t me, uint32_t carriers);

/* How it is. */
int forked_worker_ask(struct forked_worker *p, struct worker_answer *a);
/* Where all of them listen: it runs from now on. */
int forked_worker_join(struct forked_worker *p, struct worker_answer *a,
                       const uint16_t ports[FORKED_WORKERS]);
/* Its spouts stop for good. */
int forked_worker_drain(struct forked_worker *p, struct worker_answer *a);
/* It writes down the latencies that were measured in it. */
int forked_worker_figures(struct forked_worker *p, struct worker_answer *a);

/* Ask it to end, and wait for that; one that was never started is fine. */
int forked_worker_end(struct forked_worker *p);

#endif
