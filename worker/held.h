/*
 * held.h - inputs that a bolt keeps open beyond execute.
 *
 * An entry has what is needed to settle the input, and nothing of its bytes. A
 * handle is the entry's place and generation, so that settling twice, or by a
 * handle of an older run, finds nothing. Entries do not move: the emit under
 * way may point at their trees. Pure, one thread.
 */
#ifndef GALE_HELD_H
#define GALE_HELD_H

#include "worker/outbox.h"
#include <gale/task.h>

struct held_input {
    uint32_t generation; /* odd while in use */
    uint32_t place;
    uint32_t input; /* index of the subscription */
    uint32_t n_trees;
    struct tree *trees; /* &one, or allocated */
    struct tree one;
    int64_t since; /* ns */
    bool unheard;  /* it has failed since a field was refused, which its bolt
                      does not hear: its handle stays good */
    struct held_input *next_free;
};

struct held {
    struct held_input **chunks;
    uint32_t n_chunks;
    uint32_t n;     /* in use */
    uint32_t start; /* first generation, even */
    struct held_input *free;
};

/* start: random, so that a handle of another run names nothing here. */
void held_init(struct held *h, uint32_t start);
void held_fini(struct held *h);

/* A new entry with a copy of the trees; at most 2^31 at a time. */
struct held_input *held_add(struct held *h, const struct tree *trees,
                            uint32_t n_trees);

gale_handle held_handle(const struct held_input *in);

/* NULL if the handle names no open input. */
struct held_input *held_find(const struct held *h, gale_handle handle);

void held_remove(struct held *h, struct held_input *in);

#endif
