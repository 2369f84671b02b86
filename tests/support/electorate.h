/*
 * electorate.h - several candidates (nimbus/leader.h) and a small ZooKeeper.
 *
 * ZooKeeper is a list of candidates, /epoch and sessions. Requests travel to it
 * and answers back in random time, in order; connections break, and then it is
 * chance whether what was under way is done; sessions expire; a candidate's
 * process is paused, and sees afterwards what has come meanwhile. Files of
 * topologies are missing here and there, and somebody asks leaders to step
 * down.
 *
 * Who leads writes all the time, with the check that its leadership asks for.
 * At each step at most one leads, each number belongs to one, numbers grow, and
 * a write that ZooKeeper has taken was one of the number in /epoch: otherwise
 * the test fails, and says the seed.
 */
#ifndef TESTS_ELECTORATE_H
#define TESTS_ELECTORATE_H

#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "nimbus/leader.h"
#include <inttypes.h>
#include <stdio.h>

enum {
    CLIENTS = 4,
    SESSION = 6000, /* ms, as all times here */
    STEP = 10,
    NODES_MAX = 64,
    MESSAGES_MAX = 4096,
    EPOCHS_MAX = 4096,
    LATE = 60,
    MS = 1000000,
};

enum request { PING, CONNECT, LIST, CREATE, REMOVE, WATCH, READ, WRITE, CLAIM };

/* On its way to ZooKeeper, or, if `answered`, back from it. */
struct request_or_answer {
    int64_t at; /* when it arrives */
    uint64_t order;
    uint32_t client;
    uint32_t connection;
    bool answered;
    bool lost; /* nothing is done any more: it only gets its UNKNOWN */
    enum request request;
    struct leader_action action;
    int64_t sent;
    struct leader_event event; /* the answer */
    char candidate[LEADER_NAME_MAX];
    uint32_t n_names;
    char names[NODES_MAX][LEADER_NAME_MAX];
};

struct candidate {
    char name[LEADER_NAME_MAX];
    uint64_t session;
};

struct client {
    struct leader leader;
    uint64_t session; /* 0: none */
    bool expired; /* … at ZooKeeper; it hears of it when it is connected */
    int64_t heard;
    int64_t lease_until;
    bool connected;
    uint32_t connection;
    int64_t reconnects; /* when */
    int64_t paused;     /* until; then it writes as what it was before */
    struct leader_action held;
    int64_t next_ping, next_write;
    int64_t arrives[2]; /* the last to, and from: they do not overtake */
    uint64_t number;    /* it was told to lead with */
    int32_t version;
    uint64_t taken; /* writes */
    char watched[LEADER_NAME_MAX];
    uint64_t watch_ask;
};

struct electorate {
    uint64_t seed;
    struct random random;
    int64_t now;
    bool faulty;
    struct client clients[CLIENTS];
    struct candidate nodes[NODES_MAX];
    uint32_t n_nodes;
    uint64_t next_session, next_sequence, next_order;
    int32_t version; /* of /epoch */
    uint64_t number;
    char writer[LEADER_NAME_MAX];
    struct request_or_answer *messages;
    uint32_t n_messages;
    uint32_t owner[EPOCHS_MAX]; /* client + 1 */
    uint64_t last_begun;
    uint32_t n_begun, n_fenced, n_expired;
};

#define electorate_must(e, condition)                                          \
    do {                                                                       \
        if (!(condition))                                                      \
            fail_msg("seed %" PRIu64 ", time %" PRId64 ": %s", (e)->seed,      \
                     (e)->now, #condition);                                    \
    } while (0)

struct electorate *electorate_new(uint64_t seed);
void electorate_free(struct electorate *e);

/* Until then (ms); with faults if e->faulty. */
void electorate_pass_time(struct electorate *e, int64_t until);
/* No more faults, and what is paused or away comes back. */
void electorate_heal(struct electorate *e);
/* Client i hears of something. */
void electorate_step(struct electorate *e, uint32_t i,
                     struct leader_event event);
/* How many lead, and one of them. */
uint32_t electorate_leaders(const struct electorate *e, uint32_t *who);

#endif
