/*
 * liveness.h - who is alive: which supervisors take workers, which workers must
 * be replaced.
 *
 * Pure: what is heard and the time come in, verdicts come out. It never acts;
 * each verdict means that the scheduler should look again, with what the
 * questions below answer then.
 *
 * A supervisor is alive while it is registered in ZooKeeper or its reports are
 * heard. A worker is its supervisor's business while that is alive; after that
 * it counts as long as it is heard itself. Who is not heard for `grace`, and
 * not registered for `retry`, is gone. Nobody is gone
 *
 *   - before this nimbus leads, and until it has listened for a while. Nobody
 *     could be heard before, so only that counts: it is short if the leader
 *     before has been silent for long, since who lives has been looking for
 *     another one since then;
 *   - while ZooKeeper is away, and until it has listened after that;
 *   - if this nimbus itself was held up: it cannot know who has spoken.
 *
 * A worker whose start fails three times within a minute is to go elsewhere,
 * and for some time no other of that topology should come to that supervisor.
 */
#ifndef GALE_LIVENESS_H
#define GALE_LIVENESS_H

#include "common/assignment_record.h"
#include "nimbus/scheduler.h"

#define LIVENESS_NEVER INT64_MAX
#define LIVENESS_STARTS 3u                            /* that fail … */
#define LIVENESS_STARTS_NS (60 * INT64_C(1000000000)) /* … within so long */
#define LIVENESS_LATE_NS                                                       \
    INT64_C(1000000000) /* after liveness_next(): held up */
#define LIVENESS_WHY_SIZE 256u

struct liveness_limits {
    int64_t grace_ns;  /* of silence */
    int64_t retry_ns;  /* as long as one that lives may take to be heard, or
                          registered, if it knows that it is not */
    int64_t listen_ns; /* … if it has to notice that first */
    int64_t mark_ns;   /* for how long a failed start is remembered */
};

/* -- what is heard --------------------------------------------------------- */

enum liveness_event_kind {
    LIVENESS_TIME,    /* it is liveness_next() */
    LIVENESS_LEADS,   /* this nimbus does from now on */
    LIVENESS_FOLLOWS, /* no longer */
    LIVENESS_ZOOKEEPER_AWAY,
    LIVENESS_ZOOKEEPER_BACK, /* and what is registered was read again */
    LIVENESS_REGISTERED,     /* supervisor */
    LIVENESS_UNREGISTERED,   /* supervisor */
    LIVENESS_REPORT,         /* of supervisor, with news of its workers */
    LIVENESS_WORKER,   /* of a worker itself: one news; supervisor: its own */
    LIVENESS_ASSIGNED, /* topology: where its workers are; NULL: it is gone */
};

struct worker_news {
    const char *topology; /* id */
    uint32_t worker;      /* number */
    uint64_t birth;       /* news of an older one are no news */
    bool runs;            /* it has come up */
    uint32_t
        failed_starts; /* since its supervisor began with this birth of it */
    const char *why;   /* … did the last one fail; NULL: nobody knows */
};

struct liveness_event {
    enum liveness_event_kind kind;
    const char *supervisor; /* id */
    uint32_t n_news;
    const struct worker_news *news;
    const char *topology; /* id */
    const struct assignment_record *assignment;
    int64_t since_ns; /* LEADS: when it began that nobody was heard who leads,
                         and ZooKeeper was there for this nimbus */
};

/* -- what follows ---------------------------------------------------------- */

enum verdict_kind {
    VERDICT_SUPERVISOR_OPEN, /* it is there (again), and takes workers */
    VERDICT_SUPERVISOR_BACK, /* it is heard again, or a worker of it is */
    VERDICT_SUPERVISOR_DEAD,
    VERDICT_WORKER_LOST,
    VERDICT_WORKER_BACK, /* it was lost, and is heard */
    VERDICT_WORKER_FAILS,
    VERDICT_MARK_OVER, /* the supervisor may have the topology again */
};

struct verdict {
    enum verdict_kind kind;
    char supervisor[RECORD_NAME_SIZE];
    char topology[TOPOLOGY_ID_SIZE]; /* "" if it is about none */
    uint32_t worker;
};

/* Zeroes is none; the caller empties it (n = 0) and frees items. */
struct verdicts {
    uint32_t n, capacity;
    struct verdict *items;
};

/* -- the state ------------------------------------------------------------- */

/* Where starts have failed, and why. */
struct liveness_mark {
    char supervisor[RECORD_NAME_SIZE];
    char topology[TOPOLOGY_ID_SIZE];
    uint32_t worker; /* the last one that failed there */
    char why[LIVENESS_WHY_SIZE];
    int64_t until_ns;
};

struct live_supervisor;
struct live_worker;

struct liveness {
    struct liveness_limits limits;
    bool leads, zookeeper_away;
    int64_t not_before_ns; /* nobody is gone before */
    int64_t next_ns;       /* when somebody may be gone */
    uint32_t n_supervisors, n_workers, n_marks;
    struct live_supervisor **supervisors; /* by id */
    struct live_worker **workers;         /* by topology and number */
    struct liveness_mark *marks;
};

void liveness_init(struct liveness *l, struct liveness_limits limits);
void liveness_fini(struct liveness *l);

/* now_ns: monotonic, never less than before. */
void liveness_step(struct liveness *l, const struct liveness_event *event,
                   int64_t now_ns, struct verdicts *verdicts);

/* When LIVENESS_TIME is due; LIVENESS_NEVER: not before something else is. */
int64_t liveness_next(const struct liveness *l);

/* For struct schedule: whether it is one of its supervisors, and open. */
bool liveness_is_dead(const struct liveness *l, const char *supervisor);
bool liveness_is_open(const struct liveness *l, const char *supervisor);
enum worker_fate liveness_fate(const struct liveness *l, const char *topology,
                               uint32_t worker);

#endif
