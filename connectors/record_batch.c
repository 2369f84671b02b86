/* record_batch.c - held inputs and their records; see record_batch.h. */
#include "connectors/record_batch.h"
#include "connectors/must.h"

void record_batch_init(struct record_batch *b)
{
    b->out = open_memstream(&b->data, &b->size);
    must(b->out != NULL);
}

void record_batch_fini(struct record_batch *b)
{
    if (b->out != NULL)
        fclose(b->out);
    free(b->data);
    free(b->held);
}

void record_batch_add(struct record_batch *b, gale_handle input, int64_t now)
{
    if (b->n == b->capacity) {
        b->capacity = 2 * b->capacity + 64;
        b->held = must_alloc(b->held, b->capacity * sizeof(*b->held));
    }
    if (b->n == 0)
        b->since = now;
    b->held[b->n++] = input;
}

int64_t record_batch_size(const struct record_batch *b)
{
    return ftello(b->out);
}

void record_batch_cut(struct record_batch *b, int64_t size)
{
    must(fseeko(b->out, size, SEEK_SET) == 0);
}

void record_batch_text(struct record_batch *b)
{
    must(fflush(b->out) == 0);
}

void record_batch_clear(struct record_batch *b)
{
    b->n = 0;
    rewind(b->out);
}
