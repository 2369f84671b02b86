/*
 * wire_bytes.h - words, and anchors, in the bytes between workers; see
 * wire_slice.h.
 *
 * Words are written whole where fewer bytes of them count, and the next thing
 * written goes over the rest. That is why writers want more room than what they
 * write.
 */
#ifndef GALE_WIRE_BYTES_H
#define GALE_WIRE_BYTES_H

#include "worker/tuple_layout.h"

#define WIRE_ANCHOR_MAX 17u

static TUPLE_INLINE uint16_t wire_get16(const uint8_t *p)
{
    uint16_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static TUPLE_INLINE uint32_t wire_get32(const uint8_t *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static TUPLE_INLINE uint64_t wire_get64(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

static TUPLE_INLINE void wire_put16(char *p, uint16_t word)
{
    memcpy(p, &word, sizeof(word));
}

static TUPLE_INLINE void wire_put32(char *p, uint32_t word)
{
    memcpy(p, &word, sizeof(word));
}

static TUPLE_INLINE void wire_put64(char *p, uint64_t word)
{
    memcpy(p, &word, sizeof(word));
}

/* -- anchors --------------------------------------------------------------- */

static TUPLE_INLINE uint64_t wire_zigzag(uint64_t difference)
{
    return difference << 1 ^ (uint64_t)((int64_t)difference >> 63);
}

static TUPLE_INLINE uint64_t wire_unzigzag(uint64_t z)
{
    return z >> 1 ^ -(z & 1);
}

/* Bytes without high zeroes. */
static TUPLE_INLINE uint32_t wire_bytes_of(uint64_t word)
{
    return (uint32_t)(71 - __builtin_clzll(word | 1)) / 8 - (word == 0);
}

/* *last: the one before it in the slice; becomes this one. Writes at most
 * WIRE_ANCHOR_MAX bytes that count; returns their end. */
static TUPLE_INLINE char *wire_put_anchor(char *out, struct anchor *last,
                                          const struct anchor *a)
{
    uint64_t root = wire_zigzag(a->root - last->root);
    uint64_t edge = wire_zigzag(a->edge - last->edge);
    uint32_t n_root = wire_bytes_of(root), n_edge = wire_bytes_of(edge);

    *last = *a;
    *out++ = (char)(n_root | n_edge << 4);
    wire_put64(out, root);
    out += n_root;
    wire_put64(out, edge);
    return out + n_edge;
}

/* Reads WIRE_ANCHOR_MAX bytes, whatever counts. NULL: it is none. */
static TUPLE_INLINE const uint8_t *wire_get_anchor(const uint8_t *p,
                                                   struct anchor *last)
{
    uint32_t n_root = *p & 15u, n_edge = *p >> 4;

    if (__builtin_expect(n_root > 8 || n_edge > 8, 0))
        return NULL;
    p++;
    last->root += wire_unzigzag(wire_get64(p) & text_masks[n_root][0]);
    p += n_root;
    last->edge += wire_unzigzag(wire_get64(p) & text_masks[n_edge][0]);
    return p + n_edge;
}

/* The same where fewer bytes may be left. NULL: it is none, or not all of it is
 * there. */
static TUPLE_INLINE const uint8_t *wire_get_anchor_of(const uint8_t *p,
                                                      const uint8_t *end,
                                                      struct anchor *last)
{
    uint8_t rest[WIRE_ANCHOR_MAX] = {0};
    const uint8_t *behind;

    if (__builtin_expect((size_t)(end - p) >= WIRE_ANCHOR_MAX, 1))
        return wire_get_anchor(p, last);
    memcpy(rest, p, (size_t)(end - p));
    behind = wire_get_anchor(rest, last);
    if (behind == NULL || behind - rest > end - p)
        return NULL;
    return p + (behind - rest);
}

#endif
