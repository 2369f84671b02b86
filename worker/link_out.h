/*
 * link_out.h - bytes that go out on a connection, in one piece of memory: they
 * are written at its end and sent from its start. It grows as it must; its
 * owner says how much it lets wait.
 */
#ifndef GALE_LINK_OUT_H
#define GALE_LINK_OUT_H

#include "worker/wire_frame.h"

struct link_out {
    char *data;
    size_t from, to, capacity;
    uint32_t sequence; /* frames that were sealed on this connection */
};

/* How many wait. */
static inline size_t link_out_queued(const struct link_out *o)
{
    return o->to - o->from;
}

/* So many bytes, right behind those that wait; good until the next call. */
char *link_out_room(struct link_out *o, size_t size);
/* They are whole as they are. */
void link_out_put(struct link_out *o, const void *bytes, size_t size);
/* Where the payload of a frame goes, and that it is there. */
char *link_out_frame(struct link_out *o, uint64_t payload_max);
void link_out_seal(struct link_out *o, enum wire_kind kind, size_t payload);
/* All that waits; and so many of these have gone. */
const char *link_out_bytes(const struct link_out *o, size_t *size);
void link_out_went(struct link_out *o, size_t n);
/* What waits goes nowhere; a new connection begins with frame 0. */
void link_out_drop(struct link_out *o);
void link_out_fini(struct link_out *o);

#endif
