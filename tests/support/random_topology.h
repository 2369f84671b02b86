/*
 * random_topology.h - a topology drawn by lot, and what must come of it.
 *
 * One or two spouts and a handful of bolts, wired by all groupings, with
 * several streams and often with cycles. Bolts ack by their result, or hold
 * inputs and settle them later, join them, work asynchronously, block, with or
 * without saying so; some are slow, some tuples are large. What a bolt does
 * with a tuple (how many it emits, to which stream, whether it fails) is a
 * function of the tuple's salt, so that the tree of every message is known
 * beforehand: which attempts are acked, which fail, and how many tuples each
 * bolt executes.
 *
 *     struct random_topology t;
 *
 *     random_topology_init(&t, seed);
 *     random_topology_build(&t, &run);
 *     … run it …
 *     why = random_topology_wrong(&t, &run, complete);
 *     random_topology_fini(&t);
 */
#ifndef TESTS_RANDOM_TOPOLOGY_H
#define TESTS_RANDOM_TOPOLOGY_H

#include "common/random.h"
#include "tests/support/topology_run.h"

enum {
    RANDOM_TOPOLOGY_SPOUTS = 2,
    RANDOM_TOPOLOGY_BOLTS = 7,
    RANDOM_TOPOLOGY_INPUTS = 3,
    RANDOM_TOPOLOGY_ATTEMPTS = 4, /* the last one never fails */
};

enum bolt_style {
    STYLE_PLAIN, /* the result says it */
    STYLE_HOLD,  /* held, settled later */
    STYLE_JOIN,  /* held; one more tuple for each, anchored to others, too */
    STYLE_ASYNC, /* held, settled when the work is done */
    STYLES
};

/* What a tuple is made of: the engine has shorter ways for one field. */
enum random_shape { SHAPE_FIELDS, SHAPE_INT, SHAPE_BYTES, SHAPES };

struct random_input {
    uint32_t from; /* component: spouts first, then bolts */
    uint32_t stream;
    uint32_t kind; /* gale_grouping_kind */
};

/* A component: a spout or a bolt. */
struct random_part {
    struct random_topology *topology;
    struct probe probe;
    char id[16];
    uint32_t number; /* among all components */
    int executors, tasks;
    enum bolt_style style;
    bool blocking, slow;
    _Atomic(int32_t) naps; /* it waits so often, and does not say so */
    bool batches;          /* bolt: takes batches */
    bool by_rows; /* bolt: emits what it makes of a tuple in one call */
    uint32_t n_inputs;
    struct random_input inputs[RANDOM_TOPOLOGY_INPUTS];
    uint32_t fan[2];   /* tasks that get one tuple of a stream */
    uint64_t expected; /* executed, if all attempts that were made run out */
    _Atomic(uint64_t) executed;
};

/* One message: what became of each attempt to get it through. */
struct random_message {
    _Atomic(uint8_t) emitted; /* attempts */
    _Atomic(uint8_t) acked[RANDOM_TOPOLOGY_ATTEMPTS];
    _Atomic(uint8_t) failed[RANDOM_TOPOLOGY_ATTEMPTS];
};

struct random_topology {
    uint64_t seed;
    struct random random;
    uint32_t n_spouts, n_bolts;
    uint32_t n_messages; /* of each spout */
    int64_t max_pending; /* 0: no limit */
    enum random_shape shape;
    struct random_part parts[RANDOM_TOPOLOGY_SPOUTS + RANDOM_TOPOLOGY_BOLTS];
    struct random_message *messages;
    struct tally settled; /* acks and fails that spouts were told */
    uint32_t attempts;    /* how many fail at most, and one more */
};

void random_topology_init(struct random_topology *t, uint64_t seed);
void random_topology_fini(struct random_topology *t);

/* Adds everything to the run's builder. */
void random_topology_build(struct random_topology *t, struct topology_run *r);

/* NULL, or what is not as it must be: after a stop at once (`settled` false)
 * some is under way; after a drain everything emitted is settled. */
const char *random_topology_wrong(struct random_topology *t,
                                  struct topology_run *r, bool settled);

struct random_message *random_topology_message(struct random_topology *t,
                                               const struct random_part *spout,
                                               uint32_t message);

/* All messages were acked at last. */
bool random_topology_all_acked(const struct random_topology *t);

#endif
