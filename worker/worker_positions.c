/*
 * worker_positions.c - positions of a worker's spouts, to who keeps them: its
 * supervisor, or nimbus while that is away; see position_rounds.h.
 */
#include "common/position_save.h"
#include "worker/worker_process_in.h"

#define POSITIONS_MAX POSITION_SAVE_MAX /* in one call */

/* -- kept ------------------------------------------------------------------ */

static void settle(struct process *p, bool kept)
{
    position_rounds_answered(&p->rounds, kept);
    if (kept)
        kept_positions_kept(p->positions);
    else
        kept_positions_again(p->positions);
}

static void answered(void *arg, const struct rpc_result *result)
{
    struct process *p = ((struct positions_call *)arg)->process;
    bool kept = result->outcome == RPC_OK;

    if (!kept && !p->positions_fail)
        log_warn(p->log, "positions", "%s; they are sent again and again",
                 result->text);
    p->positions_fail = !kept;
    settle(p, kept);
    if (!kept)
        return; /* with the next ones, or with the next report */
    reports_soon(p);
    positions_send(p, false);
}

static void call(struct process *p, enum position_way way,
                 const struct pack *list)
{
    if (way == POSITIONS_TO_SUPERVISOR)
        rpc_client_call(p->supervisor, "positions", list, 10 * SECOND_NS,
                        answered, &p->positions_call);
    else
        leader_client_call(reports_nimbus(p), "positions", list, 10 * SECOND_NS,
                           answered, &p->positions_call);
}

void positions_send(struct process *p, bool at_once)
{
    const struct position_wish wish = {
        .rest = at_once || !p->active || p->told_to_end || p->stage > 0,
        .ends = p->told_to_end,
        .n_changed = kept_positions_n_changed(p->positions),
    };
    struct pack list;
    uint32_t n = 0;
    enum position_way way = position_rounds_next(&p->rounds, &p->orphan, &wish,
                                                 loop_now(p->loop), &n);

    if (way == POSITIONS_STAY)
        return;
    pack_init(&list);
    n = kept_positions_take(p->positions, &list,
                            n < POSITIONS_MAX ? n : POSITIONS_MAX);
    position_rounds_sent(&p->rounds, way, n);
    call(p, way, &list);
    pack_free(&list);
}

/* -- the newest ------------------------------------------------------------ */

/* For the process that takes this one's place: nobody need write them down.
 * While the supervisor is away, they wait for the next one. */
static void tell_newest(struct process *p)
{
    uint32_t n = p->orphan.has_supervisor ? POSITIONS_MAX : 0;

    while (n == POSITIONS_MAX) {
        struct pack list;

        pack_init(&list);
        n = kept_positions_news(p->positions, &list, POSITIONS_MAX);
        if (n > 0)
            rpc_client_notify(p->supervisor, "newest", &list);
        pack_free(&list);
    }
}

static void posted(void *arg)
{
    struct process *p = arg;

    atomic_store(&p->positions_posted, false);
    tell_newest(p);
    positions_send(p, false);
}

void positions_changed(void *arg)
{
    struct process *p = arg;

    if (!atomic_exchange(&p->positions_posted, true))
        loop_post(p->loop, posted, p);
}

/* -- the supervisor comes and goes ----------------------------------------- */

void positions_supervisor(struct process *p, bool up)
{
    if (up) {
        positions_changed(p);
    } else if (p->rounds.under_way == POSITIONS_TO_SUPERVISOR) {
        rpc_client_forget(p->supervisor, &p->positions_call); /* not sent */
        settle(p, false);
    }
}

void positions_leave_nimbus(struct process *p)
{
    if (p->rounds.under_way != POSITIONS_TO_NIMBUS)
        return;
    settle(p, false);
    positions_send(p, false);
}
