/*
 * wire_slice.h - a slice as the bytes that go to another worker.
 *
 * Numbers of fixed width are little-endian. A DATA frame holds one slice:
 *
 *      0  u32  executor   who consumes it
 *      4  i32  task       whose task has emitted it
 *      8  u32  n          tuples, 1 or more
 *     12  u32  bytes      that they and their shared anchors take in memory, a
 *                         multiple of 8
 *     16  u16  input      which of the consumer's subscriptions it is
 *     18  u8   n_fields   of each tuple
 *     19  u8   0, else it is of another version
 *     20  runs
 *
 * A run is up to 255 tuples in a row of which all else is equal:
 *
 *     u8 form    bits 0 … 2: enum wire_form; bit 3: `dst` follows; others 0
 *     u8 n       tuples, 1 or more
 *     u16 dst    the consuming task's place in its executor; 0 if not there
 *     anchor     if WIRE_SHARES: the shared one, which these tuples begin
 *     tuples     one after the other: anchors of its own, then its fields
 *
 * Of its own a tuple has no anchor, one, or (WIRE_SEVERAL) a u32 number, 2 or
 * more, and so many of them. An anchor is
 *
 *     u8 lead    bits 0 … 3: bytes of root, bits 4 … 7: of edge; 0 … 8 each
 *     root, edge what they are more than those of the anchor before it in the
 *                slice (at first 0), modulo 2^64, in zigzag (2 d, or for a
 *                negative d: -2 d - 1), low bytes first, without high zeroes
 *
 * so an anchor of a spout's next message takes two bytes.
 *
 * A field is a MessagePack value: nil, false, true, int of 64 bits, float 64,
 * str, bin, array, map. They are written in their shortest form, and read in
 * any; float 32 is read, too. What is refused: integers above 2^63 - 1, ext,
 * the byte 0xc1, arrays and maps nested more than TUPLE_DEPTH_MAX deep. A
 * stream's number of fields is known, so there is no array around them.
 *
 * The words "to" "be", the second of two tasks, an anchor (0x3000000000007, 9)
 * that both share, by task 5 for executor 3 (bytes = 2 · 24 + 24):
 *
 *     03000000 05000000 02000000 48000000 0000 01 00
 *     0b 02 0100  17 0e000000000006 12  a2 74 6f  a2 62 65
 *
 * [-1, 200, "", 0.5] without an anchor: 00 01  ff  cc c8  a0  cb 3fe00…00.
 *
 * Writing trusts its memory. Reading trusts nothing: every length is checked
 * against what is left of the bytes and of the memory before it is used.
 * Nothing here allocates, or knows of connections; any thread.
 */
#ifndef GALE_WIRE_SLICE_H
#define GALE_WIRE_SLICE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_SLICE_HEAD 20u
#define WIRE_RUN_MAX 255u /* tuples */

enum wire_form {
    WIRE_PLAIN = 0,    /* no anchors */
    WIRE_ANCHORED = 1, /* one for each tuple */
    WIRE_SEVERAL = 2,  /* two or more for each tuple */
    WIRE_SHARES = 3,   /* all share one, which follows */
    WIRE_SHARES_ON = 4 /* all share the last one of WIRE_SHARES */
};

#define WIRE_DST 8u /* of a run's form: it has `dst` */

/* A slice in memory, as struct envelope has it. */
struct wire_slice {
    uint32_t executor; /* by the id of its first task */
    int32_t task;
    uint16_t input;  /* route.input */
    uint16_t stride; /* bytes of each tuple if all have equal heads; 0: they
                        may differ */
    uint32_t n_fields;
    uint32_t n;
    uint32_t bytes;
    char *tuples; /* the first one; at a multiple of 8 */
    char *shared; /* where its shared anchors end; they may be anywhere */
};

/*
 * Bytes of memory that wire_slice_encode() wants for a slice that takes at most
 * so many: envelope.bytes, say. It may use all of them while it writes.
 */
static inline uint64_t wire_slice_room(uint32_t bytes)
{
    return WIRE_SLICE_HEAD + (uint64_t)bytes + bytes / 16 + 32;
}

/*
 * Writes the slice; returns how many bytes it is. All members are the caller's
 * but `bytes`, which is set: what a consumer's memory must have. (An envelope
 * is charged for more if the rest of its block was wasted.) stride is not
 * looked at.
 */
size_t wire_slice_encode(struct wire_slice *s, char *out);

/* What reads may be, beside their own size. */
struct wire_limits {
    uint32_t n_fields;    /* of the stream */
    uint32_t n_tasks;     /* of the consuming executor */
    uint32_t tuple_bytes; /* in memory, of one */
};

/*
 * The head of a DATA frame's payload: sets executor, task, input, n_fields, n,
 * bytes. These, and that executor and input exist, are the caller's to judge.
 * NULL, or what is wrong, as in "the frame …". What `bytes` says is then within
 * bytes_max and what so many bytes can hold, so memory may be had for it.
 */
const char *wire_slice_open(struct wire_slice *s, const void *data, size_t size,
                            uint32_t bytes_max);

/*
 * The tuples of an opened slice, of the same payload, into s->bytes of memory
 * at s->tuples, a multiple of 8; shared anchors lie at its end. NULL with
 * stride and shared set, or what is wrong, as in "the frame …": then the memory
 * holds nothing of use.
 */
const char *wire_slice_decode(struct wire_slice *s, const void *data,
                              size_t size, const struct wire_limits *limits);

#endif
