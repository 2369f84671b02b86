/*
 * election.h - this nimbus in the election: what leader.h decides, carried out
 * in ZooKeeper.
 *
 * It also knows who leads, whoever that is, so that it can be told to those who
 * ask the wrong one. All of it belongs to the loop's thread.
 */
#ifndef GALE_ELECTION_H
#define GALE_ELECTION_H

#include "common/epoch_record.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/nimbus_record.h"
#include "common/zookeeper.h"
#include "nimbus/leader.h"

struct election;

struct election_options {
    struct loop *loop;
    struct zookeeper *zookeeper;    /* outlives it */
    struct log *log;                /* the same */
    const struct nimbus_record *me; /* copied */
    void *arg;
    /* It leads from now on: every write is a multi with a check of /epoch's
     * version. */
    void (*begins)(void *arg, uint64_t number, int32_t version,
                   uint32_t n_lacking);
    /* It leads no longer; why, as in "because …". */
    void (*stops)(void *arg, const char *why);
    /* Somebody else leads, or nobody is known to: election_leader(). */
    void (*changed)(void *arg);
};

struct election *election_new(const struct election_options *options);
/* It hears of nothing any more: before zookeeper_free(), and election_free()
 * after that. */
void election_end(struct election *e);
void election_free(struct election *e); /* NULL is fine */

/* ZooKeeper's state has changed. */
void election_state(struct election *e, enum zookeeper_state state);
/* A write as the leader was refused: another one leads. */
void election_fenced(struct election *e);
/* So many files of topologies are not here. */
void election_lacks(struct election *e, uint32_t n_files);

/* To be asked before anything is done as a leader. */
bool election_leads(const struct election *e);

/* Who leads as far as is known; NULL: nobody. */
const struct epoch_record *election_leader(const struct election *e);

#endif
