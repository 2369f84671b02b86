/* position_rounds.c - when positions are kept, and by whom; see
 * position_rounds.h. */
#include "worker/position_rounds.h"

enum position_way position_way(const struct orphan *o, bool ends, int64_t now)
{
    if (o->has_supervisor)
        return POSITIONS_TO_SUPERVISOR;
    return !ends && orphan_verdict(o, now) == ORPHAN_IS_NONE
               ? POSITIONS_STAY
               : POSITIONS_TO_NIMBUS;
}

/* While spouts emit, each write to ZooKeeper is for many of their positions;
 * somebody waits for those of spouts that rest, or end. */
static bool is_due(const struct position_rounds *r, enum position_way way,
                   int64_t now)
{
    int64_t interval = r->interval;

    if (way == POSITIONS_TO_NIMBUS && interval > POSITION_ROUNDS_AWAY_NS)
        interval = POSITION_ROUNDS_AWAY_NS;
    return now - r->at >= interval;
}

enum position_way position_rounds_next(struct position_rounds *r,
                                       const struct orphan *o,
                                       const struct position_wish *wish,
                                       int64_t now, uint32_t *n)
{
    enum position_way way = position_way(o, wish->ends, now);

    if (r->under_way != POSITIONS_STAY || way == POSITIONS_STAY)
        return POSITIONS_STAY;
    if (r->left == 0 && (wish->rest || is_due(r, way, now))) {
        r->at = now;
        r->left = wish->n_changed;
    }
    *n = r->left;
    return r->left > 0 ? way : POSITIONS_STAY;
}

void position_rounds_sent(struct position_rounds *r, enum position_way way,
                          uint32_t n)
{
    r->under_way = way;
    r->left -= n < r->left ? n : r->left;
}

void position_rounds_answered(struct position_rounds *r, bool kept)
{
    r->under_way = POSITIONS_STAY;
    if (!kept)
        r->left = 0;
}
