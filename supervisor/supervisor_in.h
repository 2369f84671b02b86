/* supervisor_in.h - the parts of a supervisor, for its own files. */
#ifndef GALE_SUPERVISOR_IN_H
#define GALE_SUPERVISOR_IN_H

#include "common/daemon.h"
#include "common/leader_client.h"
#include "common/position_nodes.h"
#include "common/slots_record.h"
#include "common/store.h"
#include "supervisor/newest_positions.h"
#include "supervisor/local_directory.h"
#include "supervisor/slot.h"
#include "supervisor/supervisor.h"
#include "supervisor/supply.h"
#include "supervisor/worker_cgroup.h"
#include "supervisor/worker_terms.h"
#include "supervisor/worker_user.h"

#define WORKER_REPORT_MAX (64u << 10) /* bytes */

struct launch;
struct leftover;
struct saving;
struct supervisor;

/* One port, its slot, and the process in it. */
struct seat {
    struct supervisor *supervisor;
    uint16_t port;
    struct slot slot;
    struct loop_timer due;
    struct supply *supply;       /* of slot.has: from FETCH on, or since
                                    something of it was needed */
    bool supplying;              /* it is being read */
    uint64_t fetch_ticket;       /* of the FETCH that the supply answers */
    struct slot_wanted renewing; /* what is told when the supply is renewed */
    struct worker_terms terms;   /* of slot.has, once its supply is there */
    struct worker_cgroup cgroup; /* of the process, if it has one */
    struct env_process *process; /* NULL: none */
    struct loop_watch ended;
    struct rpc_link *link; /* of the worker; NULL: it has not come yet */
    struct rpc_call *asks; /* for its plan, which is not there yet */
    struct pack report;    /* its latest, as it came; empty: none */
    bool has_report;
    uint64_t reported; /* version of its plan, as it says; 0: not yet */
    struct newest_positions newest; /* positions, for the next process */
    struct saving *held; /* positions that cannot be written yet; or NULL */
    struct slot_wanted nodes_of; /* whose … */
    struct position_nodes nodes; /* … positions in ZooKeeper these are */
    bool closed;                 /* it has ended as it was told to */
    uint32_t starts, failed_starts;
    char last_why[SLOT_WHY_MAX]; /* why the last process of it ended, … */
    uint32_t errors;             /* … how often that was an error, … */
    int64_t error_us;            /* … and when the last time, wall clock */
};

struct supervisor {
    struct daemon daemon;
    const struct supervisor_hands *hands; /* NULL: workers are processes */
    char id[KEPT_ID_MAX + 1];
    struct local_directory local;
    bool local_is_open;
    bool homeless; /* somebody has removed the directory: it ends */
    struct store *store;
    struct rpc_server *workers; /* the Unix socket */
    char *socket;               /* its path */
    struct rpc_server *readers; /* of logs, over TCP; NULL: none … */
    uint16_t port;              /* … and 0 */
    struct leader_client *nimbus;
    struct rpc_address nimbuses[LEADER_SEEDS_MAX]; /* that are known: the
                                                      leader first */
    uint32_t n_nimbuses;
    struct supply_from from;
    uint32_t n_seats;
    struct seat *seats;
    bool told;          /* a slots record was read, or there is none */
    uint64_t change;    /* the highest of those that were acted by */
    bool told_old;      /* that there is an older one now was said */
    bool epoch_damaged; /* it cannot be read, which was said */
    bool registered;
    struct zookeeper_watch slots_watch, epoch_watch;
    struct loop_timer look;   /* at ZooKeeper, without having been woken */
    struct loop_timer report; /* to nimbus */
    bool reporting;           /* one is on its way … */
    bool report_again;        /* … and does not say all any more */
    char boot[ENV_BOOT_MAX + 1];
    struct leftover *leftovers; /* processes that are told to end */
    struct loop_timer sweep;    /* of old logs, and files of the store */
    bool save_soon;
    struct loop_timer save;
    struct slot_times times; /* of who says nothing about them */
    struct cgroup_home cgroups;
    bool has_user; /* workers run as this one: */
    struct worker_user user;
};

