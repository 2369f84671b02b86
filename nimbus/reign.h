/*
 * reign.h - one leadership, from its begin to its end: all topologies, who runs
 * them, and what is to be done about that.
 *
 * It begins by reading what there is, then keeps what ZooKeeper holds equal to
 * what it has decided: life (topology_life.h), places (scheduler.h), who is
 * alive (liveness.h), draining (drain.h). Whoever gave a command is answered
 * when it is durable. All of it belongs to the loop's thread.
 *
 * If a topology's record or assignment cannot be read (its MAC is wrong, or a
 * later gale wrote it), it is left as it is, and nothing is placed and no
 * command is taken: what ran there would have to give way to something that is
 * decided without it. Workers run on. All is read again and again, until the
 * record is mended or removed.
 */
#ifndef GALE_REIGN_H
#define GALE_REIGN_H

#include "common/daemon_config.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/rpc_call.h"
#include "common/rpc_server.h"
#include "common/store.h"
#include "common/zookeeper.h"
#include "nimbus/copies.h"

struct reign;

struct reign_options {
    struct loop *loop;
    struct zookeeper *zookeeper;
    struct log *log;
    const struct daemon_config *config;
    struct store *store;
    struct copies *copies;
    const struct digest *records_key; /* of MACs */
    uint64_t epoch;                   /* the number of this leadership … */
    int32_t epoch_version;            /* … and the version of /epoch */
    int64_t since_ns; /* liveness_event.since_ns, of loop_now() */
    void *arg;
    /* Another one leads: the reign is to be ended. */
    void (*fenced)(void *arg);
};

struct reign *reign_begin(const struct reign_options *options);
/* Commands that wait are refused; `why`, as in "because …". NULL is fine. */
void reign_end(struct reign *r, const char *why);

/* ZooKeeper does not answer, or does again. */
void reign_zookeeper(struct reign *r, bool away);

/* -- commands; each answers the call, at once or later --------------------- */

void reign_submit(struct reign *r, struct rpc_call *call,
                  const msgpack_object *params);
/* Of copies.h: the files of a submission are where they shall be. */
void reign_stored(struct reign *r, uint64_t submission, uint32_t copies,
                  bool enough);
void reign_activate(struct reign *r, struct rpc_call *call,
                    const msgpack_object *params);
void reign_deactivate(struct reign *r, struct rpc_call *call,
                      const msgpack_object *params);
void reign_kill(struct reign *r, struct rpc_call *call,
                const msgpack_object *params);
void reign_rebalance(struct reign *r, struct rpc_call *call,
                     const msgpack_object *params);
void reign_set_log_level(struct reign *r, struct rpc_call *call,
                         const msgpack_object *params);
void reign_list(struct reign *r, struct rpc_call *call);
/* Fills in what a reign knows for "status": pairs "supervisors", "topologies",
 * "problems" of a map. */
#define REIGN_STATUS_PAIRS 3u
void reign_status(struct reign *r, struct pack *p);
/* {name} → where its workers are, and which components each has. */
void reign_workers(struct reign *r, struct rpc_call *call,
                   const msgpack_object *params);
/* {name} → what its components have done. */
void reign_topology(struct reign *r, struct rpc_call *call,
                    const msgpack_object *params);
/* {name} → metrics that plugins of its components have made. */
void reign_metrics(struct reign *r, struct rpc_call *call,
                   const msgpack_object *params);
/* {name} → the last errors of each component; later, if they must be read. */
void reign_errors(struct reign *r, struct rpc_call *call,
                  const msgpack_object *params);

/* -- what supervisors and workers tell ------------------------------------- */

/* A supervisor's report; link: by which it came, and by which it is told. */
void reign_report(struct reign *r, struct rpc_link *link,
                  const msgpack_object *params);
/* The report of a worker whose supervisor is away; peer: who it has proved to
 * be, and it is heard about nobody else. */
void reign_worker_report(struct reign *r, struct rpc_link *link,
                         const struct rpc_peer *peer,
                         const msgpack_object *params);
/* Positions of the spouts of a worker whose supervisor is away; answered when
 * they are durable. */
void reign_positions(struct reign *r, struct rpc_call *call,
                     const msgpack_object *params);
/* What a worker's components have done; a supervisor tells it. */
void reign_counters(struct reign *r, const msgpack_object *params);
/* Nothing more comes by this link. */
void reign_left(struct reign *r, struct rpc_link *link);

#endif
