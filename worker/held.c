/* held.c - the table of held inputs; see held.h. */
#include "worker/held.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define CHUNK 256u

void held_init(struct held *h, uint32_t start)
{
    memset(h, 0, sizeof(*h));
    h->start = start & ~UINT32_C(1);
}

void held_fini(struct held *h)
{
    for (uint32_t i = 0; i < h->n_chunks; i++) {
        for (uint32_t k = 0; k < CHUNK; k++) {
            struct held_input *in = &h->chunks[i][k];

            if (in->generation % 2 == 1 && in->trees != &in->one)
                free(in->trees);
        }
        free(h->chunks[i]);
    }
    free(h->chunks);
    memset(h, 0, sizeof(*h));
}

static void add_chunk(struct held *h)
{
    struct held_input *chunk = xcalloc(CHUNK, sizeof(*chunk));

    check(h->n_chunks < UINT32_MAX / CHUNK / 2);
    h->chunks = xrealloc(h->chunks, (h->n_chunks + 1) * sizeof(*h->chunks));
    for (uint32_t i = CHUNK; i-- > 0;) {
        chunk[i].place = h->n_chunks * CHUNK + i;
        chunk[i].generation = h->start;
        chunk[i].next_free = h->free;
        h->free = &chunk[i];
    }
    h->chunks[h->n_chunks++] = chunk;
}

struct held_input *held_add(struct held *h, const struct tree *trees,
                            uint32_t n_trees)
{
    struct held_input *in;

    if (h->free == NULL)
        add_chunk(h);
    in = h->free;
    h->free = in->next_free;
    check(in->generation % 2 == 0);
    in->generation++;
    in->unheard = false;
    in->n_trees = n_trees;
    in->trees = &in->one;
    if (n_trees > 1)
        in->trees = xcalloc(n_trees, sizeof(*trees));
    if (n_trees > 0)
        memcpy(in->trees, trees, n_trees * sizeof(*trees));
    h->n++;
    return in;
}

gale_handle held_handle(const struct held_input *in)
{
    check(in->generation % 2 == 1);
    return (gale_handle){(uint64_t)in->generation << 32 | in->place};
}

struct held_input *held_find(const struct held *h, gale_handle handle)
{
    uint32_t place = (uint32_t)handle.id,
             generation = (uint32_t)(handle.id >> 32);
    struct held_input *in;

    if (generation % 2 == 0 || place / CHUNK >= h->n_chunks)
        return NULL;
    in = &h->chunks[place / CHUNK][place % CHUNK];
    return in->generation == generation ? in : NULL;
}

void held_remove(struct held *h, struct held_input *in)
{
    check(in->generation % 2 == 1 && h->n > 0);
    if (in->trees != &in->one)
        free(in->trees);
    in->trees = NULL;
    in->generation++;
    in->next_free = h->free;
    h->free = in;
    h->n--;
}
