/*
 * worker_reports.c - what a worker tells: how it is, once a second and when
 * something has changed; without its supervisor, to nimbus; and at last that it
 * goes.
 */
#include "topology-api/memory.h"
#include "worker/worker_process_in.h"

#define REPORT_NS SECOND_NS
#define SOON_NS INT64_C(1000000) /* what changes together is told once */
#define FAREWELL_NS SECOND_NS
#define ORPHAN_DRAIN_NS (10 * SECOND_NS)

/* -- reports --------------------------------------------------------------- */

/* See nimbus/drain.h. */
static uint32_t stage_of(const struct process *p, const struct member_report *r)
{
    switch (r->phase) {
    case OPENING:
    case RUNNING:
        return p->stage == 0 ? 0 : 1;
    case DRAINING:
        return 1;
    case FINISHING:
        return 1 + r->turn;
    default:
        return 2 + r->n_turns;
    }
}

/* Spouts that rest may go on elsewhere: from positions that are kept. */
static bool is_quiet(const struct process *p, const struct member_report *r)
{
    return r->quiet && r->phase != OPENING &&
           (p->stage == 0 ||
            (!r->unsaved && kept_positions_done(p->positions)));
}

static void pack_report(struct process *p, const struct member_report *r,
                        struct pack *to)
{
    pack_map(to, 18);
    pack_key_uint(to, "incarnation", r->incarnation);
    pack_key_uint(to, "number", ++p->n_reports);
    pack_key_uint(to, "version", r->version);
    pack_key_uint(to, "round", p->round);
    pack_key_uint(to, "stage", stage_of(p, r));
    pack_key_bool(to, "opened", r->phase != OPENING && r->error[0] == '\0');
    pack_key_bool(to, "quiet", is_quiet(p, r));
    pack_key_bool(to, "exhausted", r->exhausted);
    pack_key_bool(to, "active", p->active);
    pack_key_uint(to, "pending", r->pending);
    pack_key_uint(to, "sent", r->sent);
    pack_key_uint(to, "received", r->received);
    pack_key_uint(to, "acked", r->acked);
    pack_key_uint(to, "failed", r->failed);
    pack_key_uint(to, "executed", r->executed);
    pack_key_bool(to, "links_up", r->links_up);
    pack_key_text(to, "hangs", r->hangs);
    pack_key_bool(to, "ended", r->phase == ENDED && r->error[0] == '\0');
}

/* -- without its supervisor ------------------------------------------------ */

static void nimbus_answered(void *arg, const struct rpc_result *result)
{
    struct process *p = arg;

    p->nimbus_asked = false;
    if (result->outcome == RPC_OK)
        orphan_step(&p->orphan, ORPHAN_NIMBUS_ANSWERED, loop_now(p->loop));
}

struct leader_client *reports_nimbus(struct process *p)
{
    const struct leader_client_options options = {
        .me = p->identity, .arg = p, .notified = orders_notified};

    if (p->nimbus == NULL) {
        p->nimbus = leader_client_new(p->loop, &options);
        leader_client_seeds(p->nimbus, p->seeds, p->n_seeds);
        log_warn(p->log, "orphan",
                 "the supervisor is away: reports and positions go to nimbus");
    }
    return p->nimbus;
}

static void tell_nimbus(struct process *p, const struct pack *report)
{
    struct pack news;

    if (p->nimbus_asked)
        return;
    p->nimbus_asked = true;
    pack_init(&news);
    pack_map(&news, 5);
    pack_key_text(&news, "topology", p->me.topology);
    pack_key_uint(&news, "worker", p->me.number);
    pack_key_uint(&news, "birth", p->me.birth);
    pack_key_bool(&news, "runs", true);
    pack_text(&news, "report");
    pack_packed(&news, report);
    leader_client_call(reports_nimbus(p), "worker", &news, 2 * SECOND_NS,
                       nimbus_answered, p);
    pack_free(&news);
}

static void end_as_orphan(struct process *p)
{
    if (p->told_to_end)
        return;
    p->told_to_end = true;
    log_error(p->log, "orphan",
              "neither supervisor nor nimbus was heard for "
              "gale.worker.orphan.secs: it drains and ends");
    process_drain(p, ORPHAN_DRAIN_NS);
}

static void look_after_orphan(struct process *p, const struct pack *report)
{
    switch (orphan_verdict(&p->orphan, loop_now(p->loop))) {
    case ORPHAN_TELLS_NIMBUS:
        tell_nimbus(p, report);
        break;
    case ORPHAN_ENDS:
        end_as_orphan(p);
        break;
    case ORPHAN_IS_NONE:
        break;
    }
}

