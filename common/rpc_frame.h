/*
 * rpc_frame.h - bytes of a connection, cut into frames: u32 length (the highest
 * byte first), then so many bytes. Pure.
 *
 * A length is compared with what is allowed before anything is done with it,
 * and memory grows with the bytes that have come, not with those that are
 * promised.
 */
#ifndef GALE_RPC_FRAME_H
#define GALE_RPC_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define RPC_FRAME_HEAD 4u

/* Bytes that come at one end and leave at the other. All zero is empty. */
struct rpc_bytes {
    uint8_t *data; /* capacity */
    size_t capacity;
    size_t from, to; /* what is held */
};

void rpc_bytes_fini(struct rpc_bytes *b);
void rpc_bytes_add(struct rpc_bytes *b, const void *data, size_t size);
void rpc_bytes_take(struct rpc_bytes *b, size_t size);

static inline size_t rpc_bytes_size(const struct rpc_bytes *b)
{
    return b->to - b->from;
}

static inline const uint8_t *rpc_bytes_at(const struct rpc_bytes *b)
{
    return b->data + b->from;
}

/* Head and content. */
void rpc_frame_write(struct rpc_bytes *to, const void *data, uint32_t size);

enum rpc_frame_found {
    RPC_FRAME_NONE,    /* more has to come */
    RPC_FRAME_WHOLE,   /* `size` bytes at `data`, until bytes are added; then
                          rpc_frame_drop() */
    RPC_FRAME_TOO_LONG /* `size` says how long it would be */
};

enum rpc_frame_found rpc_frame_read(const struct rpc_bytes *from, uint32_t max,
                                    const uint8_t **data, uint32_t *size);
/* Takes the frame out that was found. */
void rpc_frame_drop(struct rpc_bytes *from);

#endif
