/*
 * drain_model.h - workers that exchange tuples, and a leader (nimbus/drain.h).
 *
 * Spouts emit messages and what is not tracked; tuples wander between workers
 * and make others; acks come home late. Connections break: one side notices
 * before the other, which still reads what had arrived; tuples get lost, their
 * messages fail, and are emitted again while spouts may. Workers crash and are
 * replaced, at times under another assignment. At each turn bolts emit some
 * last tuples. Reports and orders are late, lost, given twice, and overtake
 * each other; the leader changes. In half of the runs no connection is lost,
 * and what is counted is just a number of tuples.
 *
 * When nothing is said to be under way, and each time that a worker is led to a
 * turn, nothing is: otherwise the test fails, and says the seed.
 */
#ifndef TESTS_DRAIN_MODEL_H
#define TESTS_DRAIN_MODEL_H

#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "nimbus/drain.h"
#include <inttypes.h>

enum {
    WORKERS = 4, /* at most */
    TURNS = 3,
    MESSAGES = 12, /* of each spout */
    ON_WAY_MAX = 4096,
    ROOTS_MAX = 65536,
    NO_ROOT = -1,
    TIMEOUT = 400,
};

struct root {
    uint32_t owner;
    uint64_t incarnation;
    uint32_t left; /* tuples that exist */
    bool lost;     /* one of them is gone */
    bool settled;
    int64_t acked_at, fails_at;
};

enum on_way { TUPLE, REPORT, ORDER, HAS_ENDED };

struct on_way_item {
    enum on_way kind;
    int64_t at;
    uint32_t from, to;
    uint64_t connection; /* TUPLE */
    int32_t root;
    uint32_t depth;
    struct drain_report report;
    struct drain_action order;
    uint64_t incarnation; /* HAS_ENDED */
};

/* One side of a connection. */
struct side {
    bool up;
    uint64_t connection;
    uint64_t sent, received;
    int64_t notices_at; /* that it is lost */
};

struct worker_model {
    bool dead;
    int64_t back_at;
    bool ended;
    uint64_t incarnation, version, number, round;
    uint32_t stage;
    uint32_t todo, pending; /* messages to be emitted, under way */
    uint32_t last_words;    /* tuples that end_of_input has to emit */
    uint32_t n_inbox;
    int32_t inbox[512]; /* roots, shifted by their depth */
    uint32_t n_waiting; /* … for a connection */
    struct on_way_item waiting[512];
    struct side sides[WORKERS];
    int64_t learns_at; /* the version */
    uint32_t ordered;  /* the highest stage of an order for this incarnation */
};

struct drain_model {
    uint64_t seed;
    struct random random;
    int64_t now;
    bool faulty;
    uint32_t n;
    struct worker_model workers[WORKERS];
    struct root *roots;
    uint32_t n_roots;
    struct on_way_item *on_way;
    uint32_t n_on_way;
    uint64_t next_number; /* of connections and incarnations */
    uint64_t version;
    uint64_t epoch;
    struct drain drain;
    struct drain_actions actions;
    enum drain_goal goal;
    enum drain_action_kind reached; /* DRAIN_ORDER: nothing yet */
    bool plain; /* counts are numbers, and no connection is lost */
    uint32_t n_said, n_crashes, n_breaks;
};

#define drain_model_must(r, condition)                                         \
    do {                                                                       \
        if (!(condition))                                                      \
            fail_msg("seed %" PRIu64 ", time %" PRId64 ": %s", (r)->seed,      \
                     (r)->now, #condition);                                    \
    } while (0)

/* Workers begin, and are watched (DRAIN_WATCH). */
struct drain_model *drain_model_new(uint64_t seed);
void drain_model_free(struct drain_model *r);

/* What the leader wants from here on; nothing of it is reached. */
void drain_model_set_goal(struct drain_model *r, enum drain_goal goal);
/* Until then, or until the goal is reached; with faults if r->faulty. */
void drain_model_pass_time(struct drain_model *r, int64_t until);

#endif
