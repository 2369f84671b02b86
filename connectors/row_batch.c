/* row_batch.c - held inputs and their rows; see row_batch.h. */
#include "connectors/row_batch.h"
#include "connectors/must.h"

enum { ROWS_FIRST = 64, TEXT_FIRST = 4096 };

void row_batch_fini(struct row_batch *b)
{
    free(b->entries);
    free(b->values);
    free(b->text);
}

/* -- rows ------------------------------------------------------------------ */

static void make_room(struct row_batch *b)
{
    if (b->n < b->capacity)
        return;
    b->capacity = b->capacity > 0 ? 2 * b->capacity : ROWS_FIRST;
    b->entries = must_alloc(b->entries, b->capacity * sizeof(*b->entries));
    b->values =
        must_alloc(b->values, b->capacity * b->width * sizeof(*b->values));
}

static bool is_text(gale_value v)
{
    return v.kind == GALE_STRING || v.kind == GALE_BYTES;
}

/* The value with the place of its copy instead of a pointer. */
static gale_value keep_text(struct row_batch *b, gale_value v)
{
    if (b->text_capacity - b->text_size < v.size) {
        b->text_capacity = 2 * b->text_capacity + v.size + TEXT_FIRST;
        b->text = must_alloc(b->text, b->text_capacity);
    }
    if (v.size > 0)
        memcpy(b->text + b->text_size, v.as.data, v.size);
    v.as.i = (int64_t)b->text_size;
    b->text_size += v.size;
    return v;
}

void row_batch_add(struct row_batch *b, gale_handle input, int64_t since,
                   const gale_value *values)
{
    gale_value *row;

    make_room(b);
    row = b->values + b->n * b->width;
    b->entries[b->n++] = (struct row_batch_entry){input, since, false};
    for (uint32_t i = 0; i < b->width; i++) {
        must(values[i].kind != GALE_LIST && values[i].kind != GALE_MAP);
        row[i] = is_text(values[i]) ? keep_text(b, values[i]) : values[i];
    }
}

gale_value row_batch_value(const struct row_batch *b, size_t row,
                           uint32_t column)
{
    gale_value v;

    must(row < b->n && column < b->width);
    v = b->values[row * b->width + column];
    if (is_text(v))
        v.as.data = b->text + v.as.i;
    return v;
}

size_t row_batch_left(const struct row_batch *b)
{
    return b->n - b->from;
}

size_t row_batch_bytes(const struct row_batch *b)
{
    return b->text_size + b->n * b->width * sizeof(*b->values);
}

int64_t row_batch_oldest(const struct row_batch *b)
{
    return b->from < b->n ? b->entries[b->from].since : INT64_MAX;
}

/* -- halves ---------------------------------------------------------------- */

static size_t range_end(const struct row_batch *b)
{
    return b->depth > 0 ? b->ends[b->depth - 1] : b->n;
}

bool row_batch_range(const struct row_batch *b, size_t *from, size_t *n)
{
    *from = b->from;
    *n = range_end(b) - b->from;
    return *n > 0;
}

void row_batch_leave_out(struct row_batch *b, size_t row)
{
    must(row >= b->from && row < b->n);
    b->entries[row].left_out = true;
}

void row_batch_written(struct row_batch *b)
{
    b->from = range_end(b);
    while (b->depth > 0 && b->ends[b->depth - 1] == b->from)
        b->depth--;
    if (b->from == b->n)
        row_batch_clear(b);
}

bool row_batch_refused(struct row_batch *b)
{
    size_t n = range_end(b) - b->from;

    must(n > 0);
    if (n == 1) {
        row_batch_written(b);
        return true;
    }
    must(b->depth < ROW_BATCH_DEPTH);
    b->ends[b->depth++] = b->from + n / 2;
    return false;
}

void row_batch_clear(struct row_batch *b)
{
    b->n = b->from = b->text_size = 0;
    b->depth = 0;
}
