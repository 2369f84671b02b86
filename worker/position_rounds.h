/*
 * position_rounds.h - when a worker has its spouts' positions kept, and by
 * whom.
 *
 * Pure. They go out in rounds: what has changed when one begins, in as many
 * calls as that takes, one at a time. Whom they go to is asked anew for each
 * call: the supervisor; while it is away, and the worker reports to nimbus,
 * nimbus; before that, and after, nobody, and they wait.
 */
#ifndef GALE_POSITION_ROUNDS_H
#define GALE_POSITION_ROUNDS_H

#include "worker/orphan.h"

/* A supervisor has the newest ones in memory for the process that takes a dead
 * one's place (supervisor/newest_positions.h). Nimbus has not: what it kept
 * last is where that begins. */
#define POSITION_ROUNDS_AWAY_NS INT64_C(100000000)

enum position_way {
    POSITIONS_STAY,
    POSITIONS_TO_SUPERVISOR,
    POSITIONS_TO_NIMBUS,
};

/* ends: the worker does, and waits for no supervisor that may be back soon. */
enum position_way position_way(const struct orphan *o, bool ends, int64_t now);

struct position_rounds {
    int64_t interval; /* between two rounds, in ns, while spouts are active */
    int64_t at;       /* when the last one began … */
    uint32_t left;    /* … of which so many are not sent yet */
    enum position_way under_way; /* POSITIONS_STAY: no call is */
};

/*
 * Whom the next call goes to, if there is one now, of at most so many positions
 * as *n says then. n_changed: how many have changed.
 */
struct position_wish {
    bool rest; /* spouts do not emit, and somebody waits for them */
    bool ends; /* the worker does */
    uint32_t n_changed;
};

enum position_way position_rounds_next(struct position_rounds *r,
                                       const struct orphan *o,
                                       const struct position_wish *wish,
                                       int64_t now, uint32_t *n);
/* They are on their way. */
void position_rounds_sent(struct position_rounds *r, enum position_way way,
                          uint32_t n);
/* The call is over. What is not kept has changed again. */
void position_rounds_answered(struct position_rounds *r, bool kept);

#endif
