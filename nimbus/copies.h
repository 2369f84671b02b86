/*
 * copies.h - files of this nimbus and of the others: carries out what
 * replication.h decides. Every nimbus has it, leading or not.
 *
 *     holds   {hashes}                → {have: a bit of each}
 *     copy    {nimbus, hashes, wait}  → nil, when all of them are here
 *
 * between nimbuses: hashes are 32 bytes each, one after the other. The leader
 * asks for copies of a submission's files before it is a topology; `wait`:
 * seconds, after which the answer is that they are not here. On the loop's
 * thread.
 */
#ifndef GALE_COPIES_H
#define GALE_COPIES_H

#include "common/daemon_config.h"
#include "common/log.h"
#include "common/rpc_call.h"
#include "common/store.h"
#include "common/token.h"
#include "nimbus/peers.h"

struct copies;

struct copies_options {
    struct loop *loop;
    struct zookeeper *zookeeper; /* outlives it */
    struct log *log;
    struct store *store;
    const struct digest *records_key;
    const struct nimbus_record *me;
    struct rpc_identity identity; /* to the other nimbuses */
    int64_t delay_ns; /* after which a file goes that no topology names */
    void *arg;
    /* What topologies name was read: so many of these files are not here. */
    void (*lacks)(void *arg, uint32_t n);
    /* The submission may become a topology: so many nimbuses have each of its
     * files; enough is false if that is fewer than were asked for. Also from
     * within copies_submit(). */
    void (*stored)(void *arg, uint64_t submission, uint32_t copies,
                   bool enough);
};

struct copies *copies_new(const struct copies_options *options);
/* Nothing is called any more: before zookeeper_free(), and copies_free() after
 * that. NULL is fine. */
void copies_end(struct copies *c);
void copies_free(struct copies *c);

/* ZooKeeper is away, or is back (in a new session, perhaps). */
void copies_zookeeper(struct copies *c, bool away);
/* That nimbus leads, by its id; NULL: nobody is known to. */
void copies_leader(struct copies *c, const char *id);
/* Since when no connection to it stands, after one did, in loop_now()'s time;
 * INT64_MAX: one does, or none ever has. */
int64_t copies_leader_silent(const struct copies *c);

/* -- files ----------------------------------------------------------------- */

/* Something was uploaded here. */
void copies_uploaded(struct copies *c);
/* Somebody wants to upload it: if it is here, it stays for the whole delay. */
void copies_touch(struct copies *c, const struct digest *hash);
/* Files that topologies name and that are not here. */
uint32_t copies_lacking(const struct copies *c);
bool copies_has(const struct copies *c, const char *hash);
/* So many of the nimbuses that run are known to have it, this one among them.
 */
uint32_t copies_count(const struct copies *c, const char *hash);
/* "fetch" was called: whether that file is still what it is called is looked at
 * (file_checks.h), and if not it is fetched again from another nimbus. */
void copies_fetched_from(struct copies *c, const msgpack_object *params);

/* -- submissions, of the leader -------------------------------------------- */

/* `number` is new; copies and wait_secs as in replication.h. stored() follows,
 * unless it is ended before. */
void copies_submit(struct copies *c, uint64_t number, const char *const *hashes,
                   uint32_t n, uint32_t copies, int64_t wait_secs);
/* It is a topology in ZooKeeper, or is given up. */
void copies_submitted(struct copies *c, uint64_t number);

/* -- methods --------------------------------------------------------------- */

void copies_method_holds(struct copies *c, struct rpc_call *call,
                         const msgpack_object *params);
void copies_method_copy(struct copies *c, struct rpc_call *call,
                        const msgpack_object *params);

/* "nimbuses" of the answer to "status"; leader: the id of who leads, or "". Of
 * those that are registered at one address the one that was started last. */
void copies_pack_nimbuses(const struct copies *c, const char *leader,
                          struct pack *p);

#endif
