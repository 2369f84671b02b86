/*
 * reign_in.h - the parts of a reign (reign.h), for its own files.
 */
#ifndef GALE_REIGN_IN_H
#define GALE_REIGN_IN_H

#include "common/slots_record.h"
#include "common/throttle.h"
#include "nimbus/assignment_change.h"
#include "nimbus/drain.h"
#include "nimbus/leavings.h"
#include "nimbus/liveness.h"
#include "nimbus/loader.h"
#include "nimbus/position_pace.h"
#include "nimbus/reign.h"
#include "nimbus/scheduler.h"
#include "nimbus/topology_life.h"
#include "nimbus/worker_up.h"
#include "nimbus/writer.h"

#define REIGN_PATH_MAX 256u
#define REIGN_DAMAGED_MAX 600u /* bytes of a text about records */
#define SPREAD_AT_ONCE 2u      /* workers that one round moves for balance */

/* What is known of a worker from its reports. */
struct seen_worker {
    struct rpc_link *link; /* by which it was told; NULL: none, or it is gone */
    bool heard;
    bool opened; /* … and all of its tasks are open */
    uint64_t incarnation;
    int64_t heard_ns;
    int64_t started_us;
    uint64_t acked, failed, executed, emitted, pending;
    uint32_t restarts;
    int64_t pid;     /* 0: there is no process */
    char why[300];   /* why its last process ended; "" */
    char hangs[400]; /* who in it does not return, as it told last; "" */
    uint32_t failed_starts;
    struct worker_up up;
    int64_t again_ns; /* when it is started again; 0: it waits for none */
    uint64_t errors;  /* how often it ended with one, as was told last … */
    int64_t error_us; /* … and when; 0: never */
};

/* What the workers of a topology have done together. */
struct worker_sums {
    uint64_t acked, failed, pending, executed;
};

/* The counters that a worker has told last. */
struct counted {
    bool has;
    struct pack message;
};

struct topology_errors;

struct topology {
    struct reign *reign;
    struct topology *next;
    struct topology_record record;
    struct assignment_record assignment;
    bool assigned;
    struct life_actions wants;
    struct loop_timer due;             /* LIFE_DUE */
    char reason[SCHEDULE_REASON_SIZE]; /* why it waits for slots; "" */
    struct drain drain;
    uint64_t change; /* the latest of its record; orders wait for it … */
    bool held;       /* … and one does */
    uint32_t n_seen;
    struct seen_worker *seen; /* by number of worker */
    struct worker_sums past;  /* of those that it had until it was released */
    uint32_t n_counted;
    struct counted *counted;        /* by number of worker; reign_counters.c */
    struct topology_errors *errors; /* reign_errors.c; NULL: not looked at */
    bool removed; /* it goes when the steps under way are over: by
                     reign_remove() */
};

struct known_supervisor {
    struct known_supervisor *next;
    struct supervisor_record record;
    bool registered;
    bool described; /* its record was read, at some time */
    bool ended;     /* it was told to end, as it has said last */
    bool seen;      /* in the look that is under way */
    bool has_slots; /* a slots record of it was ever read or wanted */
    struct slots_record wanted; /* what it is to run, as was decided last; of
                                   change 0: nothing was, or is not to be */
    struct slots_record coming; /* … and as it is being decided */
    uint32_t used;              /* slots; see reign_count_used() */
    uint64_t change; /* the highest of its slots that it has acted by, as it
                        reports, or that was removed */
    struct rpc_link *link; /* by which it reports; NULL: none */
    int64_t heard_ns;      /* its last report; 0: none to this leader */
    int64_t there_ns;      /* when it was last there in any way; 0: never */
};

/* A command that is answered when it is durable. */
struct reply {
    struct reply *next;
    struct rpc_call *call;
    uint64_t change;
    uint64_t submission; /* that is a topology then; 0: none */
    struct pack result;
};

/* A submission whose files are not where they shall be yet. */
struct waiting {
    struct waiting *next;
    struct rpc_call *call;
    uint64_t number;
    char name[TOPOLOGY_NAME_SIZE];
    struct digest description;
    uint32_t copies;   /* that were asked for … */
    int64_t wait_secs; /* … and how long; -1: as long as it takes */
    int64_t since;     /* reign_now() */
    bool told;         /* who submits was told what it waits for */
    bool replace, inactive;
};

struct keeping;

