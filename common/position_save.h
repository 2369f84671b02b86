/*
 * position_save.h - positions of spouts get to ZooKeeper, whoever writes them:
 * a supervisor for its workers, or nimbus for one whose supervisor is away. In
 * one transaction, with checks by which only he can make it who may; and none
 * over a newer one (position_record.h).
 *
 * Nodes that are not known are read first. If somebody else writes meanwhile,
 * they are read again. What is kept already, or a newer one in its place, is
 * kept. On the loop's thread.
 */
#ifndef GALE_POSITION_SAVE_H
#define GALE_POSITION_SAVE_H

#include "common/position_nodes.h"
#include "common/zookeeper.h"

#define POSITION_SAVE_CHECKS 2u
#define POSITION_SAVE_MAX 64u /* positions that a worker sends in one call */

struct position_save;

struct position_save_options {
    struct zookeeper *zookeeper;
    uint32_t n_checks;
    struct {
        const char *path; /* copied */
        int32_t version;
    } checks[POSITION_SAVE_CHECKS];
    /* Of the assignment that is checked. No birth is later: a position of one
     * was written by no worker, and is written over. */
    uint64_t version;
    void *arg;
    /* Once, not from within position_save_begin(). failed: the check that did
     * not hold, if result says so; n_checks: none. The save may be freed. */
    void (*done)(void *arg, enum zookeeper_result result, uint32_t failed);
};

/* Whether it may be the name of a node. */
bool position_save_is_name(const char *name);

/* Of [{name, data} …], as a worker says it; NULL: it is none, or has not 1 to
 * max of them. */
struct position_save *position_save_new(const char *topology,
                                        const msgpack_object *list,
                                        uint32_t max);
/* What is under way may happen, but nobody is told. NULL is fine. */
void position_save_free(struct position_save *s);

uint32_t position_save_n(const struct position_save *s);
const char *position_save_get(const struct position_save *s, uint32_t i,
                              gale_str *data);

/* What is known of nodes: before it begins, and when it is done. */
void position_save_know(struct position_save *s,
                        const struct position_nodes *nodes);
void position_save_learn(const struct position_save *s,
                         struct position_nodes *nodes);

void position_save_begin(struct position_save *s,
                         const struct position_save_options *options);

#endif
