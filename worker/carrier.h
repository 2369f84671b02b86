/*
 * carrier.h - a thread that runs executors, cooperatively.
 *
 * An executor stays on the carrier it was placed on; one that declares
 * `blocking` has a carrier to itself, and one that blocks and does not say so
 * gets one (own_threads.h). A carrier loops: what other threads
 * handed over, timers that are due, ready file descriptors, one executor's run.
 * With nothing to do it sleeps in its waiter until a timer, a descriptor or
 * another thread wakes it.
 *
 * The consumer of a large slice just sent goes to the front of the run
 * queue, so that it reads the tuples while they are in the cache ("virtual
 * chaining"); after CARRIER_CHAIN such turns what is left joins the back, so
 * nobody starves. The consumer of a small slice joins the back: until its
 * turn comes, more may have come for it.
 *
 * Acks. Consecutive acks of one message fold into one record. Records are
 * applied some at a time, at the latest after the run, to the pending tables of
 * this carrier's spouts, none of which is running then or has been told of a
 * message that is not yet out; to the carriers of other spouts they go in
 * batches.
 */
#ifndef GALE_CARRIER_H
#define GALE_CARRIER_H

#include "common/env.h"
#include "common/random.h"
#include "common/timers.h"
#include "worker/block.h"
#include "worker/inbox.h"
#include "worker/keepers.h"
#include "worker/spin.h"

struct batch_view;
struct cause;
struct executor;
struct link;
struct worker;

#define CARRIER_CHAIN 8
#define CARRIER_CHAIN_BYTES 1024

/* `value` settles part of the tree of `root`; failed: the whole tree fails, and
 * the value is the struct cause, or 0. */
struct ack_record {
    uint64_t root;
    uint64_t value;
};

/* Records, or what begins with one, so many bytes apart. */
struct ack_span {
    const struct ack_record *first;
    int32_t step;
    uint32_t n;
};

/* Without the first n of them. */
static inline void ack_span_skip(struct ack_span *s, uint32_t n)
{
    s->first = (const void *)((const char *)s->first + (ptrdiff_t)n * s->step);
    s->n -= n;
}

/* Where acks of a spout go: to the carrier that runs it, or to the one that
 * owns the link to the worker that has it. */
struct ack_home {
    struct carrier *carrier;
    struct link *link; /* NULL: the spout is the carrier's own */
};

#define ACK_BATCH_RECORDS 1000u

struct ack_batch {
    struct inbox_node node;
    const struct ack_home *to;
    struct ack_batch *next; /* of those that wait for a link */
    uint32_t n;
    uint32_t capacity; /* records; it grows */
    bool failed;       /* records are fails */
    struct ack_record records[];
};

/* Who waits for a descriptor: a member of what it is. */
struct carrier_watch {
    void (*ready)(struct carrier_watch *watch, uint32_t events);
};

/* Memory that another process may have written to meanwhile: a member of whose
 * it is. */
struct carrier_look {
    struct carrier_look *next;
    /* Schedules who has something to do: true. sleeps: the carrier is about to;
     * if this says false, the other process ends its sleep, by a descriptor. */
    bool (*looks)(struct carrier_look *look, bool sleeps);
};

#define CARRIER_OPEN_BATCHES 8u
#define CARRIER_OPEN_ACKS 32u

/* What it is asked to do after the run under way. */
enum carrier_stop {
    CARRIER_GOES = 0,
    CARRIER_PARKS, /* stand still until it may go on: parking.h */
    CARRIER_ENDS,
};

/* Unless it is AWAKE it is not among worker.active: nothing is under way here.
 * Whoever hands something over makes it so first. */
enum carrier_rest {
    CARRIER_AWAKE = 0,
    CARRIER_ASLEEP,
    CARRIER_TICKS, /* it runs ticks and nothing else, maybe without a pause */
};

struct carrier {
    struct worker *worker;
    struct env *env;
    struct env_thread *thread;
    struct env_waiter *waiter;
    uint32_t index;
    uint32_t origin; /* index of the one that it was made by, in the end one
                        that was there at the start; else its own */
    struct ack_home home;

    /* Written by this carrier. */
    int64_t now; /* read at the start of each run and where work was long */
    /* Also read by the handler of a crash, and by the control thread. */
    _Atomic(const struct executor *) running;
    _Atomic(uint64_t) runs; /* so far, the one under way included */
    struct executor *front;
    struct executor *back, *back_last;
    uint32_t chained;
    struct keepers keepers;
    bool fresh;      /* `now` was read just before */
    int64_t longest; /* ns, run of a slow executor: long_runs.h; 0: none */
    bool chain;      /* who is scheduled now was sent enough to run at once */
    struct timers timers;
    struct block_pool pool;
    struct batch_view *batch; /* for whichever bolt is executing one */
    struct random random;
    uint64_t edges;                                /* state of carrier_edge() */
    struct ack_record acks[1 + CARRIER_OPEN_ACKS]; /* the first is none */
    uint32_t n_acks;
    struct ack_batch *batches[CARRIER_OPEN_BATCHES]; /* for other carriers */
    uint32_t n_batches;
    uint32_t n_watched; /* file descriptors */
    int64_t polled;     /* when they were last looked at */
    struct carrier_look *looks;
    int64_t looked;   /* the same of these */
    struct spin spin; /* whether looking on has paid of late */