/* Positions that workers want kept; reign_positions.c. */
struct waiting_positions {
    struct keeping *first;     /* who wait */
    struct keeping *under_way; /* or NULL */
    struct position_pace pace;
    struct loop_timer timer; /* the next one may be written */
};

struct reign {
    struct reign_options options;
    struct writer *writer;
    struct leavings *leavings;
    struct mirror *mirror;             /* the writer's */
    struct loader *loader;             /* while it reads what there is */
    struct loader *supervisors_loader; /* while it looks at /supervisors … */
    bool look_again;                   /* … and shall once more */
    int64_t looked_at;
    int64_t read_at; /* when it began to read what there is */
    bool ready;      /* all was read */
    bool zookeeper_away;
    bool zookeeper_back; /* … no longer, and it was not looked at yet */
    struct liveness liveness;
    struct verdicts verdicts;
    const struct scheduler *scheduler;
    struct loop_timer round; /* placement is to be looked at again */
    int64_t round_at;        /* when it was last … */
    uint32_t n_placed;       /* … and how many workers that was about */
    struct loop_timer time;  /* liveness_next() */
    struct loop_timer tick;  /* once a second */
    struct loop_timer again; /* reading has failed */
    struct loop_timer look;  /* /supervisors shall be looked at … */
    uint32_t n_looked;       /* … in which there were so many */
    struct zookeeper_watch supervisors_watch;
    struct throttle trouble;                    /* of writing, that is said */
    struct topology *topologies;                /* by launched_us */
    void *topologies_by_id, *supervisors_by_id; /* by_id.h */
    bool any_removed;                           /* reign_sweep() has to do */
    struct known_supervisor *supervisors;
    struct reply *replies;
    uint64_t submissions; /* the highest number that was given out */
    struct waiting *waiting;
    uint64_t last_waiting;
    struct waiting_positions positions;
    char damaged[REIGN_DAMAGED_MAX]; /* records that cannot be read; "" */
    /* The same, of supervisors, at the last look, and what was said of it. */
    char unread[REIGN_DAMAGED_MAX], unread_told[REIGN_DAMAGED_MAX];
    bool frozen; /* … one of them says what runs: see reign.h */
};

/* -- reign.c --------------------------------------------------------------- */

int64_t reign_now(const struct reign *r);
int64_t reign_wall_us(const struct reign *r);
void reign_path(char path[REIGN_PATH_MAX], const char *folder,
                const char *name);
/* What was wanted gets written. */
void reign_write(struct reign *r);
/* Answer when all that is wanted so far is durable; takes the result. */
void reign_reply_later(struct reign *r, struct rpc_call *call,
                       struct pack *result);
/* The same, of a submission: then its files need not be kept for it. */
void reign_reply_submitted(struct reign *r, struct rpc_call *call,
                           struct pack *result, uint64_t submission);
/* {"text": …}, when durable. */
void reign_say_later(struct reign *r, struct rpc_call *call, const char *format,
                     ...) GALE_PRINTF(3, 4);

/* -- reign_commands.c ------------------------------------------------------ */

/* Submissions that wait are refused: "because …". */
void reign_refuse_waiting(struct reign *r, const char *why);

/* -- reign_topologies.c ---------------------------------------------------- */

struct topology *reign_find(const struct reign *r, const char *id);
/* The newest of the name; NULL. */
struct topology *reign_find_name(const struct reign *r, const char *name);
/* The record is taken over, in its place among the others. */
struct topology *reign_add(struct reign *r, struct topology_record *record);
/* The same of one of many that were found; all get their places then. */
void reign_add_found(struct reign *r, struct topology_record *record);
void reign_sort(struct reign *r);
/* It is `removed`, and goes with the next reign_sweep(). */
void reign_remove(struct topology *t);
/* One step of its life, with all that follows. 0, or -1: refused. It may be
 * gone afterwards, if it was removed: not before reign_sweep(). */
int reign_step(struct topology *t, const struct life_event *event,
               gale_err *error);
/* Its record has changed: ZooKeeper shall have it so. */
void reign_want_record(struct topology *t);
/* No worker of it is up, and none is about to be: it runs, and nothing of it is
 * under way. */
bool reign_is_deserted(const struct topology *t);
/* … and if so, it waits for nobody. */
void reign_look_deserted(struct topology *t);
/* Those that were removed are freed. */
void reign_sweep(struct reign *r);
void reign_forget_all(struct reign *r);
/* The topology got this assignment. */
void reign_assign(struct topology *t, const struct assignment_record *a);
/* Of all workers, also when it has none any more. */
struct worker_sums reign_sums(const struct topology *t);
/* What the drain machine asks for. */
void reign_drain(struct topology *t, const struct drain_event *event);
/* Orders that have waited are given, if what they follow from is durable. */
void reign_give_orders(struct reign *r);

