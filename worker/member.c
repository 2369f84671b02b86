/* member.c - a worker that is led from outside; see member.h. */
#include "worker/member.h"
#include "common/link_sum.h"
#include "common/check.h"
#include "common/config.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "worker/kept_files.h"
#include "worker/leave.h"
#include "worker/parking.h"
#include "worker/quiet.h"
#include "worker/rewiring.h"
#include "worker/stats.h"
#include "worker/task_base.h"
#include "worker/wiring.h"
#include <stdlib.h>

/* Plans come within seconds; a supervisor looks for them every 10 s. */
#define LATE_NS INT64_C(30000000000)
#define QUIET_EVERY_NS INT64_C(10000000) /* so much later is an end noticed */

struct member {
    struct member_in in;
    struct env *env;
    struct plan *plan; /* the worker's; written by the control thread while
                          carriers are parked, in the monitor */
    struct worker *worker;
    struct log *log;
    struct phases phases;
    bool began; /* there is a control thread, or was */

    /* The control thread's own. */
    bool were_up;       /* all links have been, once, and all acted by it */
    int64_t late_until; /* who has not heard of the plan yet is waited for;
                           INT64_MAX: nobody is */
    uint32_t turns;     /* FINISHING: orders that were carried out */
    int64_t park_until; /* carriers shall be parked by then; INT64_MAX: they
                           were not asked */

    /* Written by the owner, from any thread. */
    _Atomic(uint32_t) order;
    _Atomic(uint32_t) turn;
    _Atomic(bool) want_active;
    _Atomic(bool) cut; /* at once */

    /* Written by the control thread, read by any. */
    _Atomic(uint32_t) phase_shown;
    _Atomic(uint32_t) turn_shown;
    _Atomic(bool) active_shown;

    struct env_monitor *monitor; /* of what follows, and of `plan` */
    struct plan *next;           /* to be rewired to; NULL: there is none */
    uint64_t version;            /* of the plan that it acts by */
    bool ended;
};

/* What reports say of it. */
static void show(struct member *m)
{
    atomic_store(&m->phase_shown, m->phases.phase);
    atomic_store(&m->turn_shown, m->turns);
    atomic_store(&m->active_shown, m->phases.active);
    if (m->in.changed != NULL)
        m->in.changed(m->in.arg);
}

/* -- leading --------------------------------------------------------------- */

static void opened(void *arg, bool failed)
{
    struct member *m = arg;

    if (!failed)
        links_begin(m->worker->links);
    show(m);
}

/* -- other plans ----------------------------------------------------------- */

static bool has_next(struct member *m)
{
    bool has;

    env_enter(m->env, m->monitor);
    has = m->next != NULL;
    env_leave(m->env, m->monitor);
    return has;
}

/* Carriers are parked. */
static void take_next(struct member *m)
{
    struct plan *before = m->plan;

    env_enter(m->env, m->monitor);
    worker_rewire(m->worker, m->next);
    m->plan = m->next;
    m->version = m->next->version;
    m->next = NULL;
    env_leave(m->env, m->monitor);
    plan_free(before);
    m->were_up = false; /* spouts wait for the links of this plan */
}

/* True: carriers stand still. Those that were about to go on stay where they
 * are, and say nothing. What does not return keeps all others from the world:
 * better a new process, which begins with the new plan. */
static bool park_in_time(struct member *m)
{
    int64_t now = m->env->ops->now(m->env);

    if (m->park_until == INT64_MAX)
        m->park_until = now + m->worker->config.link_timeout_ns / 2;
    if (now < m->park_until) {
        parking_ask(m->worker);
        return parking_is_full(m->worker);
    }
    worker_fail(m->worker,
                "a callback has not returned for half of "
                "gale.worker.link.timeout.secs, and the new assignment cannot "
                "be taken up while it is under way: this worker begins anew");
    return false;
}

/* True: it is not there yet, and nothing else is done meanwhile. */
static bool is_rewiring(struct member *m)
{
    if (!has_next(m))
        return false;
    m->late_until = INT64_MAX;
    if (!parking_is_full(m->worker) && !park_in_time(m))
        return true;
    take_next(m);
    parking_end(m->worker);
    m->park_until = INT64_MAX;
    return false;
}

/* An error, or somebody else in its place. */
static bool cut_short(struct member *m)
{
    if (links_is_replaced(m->worker->links))
        worker_fail(m->worker, "another worker was started in place of this "
                               "one, which ends");
    else if (!worker_halted(m->worker) && !atomic_load(&m->cut))
        return false;
    worker_halt(m->worker);
    parking_end(m->worker);
    m->park_until = INT64_MAX;
    phases_close(&m->phases);
    return true;
}

/*
 * May spouts begin? Who goes on and has not heard of the plan yet would send
 * what they emit to where executors were before: that is waited for. Not for
 * ever, for a supervisor may be cut off: messages time out then.
 */
