/*
 * replay.h - the messages that failed, until the spout emits them again.
 *
 * `fail` pushes, `next` pops, oldest first. Bounded by the messages that are
 * pending, since each of them fails at most once per emission. Starts zeroed;
 * memory that cannot be had ends the worker with a line that says so.
 */
#ifndef SPOUTS_REPLAY_H
#define SPOUTS_REPLAY_H

#include <gale/spout.h>
#include <stdio.h>
#include <stdlib.h>

struct replay {
    gale_msgid *ids;
    size_t first, end; /* of ids */
    size_t capacity;
};

static inline void *replay_grown(void *memory, size_t size)
{
    void *more = realloc(memory, size);

    if (!more) {
        fprintf(stderr, "gale: a spout is out of memory (%zu bytes)\n", size);
        abort();
    }
    return more;
}

static inline bool replay_empty(const struct replay *r)
{
    return r->first == r->end;
}

static inline void replay_push(struct replay *r, gale_msgid id)
{
    if (r->end == r->capacity && r->first > r->capacity / 2) {
        memmove(r->ids, r->ids + r->first,
                (r->end - r->first) * sizeof(*r->ids));
        r->end -= r->first;
        r->first = 0;
    } else if (r->end == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 64;
        r->ids = replay_grown(r->ids, r->capacity * sizeof(*r->ids));
    }
    r->ids[r->end++] = id;
}

/* Only if it is not empty. */
static inline gale_msgid replay_pop(struct replay *r)
{
    gale_msgid id = r->ids[r->first++];

    if (r->first == r->end)
        r->first = r->end = 0;
    return id;
}

static inline void replay_free(struct replay *r)
{
    free(r->ids);
}

#endif
