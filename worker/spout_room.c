/* spout_room.c - how many messages a spout task may have under way; see
 * spout_room.h. */
#include "worker/spout_room.h"
#include "common/config.h"
#include "worker/spout_messages.h"
#include "worker/worker.h"

static struct timers *timers_of(const struct task *t)
{
    return &t->executor->carrier->timers;
}

static uint64_t settled(struct task *t)
{
    spout_count_acked(t);
    return counter_get(&t->counters.acked) + counter_get(&t->counters.failed);
}

static void begin_window(struct task *t, int64_t now)
{
    struct spout_room *room = &t->spout->room;

    room->from = now;
    room->settled = settled(t);
    room->late = 0;
    timers_add(timers_of(t), &room->timer, now + PENDING_RULE_WINDOW_NS);
}

/* spout_room.timer: the window is over. */
static void look(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct spout_part, room.timer);
    struct spout_part *sp = (struct spout_part *)(void *)at;
    struct spout_room *room = &sp->room;
    struct task *t = sp->task;
    struct pending_window w = {.settled = settled(t) - room->settled,
                               .ns = now - room->from};

    w.late = room->late < w.settled ? room->late : w.settled;
    if (!pending_rule_over(&room->rule, &w)) {
        timers_add(timers_of(t), timer, now + PENDING_RULE_WINDOW_NS);
        return;
    }
    pending_rule_look(&room->rule, &w);
    sp->max_pending = room->rule.limit;
    if (sp->pending.n < sp->max_pending &&
        !atomic_load_explicit(&t->executor->scheduled, memory_order_relaxed))
        carrier_schedule(t->executor, t->executor->carrier);
}

void spout_room_full(struct task *t)
{
    struct spout_room *room = &t->spout->room;

    if (room->adapts && !timers_has(&room->timer))
        begin_window(t, t->executor->carrier->now);
}

void spout_room_init(struct spout_part *sp)
{
    static const char set[] = "topology.max.spout.pending",
                      target[] = "gale.topology.latency.target.ms";
    const struct component *c = sp->task->component;
    const struct model *m = sp->task->executor->worker->model;
    struct spout_room *room = &sp->room;

    room->timer.fire = look;
    room->late_ns = INT64_MAX;
    if (config_is_set(m, c, set)) {
        int64_t n = config_int(m, c, set);

        sp->max_pending = n < PENDING_MAX ? (uint32_t)n : PENDING_MAX;
    } else {
        room->adapts = true;
        room->late_ns = (int64_t)(config_float(m, c, target) * 1e6);
        pending_rule_init(&room->rule, PENDING_MAX);
        sp->max_pending = room->rule.limit;
    }
}
