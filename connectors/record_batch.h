/*
 * record_batch.h - held inputs and their records, one text, until that is
 * written.
 *
 * A record is printed to `out`, and its input added; what was printed of one
 * that does not fit is taken back. record_batch_text() before the text is read.
 */
#ifndef CONNECTORS_RECORD_BATCH_H
#define CONNECTORS_RECORD_BATCH_H

#include <gale/task.h>
#include <stdio.h>

struct record_batch {
    FILE *out;
    char *data; /* the text, of `size` bytes, after record_batch_text() */
    size_t size;
    gale_handle *held;
    size_t n, capacity;
    int64_t since; /* when the first of them came */
};

/* Starts zeroed. */
void record_batch_init(struct record_batch *b);
void record_batch_fini(struct record_batch *b);

/* now: on any clock. */
void record_batch_add(struct record_batch *b, gale_handle input, int64_t now);

/* Bytes by now; and back to as many. */
int64_t record_batch_size(const struct record_batch *b);
void record_batch_cut(struct record_batch *b, int64_t size);

void record_batch_text(struct record_batch *b);

/* All are settled. */
void record_batch_clear(struct record_batch *b);

#endif
