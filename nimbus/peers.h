/*
 * peers.h - the other nimbuses: who they are (children of /nimbuses), and a
 * connection to each.
 *
 * Each has a number while it is there, which replication.h counts with; this
 * nimbus has PEERS_ME. One watch, and a look now and then without it. While
 * ZooKeeper is away, those that were there last count. On the loop's thread.
 */
#ifndef GALE_PEERS_H
#define GALE_PEERS_H

#include "common/nimbus_record.h"
#include "common/rpc_client.h"
#include "common/zookeeper.h"

#define PEERS_MAX 64u /* with this one; more are left out */
#define PEERS_ME 0u
#define PEERS_NOBODY UINT32_MAX

struct log;
struct peers;

struct peers_options {
    struct loop *loop;
    struct log *log;
    struct zookeeper *zookeeper;    /* outlives it */
    const struct nimbus_record *me; /* copied */
    struct rpc_identity identity;   /* to the others */
    void *arg;
    /* Others are there than before: peers_alive(). */
    void (*changed)(void *arg);
    /* The number is about to lose its connection: calls by it end without
     * their functions. */
    void (*gone)(void *arg, uint32_t number);
    /* Its connection stands; it does not, or another attempt has failed. */
    void (*up)(void *arg, uint32_t number);
    void (*down)(void *arg, uint32_t number);
};

struct peers *peers_new(const struct peers_options *options);
/* Nothing is called any more: before zookeeper_free(), and peers_free() after
 * that. */
void peers_end(struct peers *p);
void peers_free(struct peers *p); /* NULL is fine */

/* Looks who is there; by itself it does so when woken, and every 10 s. */
void peers_look(struct peers *p);

/* Bit i: number i is there. */
uint64_t peers_alive(const struct peers *p);
/* By the id of its record; PEERS_NOBODY. */
uint32_t peers_number(const struct peers *p, const char *id);
/* Of one that is there and is not this one; its connection may not stand. */
struct rpc_client *peers_client(const struct peers *p, uint32_t number);
bool peers_is_up(const struct peers *p, uint32_t number);
const struct nimbus_record *peers_record(const struct peers *p,
                                         uint32_t number);

#endif
