/*
 * wire_value.h - the values that lie whole in their slots, as MessagePack: what
 * most fields are; wire_long.c has the others.
 *
 * A slot's text is moved as two words, not byte by byte: what is behind it in
 * the slot is written too, and overwritten by what follows.
 */
#ifndef GALE_WIRE_VALUE_H
#define GALE_WIRE_VALUE_H

#include "worker/wire_bytes.h"

enum {
    MP_MAP = 0x80, /* with the number in it, as the next two */
    MP_ARRAY = 0x90,
    MP_STR = 0xa0,
    MP_NIL = 0xc0,
    MP_FALSE = 0xc2,
    MP_TRUE = 0xc3,
    MP_BIN8 = 0xc4,
    MP_BIN16 = 0xc5,
    MP_BIN32 = 0xc6,
    MP_FLOAT32 = 0xca,
    MP_FLOAT64 = 0xcb,
    MP_UINT8 = 0xcc, /* 16, 32, 64 follow, as for the next one */
    MP_UINT64 = 0xcf,
    MP_INT8 = 0xd0,
    MP_INT64 = 0xd3,
    MP_STR8 = 0xd9,
    MP_STR16 = 0xda,
    MP_STR32 = 0xdb,
    MP_ARRAY16 = 0xdc,
    MP_ARRAY32 = 0xdd,
    MP_MAP16 = 0xde,
    MP_MAP32 = 0xdf
};

#define WIRE_VALUE_MAX 16u /* bytes of a value that is whole in its slot */

/* -- writing --------------------------------------------------------------- */

static TUPLE_INLINE char *wire_put_int(char *out, int64_t i)
{
    uint64_t u = (uint64_t)(i ^ i >> 63);
    uint32_t negative = i < 0, bits, log_bytes;

    if ((uint64_t)i + 32 < 160) {
        *out = (char)i;
        return out + 1;
    }
    bits = 64 - (uint32_t)__builtin_clzll(u | 1) + negative;
    log_bytes = (bits > 8) + (bits > 16) + (bits > 32);
    *out = (char)((negative ? MP_INT8 : MP_UINT8) + log_bytes);
    wire_put64(out + 1,
               __builtin_bswap64((uint64_t)i << (64 - (8u << log_bytes))));
    return out + 1 + (1u << log_bytes);
}

/* Is it text of 0 … 14 bytes? */
static TUPLE_INLINE bool wire_is_short_text(uint64_t head)
{
    return (head & 0xffff) <= (GALE_STRING | TUPLE_INLINE_MAX << 8) &&
           (uint8_t)head == GALE_STRING;
}

static TUPLE_INLINE char *wire_put_short_text(char *out, uint64_t head,
                                              uint64_t word)
{
    wire_put64(out, head >> 8 | word << 56 | MP_STR);
    wire_put64(out + 8, word >> 8);
    return out + 1 + (uint8_t)(head >> 8);
}

/* Returns the end of the value; NULL: it is not whole in its slot. Writes
 * WIRE_VALUE_MAX bytes, whatever counts. */
static TUPLE_INLINE char *wire_put_slot(char *out, const struct slot *s)
{
    uint64_t head = s->head, word = s->word;

    if (wire_is_short_text(head))
        return wire_put_short_text(out, head, word);
    if ((uint8_t)head == GALE_INT)
        return wire_put_int(out, (int64_t)word);
    if ((uint8_t)head == GALE_FLOAT) {
        *out = (char)MP_FLOAT64;
        wire_put64(out + 1, __builtin_bswap64(word));
        return out + 9;
    }
    switch ((uint8_t)head) {
    case GALE_NIL:
        *out = (char)MP_NIL;
        return out + 1;
    case GALE_BOOL:
        *out = (char)(word != 0 ? MP_TRUE : MP_FALSE);
        return out + 1;
    case GALE_BYTES:
        if ((uint8_t)(head >> 8) == TUPLE_LONG)
            return NULL;
        wire_put64(out, head ^ GALE_BYTES ^ MP_BIN8);
        wire_put64(out + 8, word);
        return out + 2 + (uint8_t)(head >> 8);
    default:
        return NULL;
    }
}

