/*
 * moving_run.h - numbers go over bolts of several workers, whose executors move
 * meanwhile; the last bolt keeps count of each number.
 *
 * One at a time. What it says is said by fail_msg().
 */
#ifndef GALE_MOVING_RUN_H
#define GALE_MOVING_RUN_H

#include "tests/support/cluster_run.h"
#include "tests/support/number_source.h"

enum { MOVING_RUN_N = 6000, MOVING_RUN_TASKS = 6 };

struct moving_run {
    struct cluster_run c;
    struct number_source numbers; /* 0 … MOVING_RUN_N - 1, emitted again when
                                     they fail */
};

/* Bolts: one that passes on what comes; one that counts it. */
extern const struct probe moving_run_passer, moving_run_taker;

/* With the spout, and no bolt yet. cluster_run_end() and
 * number_source_fini(). */
void moving_run_begin(struct moving_run *x, uint32_t workers);
/* Before it starts: nothing is to time out, however busy the machine; without,
 * a message that was lost comes again after 1 s. */
void moving_run_is_patient(struct moving_run *x);
/* Waits for so many acks. */
void moving_run_after(struct moving_run *x, uint64_t acks);

/* Before it starts: the one that counts does not return from its first call
 * until moving_run_let_go(). In between, few numbers are emitted. */
void moving_run_hold(void);
void moving_run_await_held(void);
void moving_run_let_go(void);

/* It starts, and rests before all is emitted; then nothing is under way. */
void moving_run_start_and_rest(struct moving_run *x);

/* Each was acked once, and what was acked was executed. */
void moving_run_assert_nothing_lost(const struct moving_run *x,
                                    const char *what);
/* … and nothing was executed twice, or came again. */
void moving_run_assert_each_went_once(const struct moving_run *x,
                                      const char *what);

#endif
