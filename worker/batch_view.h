/*
 * batch_view.h - many tuples for one call of execute_batch; see gale/batch.h.
 *
 * A batch is a run of neighbours within an envelope, for one task, each with
 * one anchor, its own or a shared one, or none. While the callback runs, one of
 * them is the task's current input; what it made is taken off its anchor when
 * another one takes its place, so that one pass at the end acks all of them.
 */
#ifndef GALE_BATCH_VIEW_H
#define GALE_BATCH_VIEW_H

#include <stdint.h>

struct batch_view;
struct task;
struct tuple;

/* One for each carrier, which runs one callback at a time. */
struct batch_view *batch_view_new(void);
void batch_view_free(struct batch_view *b);

/*
 * Execute up to n ≥ 1 tuples, which begin at *at, for the task of the first
 * one, and move *at behind them. stride: envelope.stride. Returns how many
 * there were; 0 if the first one must be executed by itself. Those simply
 * acked are added to the task's n_acked; the others are counted.
 */
uint32_t batch_execute(struct batch_view *b, struct task *t, const char **at,
                       uint32_t n, uint32_t stride);

/* The tuple of the task's batch in which the bytes lie, while that is executed;
 * NULL: none. */
const struct tuple *batch_holder(const struct batch_view *b,
                                 const struct task *t, const char *at,
                                 uint64_t size);

#endif
