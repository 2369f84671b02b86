/*
 * moving_run.h - numbers cross several workers (crossing.h), whose executors
 * move meanwhile; the last bolt can be held up.
 */
#ifndef GALE_MOVING_RUN_H
#define GALE_MOVING_RUN_H

#include "tests/support/crossing.h"

enum { MOVING_RUN_N = 6000, MOVING_RUN_TASKS = 6 };

/* In place of crossing_taker: it can be held. */
extern const struct probe moving_run_taker;

/* What is lost comes again. crossing_end(). */
void moving_run_begin(struct crossing *x, uint32_t workers);
/* Before it starts: nothing is to time out, however busy the machine; without,
 * a message that was lost comes again after 1 s. */
void moving_run_is_patient(struct crossing *x);

/* Before it starts: the one that counts does not return from its first call
 * until moving_run_let_go(). In between, few numbers are emitted. */
void moving_run_hold(void);
void moving_run_await_held(void);
void moving_run_let_go(void);

/* It starts, and rests before all is emitted; then nothing is under way. */
void moving_run_start_and_rest(struct crossing *x);

#endif
