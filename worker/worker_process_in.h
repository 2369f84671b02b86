/* worker_process_in.h - the parts of a worker's process, for its own files.
 *
 * The engine has threads of its own; everything here belongs to the main
 * thread's loop.
 */
#ifndef GALE_WORKER_PROCESS_IN_H
#define GALE_WORKER_PROCESS_IN_H

#include "common/description.h"
#include "common/leader_client.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/rpc_client.h"
#include "worker/kept_positions.h"
#include "worker/member.h"
#include "worker/orphan.h"
#include "worker/position_rounds.h"
#include "worker/worker_plan.h"
#include "worker/worker_process.h"

#define SECOND_NS INT64_C(1000000000)

struct process;

/* To keep positions: of whoever is asked for that. */
struct positions_call {
    struct process *process;
};

struct process {
    struct process_in in;
    struct env *env;
    struct loop *loop;
    struct log *log;
    struct token_worker me;
    struct rpc_identity identity;
    struct rpc_client *supervisor;
    struct orphan orphan;
    struct leader_client *nimbus; /* while its supervisor is away */
    bool nimbus_asked;
    struct rpc_address seeds[LEADER_SEEDS_MAX];
    uint32_t n_seeds;
    struct description *description;
    gale_builder *builder;
    struct plan *plan;
    struct member *member; /* NULL: not yet */
    struct kept_positions *positions;
    struct position_rounds rounds; /* in which they are kept */
    struct positions_call positions_call;
    bool positions_fail;             /* the last call has */
    struct loop_timer report, drain; /* report: until there is something to
                                        tell, whether anybody is there */
    gale_log_level log_level; /* from here on, or from the engine's start */
    struct loop_timer usual;  /* it logs as usual again */
    _Atomic(bool) report_posted, positions_posted;
    uint64_t n_reports, round;
    int64_t counted_ns;    /* when counters were told last … */
    struct digest counted; /* … and what of */
    bool active;
    uint32_t stage;               /* to which it was sent; see nimbus/drain.h */
    bool told_to_end;             /* by whomever, also TERM */
    bool terminated;              /* it ends because of TERM */
    int64_t ended_at;             /* when all was closed; 0: it is not yet */
    bool leaving;                 /* the last report is on its way */
    int status;                   /* of the process */
    struct process_counts counts; /* at the end */
};

/* -- worker_process.c ------------------------------------------------------ */

void process_end(struct process *p, int status);
/* Why it ends; the supervisor reads it. */
void process_say(struct process *p, const char *text);
/* Spouts stop; when nothing is pending, or after so long, it closes. */
void process_drain(struct process *p, int64_t ns);

/* -- worker_reports.c ------------------------------------------------------ */

/* There is an engine: from now on reports go out. */
void reports_begin(struct process *p);
/* The next report goes out soon. */
void reports_soon(struct process *p);
/* By the engine's control thread: member_in.changed. */
void reports_changed(void *process);
/* The supervisor is there, or is not any more. */
void reports_supervisor(void *process, bool up, const char *why);
/* Who is told while it is not; until it is there again. */
struct leader_client *reports_nimbus(struct process *p);

/* -- worker_positions.c ---------------------------------------------------- */

/* By a carrier: kept_positions_new(). */
void positions_changed(void *process);
/* What is due is sent to who keeps it; at_once: all that has changed is. */
void positions_send(struct process *p, bool at_once);
/* The supervisor is there, or is not any more; … */
void positions_supervisor(struct process *p, bool up);
/* … and then nimbus is not asked any longer. */
void positions_leave_nimbus(struct process *p);

/* -- worker_counters.c ----------------------------------------------------- */

/* What components have done, for those who look: every few seconds, if there is
 * something new. last: at once, if so. */
void counters_tell(struct process *p, bool last);

/* -- worker_orders.c ------------------------------------------------------- */

/* {level, secs}: what it logs, for so many seconds; 0: until something else is
 * said. Otherwise nothing changes. */
void orders_log_level(struct process *p, const msgpack_object *told);
/* What supervisor or nimbus say. */
void orders_notified(void *process, gale_str method,
                     const msgpack_object *params);

/* -- worker_start.c -------------------------------------------------------- */

/* Asks for the plan, and begins by it; ends if there is nobody to ask. */
void start_begin(struct process *p);

#endif
