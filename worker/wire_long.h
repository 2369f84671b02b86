/*
 * wire_long.h - any value between workers: long text, lists and maps, and what
 * wire_value.h has no quick way for.
 */
#ifndef GALE_WIRE_LONG_H
#define GALE_WIRE_LONG_H

#include "worker/tuple_layout.h"

/*
 * A value that does not lie whole in its slot, which belongs to the tuple;
 * returns where its bytes end. They are no more than wire_slice_room() says.
 */
char *wire_long_put(char *out, const char *tuple, const struct slot *s);

/* What is read, and the memory that it goes to. */
struct wire_memory {
    const uint8_t *end; /* of the bytes */
    char *tuple;        /* the one under way … */
    char *tail;         /* … ends here so far … */
    char *limit;        /* … and at most here */
    const char *defect; /* what is wrong, as in "the frame …" */
};

#define WIRE_CUT_OFF "ends in the middle of a tuple"
#define WIRE_TOO_LARGE "holds more than it says"

/* The answer to bytes that are wrong. */
static inline const uint8_t *wire_refuse(struct wire_memory *m,
                                         const char *defect)
{
    m->defect = defect;
    return NULL;
}

static inline size_t wire_left(const struct wire_memory *m, const uint8_t *p)
{
    return (size_t)(m->end - p);
}

/* So many bytes more for the tuple, a multiple of 8. NULL and the defect: there
 * is no room. */
static inline char *wire_take(struct wire_memory *m, uint64_t size)
{
    char *tail = m->tail;

    if (size > (uint64_t)(m->limit - tail)) {
        m->defect = WIRE_TOO_LARGE;
        return NULL;
    }
    m->tail = tail + size;
    return tail;
}

/*
 * Any value, at p: its slot, and what it takes for the tuple. depth: how many
 * lists it is in. Returns the end of its bytes. NULL and the defect: it is
 * none.
 */
const uint8_t *wire_long_get(struct wire_memory *m, const uint8_t *p,
                             char *slot, uint32_t depth);

#endif
