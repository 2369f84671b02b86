/* cluster_run.c - workers of a topology inside a test; see cluster_run.h. */
#include "tests/support/cluster_run.h"
#include "common/check.h"
#include "topology-api/model.h"
#include <sched.h>
#include <string.h>

void cluster_run_cut(struct cluster_run *c, uint32_t worker)
{
    cluster_world_cut(&c->worlds[worker]);
}

bool cluster_run_scribble(struct cluster_run *c, uint32_t worker)
{
    return cluster_world_scribble(&c->worlds[worker]);
}

/* -- the plan -------------------------------------------------------------- */

void cluster_run_begin(struct cluster_run *c, const char *name, uint32_t n)
{
    check(n >= 1 && n <= CLUSTER_WORKERS);
    memset(c, 0, sizeof(*c));
    topology_run_begin(&c->r, name);
    c->n = n;
    snprintf(c->plan.topology, sizeof(c->plan.topology), "%.80s-1-0", name);
    c->plan.n_workers = n;
    c->plan.workers = c->workers;
    c->plan.homes = c->homes;
    memset(&c->plan.key, 7, sizeof(c->plan.key));
    for (uint32_t i = 0; i < CLUSTER_WORKERS; i++) {
        snprintf(c->workers[i].host, PLAN_HOST_MAX, "127.0.0.1");
        c->workers[i].birth = 1;
        cluster_world_init(&c->worlds[i]);
    }
    for (uint32_t i = 0; i < CLUSTER_EXECUTORS; i++)
        c->homes[i] = i % n;
}

static const struct model *model(struct cluster_run *c)
{
    const struct model *m = model_of(c->r.builder, &c->r.error);

    check_msg(m != NULL, "no topology: %s", c->r.error.text);
    return m;
}

static uint32_t number_of(struct cluster_run *c, const char *component)
{
    const struct model *m = model(c);

    for (uint32_t k = 0; k < m->n_components; k++)
        if (strcmp(m->components[k].id, component) == 0)
            return k;
    check_msg(false, "there is no component %s", component);
    return 0;
}

static uint32_t count_executors(struct cluster_run *c)
{
    const struct model *m = model(c);
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++)
        n += plan_executors(&c->plan, m, i);
    check(n <= CLUSTER_EXECUTORS);
    return n;
}

void cluster_run_executors(struct cluster_run *c, const char *component,
                           uint32_t n)
{
    const struct model *m = model(c);

    check(m->n_components <= CLUSTER_COMPONENTS);
    for (uint32_t i = 0; i < m->n_components; i++)
        c->executors[i] = plan_executors(&c->plan, m, i);
    c->executors[number_of(c, component)] = n;
    c->plan.executors = c->executors;
    c->plan.n_components = m->n_components;
    c->plan.n_executors = count_executors(c);
}

void cluster_run_count(struct cluster_run *c)
{
    c->plan.n_executors = count_executors(c);
}

struct plan *cluster_run_plan(struct cluster_run *c)
{
    return plan_copy(&c->plan);
}

/* Where each component is put, until the topology is whole. */
void cluster_run_put_one(struct cluster_run *c, const char *component,
                         uint32_t i, uint32_t worker)
{
    const struct model *m = model(c);
    uint32_t first = 0, k = number_of(c, component);

    check(i < plan_executors(&c->plan, m, k));
    for (uint32_t before = 0; before < k; before++)
        first += plan_executors(&c->plan, m, before);
    c->homes[first + i] = worker;
}

void cluster_run_put(struct cluster_run *c, const char *component,
                     uint32_t worker)
{
    uint32_t n = plan_executors(&c->plan, model(c), number_of(c, component));

    for (uint32_t i = 0; i < n; i++)
        cluster_run_put_one(c, component, i, worker);
}

/* -- life ------------------------------------------------------------------ */

void cluster_run_tell(struct cluster_run *c)
{
    gale_err error;

    c->plan.version++;
    for (uint32_t i = 0; i < c->n; i++) {
        c->plan.me = i;
        if (c->members[i] != NULL && !(c->deaf >> i & 1))
            check_msg(member_replan(c->members[i], &c->plan, &error) == 0,
                      "replan: %s", error.text);
    }
}

