/*
 * links.h - all links of a worker of a cluster, and the door at which other
 * workers call.
 */
#ifndef GALE_LINKS_H
#define GALE_LINKS_H

#include "worker/greeting.h"
#include "worker/plan.h"
#include "worker/transport.h"
#include "worker/worker.h"

struct link;
struct links;

/* One to each other worker of the plan, on the first n_carriers carriers in
 * turn; nothing is connected yet. */
struct links *links_new(struct worker *w, uint32_t n_carriers);
/* Carriers are stopped. NULL is fine. */
void links_free(struct links *l);

struct link *links_to(const struct links *l, uint32_t worker);
struct greeting_name links_me(const struct links *l);
/* Nobody has seen it before. */
void links_nonce(const struct links *l, uint8_t nonce[GREETING_NONCE]);

/* Takes connections at the plan's address for this worker, or if its port is 0,
 * at any that is free; -1 with the error. Before the carriers start. */
int links_listen(struct links *l, gale_err *error);
uint16_t links_port(const struct links *l);

/* The tasks are open: from now on others are answered, and called. Any thread;
 * once. */
void links_begin(struct links *l);

/* Others are at other places, or were replaced; the plan is not kept. One
 * thread at a time. */
void links_move(struct links *l, const struct plan *plan);

/* The worker has another plan, of other workers; those that are gone are called
 * no more. Carriers are parked. */
void links_rewire(struct links *l);
/* There is more than one carrier from now on: executor_share(). By the one that
 * there was. NULL is fine. */
void links_share(struct links *l);
/* No stand-in waits for room. Carriers are parked. */
void links_release(struct links *l);

/* Somebody has learned that this worker was replaced. Any thread. */
void links_replaced(struct links *l, uint32_t by);
bool links_is_replaced(struct links *l);

/* All links are up. */
bool links_up(struct links *l);

/* Of the newest plan that the links were told of. Any thread. */
uint64_t links_version(struct links *l);
/* All links are up, and all others say that they act by this plan, or by a
 * later one: nobody sends anything to where executors were before. */
bool links_agree(struct links *l);

/* Nothing that was sent to other workers waits, here or there. NULL: so it is.
   */
bool links_quiet(struct links *l);

/* Of one link, or of all together. */
struct link_counts {
    uint32_t peer;
    bool up;
    enum transport transport; /* of the connection, or of the last one */
    uint64_t number;          /* of the connection; 0: there is none */
    uint64_t sent;            /* slices, without those of lost connections */
    uint64_t received;        /* the same */
    uint64_t breaks;          /* connections that were lost */
    uint64_t lost_acks;
};

void links_count(struct links *l, uint32_t peer, struct link_counts *counts);

#endif
