/*
 * link_rings.h - shared memory of two workers of one host, beside the Unix
 * socket of their connection: a ring for each way (shared_ring.h), which
 * carries the bytes that the socket has carried so far.
 *
 *     who has opened it                    the other side
 *       OFFER, and the memory        ───▶
 *                                    ◀───   SHARED: my next byte is in the ring
 *       SHARED: the same             ───▶
 *
 * All of these come by the socket, each the last frame there that way but for
 * the first, so nothing overtakes anything; who cannot have the memory never
 * answers, and the socket goes on. From then on the socket carries bells, a
 * byte each, for a side that rests, and its end says that the other side is
 * gone.
 *
 * The memory has no name. It goes with the last of both, whoever is killed.
 */
#ifndef GALE_LINK_RINGS_H
#define GALE_LINK_RINGS_H

#include "worker/carrier.h"
#include "worker/link_out.h"
#include "worker/shared_ring.h"

struct executor;

#define LINK_RING_MIN (64u << 10) /* bytes of one ring, … */
#define LINK_RING_MAX (1u << 20)
#define LINK_RINGS_ALL (32u << 20) /* … and about so many of all of a worker */

struct link_rings {
    struct carrier_look look;
    struct executor *executor; /* runs when there is something */
    struct link_out *bytes;    /* that wait to go out */
    void *at;                  /* NULL: there are none */
    size_t size;               /* of all of it */
    int memory;                /* that came, or is to go; -1: none */
    struct shared_ring in, out;
    bool reads, writes; /* by the ring, from now on */
    bool leaves; /* the socket, when by_socket bytes have gone there … */
    size_t by_socket;
    bool rests;    /* and the other side is to ring */
    bool is_alone; /* the socket has ended: what is in the ring is the last */
};

void link_rings_init(struct link_rings *r, struct executor *e,
                     struct link_out *bytes);
/* The connection is lost; harmless if there are none. */
void link_rings_drop(struct link_rings *r);

/* Bytes of one ring, among so many workers. */
size_t link_ring_bytes(uint32_t n_workers);

/* Memory for rings of so many bytes, to be offered; false and errno. */
bool link_rings_make(struct link_rings *r, size_t bytes);
/* The other side offers them, in memory that has come: NULL, or what is wrong.
 * They are there then, unless there is no memory to be had. */
const char *link_rings_take(struct link_rings *r, uint64_t bytes);
/* What is written so far goes by the socket, all later bytes by the ring. */
void link_rings_write(struct link_rings *r);
/* What comes next comes by the ring. */
void link_rings_read(struct link_rings *r);

/* As net_send() of all that waits, and net_receive(), by whichever way it is. A
 * side that says what cannot be is EBADMSG. */
int64_t link_rings_send(struct link_rings *r, struct env *env, int fd);
int64_t link_rings_receive(struct link_rings *r, struct env *env, int fd,
                           void *to, size_t size);
/* The socket is ready, and what comes comes by the ring: takes bells. */
void link_rings_hear(struct link_rings *r, struct env *env, int fd);

/* There is something to be read. */
static inline bool link_rings_has(const struct link_rings *r)
{
    return r->reads && (r->is_alone || shared_ring_has(&r->in));
}

#endif