void cluster_run_start_untold(struct cluster_run *c, uint32_t worker)
{
    struct member_in in = {
        .env = &c->worlds[worker].env,
        .builder = c->r.builder,
        .plan = &c->plan,
        .carriers = c->carriers > 0 ? c->carriers : 1,
        .log = c->r.log.stream,
        .keeper = c->keeper,
    };

    c->plan.me = worker;
    cluster_run_count(c);
    c->workers[worker].port = 0;
    c->members[worker] = member_start(&in, &c->r.error);
    check_msg(c->members[worker] != NULL, "worker %u does not start: %s",
              worker, c->r.error.text);
    c->workers[worker].port = cluster_run_report(c, worker).port;
}

void cluster_run_start_one(struct cluster_run *c, uint32_t worker)
{
    cluster_run_start_untold(c, worker);
    cluster_run_tell(c);
}

void cluster_run_start(struct cluster_run *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        cluster_run_start_untold(c, i);
    cluster_run_tell(c);
}

void cluster_run_kill(struct cluster_run *c, uint32_t worker)
{
    member_free(c->members[worker]);
    c->members[worker] = NULL;
}

/* -- another plan ---------------------------------------------------------- */

static bool may_go_on(struct cluster_run *c, const struct plan *before,
                      uint32_t worker)
{
    struct plan was = *before;
    gale_err error;

    if (worker >= c->plan.n_workers || c->members[worker] == NULL)
        return false;
    was.me = c->plan.me = worker;
    return plan_check_change(&was, &c->plan, model(c), &error) == 0;
}

static bool all_act_by_it(void *arg)
{
    struct cluster_run *c = arg;

    for (uint32_t i = 0; i < c->n; i++)
        if (cluster_run_report(c, i).version != c->plan.version)
            return false;
    return true;
}

uint32_t cluster_run_give_plan(struct cluster_run *c, const struct plan *before)
{
    uint32_t go_on = 0;

    for (uint32_t i = 0; i < CLUSTER_WORKERS; i++) {
        if (may_go_on(c, before, i)) {
            go_on |= 1u << i;
            continue;
        }
        cluster_run_kill(c, i);
        c->workers[i].birth++;
    }
    c->n = c->plan.n_workers;
    for (uint32_t i = 0; i < c->n; i++)
        if (!(go_on >> i & 1))
            cluster_run_start_untold(c, i);
    cluster_run_tell(c);
    return go_on;
}

uint32_t cluster_run_rebalance(struct cluster_run *c, const struct plan *before)
{
    uint32_t go_on = cluster_run_give_plan(c, before);

    topology_run_until(all_act_by_it, c, "a plan is not taken up");
    return go_on;
}

void cluster_run_end(struct cluster_run *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        member_free(c->members[i]);
    topology_run_end(&c->r);
}

struct member_report cluster_run_report(struct cluster_run *c, uint32_t worker)
{
    struct member_report r;

    member_report(c->members[worker], &r);
    return r;
}

/* -- leading --------------------------------------------------------------- */

/* All say that they have nothing to do, and what each has sent to each other
 * one was received there. */
static bool all_quiet(struct cluster_run *c, bool complete)
{
    for (uint32_t i = 0; i < c->n; i++) {
        struct member_report r = cluster_run_report(c, i);

        if (!r.quiet || (complete && (!r.exhausted || r.pending > 0 ||
                                      !r.active || !r.links_up)))
            return false;
        check_msg(r.error[0] == '\0', "worker %u: %s", i, r.error);
        for (uint32_t k = 0; k < c->n; k++) {
            struct link_counts from, to;

            if (k == i)
                continue;
            member_link(c->members[i], k, &from);
            member_link(c->members[k], i, &to);
            if (from.sent != to.received)
                return false;
        }
    }
    return true;
}

static uint64_t all_executed(struct cluster_run *c)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < c->n; i++)
        n += cluster_run_report(c, i).executed;
    return n;
}

/* In two looks that follow each other, and nothing has happened in between. */
static bool is_at_rest(struct cluster_run *c, bool complete)
{
    uint64_t executed = all_executed(c);

    return all_quiet(c, complete) && all_quiet(c, complete) &&
           executed == all_executed(c);
}

static bool is_complete(void *arg)
{
    return is_at_rest(arg, true);
}

static bool is_done(void *arg)
{
    return is_at_rest(arg, false);
}

