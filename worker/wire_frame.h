/*
 * wire_frame.h - frames between two workers: their heads, their sums, and the
 * bytes of a connection cut into them.
 *
 *      0  u32  crc        CRC-32C of all behind it, to the end of the payload
 *      4  u32  length     of the payload
 *      8  u32  sequence   frames before this one on the connection, in this
 *                         direction, modulo 2^32
 *     12  u8   kind       enum wire_kind
 *     13  u8   flags      0
 *     14  u16  0
 *     16  payload
 *
 * all little-endian. An END frame, the first of a connection, is
 *
 *     ae844250 00000000 00000000 04 00 0000
 *
 * Nothing here knows of sockets. One thread at a time for each reader.
 */
#ifndef GALE_WIRE_FRAME_H
#define GALE_WIRE_FRAME_H

#include <gale/local.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_FRAME_HEAD 16u

enum wire_kind {
    WIRE_DATA = 0,   /* a slice: wire_slice.h */
    WIRE_ACKS = 1,   /* records: wire_acks.h */
    WIRE_FAILS = 2,  /* messages that fail: wire_acks.h */
    WIRE_CREDIT = 3, /* what was taken, and limits: wire_credit.h */
    WIRE_END = 4,    /* nothing more follows; no payload */
    WIRE_PING = 5,   /* is anybody there; no payload */
    WIRE_PLAN = 6,   /* the version of the plan that its sender acts by: u64 */
    WIRE_OFFER = 7,  /* memory, for rings of so many bytes: u64; link_rings.h */
    WIRE_SHARED = 8, /* what follows comes by the ring; no payload */
    WIRE_KINDS
};

struct wire_frame {
    enum wire_kind kind;
    const uint8_t *payload; /* the reader's, until it is asked again */
    uint32_t size;
};

/*
 * The head of a frame whose payload is written already, WIRE_FRAME_HEAD bytes
 * behind `frame`. *sequence: frames that were sealed before; counts this one.
 * Returns the size of the frame.
 */
size_t wire_frame_seal(char *frame, enum wire_kind kind, uint32_t payload,
                       uint32_t *sequence);

/* -- reading --------------------------------------------------------------- */

struct wire_reader {
    uint8_t *data;
    size_t capacity;
    size_t from, to;      /* bytes that came and are no frame yet */
    uint32_t payload_max; /* longer ones are refused */
    uint32_t sequence;    /* of the next frame */
};

enum wire_read {
    WIRE_BROKEN = -1, /* no frames: the connection is of no more use */
    WIRE_MORE = 0,    /* the next frame is not whole yet */
    WIRE_READ = 1,    /* it is here */
};

#define WIRE_READ_BYTES (256u * 1024u) /* memory of a reader, usually */

void wire_reader_init(struct wire_reader *r, uint32_t payload_max);
void wire_reader_fini(struct wire_reader *r);

/*
 * Where the next bytes go: *room of them, at least half of WIRE_READ_BYTES.
 * Memory grows with what has come, never by what a frame says of its length.
 * What was got is gone.
 */
uint8_t *wire_reader_room(struct wire_reader *r, size_t *room);

/* So many have come there. */
void wire_reader_came(struct wire_reader *r, size_t n);

/* The next frame; its payload is good until the reader is called again. error:
 * what is wrong, as in "a frame …", if WIRE_BROKEN. */
enum wire_read wire_reader_next(struct wire_reader *r, struct wire_frame *f,
                                gale_err *error);

/* What has come behind the last frame is no part of the next one. */
static inline void wire_reader_skip(struct wire_reader *r)
{
    r->from = r->to;
}

/* Do bytes of a frame wait that is not whole? */
static inline bool wire_reader_is_within(const struct wire_reader *r)
{
    return r->from < r->to;
}

#endif
