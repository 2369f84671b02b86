/* record_batch.c - held inputs and their records; see record_batch.h. */
#include "connectors/record_batch.h"

void record_batch_fini(struct record_batch *b)
{
    text_out_fini(&b->text);
    free(b->held.items);
}

void record_batch_add(struct record_batch *b, gale_handle input, int64_t now)
{
    struct held_inputs *h = &b->held;

    if (h->n == h->capacity) {
        h->capacity = 2 * h->capacity + 64;
        h->items = must_alloc(h->items, h->capacity * sizeof(*h->items));
    }
    if (h->n == 0)
        b->since = now;
    h->items[h->n++] = input;
}

void record_batch_take(struct record_batch *b, struct held_inputs *to)
{
    struct held_inputs held = b->held;

    must(to->n == 0);
    b->held = *to;
    *to = held;
    b->text.size = 0;
}