/* What keeps it, as far as reports say. */
static void describe(struct cluster_run *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        struct member_report r = cluster_run_report(c, i);

        fprintf(stderr,
                "# worker %u: phase %d, active %d, up %d, quiet %d, exhausted "
                "%d, pending %llu, executed %llu\n",
                i, (int)r.phase, r.active, r.links_up, r.quiet, r.exhausted,
                (unsigned long long)r.pending, (unsigned long long)r.executed);
        for (uint32_t k = 0; k < c->n; k++) {
            struct link_counts l;

            if (k == i)
                continue;
            member_link(c->members[i], k, &l);
            fprintf(stderr,
                    "#   to %u: up %d, sent %llu, received %llu, breaks %llu\n",
                    k, l.up, (unsigned long long)l.sent,
                    (unsigned long long)l.received,
                    (unsigned long long)l.breaks);
        }
    }
}

static bool is_resting(void *arg)
{
    struct cluster_run *c = arg;

    for (uint32_t i = 0; i < c->n; i++) {
        struct member_report r = cluster_run_report(c, i);

        if (r.active || r.pending > 0)
            return false;
    }
    return is_at_rest(c, false);
}

void cluster_run_rest(struct cluster_run *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        member_activate(c->members[i], false);
    topology_run_until(is_resting, c, "spouts do not rest");
}

void cluster_run_go_on(struct cluster_run *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        member_activate(c->members[i], true);
}

void cluster_run_until_complete(struct cluster_run *c)
{
    struct env *env = env_posix();
    int64_t end =
        env->ops->now(env) + TOPOLOGY_RUN_PATIENCE * INT64_C(1000000000);

    if (c->members[0] == NULL)
        cluster_run_start(c);
    /* Once is enough: what links say of themselves now and then is no rest. */
    while (!is_complete(c)) {
        if (env->ops->now(env) < end) {
            sched_yield();
            continue;
        }
        describe(c);
        check_msg(false, "the workers are not complete in %d s",
                  TOPOLOGY_RUN_PATIENCE);
    }
}

static void order(struct cluster_run *c, enum member_order what, uint32_t turn)
{
    for (uint32_t i = 0; i < c->n; i++)
        member_order(c->members[i], what, turn);
}

static uint32_t turn_awaited;

static bool is_finished(void *arg)
{
    struct cluster_run *c = arg;

    for (uint32_t i = 0; i < c->n; i++)
        if (cluster_run_report(c, i).turn < turn_awaited)
            return false;
    return is_done(c);
}

void cluster_run_complete(struct cluster_run *c)
{
    uint32_t n_turns;

    cluster_run_until_complete(c);
    n_turns = cluster_run_report(c, 0).n_turns;
    order(c, MEMBER_DRAIN, 0);
    for (turn_awaited = 1; turn_awaited <= n_turns; turn_awaited++) {
        order(c, MEMBER_FINISH, turn_awaited);
        topology_run_until(is_finished, c, "a turn is not finished");
    }
    order(c, MEMBER_CLOSE, 0);
    for (uint32_t i = 0; i < c->n; i++) {
        check_msg(member_await_end(c->members[i], TOPOLOGY_RUN_PATIENCE * 1000),
                  "worker %u does not end", i);
        check_msg(cluster_run_report(c, i).error[0] == '\0', "worker %u: %s", i,
                  cluster_run_report(c, i).error);
    }
}

/* -- counters -------------------------------------------------------------- */

struct wanted {
    const char *id;
    gale_component_stats sum;
};

static void add(void *arg, const gale_component_stats *s)
{
    struct wanted *w = arg;

    if (strcmp(s->id, w->id) != 0)
        return;
    w->sum.emitted += s->emitted;
    w->sum.transferred += s->transferred;
    w->sum.executed += s->executed;
    w->sum.acked += s->acked;
    w->sum.failed += s->failed;
    w->sum.timed_out += s->timed_out;
    w->sum.pending += s->pending;
    w->sum.dead_letters += s->dead_letters;
    w->sum.queued += s->queued;
}

gale_component_stats cluster_run_stats(struct cluster_run *c, const char *id)
{
    struct wanted w = {id, {.id = id}};

    for (uint32_t i = 0; i < c->n; i++)
        if (c->members[i] != NULL)
            member_stats(c->members[i], add, &w);
    return w.sum;
}

void cluster_run_subscribe(uint32_t lot, gale_declarer *to, const char *from,
                           const char *field)
{
    switch (lot) {
    case 0:
        gale_shuffle(to, from);
        break;
    case 1:
        gale_by_fields(to, from, field);
        break;
    case 2:
        gale_partial_key(to, from, field);
        break;
    case 3:
        gale_local_or_shuffle(to, from);
        break;
    default:
        gale_global(to, from);
        break;
    }
}
