/*
 * candidate.h - this nimbus in the election: what leader.h decides, carried out
 * in ZooKeeper.
 *
 * It also knows who leads, whoever that is, so that it can be told to those who
 * ask the wrong one. All of it belongs to the loop's thread.
 */
#ifndef GALE_CANDIDATE_H
#define GALE_CANDIDATE_H

#include "common/epoch_record.h"
#include "common/loop.h"
#include "common/nimbus_record.h"
#include "common/zookeeper.h"
#include "nimbus/leader.h"

struct candidate;

struct candidate_options {
    struct loop *loop;
    struct zookeeper *zookeeper;    /* outlives it */
    const struct nimbus_record *me; /* copied */
    void *arg;
    /* It leads from now on: every write is a multi with a check of /epoch's
     * version. */
    void (*begins)(void *arg, uint64_t number, int32_t version,
                   uint32_t n_lacking);
    /* It leads no longer; why, as in "because …". */
    void (*stops)(void *arg, const char *why);
    /* Somebody else leads, or nobody is known to: candidate_leader(). */
    void (*changed)(void *arg);
};

struct candidate *candidate_new(const struct candidate_options *options);
/* It hears of nothing any more: before zookeeper_free(), and candidate_free()
 * after that. */
void candidate_end(struct candidate *c);
void candidate_free(struct candidate *c); /* NULL is fine */

/* ZooKeeper's state has changed. */
void candidate_state(struct candidate *c, enum zookeeper_state state);
/* A request was answered that was made at `asked_at`. */
void candidate_contact(struct candidate *c, int64_t asked_at);
/* A write as the leader of this number was refused. */
void candidate_fenced(struct candidate *c, uint64_t number);
/* So many files of topologies are not here. */
void candidate_lacks(struct candidate *c, uint32_t n_files);

/* To be asked before anything is done as a leader. */
bool candidate_leads(const struct candidate *c);

/* Who leads as far as is known; NULL: nobody. */
const struct epoch_record *candidate_leader(const struct candidate *c);

#endif