    /* Written by others. */
    struct inbox injected; /* executors to run, of other carriers */
    struct inbox notes; /* executors that other threads have told something */
    struct inbox mail;  /* ack batches */
    _Atomic(uint32_t) rest; /* enum carrier_rest */
    _Atomic(uint32_t) stop; /* enum carrier_stop */
};

/* The carrier whose thread this is, NULL on any other. The model of it saves
 * emit a call. */
extern _Thread_local struct carrier *carrier_here
    __attribute__((tls_model("initial-exec")));

/* NULL and errno: the system has no descriptors left to wait with. */
struct carrier *carrier_new(struct worker *w, uint32_t index);
void carrier_free(struct carrier *c);
/* False if no thread can be started. */
bool carrier_start(struct carrier *c, const char *name, int cpu);
/* Ask it to end, and wait until it has. */
void carrier_stop(struct carrier *c);

/* Ends its rest, if it has one. Any thread, after a push. */
void carrier_wake(struct carrier *c);

/* Something begins here by itself: its own thread, before a push. */
static inline void carrier_begins(struct carrier *c)
{
    if (__builtin_expect(atomic_load_explicit(&c->rest, memory_order_relaxed),
                         0))
        carrier_wake(c);
}

/* The carrier's own: a timer of an executor that moves to another carrier, and
 * arrives there. In between its `due` alone says when it is, INT64_MAX: never;
 * it may be set anew. */
void carrier_timer_leaves(struct carrier *c, struct timer *timer);
void carrier_timer_arrives(struct carrier *c, struct timer *timer);

/* One of the carrier's own: wait for the descriptor, once; 0, 1 or -1 and errno
 * as waiter_watch(). */
int carrier_watch_fd(struct carrier *c, int fd, uint32_t events,
                     struct carrier_watch *watch);
void carrier_unwatch_fd(struct carrier *c, int fd, struct carrier_watch *watch);

/* The carrier's own: is looked at from now on; or not any more. */
void carrier_look_at(struct carrier *c, struct carrier_look *look);
void carrier_look_no_more(struct carrier *c, struct carrier_look *look);

/* Makes e runnable, on its carrier. from: the calling carrier, or NULL on any
 * other thread. See the protocol in executor.h. */
void carrier_schedule(struct executor *e, struct carrier *from);

/* e, which has run and is on no queue, goes on on its carrier, which is another
 * one than this thread. */
void carrier_hand_over(struct executor *e);

/* It is on none of the carrier's queues any more; what it was to do is not
 * done. The carrier is parked. */
void carrier_forget(struct carrier *c, struct executor *e);

/* Acks of others for its spouts, or for its links; any thread. */
void carrier_mail(struct carrier *to, struct ack_batch *b);
/* A carrier's own: after a run, its acks, those for spouts elsewhere, too; and
 * what others have sent. */
void carrier_send_acks(struct carrier *c);
void carrier_read_mail(struct carrier *c);
/* Nobody has read it. */
void ack_batch_free(struct ack_batch *b);

/* A tuple with this root is settled by `value`; called within a run. */
static inline void carrier_ack(struct carrier *c, uint64_t root,
                               uint64_t value);
/* The same for several, folded already; some may be for spouts elsewhere. */
void carrier_acks(struct carrier *c, struct ack_span acks);
/* The whole message fails; the cause, which may be NULL, goes with it. */
void carrier_fail(struct carrier *c, uint64_t root, struct cause *cause);

/* The same for threads that are no carriers: to the spout's carrier. */
void carrier_settle(struct worker *w, struct ack_record record, bool failed);

void carrier_ack_next(struct carrier *c, uint64_t root, uint64_t value);

static inline void carrier_ack(struct carrier *c, uint64_t root, uint64_t value)
{
    struct ack_record *last = &c->acks[c->n_acks];

    if (last->root == root)
        last->value += value;
    else
        carrier_ack_next(c, root, value);
}

/*
 * Random and odd, so that no number of equal edges adds up to 0: a Weyl
 * sequence whose values are multiplied with themselves and folded (the
 * generator "wyrand"). A plain sequence would not do: its sums cancel.
 */
static inline uint64_t carrier_edge(struct carrier *c)
{
    unsigned __int128 product;

    c->edges += UINT64_C(0xa0761d6478bd642f);
    product =
        (unsigned __int128)c->edges * (c->edges ^ UINT64_C(0xe7037ed1a0b428db));
    return ((uint64_t)product ^ (uint64_t)(product >> 64)) | 1;
}

#endif