/* -- reign_waiting.c ------------------------------------------------------- */

#define WAITING_TEXT 400u
/* "waits until …": what a submission waits for. */
void reign_waiting_text(const struct reign *r, const struct waiting *w,
                        char text[WAITING_TEXT]);
/* Once a second: who waits is told, once. */
void reign_waiting_tick(struct reign *r);

/* -- reign_commands.c ------------------------------------------------------ */

/* False: not all was read yet, and the caller has been told to ask again. */
bool reign_is_ready(struct reign *r, struct rpc_call *call);
/* The topology of "name", which may be its id; NULL: the caller has been told
 * that there is none. */
struct topology *reign_asked_for(struct reign *r, struct rpc_call *call,
                                 const msgpack_object *params);
/* The same for a command, which NULL: may not be carried out now. */
struct topology *reign_commanded(struct reign *r, struct rpc_call *call,
                                 const msgpack_object *params);

/* -- reign_placement.c ----------------------------------------------------- */

/* Something has changed that the scheduler looks at: it does, soon. */
void reign_round_soon(struct reign *r);
/* A step of liveness, and a round if its verdicts ask for one. */
void reign_liveness(struct reign *r, const struct liveness_event *event);
/* What the rebalance of a topology would come to if nothing were under way any
 * more; false: it runs nowhere, or would wait for slots. */
bool reign_foresee(struct topology *t, struct assignment_change *change);

/* -- reign_counters.c ------------------------------------------------------ */

void reign_counters_forget(struct topology *t);
/* fn(arg, [COMPONENT …]) for each worker that has told something. */
void reign_counters_each(const struct topology *t,
                         void (*fn)(void *arg, const msgpack_object *list),
                         void *arg);
/* The COMPONENT of that id; NULL: there is none. */
const msgpack_object *reign_component_in(const msgpack_object *list,
                                         gale_str id);

/* -- reign_errors.c -------------------------------------------------------- */

/* A component's counters, as they were told before (NULL: never) and now: what
 * is new among the errors in them is kept. */
void reign_note_errors(struct topology *t, uint32_t worker,
                       const msgpack_object *before, const msgpack_object *now);
/* Once a second: what is to be written. */
void reign_errors_tick(struct reign *r);
/* The topology is gone from ZooKeeper: so are they, … */
void reign_errors_unwant(struct topology *t);
/* … and from memory. */
void reign_errors_forget(struct topology *t);

/* As its supervisor tells, a process of the worker has ended with an error, or
 * could not be started: that is kept, if it is new. */
void reign_note_end(struct topology *t, uint32_t worker,
                    const msgpack_object *told);

/* -- reign_positions.c ----------------------------------------------------- */

/* Who waits is told that this nimbus leads no longer, "because …". */
void reign_positions_end(struct reign *r, const char *why);

/* -- reign_supervisors.c --------------------------------------------------- */

/* Made if it is not known. */
struct known_supervisor *reign_supervisor(struct reign *r, const char *id);
/* It has reported; it is there, in whatever way. */
void reign_supervisor_heard(struct reign *r, struct known_supervisor *s);
void reign_supervisor_there(struct reign *r, struct known_supervisor *s);
/* How many slots of each are in use: known_supervisor.used. */
void reign_count_used(struct reign *r);
/* It is forgotten, whoever it is; not in a list any more. */
void reign_supervisor_free(struct reign *r, struct known_supervisor *s);
/* Those that are gone are so for a while; slots are counted. */
bool reign_supervisor_is_shown(const struct reign *r,
                               const struct known_supervisor *s);
const char *reign_supervisor_state(const struct reign *r,
                                   const struct known_supervisor *s);
/* The pair "supervisors" of `status`. */
void reign_pack_supervisors(struct reign *r, struct pack *p);
/* Of those that are gone for long, not more than so many are kept. */
void reign_forget_supervisors(struct reign *r);

/* -- reign_reports.c ------------------------------------------------------- */

/* If its record is durable, else reign_give_orders() gives it again: a leader
 * that cannot write must not stop what runs, since the next one would not know
 * of it. */
void reign_order(struct topology *t, const struct drain_action *a);

#endif
