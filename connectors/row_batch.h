/*
 * row_batch.h - held inputs and their rows, until they are written.
 *
 * A sink adds a row for each input that it holds. What is to be written next is
 * a range of rows: at first all of them. If the range is refused, because one
 * of its rows is bad, it is halved, until the bad row stands alone; what comes
 * behind the range is whole again. So one bad row among n costs some 2 log n
 * writes, and the others go through.
 *
 *     while (row_batch_range(b, &from, &n))
 *         if (write(b, from, n))
 *             row_batch_written(b);
 *         else if (row_batch_refused(b))
 *             … row `from` is bad
 *
 * Texts are copied. Pure: no clock, no server. It grows by what is added, and
 * the sink bounds that (rows, bytes).
 */
#ifndef CONNECTORS_ROW_BATCH_H
#define CONNECTORS_ROW_BATCH_H

#include <gale/task.h>

enum { ROW_BATCH_DEPTH = 64 };

struct row_batch_entry {
    gale_handle input;
    int64_t since;
    bool left_out;
};

/* Starts zeroed, but for width: values of a row, at least 1. */
struct row_batch {
    uint32_t width;
    size_t n, capacity; /* rows */
    struct row_batch_entry *entries;
    gale_value *values; /* n times width; text by its place in `text` */
    char *text;
    size_t text_size, text_capacity;
    size_t from;                  /* rows before it are settled */
    size_t ends[ROW_BATCH_DEPTH]; /* of the halves under way, innermost last */
    uint32_t depth;
};

void row_batch_fini(struct row_batch *b);

/* values: `width` of them; none is a list or a map. since: when it came, never
 * less than that of the row before. */
void row_batch_add(struct row_batch *b, gale_handle input, int64_t since,
                   const gale_value *values);

/* Text is borrowed until the next row is added. */
gale_value row_batch_value(const struct row_batch *b, size_t row,
                           uint32_t column);

/* Rows that are not settled, and what their values take. */
size_t row_batch_left(const struct row_batch *b);
size_t row_batch_bytes(const struct row_batch *b);

/* When the oldest row that is not settled came; INT64_MAX without one. */
int64_t row_batch_oldest(const struct row_batch *b);

/* The rows to be written next; false if all are settled. */
bool row_batch_range(const struct row_batch *b, size_t *from, size_t *n);

/* Row `row` of the range need not be written: what it does is done. */
void row_batch_leave_out(struct row_batch *b, size_t row);

/* The range is settled. When none is left, the batch is empty. */
void row_batch_written(struct row_batch *b);

/* The range holds a bad row: true if it is the only one of it, and then it is
 * settled, else the next range is half of it. */
bool row_batch_refused(struct row_batch *b);

/* All are settled. */
void row_batch_clear(struct row_batch *b);

#endif