/* -- seat.c ---------------------------------------------------------------- */

void seat_init(struct seat *s, struct supervisor *supervisor, uint16_t port);
/* The process goes on. */
void seat_fini(struct seat *s);
void seat_event(struct seat *s, const struct slot_event *event);
void seat_want(struct seat *s, const struct slot_order *order);
/* A process that runs already, as what it was started. */
void seat_adopt(struct seat *s, const struct kept_worker *worker);
/* Its assignment was read. */
bool seat_has_plan(const struct seat *s);
/* Reads it for a worker that runs, unless that is under way. */
void seat_supply(struct seat *s);
/* The worker's plan as it is now; the supply is there. */
void seat_pack_plan(const struct seat *s, struct pack *p);
/* The process has ended, perhaps: look. */
void seat_look(void *seat);

/* -- isolation.c ----------------------------------------------------------- */

/* Where cgroups of workers are made, if they are. */
void isolation_begin(struct supervisor *s);
void isolation_end(struct supervisor *s);
/* Of workers that are gone. */
void isolation_sweep(struct supervisor *s);
/* The supply is there: what the worker may. */
void isolation_terms(struct seat *s);
/* A cgroup for the launch to join; texts live as long as the seat has it. 0, or
 * -1 with the error. */
int isolation_start(struct seat *s, struct launch *launch, gale_err *error);
/* The one that the process has already. */
void isolation_adopt(struct seat *s, int pid);
/* The process has ended: whether for lack of memory, and then `words` are
 * those; the cgroup goes. */
void isolation_ended(struct seat *s, struct slot_end *end, char *words,
                     size_t size);

/* -- take_up.c ------------------------------------------------------------- */

/* Before ZooKeeper says what is wanted. */
void take_up(struct supervisor *s);
/* What was told to end is killed. */
void take_up_end(struct supervisor *s);

/* -- worker_methods.c ------------------------------------------------------ */

/* Where workers find their supervisor. NULL with the error. */
struct rpc_server *worker_methods_listen(struct supervisor *s, gale_err *error);
/* Tells the worker of the seat where it and its peers are. */
void worker_methods_plan(struct seat *s);

/* -- saved_positions.c ----------------------------------------------------- */

/*
 * "positions" was called by the seat's worker: answered when they are durable,
 * or cannot be. Of several that wait for the assignment to be read, the last
 * one is written.
 */
void saved_positions_take(struct seat *s, struct rpc_call *call,
                          const msgpack_object *list);
/* The assignment was read, or the worker has said by which one it acts. */
void saved_positions_go_on(struct seat *s);
/* What is held is given up, and the worker told why. */
void saved_positions_drop(struct seat *s, const char *why);

/* -- log_methods.c --------------------------------------------------------- */

/* Of an rpc_dispatch whose arg is the supervisor. */
extern const struct rpc_method log_methods[];
extern const uint32_t log_methods_n;
/* Listens at supervisor.thrift.port, if it can be had. */
void log_methods_listen(struct supervisor *s);

/* -- known_nimbuses.c ------------------------------------------------------ */

/* The client of the leader, and those that are configured. */
void known_nimbuses_begin(struct supervisor *s);
/* Who leads, as ZooKeeper says; again when that changes. */
void known_nimbuses_look(struct supervisor *s);
/* As it speaks to them. */
struct rpc_identity known_nimbuses_identity(const struct supervisor *s);

/* -- reporting.c ----------------------------------------------------------- */

/* Something has changed that the leader shall hear of, soon. */
void reporting_soon(struct supervisor *s);
void reporting_begin(struct supervisor *s);
/* It was told to end, and tells the leader, who is waited for a moment. */
void reporting_end(struct supervisor *s);
/* Words of the leader to one worker. */
void reporting_notified(void *supervisor, gale_str method,
                        const msgpack_object *params);

/* -- supervisor.c ---------------------------------------------------------- */

/* What is in the slots is written down, soon. */
void supervisor_save_soon(struct supervisor *s);

#endif
