/*
 * record_batch.h - held inputs and their records, one text, until that is
 * written.
 *
 * A record is written to `text`, and its input added; what was written of one
 * that is bad is taken back by text.size.
 */
#ifndef CONNECTORS_RECORD_BATCH_H
#define CONNECTORS_RECORD_BATCH_H

#include "connectors/text_out.h"
#include <gale/task.h>

struct held_inputs {
    gale_handle *items;
    size_t n, capacity;
};

/* Starts zeroed. */
struct record_batch {
    struct text_out text;
    struct held_inputs held;
    int64_t since; /* when the first of them came */
};

void record_batch_fini(struct record_batch *b);

/* now: on any clock. */
void record_batch_add(struct record_batch *b, gale_handle input, int64_t now);

/* The inputs are the caller's, who has none so far; the batch is empty. */
void record_batch_take(struct record_batch *b, struct held_inputs *to);

#endif
