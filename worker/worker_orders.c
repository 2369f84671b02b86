/* worker_orders.c - what a worker is told while it runs: how far to go, who is
 * where. */
#include "worker/worker.h"
#include "worker/worker_process_in.h"

#define LEVEL_SECS_MAX 86400u
#define UNWANTED_DRAIN_NS INT64_C(2000000000)

/* -- orders ---------------------------------------------------------------- */

/*
 * Stages are those of nimbus/drain.h. The first, spouts rest, is not for good:
 * a topology that is rebalanced goes on with those of its workers that stay,
 * and they hear of it by the next version of the plan.
 */
static void go_to(struct process *p, uint32_t stage)
{
    struct member_report r;

    member_report(p->member, &r);
    if (stage == 1 && p->stage == 0)
        member_activate(p->member, false);
    if (stage > p->stage)
        p->stage = stage;
    if (stage < 2)
        return;
    if (stage >= 2 + r.n_turns)
        member_order(p->member, MEMBER_CLOSE, 0);
    else
        member_order(p->member, MEMBER_FINISH, stage - 1);
}

static void take_order(struct process *p, const msgpack_object *order)
{
    uint64_t incarnation = unpack_uint(unpack_key(order, "incarnation"), 0);
    uint64_t round = unpack_uint(unpack_key(order, "round"), 0);
    uint64_t stage = unpack_uint(unpack_key(order, "stage"), 0);
    uint64_t version = unpack_uint(unpack_key(order, "version"), UINT64_MAX);
    struct member_report r;

    if (p->member == NULL)
        return;
    member_report(p->member, &r);
    if (round > p->round)
        p->round = round;
    /* Plans come by another way, and may overtake it. */
    if (incarnation == r.incarnation && stage <= UINT32_MAX &&
        version >= p->plan->version)
        go_to(p, (uint32_t)stage);
    reports_soon(p);
}

static void take_plan(struct process *p, const msgpack_object *told)
{
    struct plan *plan;
    gale_err error;

    if (p->member == NULL)
        return;
    if (worker_plan_read(told, &p->me, &plan, &error) != 0 ||
        member_replan(p->member, plan, &error) != 0) {
        log_error(p->log, "plan", "%s: this worker goes on as it was",
                  error.text);
        plan_free(plan);
        return;
    }
    if (plan->version > p->plan->version && p->stage == 1)
        p->stage = 0;
    plan_free(p->plan);
    p->plan = plan;
    p->active = unpack_bool(unpack_key(told, "active"), false);
    member_activate(p->member, p->active && p->stage == 0);
    reports_soon(p);
}

/* -- what is logged -------------------------------------------------------- */

static void log_level(struct process *p, gale_log_level level)
{
    p->log_level = level;
    log_set_level(p->log, level);
    if (p->member != NULL)
        log_set_level(member_worker(p->member)->log, level);
    log_format(p->log, GALE_LOG_INFO, "log", "from here on %s and above",
               log_level_name(level));
}

static void log_as_usual(void *arg)
{
    struct process *p = arg;

    log_level(p, p->in.log_level);
}

void orders_log_level(struct process *p, const msgpack_object *told)
{
    gale_str name = unpack_str(unpack_key(told, "level"));
    uint64_t secs = unpack_uint(unpack_key(told, "secs"), 0);
    int64_t until = loop_now(p->loop) + (int64_t)secs * SECOND_NS;
    gale_log_level level;

    if (!log_level_read(name.data, name.size, &level) || secs > LEVEL_SECS_MAX)
        return;
    log_level(p, level);
    loop_timer_set(p->loop, &p->usual, secs > 0 ? until : INT64_MAX,
                   log_as_usual, p);
}

/* Its supervisor knows nothing of it; or its topology is gone. */
static void take_leave(struct process *p)
{
    if (p->member == NULL || p->told_to_end)
        return;
    p->told_to_end = true;
    log_warn(p->log, "supervisor",
             "this worker is not wanted here any more: it drains and ends");
    process_drain(p, UNWANTED_DRAIN_NS);
}

/* Nimbus says so, which may be the only one that it can reach. */
static void give_way(struct process *p)
{
    if (p->member != NULL)
        links_replaced(member_worker(p->member)->links, p->me.number);
}

static bool is(gale_str method, const char *name)
{
    return method.size == strlen(name) &&
           memcmp(method.data, name, method.size) == 0;
}

void orders_notified(void *arg, gale_str method, const msgpack_object *params)
{
    if (is(method, "order"))
        take_order(arg, params);
    else if (is(method, "plan"))
        take_plan(arg, params);
    else if (is(method, "log_level"))
        orders_log_level(arg, params);
    else if (is(method, "unwanted"))
        take_leave(arg);
    else if (is(method, "replaced"))
        give_way(arg);
}
