/*
 * leader.h - whether this nimbus leads: one candidate's part of the election.
 *
 * Candidates are ephemeral, sequential nodes below /nimbuses; the lowest leads,
 * each of the others watches the one before it. Whoever is lowest reads /epoch
 * and writes it with the next number, in a multi that also checks that its own
 * candidate is still there. It leads when that is written, and every write of
 * its leadership is a multi with a check of /epoch's version: so a nimbus that
 * was deposed without knowing cannot write, and two leaderships never share a
 * number.
 *
 *     no session ─▶ LISTING ⇄ CREATING          my candidate is not in the list
 *                    │  ▲ └─▶ FOLLOWING         somebody is before me
 *                    ▼  │
 *            READING ─▶ WRITING ─▶ LEADING      /epoch
 *
 * Whatever is not known leads back to LISTING, after RETRY: what is done
 * follows from what is there. A create whose outcome is unknown is found again
 * by its GUID, a write of /epoch by the candidate and the number in it.
 *
 * The lease is what zookeeper_lease_until() says: two thirds of the session,
 * counted from when the last request was sent that was answered. A leader whose
 * lease is over stops by itself, before ZooKeeper can have given its place
 * away.
 *
 * Pure: the caller performs the actions and comes with the answers. One session
 * at a time; what is asked is done in the order in which it is asked.
 */
#ifndef GALE_LEADER_H
#define GALE_LEADER_H

#include <stdbool.h>
#include <stdint.h>

#define LEADER_GUID_MAX 48u  /* with the NUL byte */
#define LEADER_NAME_MAX 64u  /* GUID-SEQUENCE, with the NUL byte */
#define LEADER_NO_EPOCH (-1) /* the version of /epoch while there is none */

enum leader_event_kind {
    /* About the session. */
    LEADER_SESSION,      /* one began: guid */
    LEADER_SESSION_LOST, /* it expired, or was closed: its nodes are gone */
    LEADER_AWAY,         /* connection lost; the session may live on */
    LEADER_BACK,         /* connected again, within the session */

    /* Answers: ask is that of the action. */
    LEADER_CHILDREN, /* to LIST: names, n_names */
    LEADER_CREATED,  /* to CREATE */
    LEADER_EPOCH,    /* to READ: number, version, candidate */
    LEADER_WRITTEN,  /* to WRITE: version, the one that it now has */
    LEADER_REFUSED,  /* to WRITE: bad version, or my candidate is not there */
    LEADER_BEFORE_GONE, /* to WATCH: the watched candidate is not there */
    LEADER_UNKNOWN,     /* to any: failed, in time or not, done or not */

    /* From elsewhere. */
    LEADER_FENCED, /* a write as the leader of `number` was refused, or /epoch
                         was seen to be another's */
    LEADER_FILES,  /* n_lacking: files of topologies that this nimbus lacks */
    LEADER_STEP_DOWN, /* somebody wants another one to lead */
    LEADER_TICK,      /* leader_due() has come, or the lease is a longer one */
};

struct leader_event {
    enum leader_event_kind kind;
    uint64_t ask;
    int64_t lease_until; /* of every event; ns, of the clock of `now` */
    const char *guid;    /* new with every session; at most 47 bytes */
    const char *const *names;
    uint32_t n_names;
    uint64_t number;       /* in the value of /epoch; 0 if there is none */
    int32_t version;       /* of the node /epoch, or LEADER_NO_EPOCH */
    const char *candidate; /* in its value: the node of who wrote it */
    uint32_t n_lacking;
};

enum leader_action_kind {
    LEADER_LIST,   /* the children of /nimbuses */
    LEADER_CREATE, /* /nimbuses/GUID-, ephemeral and sequential: name */
    LEADER_REMOVE, /* /nimbuses/NAME; needs no answer */
    LEADER_WATCH,  /* that NAME goes away: exists, with a watch */
    LEADER_READ,   /* /epoch */
    LEADER_WRITE, /* one multi: check /nimbuses/NAME, any version; set /epoch to
                      number and name, with version (or create it) */
    LEADER_BEGIN, /* leading: number, version to check in each write, and
                     n_lacking: files of topologies that are not here */
    LEADER_STOP,  /* … no longer: why */
};

struct leader_action {
    enum leader_action_kind kind;
    uint64_t ask; /* to be given back with the answer */
    char name[LEADER_NAME_MAX];
    uint64_t number;
    int32_t version;
    uint32_t n_lacking;
    const char *why; /* "because …", static */
};

#define LEADER_ACTIONS_MAX 8u

struct leader_actions {
    uint32_t n;
    struct leader_action list[LEADER_ACTIONS_MAX];
};

enum leader_phase {
    LEADER_OUT,     /* no session */
    LEADER_WAITING, /* until `again`, or ZooKeeper is back */
    LEADER_LISTING,
    LEADER_CREATING,
    LEADER_FOLLOWING,
    LEADER_READING,
    LEADER_WRITING,
    LEADER_LEADING,
};

struct leader {
    enum leader_phase phase;
    bool connected;
    uint64_t ask;       /* of the request whose answer moves the phase on */
    uint64_t last_ask;  /* numbers are not used again */
    uint64_t watch_ask; /* of the watch of `before` */
    int64_t lease_until;
    int64_t again; /* WAITING, FOLLOWING: when to list again */
    char guid[LEADER_GUID_MAX];
    char mine[LEADER_NAME_MAX];    /* my candidate, "" if there is none */
    char before[LEADER_NAME_MAX];  /* who is watched, "" if nobody */
    char leaving[LEADER_NAME_MAX]; /* a candidate that I give up, or "" */
    bool alone;                    /* no other candidate was in the list */
    uint64_t number;  /* LEADING: mine; otherwise the one that was tried, whose
                        outcome is not known, or 0 */
    int32_t version;  /* LEADING: of /epoch */
    uint64_t highest; /* number that was ever seen */
    bool gave_way;    /* since the number … */
    uint64_t gave_way_at;
    uint32_t n_lacking;
};

void leader_init(struct leader *l);

/* `now` in ns of a clock that never goes back. It may stand still while the
 * machine sleeps: then the lease seems to go on, and it is the version of
 * /epoch that stops a leader which is none any more. The actions are those of
 * this step alone. */
void leader_step(struct leader *l, const struct leader_event *event,
                 int64_t now, struct leader_actions *actions);

/* Whether it leads, and its lease is not over; to be asked before anything is
 * done as a leader. */
bool leader_leads(const struct leader *l, int64_t now);

/* When LEADER_TICK is due, INT64_MAX: not by itself. */
int64_t leader_due(const struct leader *l);

#endif