static bool are_ready(struct member *m)
{
    int64_t now = m->env->ops->now(m->env);
    bool up = links_up(m->worker->links);

    if (up && m->late_until == INT64_MAX)
        m->late_until = now + LATE_NS;
    if (up && now < m->late_until && !links_agree(m->worker->links))
        return false;
    m->late_until = INT64_MAX;
    return up;
}

static void lead_running(struct member *m, enum member_order order)
{
    bool want = atomic_load(&m->want_active);

    m->were_up = m->were_up || are_ready(m);
    if (order >= MEMBER_DRAIN)
        phases_drain(&m->phases);
    else if (want != m->phases.active && (m->were_up || !want))
        phases_tell_spouts(&m->phases, want);
}

static void lead_finishing(struct member *m, enum member_order order)
{
    if (m->turns < atomic_load(&m->turn) && phases_finish_next(&m->phases))
        m->turns++;
    else if (order == MEMBER_CLOSE)
        phases_close(&m->phases);
}

static void lead(void *arg)
{
    struct member *m = arg;
    enum member_order order = atomic_load(&m->order);

    if (cut_short(m) || is_rewiring(m))
        ;
    else if (m->phases.phase == RUNNING)
        lead_running(m, order);
    else if (m->phases.phase == FINISHING)
        lead_finishing(m, order);
    else if (order >= MEMBER_FINISH)
        phases_finish(&m->phases);
    show(m);
}

static int64_t look_at(void *arg)
{
    struct member *m = arg;

    if (m->phases.phase != RUNNING || m->park_until < m->late_until)
        return m->park_until;
    return m->late_until;
}

static void waits(void *arg, int64_t ns)
{
    (void)arg, (void)ns; /* the log says it; a supervisor has a limit */
}

static void ends(void *arg)
{
    struct member *m = arg;

    kept_files_close(m->worker);
}

static void ended(void *arg)
{
    struct member *m = arg;

    show(m);
    env_enter(m->env, m->monitor);
    m->ended = true;
    env_notify(m->env, m->monitor);
    env_leave(m->env, m->monitor);
}

static const struct leader orders = {
    .opened = opened,
    .lead = lead,
    .look_at = look_at,
    .waits = waits,
    .ends = ends,
    .ended = ended,
    .quiet_every_ns = QUIET_EVERY_NS,
};

/* -- orders ---------------------------------------------------------------- */

static void raise_to(_Atomic(uint32_t) *to, uint32_t value)
{
    uint32_t is = atomic_load(to);

    while (is < value && !atomic_compare_exchange_weak(to, &is, value))
        ;
}

void member_order(struct member *m, enum member_order order, uint32_t turn)
{
    if (order == MEMBER_FINISH)
        raise_to(&m->turn, turn);
    raise_to(&m->order, order);
    worker_notify(m->worker);
}

void member_activate(struct member *m, bool active)
{
    atomic_store(&m->want_active, active);
    worker_notify(m->worker);
}

/* In the monitor. What the links are told at once needs no rewiring, unless one
 * that does is still to come. */
static void take_plan(struct member *m, const struct plan *plan)
{
    bool moves =
        m->next == NULL && plan_same_homes(m->plan, plan, m->worker->model);

    if (plan_replaces(m->plan, plan)) {
        links_replaced(m->worker->links, plan->me);
        return;
    }
    if (moves) {
        links_move(m->worker->links, plan);
        m->version = plan->version;
        return;
    }
    plan_free(m->next);
    m->next = plan_copy(plan);
}

/* Plans overtake each other: what is known, or is to be taken up, is not gone
 * back from. */
static int check_age(const struct member *m, const struct plan *plan,
                     gale_err *error)
{
    uint64_t known = m->next != NULL ? m->next->version : m->version;

    if (plan->version >= known)
        return 0;
    return error_set(error,
                     "the assignment of %s, version %llu, is older than the "
                     "one that is known, version %llu",
                     plan->topology, (unsigned long long)plan->version,
                     (unsigned long long)known);
}

int member_replan(struct member *m, const struct plan *plan, gale_err *error)
{
    int result;

    env_enter(m->env, m->monitor);
    result = plan_check_change(m->plan, plan, m->worker->model, error);
    if (result == 0)
        result = check_age(m, plan, error);
    if (result == 0)
        take_plan(m, plan);
    env_leave(m->env, m->monitor);
    worker_notify(m->worker);
    return result;
}

/* -- reports --------------------------------------------------------------- */

static void count_messages(struct worker *w, struct member_report *r)
{
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i] != NULL && w->tasks[i]->spout != NULL) {
            r->acked += counter_get(&w->tasks[i]->counters.acked);
            r->failed += counter_get(&w->tasks[i]->counters.failed);
        }
}

static void count_slices(struct member *m, struct member_report *r)
{
    for (uint32_t i = 0; i < m->plan->n_workers; i++) {
        struct link_counts c;

        if (i == m->plan->me)
            continue;
        links_count(m->worker->links, i, &c);
        if (c.number == 0)
            continue;
        r->sent += link_sum(c.number, m->plan->me, c.sent);
        r->received += link_sum(c.number, i, c.received);
    }
}

