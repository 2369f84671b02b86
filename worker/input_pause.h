/*
 * input_pause.h - a task of a bolt takes no more input for now, and its
 * executor none for any of its tasks: gale_pause_input().
 *
 * An executor that is paused is not quiet (quiet.h), though its carrier may
 * sleep. The time in which it was counts as the cost of what it has executed,
 * so that little waits in front of a bolt that pauses for long.
 */
#ifndef GALE_INPUT_PAUSE_H
#define GALE_INPUT_PAUSE_H

struct task;

/* On the task's carrier, in a callback of it. Twice is once. */
void input_pause(struct task *t);

/* Of no effect on a task that has not paused. */
void input_resume(struct task *t);

#endif
