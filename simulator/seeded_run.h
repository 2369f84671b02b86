/*
 * seeded_run.h - a topology from its start to its end in the world of a seed,
 * with books that are looked at.
 */
#ifndef GALE_SEEDED_RUN_H
#define GALE_SEEDED_RUN_H

#include "simulator/faults.h"
#include "simulator/ledger.h"
#include "simulator/world.h"
#include <gale/local.h>

struct seeded_result;

struct seeded_options {
    uint64_t seed;
    uint32_t carriers; /* 0: as many as the seed says */
    int64_t ttl_ms;    /* of the world's time; < 0: until it is complete */
    uint32_t faults;   /* bits of enum fault; 0: nothing goes wrong */
    bool keep_notes;
    FILE *log; /* NULL: standard error */
    /* Something is found that must not be: what is known of the run so far. It
     * must not return, since what comes later means nothing, and may never
     * end. For a process that makes this run alone: a loop without an end is
     * found, too, and this is called in the handler of a signal then. NULL: the
     * run goes on to its end, if it has one. */
    void (*wrong)(void *arg, const struct seeded_result *so_far);
    void *arg;
};

enum { SEEDED_TEXT_MAX = 1200 };

struct seeded_result {
    gale_local_state state;
    uint64_t hash; /* of all that happened */
    int64_t ns;    /* of the world's time */
    uint32_t carriers;
    struct ledger_counts counts;
    uint32_t faults[FAULTS];         /* how often each happened */
    uint64_t looks;                  /* at the author's invariants */
    char error[SEEDED_TEXT_MAX];     /* why it failed; "" if it did not */
    char violation[SEEDED_TEXT_MAX]; /* what must not be; "" if all is well */
};

struct seeded_run;

/* The builder is loaded. Runs it to its end. NULL with the error if the
 * topology is refused or does not open. */
struct seeded_run *seeded_run_new(gale_builder *b,
                                  const struct seeded_options *options,
                                  gale_err *error);
void seeded_run_free(struct seeded_run *r); /* NULL is fine */

const struct seeded_result *seeded_run_result(const struct seeded_run *r);

/* The counters of the run, and its world with what was noted. */
gale_local *seeded_run_local(const struct seeded_run *r);
const struct world *seeded_run_world(const struct seeded_run *r);

#endif