/* -- reading --------------------------------------------------------------- */

/* Text of up to 14 bytes that begins in byte 2 of two words. */
static TUPLE_INLINE void wire_store_text(char *slot, uint32_t kind,
                                         uint32_t size, uint64_t head,
                                         uint64_t word)
{
    words_store(slot, (head & slot_masks[size][0]) | kind | size << 8,
                word & slot_masks[size][1]);
}

static TUPLE_INLINE void wire_store(char *slot, uint32_t kind, uint64_t word)
{
    words_store(slot, kind, word);
}

/* The size of a short text that begins with this byte; more than
 * TUPLE_INLINE_MAX: it does not. */
static TUPLE_INLINE uint32_t wire_short_text(uint8_t byte)
{
    return (uint32_t)byte - MP_STR;
}

/* Reads 16 bytes. */
static TUPLE_INLINE const uint8_t *wire_get_short_text(const uint8_t *p,
                                                       uint32_t size,
                                                       char *slot)
{
    uint64_t lo = wire_get64(p), hi = wire_get64(p + 8);

    wire_store_text(slot, GALE_STRING, size, lo << 8, lo >> 56 | hi << 8);
    return p + 1 + size;
}

/* The integers of 1, 2, 4, 8 bytes. */
static TUPLE_INLINE const uint8_t *wire_get_int(const uint8_t *p, char *slot)
{
    uint32_t bytes = 1u << (*p & 3), shift = 64 - 8 * bytes;
    uint64_t word = __builtin_bswap64(wire_get64(p + 1));

    if (*p >= MP_INT8)
        word = (uint64_t)((int64_t)word >> shift);
    else if ((*p == MP_UINT64) & (word >> 63))
        return NULL;
    else
        word >>= shift;
    wire_store(slot, GALE_INT, word);
    return p + 1 + bytes;
}

static TUPLE_INLINE uint64_t wire_widened(uint64_t word)
{
    uint32_t bits = __builtin_bswap32((uint32_t)word);
    double wide;
    float f;

    memcpy(&f, &bits, sizeof(f));
    wide = (double)f;
    memcpy(&word, &wide, sizeof(word));
    return word;
}

/*
 * Returns the end of the value; NULL: it does not lie whole in its slot, is
 * text in a longer form than it needs, or no value. Reads WIRE_VALUE_MAX bytes,
 * whatever counts.
 */
static TUPLE_INLINE const uint8_t *wire_get_slot(const uint8_t *p, char *slot)
{
    uint8_t byte = *p;

    if (wire_short_text(byte) <= TUPLE_INLINE_MAX)
        return wire_get_short_text(p, wire_short_text(byte), slot);
    if ((int8_t)byte >= -32) {
        wire_store(slot, GALE_INT, (uint64_t)(int8_t)byte);
        return p + 1;
    }
    if (byte >= MP_UINT8 && byte <= MP_INT64)
        return wire_get_int(p, slot);
    if (byte == MP_FLOAT64) {
        wire_store(slot, GALE_FLOAT, __builtin_bswap64(wire_get64(p + 1)));
        return p + 9;
    }
    switch (byte) {
    case MP_FLOAT32:
        wire_store(slot, GALE_FLOAT, wire_widened(wire_get64(p + 1)));
        return p + 5;
    case MP_NIL:
        wire_store(slot, GALE_NIL, 0);
        return p + 1;
    case MP_FALSE:
    case MP_TRUE:
        wire_store(slot, GALE_BOOL, byte == MP_TRUE);
        return p + 1;
    case MP_BIN8:
        if (p[1] > TUPLE_INLINE_MAX)
            return NULL;
        wire_store_text(slot, GALE_BYTES, p[1], wire_get64(p),
                        wire_get64(p + 8));
        return p + 2 + p[1];
    default:
        return NULL;
    }
}

#endif
