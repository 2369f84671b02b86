/*
 * replication.h - which nimbus has which file, as one of them sees it: what it
 * must fetch and from whom, when a submission counts as stored, and which files
 * nobody needs any longer.
 *
 * A file is its content: a name that is its SHA-256, so it never changes, and
 * who has it has it whole. Wanted are the files that topologies in ZooKeeper
 * name, and those of submissions under way, which the leader announces. Each
 * nimbus fetches what is wanted and what it lacks: from the leader, otherwise
 * from any that has it; after failures from the next, and when none is left,
 * again after 1, 2, 4 … 30 s.
 *
 * A file that is not wanted goes after `delay`. That is counted from when the
 * topologies in ZooKeeper were read and did not name it, and begins anew when
 * ZooKeeper was away (what is not known is not removed) and when this nimbus is
 * said to have it once more: it was uploaded again.
 *
 * Pure: the caller moves the files. Nimbuses are numbers below
 * REPLICATION_NIMBUSES_MAX, which the caller gives out.
 */
#ifndef GALE_REPLICATION_H
#define GALE_REPLICATION_H

#include "common/record.h"
#include <stdbool.h>
#include <stdint.h>

#define REPLICATION_NIMBUSES_MAX 64u
#define REPLICATION_FETCHES_MAX 4u /* at a time */
#define REPLICATION_NOBODY UINT32_MAX

enum replication_event_kind {
    REPLICATION_NIMBUSES,   /* alive, leader; what those had that are not alive
                               is forgotten, and so are another leader's
                               submissions */
    REPLICATION_HOLDS,      /* nimbus (also this one) has the file: hash; or
                               hashes, all of which it has */
    REPLICATION_LACKS,      /* … has it no longer */
    REPLICATION_TOPOLOGIES, /* hashes: all that topologies in ZooKeeper name */
    REPLICATION_AWAY,       /* ZooKeeper is: which they are is not known */
    REPLICATION_SUBMIT,     /* submission, leader, hashes, copies, wait_secs */
    REPLICATION_SUBMITTED,  /* submission: it is a topology, or is given up */
    REPLICATION_FETCHED,    /* hash: this nimbus has it now */
    REPLICATION_FAILED,     /* hash: it could not be fetched */
    REPLICATION_TICK,       /* replication_due() has come */
};

struct replication_event {
    enum replication_event_kind kind;
    uint64_t alive;  /* bit i: nimbus i is; also of this one */
    uint32_t leader; /* or REPLICATION_NOBODY */
    uint32_t nimbus;
    const char *hash;
    const char *const *hashes;
    uint32_t n_hashes;
    uint64_t submission; /* a number of the caller's */
    uint32_t copies;     /* topology.min.replication.count */
    int64_t wait_secs;   /* topology.max.replication.wait.time.sec; negative: as
                            long as it takes */
};

enum replication_action_kind {
    REPLICATION_FETCH,  /* hash, from; FETCHED or FAILED follows */
    REPLICATION_REMOVE, /* hash, of this nimbus; before the next event */
    REPLICATION_STORED, /* submission may go on, with so many copies of each of
                           its files, at least */
};

struct replication_action {
    enum replication_action_kind kind;
    char hash[RECORD_HASH_SIZE];
    uint32_t from;
    uint64_t submission;
    uint32_t copies;
    bool enough; /* false: fewer than asked for, and the wait is over */
};

/* Zeroed at first; the list is freed by its owner. */
struct replication_actions {
    uint32_t n, room;
    struct replication_action *list;
};

struct replication_file {
    char hash[RECORD_HASH_SIZE];
    bool in_topology;
    uint32_t n_submissions;
    uint64_t holders;
    bool fetching;
    uint64_t failed;  /* from whom it could not be fetched, this time round */
    uint32_t from;    /* fetching */
    int64_t pause_ns; /* after the last round of failures; 0: none */
    int64_t again;    /* not before */
    int64_t unwanted; /* since; INT64_MAX: wanted, or not known */
};

struct replication_submission {
    uint64_t number;
    uint32_t leader;
    uint32_t n_hashes;
    char (*hashes)[RECORD_HASH_SIZE];
    uint32_t copies;
    int64_t deadline; /* INT64_MAX: none */
    bool stored;
};

struct replication {
    uint32_t me;
    uint32_t leader;
    uint64_t alive;
    int64_t delay_ns;
    bool topologies_known;
    uint32_t n_files, files_room;
    struct replication_file *files; /* by hash */
    uint32_t n_submissions;
    struct replication_submission *submissions;
};

/* This is nimbus `me`; what is not wanted goes after delay_ns. */
void replication_init(struct replication *r, uint32_t me, int64_t delay_ns);
void replication_free(struct replication *r);

/* `now`: ns of a clock that never goes back. Empties the list of actions
 * first. */
void replication_step(struct replication *r,
                      const struct replication_event *event, int64_t now,
                      struct replication_actions *actions);

/* When REPLICATION_TICK is due; INT64_MAX: not by itself. */
int64_t replication_due(const struct replication *r);

/* Files of topologies in ZooKeeper that this nimbus lacks. */
uint32_t replication_lacking(const struct replication *r);

bool replication_is_here(const struct replication *r, const char *hash);

/* It is wanted, and nobody who is alive is known to have it: ask them. */
bool replication_is_sought(const struct replication *r,
                           const struct replication_file *f);

/* Nimbuses that are alive and have the file. 0: what needs it cannot start. */
uint32_t replication_copies(const struct replication *r, const char *hash);

#endif
