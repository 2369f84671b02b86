/*
 * link.h - the connection to one other worker.
 *
 * A link is an executor without tasks. It lives on one carrier, together with
 * the stand-ins for executors of the other worker (stand_in.h) and with the
 * intakes of what comes from there (intake.h), so that nothing of it is locked;
 * link_state.h decides when it connects, speaks and is given up. A run of it
 * takes the frames that have come, writes the acks and credits that are due,
 * and sends what is written.
 *
 * What goes out waits in one buffer. Stand-ins write into it while less than
 * LINK_ROOM_BYTES wait; then they wait for room at the link's gate, which is
 * also full as long as there is no connection. Acks and credits never wait for
 * room: there are no more of them than edges that are under way, and one credit
 * for each intake.
 *
 * A connection that is lost loses what was on it. The gates of the stand-ins
 * get back what they were charged for it; messages whose tuples or acks were on
 * it time out. Acks that were not written yet, LINK_ACKS_MAX of them at most,
 * go out on the next connection, if the process on the other side is still the
 * same, or is the first there that is heard of.
 */
#ifndef GALE_LINK_H
#define GALE_LINK_H

#include "common/throttle.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/greeting.h"
#include "worker/link_out.h"
#include "worker/link_rings.h"
#include "worker/link_socket.h"
#include "worker/link_state.h"
#include "worker/plan.h"
#include "worker/transport.h"
#include "worker/wire_frame.h"

struct intake;
struct links;
struct stand_in;

#define LINK_ROOM_BYTES (256u * 1024u)
#define LINK_ACKS_MAX (1u << 20) /* records that wait for a connection */

/* What a link is told by other threads. */
struct link_note {
    struct message message;   /* kind: MESSAGE_NOTE */
    enum link_event event;    /* LINK_BEGIN, LINK_TAKEN, LINK_MOVED */
    int fd;                   /* LINK_TAKEN */
    enum transport by;        /* LINK_TAKEN */
    uint64_t incarnation;     /* LINK_TAKEN: of the other side … */
    uint64_t number;          /* … and greeting_number() */
    struct plan_worker place; /* LINK_MOVED */
};

struct link {
    struct executor executor; /* first; its own gate is the room to send */
    struct links *links;
    uint32_t peer; /* the other worker's number */
    struct ack_home home;
    struct link_state state;
    struct link_socket socket;
    struct timer timer;
    struct throttle throttle; /* of what is logged */

    enum transport by;   /* of the connection that there is, if any */
    bool shuns_unix;     /* for one attempt: it was sent away there */
    enum transport said; /* that it is connected by that; AUTO: not yet */

    /* The other side. */
    struct plan_worker place;
    struct greeting_name them;
    struct greeting greeting;
    uint32_t n_greeting; /* bytes of its next message that have come */
    uint8_t greeting_bytes[GREETING_MAX];

    struct link_out out;
    struct link_rings rings;
    struct wire_reader in;
    bool is_reading; /* `in` is there */
    bool has_more;   /* bytes may wait in the socket */
    bool is_ended;   /* the other side says that nothing more follows */

    struct stand_in *stand_ins;
    struct intake **intakes;   /* by executor.here; made when first used */
    struct intake *telling;    /* those with credit to be told */
    struct far_route **routes; /* by id of the emitting task */
    struct block *block;       /* what comes is written there, from … */
    char *block_at;            /* … here on */
    struct ack_batch *acks, **acks_end; /* to be written … */
    uint32_t n_acks;                    /* … so many records */
    struct ack_record *records;         /* room for those of a frame */
    uint32_t n_records;
    uint64_t sent, received; /* slices on this connection */
    uint64_t told; /* the version that the other side was told of on it */

    /* Also read by other threads. */
    _Atomic(uint64_t) birth; /* of the other side, as we were told */
    _Atomic(bool) up;
    _Atomic(uint32_t) transport; /* enum transport; while it is up */
    _Atomic(uint64_t) version; /* of the plan that the other side acts by, as it
                                  says on this connection; 0: not yet */
    _Atomic(uint64_t) number;  /* greeting_number() of the connection; 0: there
                                 is none */
    _Atomic(uint64_t) all_sent, all_received; /* slices, but for those on
                                                 connections that were lost */
    _Atomic(uint64_t) lost_acks;              /* that could not be sent */
    _Atomic(uint64_t) breaks;                 /* connections that were lost */
};

struct link *link_new(struct links *links, struct worker *w, uint32_t peer,
                      struct carrier *carrier);
/* Carriers are stopped. */
void link_free(struct link *l);

static inline const struct ack_home *link_home(const struct link *l)
{
    return &l->home;
}

/* Any thread; the note is the link's from here on. `from`: the calling carrier,
 * or NULL. */
void link_tell(struct link *l, struct link_note *note, struct carrier *from);
struct link_note *link_note_new(enum link_event event);

/* All that follows is for the link's carrier. */

/* The other worker is at this place, or was replaced there. A plan that leaves
 * it where it is leaves its connection alone. */
void link_move(struct link *l, const struct plan_worker *place);
/* It is called, if it is we who call. */
void link_begin(struct link *l);
/* There is no worker of that number any more. */
void link_end(struct link *l);

/* See links_share(); of its stand-ins others see to it. */
void link_share(struct link *l);

/* Acks, or fails, of messages of the other worker's spouts. */
void link_takes_acks(struct link *l, struct ack_batch *b);

/* A connection is begun, by the way that is taken first: a descriptor, or -1
 * and errno (link_call.c). */
int link_call(struct link *l);
/* There is one: what the log and others hear of it (link_call.c). */
void link_says_transport(struct link *l);
/* It is used from now on: memory is offered if that is wanted. Frames about
 * that which come: NULL, or what is wrong (link_call.c). */
void link_offers(struct link *l);
const char *link_takes_offer(struct link *l, const struct wire_frame *f);
const char *link_takes_shared(struct link *l);

/* Room for a frame whose payload takes at most so many bytes; where the payload
 * goes. The link is up. */
char *link_frame(struct link *l, uint64_t payload_max);
/* It was written there, and goes out when the link runs. */
void link_frame_end(struct link *l, enum wire_kind kind, size_t payload);

/* A tuple that comes has so many bytes at most; what fits into a block is
 * emitted without a look at gale.topology.max.tuple.bytes (link_frames.c). */
uint32_t link_tuple_bytes(const struct link *l);
/* Handles what came; NULL, or what is wrong, as in "the frame …"
 * (link_frames.c). */
const char *link_handles(struct link *l, const struct wire_frame *f);
/* Writes acks and credits, and by which plan this worker acts, if that is news
 * (link_frames.c). */
void link_writes(struct link *l);
/* What is kept for frames that come; when the link is freed (link_frames.c). */
void link_frames_fini(struct link *l);

#endif