/* -- the last report ------------------------------------------------------- */

static void farewell_heard(void *arg, const struct rpc_result *result)
{
    struct process *p = arg;

    (void)result;
    process_end(p, p->status);
}

/* Nobody would hear it: the supervisor is away, and finds no process when it
 * is back. Somebody else has told this one to end, or has its place. */
static bool leaves_unheard(const struct process *p,
                           const struct member_report *r)
{
    return (p->terminated || r->replaced) && !p->orphan.has_supervisor;
}

/* The last report is waited for: a supervisor that is not the parent has no
 * other way to know that all is closed. */
static void take_leave(struct process *p, const struct member_report *r,
                       const struct pack *report)
{
    if (p->leaving)
        return;
    p->leaving = true;
    counters_tell(p, true);
    p->status = r->error[0] == '\0' ? 0 : 1;
    if (r->error[0] != '\0')
        process_say(p, r->error);
    if (leaves_unheard(p, r))
        process_end(p, p->status);
    else
        rpc_client_call(p->supervisor, "report", report, FAREWELL_NS,
                        farewell_heard, p);
}

/* They are kept first, if that can be: who has nobody to keep them ends all the
 * same, and what they would have spared is emitted again. Nimbus takes none of
 * one that was replaced. */
static bool positions_are_settled(struct process *p,
                                  const struct member_report *r)
{
    int64_t now = loop_now(p->loop);

    if (r->replaced && !p->orphan.has_supervisor)
        return true;
    if (p->ended_at == 0)
        p->ended_at = now;
    return kept_positions_done(p->positions) ||
           now - p->ended_at >= FAREWELL_NS;
}

static void tell(void *arg)
{
    struct process *p = arg;
    struct member_report r;
    struct pack report;

    /* First: what is heard below may want it sooner. */
    loop_timer_set(p->loop, &p->report, loop_now(p->loop) + REPORT_NS, tell, p);
    orphan_step(&p->orphan, ORPHAN_LOOKS, loop_now(p->loop));
    member_report(p->member, &r);
    if (p->told_to_end && r.phase == DRAINING && r.quiet && r.pending == 0)
        member_order(p->member, MEMBER_CLOSE, 0);
    pack_init(&report);
    pack_report(p, &r, &report);
    positions_send(p, r.phase != RUNNING);
    if (r.phase == ENDED && positions_are_settled(p, &r))
        take_leave(p, &r, &report);
    else
        rpc_client_notify(p->supervisor, "report", &report);
    counters_tell(p, false);
    look_after_orphan(p, &report);
    pack_free(&report);
}

/* At once, and whatever the timer was set for: until now it has waited for the
 * plan, and reports_soon() would leave that to it if it were due before. */
void reports_begin(struct process *p)
{
    loop_timer_set(p->loop, &p->report, loop_now(p->loop), tell, p);
}

void reports_soon(struct process *p)
{
    int64_t at = loop_now(p->loop) + SOON_NS;

    if (p->report.at == 0 || p->report.at > at)
        loop_timer_set(p->loop, &p->report, at, tell, p);
}

static void report_posted(void *arg)
{
    struct process *p = arg;

    atomic_store(&p->report_posted, false);
    if (p->member != NULL)
        reports_soon(p);
}

/* By the engine's control thread. */
void reports_changed(void *arg)
{
    struct process *p = arg;

    if (!atomic_exchange(&p->report_posted, true))
        loop_post(p->loop, report_posted, p);
}

/* -- the supervisor comes and goes ----------------------------------------- */

static void leave_nimbus(void *arg)
{
    struct process *p = arg;

    leader_client_free(p->nimbus);
    p->nimbus = NULL;
    p->nimbus_asked = false;
    positions_leave_nimbus(p);
}

static bool is_orphan(const struct process *p)
{
    return orphan_verdict(&p->orphan, loop_now(p->loop)) == ORPHAN_TELLS_NIMBUS;
}

void reports_supervisor(void *arg, bool up, const char *why)
{
    struct process *p = arg;

    orphan_step(&p->orphan, up ? ORPHAN_SUPERVISOR_UP : ORPHAN_SUPERVISOR_DOWN,
                loop_now(p->loop));
    positions_supervisor(p, up);
    if (!up)
        log_debug(p->log, "supervisor", "%s", why);
    if (p->member != NULL && (up || is_orphan(p)))
        reports_soon(p);
    if (!up)
        return;
    if (p->nimbus != NULL)
        loop_post(p->loop, leave_nimbus, p);
}
