/* orphan.c - a worker without its supervisor; see orphan.h. */
#include "worker/orphan.h"

void orphan_init(struct orphan *o, int64_t limit_ns, int64_t now)
{
    *o = (struct orphan){.limit_ns = limit_ns,
                         .lost_at = now,
                         .heard_at = now,
                         .woke_at = now - ORPHAN_PATIENCE_NS};
}

/* It may see first that its supervisor is gone, or first how late it is. */
static void look(struct orphan *o, int64_t now)
{
    if (o->looked_at != 0 && now - o->looked_at >= ORPHAN_STILL_NS) {
        o->woke_at = now;
        if (!o->has_supervisor)
            o->lost_at -= ORPHAN_PATIENCE_NS;
    }
    o->looked_at = now;
}

static void lose_supervisor(struct orphan *o, int64_t now)
{
    if (o->has_supervisor)
        o->lost_at = o->heard_at = now;
    if (o->has_supervisor && now - o->woke_at < ORPHAN_PATIENCE_NS)
        o->lost_at -= ORPHAN_PATIENCE_NS;
    o->has_supervisor = false;
}

void orphan_step(struct orphan *o, enum orphan_event event, int64_t now)
{
    switch (event) {
    case ORPHAN_SUPERVISOR_UP:
        o->has_supervisor = true;
        o->heard_at = now;
        break;
    case ORPHAN_SUPERVISOR_DOWN:
        lose_supervisor(o, now);
        break;
    case ORPHAN_NIMBUS_ANSWERED:
        o->heard_at = now;
        break;
    case ORPHAN_LOOKS:
        look(o, now);
        break;
    }
}

enum orphan_verdict orphan_verdict(const struct orphan *o, int64_t now)
{
    if (o->has_supervisor || now - o->lost_at < ORPHAN_PATIENCE_NS)
        return ORPHAN_IS_NONE;
    return now - o->heard_at < o->limit_ns ? ORPHAN_TELLS_NIMBUS : ORPHAN_ENDS;
}
