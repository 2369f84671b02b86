/*
 * made_slice.h - slices as emit leaves them in a block, made without one: for
 * tests of what is done with them.
 */
#ifndef MADE_SLICE_H
#define MADE_SLICE_H

#include "common/random.h"
#include "worker/shared_anchor.h"
#include "worker/wire_slice.h"

struct made_slice {
    struct wire_slice slice; /* whole after made_slice_done() */
    char *memory;
    char *at;  /* end of its tuples */
    char *end; /* its shared anchors begin */
};

/* An anchored tuple of made_slice_add(). */
struct made_tuple {
    const gale_value *values; /* as many as the slice has fields */
    const struct anchor *anchors;
    uint32_t n_anchors;
    uint16_t dst;
    bool shares; /* the one anchor, with those before it if it has that root */
};

/* Its memory is full of junk at first, and grows. */
void made_slice_begin(struct made_slice *m, uint32_t n_fields);
void made_slice_add(struct made_slice *m, const struct made_tuple *t);
/* Closes the gap before the shared anchors. */
void made_slice_done(struct made_slice *m);
void made_slice_free(struct made_slice *m);

/* A tuple of these values, nothing else. */
void made_slice_plain(struct made_slice *m, const gale_value *values);

/*
 * Chance makes one: values of all kinds and sizes, anchors of all forms, up to
 * `tuples` tuples for up to four tasks. The same from the same numbers.
 */
void made_slice_random(struct made_slice *m, struct random *random,
                       uint32_t tuples);

/* A value, nested at most so deep; made_value_free() for what it holds. */
gale_value made_value(struct random *random, uint32_t depth);
void made_value_free(gale_value v);

#endif
