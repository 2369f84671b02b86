/*
 * candidate.h - what a nimbus is, but for the daemon around it: its files and
 * the others' (copies.h), its part in the election, and its reign while it
 * leads; and the methods by which it is asked.
 *
 * It listens nowhere: who has connections calls the methods (nimbus.c), and so
 * does who has none (a simulated cluster). All of it belongs to the loop's
 * thread.
 */
#ifndef GALE_CANDIDATE_H
#define GALE_CANDIDATE_H

#include "common/daemon_config.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/nimbus_record.h"
#include "common/rpc_call.h"
#include "common/store.h"
#include "common/zookeeper.h"

struct candidate;
struct reign;

/* All that is pointed to outlives it. */
struct candidate_options {
    struct loop *loop;
    struct log *log;
    const struct daemon_config *config;
    struct store *store;
    const struct digest *records_key; /* of MACs */
    const struct nimbus_record *me;
    const struct token *token; /* by which it speaks to others; NULL: none */
};

/* It can be asked, and does not lead. */
struct candidate *candidate_new(const struct candidate_options *options);
/* It takes part, once ZooKeeper is there and its files are known. */
void candidate_begin(struct candidate *c, struct zookeeper *zookeeper);
/* It neither asks nor is called any more: before zookeeper_free(), and
 * candidate_free() after that. NULL is fine, and one that never began. */
void candidate_end(struct candidate *c);
void candidate_free(struct candidate *c);

/* ZooKeeper's state has changed. */
void candidate_zookeeper(struct candidate *c, enum zookeeper_state state);
/* Nothing more comes by this connection. */
void candidate_left(struct candidate *c, struct rpc_link *link);

/* The reign, if it leads; else NULL. */
struct reign *candidate_reign(const struct candidate *c);

/* Of an rpc_dispatch whose arg is the candidate. */
extern const struct rpc_method candidate_methods[];
extern const uint32_t candidate_n_methods;

#endif
