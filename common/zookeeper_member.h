/*
 * zookeeper_member.h - a client of an ensemble in memory, and how letters go
 * between the two; private to zookeeper_memory.c.
 *
 * A request is a letter (zookeeper_letter.h): it travels to the ensemble, is
 * carried out there, and travels back as the answer. Letters lie in one list in
 * the order of time, and with them the other things that reach a client: that
 * its connection is gone or is back, and that a node changed which it watches.
 */
#ifndef GALE_ZOOKEEPER_MEMBER_H
#define GALE_ZOOKEEPER_MEMBER_H

#include "common/zookeeper_letter.h"
#include "common/zookeeper_memory.h"
#include "common/zookeeper_watches.h"

/* At the ensemble, where it stays when its client is killed. */
struct zookeeper_kept_session {
    struct zookeeper_kept_session *next;
    int64_t id;
    int64_t ns;
    int64_t expires; /* INT64_MAX while its client is heard */
};

/* A client. */
struct zookeeper_member {
    struct zookeeper base; /* first: who uses it holds a pointer to it */
    struct zookeeper_memory *memory;
    struct zookeeper_member *next;
    zookeeper_state_fn *fn;
    void *arg;
    int64_t session_ns;
    int64_t session; /* as the client knows it; 0: none */
    enum zookeeper_state state;
    bool cut;
    bool linked;                   /* the ensemble and it hear each other */
    int64_t heard;                 /* when that ended */
    uint64_t connection;           /* counted up when the client notices */
    uint32_t lose;                 /* so many answers */
    struct zookeeper_letter *held; /* events, until it is connected */
    struct zookeeper_watches watches;
    struct zookeeper_traffic traffic;
};

struct zookeeper_memory {
    int64_t now, latency;
    struct zookeeper_tree tree;
    struct zookeeper_letter *letters, *last_letter; /* by time */
    struct zookeeper_kept_session *sessions;
    struct zookeeper_member *members; /* in the order in which they came */
    int64_t last_session;
    struct zookeeper_traffic traffic; /* of all, also of those that are gone */
    bool stopped;
    bool advancing;
    int64_t (*way)(void *arg, const struct zookeeper *z); /* or `latency` */
    void *way_arg;
    void (*wake)(void *arg);
    void *wake_arg;
};

/* Lease, deadline, and when silence is noticed. */
static inline int64_t zookeeper_member_patience(int64_t session_ns)
{
    return session_ns / 3 * 2;
}

/* What a way of a letter of this client takes. */
int64_t zookeeper_member_way(const struct zookeeper_member *z);

/* Behind those of the same time. */
void zookeeper_member_post(struct zookeeper_letter *letter, int64_t at);
/* One without a request. */
void zookeeper_member_post_step(struct zookeeper_member *z,
                                enum zookeeper_step step, int64_t at);

/* No longer on its way. */
void zookeeper_member_take(struct zookeeper_letter *letter);
/* What is to be done with a letter whose time has come. */
void zookeeper_member_step(struct zookeeper_letter *letter);

/* The client and the ensemble hear each other no longer; its session has its
 * time from now on. */
void zookeeper_member_unlink(struct zookeeper_member *z);

/* The same, and the client finds out and comes back. */
void zookeeper_member_break(struct zookeeper_member *z);

/* Nothing is left of it but its session. */
void zookeeper_member_free(struct zookeeper_member *z);

/* The ensemble ends a session; harmless if it is over. */
void zookeeper_member_end_session(struct zookeeper_memory *m, int64_t id);
/* NULL: there is none. */
const struct zookeeper_kept_session *zookeeper_member_first_to_expire(
    const struct zookeeper_memory *m);

/* Of the tree: who watches the node is to be told. */
void zookeeper_member_changed(void *memory, const char *path,
                              enum zookeeper_kind how);

#endif
