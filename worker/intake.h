/*
 * intake.h - what comes from one other worker for one executor here.
 *
 * Its envelopes are charged to the executor's gate as any others. When one was
 * taken it comes back to the intake, an executor on the link's carrier, which
 * lets the other worker have the credit for it.
 */
#ifndef GALE_INTAKE_H
#define GALE_INTAKE_H

#include "worker/credit.h"
#include "worker/outlet.h"

struct link;

struct intake {
    struct executor executor; /* first */
    struct outlet outlet;     /* of its envelopes, for whoever counts them */
    struct link *link;
    struct executor *to;
    uint64_t pushed, returned; /* envelopes; the first … */
    uint64_t stale_until; /* … so many came on connections that are lost */
    uint32_t waiting;     /* tuples that are not taken; of these … */
    uint32_t stale;       /* … so many came on those connections */
    uint32_t tuples;      /* taken, and not told … */
    uint64_t bytes;       /* … with so many bytes */
    struct intake *next_telling;
    bool tells; /* it is on the link's list */
};

struct intake *intake_new(struct link *link, struct executor *to);
void intake_free(struct intake *i);

/* The envelope, which is not pushed yet, belongs to the executor from here on.
 * The link's carrier. */
void intake_push(struct intake *i, struct envelope *env);

/* An envelope of kind ENVELOPE_FAR was taken, and its block is given back. The
 * consumer's carrier c. */
void intake_taken(struct envelope *env, struct carrier *c);

/* The connection is lost: what came on it earns no credit any more, and as long
 * as it waits, less may wait that comes on the next one. */
void intake_lose(struct intake *i);
/* There is a next one, which is told so. */
void intake_begin(struct intake *i);

/* How much may wait for the executor of what comes on this connection. */
struct credit intake_limits(const struct intake *i);

#endif
