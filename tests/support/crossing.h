/*
 * crossing.h - numbers go over bolts of several workers of this process; the
 * last bolt keeps count of each.
 *
 *     struct crossing x;
 *
 *     crossing_begin(&x, "name", 2, 3000);
 *     gale_shuffle(topology_run_bolt(&x.c.r, "a", &crossing_taker, 2),
 *                  "numbers");
 *     cluster_run_complete(&x.c);
 *     crossing_assert_nothing_lost(&x, "a cut");
 *     crossing_end(&x);
 *
 * One at a time. What is wrong is said by fail_msg().
 */
#ifndef GALE_CROSSING_H
#define GALE_CROSSING_H

#include "tests/support/cluster_run.h"
#include "tests/support/number_source.h"

enum { CROSSING_MAX = 20000 }; /* numbers, at most */

struct crossing {
    struct cluster_run c;
    struct number_source numbers; /* 0 … n - 1, of the spout "numbers" */
};

/* Bolts: one that passes on what comes; one that counts it. */
extern const struct probe crossing_passer, crossing_taker;

/* With the spout, and no bolt yet. */
void crossing_begin(struct crossing *x, const char *name, uint32_t workers,
                    uint64_t n);
void crossing_end(struct crossing *x);
/* Before it starts: what is lost comes again after 1 s, and so many are under
 * way. */
void crossing_replays(struct crossing *x, int64_t pending);

/* Before it starts: by which way (gale.worker.transport). */
void crossing_goes_by(struct crossing *x, const char *way);

/* execute of the passer and of the taker. */
gale_result crossing_pass_on(gale_task *task, const gale_tuple *in);
gale_result crossing_take(gale_task *task, const gale_tuple *in);
/* The last bolt has got this number; how often before. What is beyond the
 * numbers, of an endless source, is not counted. */
uint32_t crossing_see(const gale_tuple *in);

/* Waits for so many acks. */
void crossing_after(struct crossing *x, uint64_t acks);
/* How often a worker's connection to another one was lost. */
uint64_t crossing_breaks(const struct crossing *x, uint32_t worker,
                         uint32_t peer);

void crossing_assert_each_seen(const struct crossing *x, uint32_t times);
/* Each was acked once, and what was acked was executed. */
void crossing_assert_nothing_lost(const struct crossing *x, const char *what);
/* … and nothing was executed twice, or came again. */
void crossing_assert_each_went_once(const struct crossing *x, const char *what);

#endif
