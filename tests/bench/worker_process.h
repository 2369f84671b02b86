/*
 * worker_process.h - one of the workers that share a topology, in a process of
 * its own, which does what it is asked and ends with its parent.
 *
 * The parent has no threads, so that it can be forked. All calls wait for the
 * answer; they are 0, or -1 after saying what is wrong.
 */
#ifndef BENCH_WORKER_PROCESS_H
#define BENCH_WORKER_PROCESS_H

#include "tests/bench/embedded.h"
#include <sys/types.h>

enum { WORKER_PROCESSES = 2 };

struct worker_process {
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
    uint64_t measured; /* messages; after worker_process_figures() */
};

/* Worker `me` of the plan in which executor i is worker i modulo
 * WORKER_PROCESSES's. *e: the topology, which is the child's from now on. */
int worker_process_start(struct worker_process *p, struct embedded *e,
                         uint32_t me, uint32_t carriers);

/* How it is. */
int worker_process_ask(struct worker_process *p, struct worker_answer *a);
/* Where all of them listen: it runs from now on. */
int worker_process_join(struct worker_process *p, struct worker_answer *a,
                        const uint16_t ports[WORKER_PROCESSES]);
/* Its spouts stop for good. */
int worker_process_drain(struct worker_process *p, struct worker_answer *a);
/* It writes down the latencies that were measured in it. */
int worker_process_figures(struct worker_process *p, struct worker_answer *a);

/* Ask it to end, and wait for that; one that was never started is fine. */
int worker_process_end(struct worker_process *p);

#endif
