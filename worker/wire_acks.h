/*
 * wire_acks.h - ACKS and FAILS frames: what became of messages of the other
 * worker's spouts.
 *
 * ACKS:    u32 n, then n records as anchors (wire_slice.h): root, value
 * FAILS:   one after the other
 *              u64 root
 *              i32 task      where it failed; 0: nowhere that is known
 *              u8  flags     bit 0: there is a cause; bit 1: poison
 *              u8  0
 *              u16 size      of the text, at most CAUSE_TEXT_MAX
 *              text
 *
 * Little-endian. Reading trusts nothing.
 */
#ifndef GALE_WIRE_ACKS_H
#define GALE_WIRE_ACKS_H

#include "worker/carrier.h"

struct cause;

/* Bytes that wire_acks_encode() wants for n records. */
static inline uint64_t wire_acks_room(uint32_t n)
{
    return 4 + 17 * (uint64_t)n + 16;
}

/* Returns how many bytes it is. */
size_t wire_acks_encode(const struct ack_record *records, uint32_t n,
                        char *out);

/* How many records there are, for which there must be memory: no more than
 * bytes. UINT32_MAX: the payload is too short for any. */
uint32_t wire_acks_n(const void *data, size_t size);

/* NULL with all wire_acks_n() records, or what is wrong, as in "the frame …".
 */
const char *wire_acks_decode(const void *data, size_t size,
                             struct ack_record *records);

/* Bytes that wire_fail_encode() wants, and at most writes. */
#define WIRE_FAIL_ROOM (16u + 1024u)

/* Appends one record; returns how many bytes it is. cause: or NULL. */
size_t wire_fail_encode(uint64_t root, const struct cause *cause, char *out);

/*
 * The record at *at, which is moved behind it, of a payload that ends at `end`.
 * NULL with the root and the cause, which is the caller's, or NULL if none is
 * told; or what is wrong, as in "the frame …".
 */
const char *wire_fail_decode(const uint8_t **at, const uint8_t *end,
                             uint64_t *root, struct cause **cause);

#endif
