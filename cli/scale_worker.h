/*
 * scale_worker.h - the workers of a simulated supervisor: what is read before
 * each, and what is told of them.
 */
#ifndef GALE_SCALE_WORKER_H
#define GALE_SCALE_WORKER_H

#include "cli/scale_world.h"
#include "common/pack.h"
#include "common/slots_record.h"

struct scale_worker {
    struct slot_order order; /* as it is wanted */
    uint64_t incarnation, n_reports;
    int64_t up_ns; /* from then on it runs; INT64_MAX: its records are read */
    int64_t counted_ns;
};

struct scale_workers {
    struct loop *loop;
    const struct digest *records_key;
    void (*changed)(void *arg); /* something is to be reported */
    void *arg;
    struct zookeeper *zookeeper; /* NULL: nobody reads any more */
    uint64_t life;               /* answers of an earlier one are nobody's */
    uint32_t n;
    struct scale_worker *list; /* by port */
    uint64_t last_incarnation;
    uint32_t n_unsupplied;
    struct loop_timer up; /* when the next one is */
};

void scale_workers_init(struct scale_workers *w, struct loop *loop,
                        const struct digest *records_key,
                        void (*changed)(void *arg), void *arg);
/* It reads nothing any more; those that run are known as they are. */
void scale_workers_end(struct scale_workers *w);
void scale_workers_free(struct scale_workers *w);

/* What the record says: for who is new, topology, assignment and positions are
 * read; for who gets a newer assignment, that. */
void scale_workers_want(struct scale_workers *w,
                        const struct slots_record *record,
                        struct zookeeper *zookeeper);

uint32_t scale_workers_running(const struct scale_workers *w, int64_t now);

/* "report", as supervisor/reporting.c packs it. */
void scale_workers_report(struct scale_workers *w, const char *supervisor,
                          uint64_t change, int64_t now, struct pack *p);
/* "counters" of those that tell them now: each does every three seconds. */
void scale_workers_count(struct scale_workers *w, int64_t now,
                         struct scale_nimbus *leader);

#endif
