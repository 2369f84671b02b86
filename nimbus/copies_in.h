/* copies_in.h - the parts of copies.h, for its own files. */
#ifndef GALE_COPIES_IN_H
#define GALE_COPIES_IN_H

#include "common/file_fetch.h"
#include "nimbus/copies.h"
#include "nimbus/file_checks.h"
#include "nimbus/named_files.h"
#include "nimbus/replication.h"

#define COPIES_ASKED_MAX 65536u /* files of one question */

typedef char copies_hash[RECORD_HASH_SIZE];

/* Something that another nimbus was asked. */
struct question {
    struct copies *copies;
    struct question *next, **link;
    uint32_t peer;
    uint64_t submission; /* 0: which files it holds */
    uint32_t n;
    copies_hash *hashes;
};

struct fetching {
    struct copies *copies;
    struct file_fetch *fetch; /* NULL: free */
    uint32_t from;
    copies_hash hash;
};

/* One of this nimbus as the leader. */
struct submission_copies {
    struct submission_copies *next;
    uint64_t number;  /* replication's … */
    uint64_t outside; /* … and the caller's */
    uint32_t n;
    copies_hash *hashes;
    int64_t wait_secs;
    uint64_t asked; /* nimbuses that answer, or have it */
    bool stored;
    uint64_t ended; /* the look after which it is over; 0: it goes on */
};

/* A call of the leader that waits until its files are here. */
struct copying {
    struct copying *next;
    uint64_t number; /* replication's */
    struct rpc_call *call;
    uint32_t n;
    copies_hash *hashes;
};

struct copies {
    struct copies_options options;
    struct replication replication;
    struct peers *peers;
    struct named_files *named;
    struct file_checks *checks;
    struct fetching fetching[REPLICATION_FETCHES_MAX];
    struct question *questions;
    struct submission_copies *submissions;
    struct copying *copyings;
    uint32_t n_copyings;
    uint64_t last_number;
    char leader[RECORD_NAME_SIZE]; /* its id; "": nobody is known */
    bool leader_up;                /* it is connected */
    int64_t leader_silent; /* … no longer, since; INT64_MAX: that is not so */
    uint64_t alive;        /* as replication was told */
    bool uploaded;         /* since the store was looked through */
    bool over;
    struct loop_timer due;  /* replication_due() */
    struct loop_timer ask;  /* who holds what is sought */
    struct loop_timer tick; /* once a second, while copies are asked for */
};

/* -- copies.c -------------------------------------------------------------- */

/* A step of replication, and all that follows. */
void copies_step(struct copies *c, const struct replication_event *event);
/* Calls a method of a nimbus with {…, hashes}; fn(question), which is to be
 * freed by it. */
void copies_ask(struct copies *c, const char *method, struct question *q,
                int64_t wait_secs,
                void (*fn)(void *arg, const struct rpc_result *result));
struct question *question_new(struct copies *c, uint32_t peer, uint32_t n);
void question_free(struct question *q);
/* Of 32 bytes each; NULL: the caller has been told what is wrong. */
copies_hash *copies_take_hashes(struct rpc_call *call,
                                const msgpack_object *params, uint32_t max,
                                uint32_t *n);

/* -- copies_submissions.c -------------------------------------------------- */

void copies_stored(struct copies *c, const struct replication_action *a);
/* A look at what topologies name is over. */
void copies_looked(struct copies *c, uint64_t look);
/* Something is here that was not. */
void copies_look_at_copyings(struct copies *c);
/* All that others and this nimbus have asked for; why: "…, ask again". */
void copies_give_up(struct copies *c, const char *why);
void copies_peer_gone(struct copies *c, uint32_t peer);

/* -- copies_store.c -------------------------------------------------------- */

/* What is there and was not known to be is held by this nimbus. */
void copies_look_through_store(struct copies *c);

#endif