/* One for each component, or cycle. */
static uint32_t count_turns(const struct model *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++)
        n += i == 0 || m->components[m->order[i]].cycle !=
                           m->components[m->order[i - 1]].cycle;
    return n;
}

void member_report(struct member *m, struct member_report *r)
{
    struct worker *w = m->worker;
    uint64_t wakeups = atomic_load(&w->wakeups);

    memset(r, 0, sizeof(*r));
    env_enter(m->env, m->monitor);
    r->version = m->version;
    r->phase = atomic_load(&m->phase_shown);
    r->turn = atomic_load(&m->turn_shown);
    r->n_turns = count_turns(w->model);
    r->active = atomic_load(&m->active_shown);
    r->links_up = links_up(w->links);
    r->agreed = links_agree(w->links);
    r->replaced = links_is_replaced(w->links);
    r->incarnation = w->incarnation;
    r->port = links_port(w->links);
    r->quiet = quiet_now(w);
    r->exhausted = quiet_exhausted(w);
    r->pending = quiet_pending(w);
    r->unsaved = quiet_unsaved(w);
    r->executed = quiet_executed(w);
    count_messages(w, r);
    count_slices(m, r);
    /* All of it at one time: nobody has woken up meanwhile. */
    r->quiet = r->quiet && quiet_now(w) && wakeups == atomic_load(&w->wakeups);
    env_leave(m->env, m->monitor);
    env_enter(w->env, w->monitor);
    memcpy(r->error, w->error, sizeof(r->error));
    memcpy(r->hangs, w->hangs, sizeof(r->hangs));
    env_leave(w->env, w->monitor);
}

void member_link(struct member *m, uint32_t peer, struct link_counts *counts)
{
    env_enter(m->env, m->monitor);
    links_count(m->worker->links, peer, counts);
    env_leave(m->env, m->monitor);
}

void member_stats(struct member *m, gale_component_fn *fn, void *arg)
{
    env_enter(m->env, m->monitor);
    stats_components(m->worker, fn, arg);
    env_leave(m->env, m->monitor);
}

/* -- life ------------------------------------------------------------------ */

static bool wire(struct member *m, const struct model *model, gale_err *error)
{
    m->worker =
        worker_new(m->env, model, m->plan, m->log, m->in.carriers, error);
    if (m->worker != NULL && m->in.wired != NULL)
        m->in.wired(m->in.arg, m->worker);
    return m->worker != NULL && links_listen(m->worker->links, error) == 0 &&
           kept_files_open_over(m->worker, m->in.keeper, error) == 0;
}

static bool begin(struct member *m, gale_err *error)
{
    phases_init(&m->phases, m->worker, &orders, m);
    leave_runs(1);
    m->began = phases_start(&m->phases);
    if (m->began)
        return true;
    leave_runs(-1);
    error_set(error, "%s", m->worker->error);
    return false;
}

static void drop(struct member *m)
{
    phases_fini(&m->phases);
    if (m->worker != NULL) {
        kept_files_drop(m->worker);
        worker_free(m->worker);
    }
    log_free(m->log);
    plan_free(m->plan);
    plan_free(m->next);
    m->env->ops->monitor_free(m->env, m->monitor);
    free(m);
}

struct member *member_start(const struct member_in *in, gale_err *error)
{
    const struct model *model;
    struct member *m;

    config_register();
    model = model_of(in->builder, error);
    if (model == NULL || config_check(model, error) ||
        plan_check(in->plan, model, error) != 0)
        return NULL;
    m = xcalloc(1, sizeof(*m));
    m->in = *in;
    m->env = in->env;
    m->plan = plan_copy(in->plan);
    m->version = in->plan->version;
    m->park_until = m->late_until = INT64_MAX;
    m->monitor = m->env->ops->monitor_new(m->env);
    m->log = log_new(m->env, in->log != NULL ? in->log : stderr, model->name);
    if (in->log_level != NULL)
        log_set_level(m->log, *in->log_level);
    atomic_init(&m->want_active, true);
    if (wire(m, model, error) && begin(m, error))
        return m;
    drop(m);
    return NULL;
}

bool member_await_end(struct member *m, int timeout_ms)
{
    int64_t until = timeout_ms < 0 ? INT64_MAX
                                   : m->env->ops->now(m->env) +
                                         (int64_t)timeout_ms * 1000000;
    bool in_time = true, is_over;

    env_enter(m->env, m->monitor);
    while (!m->ended && in_time)
        in_time = env_wait(m->env, m->monitor, until);
    is_over = m->ended;
    env_leave(m->env, m->monitor);
    return is_over;
}

void member_free(struct member *m)
{
    if (m == NULL)
        return;
    atomic_store(&m->cut, true);
    worker_notify(m->worker);
    phases_join(&m->phases);
    leave_runs(-1);
    drop(m);
}

struct worker *member_worker(struct member *m)
{
    return m->worker;
}
