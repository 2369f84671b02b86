/* rpc_frame.c - frames of u32 length; see rpc_frame.h. */
#include "common/rpc_frame.h"
#include "common/check.h"
#include "topology-api/memory.h"

enum {
    FIRST_CAPACITY = 1024,
    KEPT_CAPACITY = 256 << 10 /* when it is empty */
};

void rpc_bytes_fini(struct rpc_bytes *b)
{
    free(b->data);
    *b = (struct rpc_bytes){.data = NULL};
}

/* Moves what is held to the front if that makes room, and moves little. */
static void make_room(struct rpc_bytes *b, size_t size)
{
    size_t held = rpc_bytes_size(b), capacity = b->capacity;

    if (b->capacity - b->to >= size)
        return;
    if (b->from >= held && b->capacity - held >= size) {
        memcpy(b->data, b->data + b->from, held);
        b->from = 0;
        b->to = held;
        return;
    }
    if (capacity == 0)
        capacity = FIRST_CAPACITY;
    while (capacity - b->to < size)
        capacity *= 2;
    b->data = xrealloc(b->data, capacity);
    b->capacity = capacity;
}

void rpc_bytes_add(struct rpc_bytes *b, const void *data, size_t size)
{
    check(size < SIZE_MAX / 4);
    if (size == 0)
        return;
    make_room(b, size);
    memcpy(b->data + b->to, data, size);
    b->to += size;
}

void rpc_bytes_take(struct rpc_bytes *b, size_t size)
{
    check(size <= rpc_bytes_size(b));
    b->from += size;
    if (b->from < b->to)
        return;
    b->from = b->to = 0;
    if (b->capacity > KEPT_CAPACITY)
        rpc_bytes_fini(b);
}

void rpc_frame_write(struct rpc_bytes *to, const void *data, uint32_t size)
{
    const uint8_t head[RPC_FRAME_HEAD] = {(uint8_t)(size >> 24),
                                          (uint8_t)(size >> 16),
                                          (uint8_t)(size >> 8), (uint8_t)size};

    rpc_bytes_add(to, head, sizeof(head));
    rpc_bytes_add(to, data, size);
}

static uint32_t length_at(const uint8_t *head)
{
    return (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
           (uint32_t)head[2] << 8 | head[3];
}

enum rpc_frame_found rpc_frame_read(const struct rpc_bytes *from, uint32_t max,
                                    const uint8_t **data, uint32_t *size)
{
    size_t held = rpc_bytes_size(from);

    if (held < RPC_FRAME_HEAD)
        return RPC_FRAME_NONE;
    *size = length_at(rpc_bytes_at(from));
    if (*size > max)
        return RPC_FRAME_TOO_LONG;
    if (held - RPC_FRAME_HEAD < *size)
        return RPC_FRAME_NONE;
    *data = rpc_bytes_at(from) + RPC_FRAME_HEAD;
    return RPC_FRAME_WHOLE;
}

void rpc_frame_drop(struct rpc_bytes *from)
{
    rpc_bytes_take(from, RPC_FRAME_HEAD + length_at(rpc_bytes_at(from)));
}
