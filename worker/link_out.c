/* link_out.c - bytes that go out on a connection; see link_out.h. */
#include "worker/link_out.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

#define OUT_MIN (64u * 1024u)

static void move_to_front(struct link_out *o)
{
    memmove(o->data, o->data + o->from, link_out_queued(o));
    o->to -= o->from;
    o->from = 0;
}

char *link_out_room(struct link_out *o, size_t size)
{
    if (o->capacity - o->to < size && o->from > 0)
        move_to_front(o);
    if (o->capacity - o->to < size) {
        o->capacity =
            (o->to + size) * 2 > OUT_MIN ? (o->to + size) * 2 : OUT_MIN;
        o->data = xrealloc(o->data, o->capacity);
    }
    return o->data + o->to;
}

void link_out_put(struct link_out *o, const void *bytes, size_t size)
{
    memcpy(link_out_room(o, size), bytes, size);
    o->to += size;
}

char *link_out_frame(struct link_out *o, uint64_t payload_max)
{
    return link_out_room(o, WIRE_FRAME_HEAD + payload_max) + WIRE_FRAME_HEAD;
}

void link_out_seal(struct link_out *o, enum wire_kind kind, size_t payload)
{
    check(payload <= UINT32_MAX);
    o->to +=
        wire_frame_seal(o->data + o->to, kind, (uint32_t)payload, &o->sequence);
    check(o->to <= o->capacity);
}

const char *link_out_bytes(const struct link_out *o, size_t *size)
{
    *size = link_out_queued(o);
    return o->data + o->from;
}

void link_out_went(struct link_out *o, size_t n)
{
    check(n <= link_out_queued(o));
    o->from += n;
    if (o->from == o->to)
        o->from = o->to = 0;
}

void link_out_drop(struct link_out *o)
{
    o->from = o->to = 0;
    o->sequence = 0;
}

void link_out_fini(struct link_out *o)
{
    free(o->data);
}
