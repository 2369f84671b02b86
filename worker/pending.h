/*
 * pending.h - the messages of one spout task that are not settled yet.
 *
 * This is the acker: beside the spout, no component and no messages of its own.
 * A tracked message has a 48-bit sequence number; root = task id << 48 | number
 * travels in its tuples. The table is a ring indexed by the number's low bits,
 * so that finding an entry is one load. Every tuple of the tree has a random
 * edge id; an entry holds the XOR of all edges that were made and not yet
 * acked, and the tree is complete when it is 0 (Storm's algorithm).
 *
 * A number whose slot is still taken by a straggler is skipped; when more than
 * half of the ring is taken, the ring doubles. Numbers begin at a random place
 * per run and are compared whole, so a late ack of a settled message, of an
 * earlier run or of a skipped number finds nothing.
 *
 * Pure: time comes in as an argument, no I/O, no thread but the spout's.
 */
#ifndef GALE_WORKER_PENDING_H
#define GALE_WORKER_PENDING_H

#include <gale/abi.h>

#define PENDING_SEQ_BITS 48
#define PENDING_SEQ_MASK ((UINT64_C(1) << PENDING_SEQ_BITS) - 1)
#define PENDING_MAX (UINT32_C(1) << 22) /* a spout task is not called beyond */

struct pending_entry {
    uint64_t seq; /* 0: free */
    uint64_t sum; /* XOR of the open edges */
    gale_msgid id;
    int64_t emitted; /* ns */
    uint64_t born;   /* number under which the message was emitted first */
};

struct pending {
    struct pending_entry *ring;
    uint32_t capacity; /* a power of two */
    uint32_t n;        /* entries in use */
    uint64_t next;     /* next number to try */
    uint64_t oldest;   /* no entry in use is older */
    uint32_t scan;     /* where the search for expired ones goes on */
};

enum pending_result {
    PENDING_OPEN,     /* something of the tree is still under way */
    PENDING_SETTLED,  /* the entry was removed and copied out */
    PENDING_UNKNOWN,  /* no such message: settled before, or of another run */
};

/* start: a random number; only its low 40 bits count. */
void pending_init(struct pending *p, uint64_t start);
void pending_fini(struct pending *p);

/* Enter a message; returns its number. Its sum is 0 until pending_seal(). */
uint64_t pending_add(struct pending *p, gale_msgid id, int64_t now);

/* All tuples of the message are out, `sum` is the XOR of their edges: settled at
 * once if there were none. */
enum pending_result pending_seal(struct pending *p, uint64_t seq, uint64_t sum,
                                 struct pending_entry *out);

/* A bolt acked: `value` is the edge of its input XOR those it made. */
enum pending_result pending_ack(struct pending *p, uint64_t seq, uint64_t value,
                                struct pending_entry *out);

enum pending_result pending_fail(struct pending *p, uint64_t seq,
                                 struct pending_entry *out);

/*
 * Look at the next `n_slots` slots for an entry emitted at or before `before`;
 * remove it and return true, with *n_slots reduced by what was looked at; false
 * when they are used up.
 */
bool pending_expire(struct pending *p, int64_t before, uint32_t *n_slots,
                    struct pending_entry *out);

/* The least number in use, or the next one if none is. */
uint64_t pending_oldest(struct pending *p);

/* The entry of a number that is in use, else NULL. */
struct pending_entry *pending_find(struct pending *p, uint64_t seq);

#endif
