/*
 * orphan.h - whether a worker whose supervisor is away may go on, and whom it
 * tells how it is.
 *
 * Pure. While its supervisor does not answer, a worker reports to the leading
 * nimbus itself. If neither is heard for gale.worker.orphan.secs, nobody knows
 * any more that it is there, and another may have been started in its place: it
 * drains, and ends. One that has no plan yet does not know nimbus, and has
 * nothing to drain.
 *
 * One that stood still for a while, with all of its machine perhaps, may have
 * been replaced meanwhile: if its supervisor is gone then, too, it is not
 * patient.
 */
#ifndef GALE_ORPHAN_H
#define GALE_ORPHAN_H

#include <stdbool.h>
#include <stdint.h>

/* A supervisor that is replaced needs no longer than that, usually. */
#define ORPHAN_PATIENCE_NS INT64_C(1000000000)
/* Who has not looked for so long, where once a second is usual, stood still. */
#define ORPHAN_STILL_NS INT64_C(3000000000)
/* The limit of a worker that was told nothing yet. */
#define ORPHAN_LIMIT_NS INT64_C(60000000000)

struct orphan {
    int64_t limit_ns; /* gale.worker.orphan.secs */
    bool has_supervisor;
    int64_t lost_at;   /* since when it has none */
    int64_t heard_at;  /* when somebody was heard last */
    int64_t looked_at; /* last; 0: never */
    int64_t woke_at;   /* last, from having stood still */
};

enum orphan_event {
    ORPHAN_SUPERVISOR_UP,
    ORPHAN_SUPERVISOR_DOWN,
    ORPHAN_NIMBUS_ANSWERED,
    ORPHAN_LOOKS, /* once a second, at least */
};

enum orphan_verdict {
    ORPHAN_IS_NONE,      /* the supervisor is there, or was just now */
    ORPHAN_TELLS_NIMBUS, /* reports go to nimbus, too */
    ORPHAN_ENDS,
};

void orphan_init(struct orphan *o, int64_t limit_ns, int64_t now);
void orphan_step(struct orphan *o, enum orphan_event event, int64_t now);
enum orphan_verdict orphan_verdict(const struct orphan *o, int64_t now);

#endif
