/*
 * test_scheduler_property.c - schedulers in random clusters.
 *
 * Supervisors die, close and return, topologies come, go and are rebalanced,
 * workers get lost and fail to start, in random order; after each the scheduler
 * is asked, and what it says is checked and done. A failure names its seed.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "nimbus/scheduler.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"
#include <inttypes.h>

enum {
    SUPERVISORS = 7,
    PORTS = 5,
    TOPOLOGIES = 6,
    STEPS = 60,
    SEEDS = 150,
};

static const struct digest key = {{3}};
static const struct supervisor_port ports[PORTS] = {
    {6700}, {6701}, {6702}, {6703}, {6704}};

struct world {
    uint64_t seed;
    struct random random;
    const struct scheduler *scheduler;
    uint32_t spread;
    char ids[SUPERVISORS][4];
    bool dead[SUPERVISORS], open[SUPERVISORS];
    uint32_t n_ports[SUPERVISORS];
    bool runs[TOPOLOGIES];
    bool rebalance[TOPOLOGIES];
    struct topology_record records[TOPOLOGIES];
    struct assignment_record *present[TOPOLOGIES]; /* NULL: none */
    bool fails[TOPOLOGIES][SUPERVISORS];           /* starts of it there */
    uint32_t n_launched;
};

static uint32_t below(struct world *w, uint32_t n)
{
    return (uint32_t)random_below(&w->random, n);
}

#define MUST(w_, holds_)                                                       \
    do {                                                                       \
        if (!(holds_))                                                         \
            fail_msg("seed %" PRIu64 " (%s): %s", (w_)->seed,                  \
                     (w_)->scheduler->name, #holds_);                          \
    } while (0)

/* -- what happens ---------------------------------------------------------- */

static void drop(struct world *w, uint32_t t)
{
    if (w->present[t] != NULL)
        assignment_record_free(w->present[t]);
    free(w->present[t]);
    w->present[t] = NULL;
}

static void launch(struct world *w, uint32_t t)
{
    uint32_t n = below(w, 4) + 1, executors[4];
    char name[8];

    for (uint32_t i = 0; i < n; i++)
        executors[i] = below(w, 9) + 1;
    snprintf(name, sizeof(name), "t%u", (unsigned)t);
    sample_topology(&w->records[t], name, ++w->n_launched, below(w, 8) + 1, n,
                    executors);
    w->runs[t] = true;
    w->rebalance[t] = false;
    memset(w->fails[t], 0, sizeof(w->fails[t]));
}

static void end(struct world *w, uint32_t t)
{
    drop(w, t);
    topology_record_free(&w->records[t]);
    w->runs[t] = false;
}

static void wish(struct world *w, uint32_t t)
{
    struct topology_record *r = &w->records[t];

    w->rebalance[t] = w->present[t] != NULL;
    if (!w->rebalance[t])
        return;
    r->workers = below(w, 8) + 1;
    for (uint32_t i = 0; i < r->n_components; i++)
        if (below(w, 2) == 0)
            r->components[i].executors = below(w, r->components[i].tasks) + 1;
    if (r->wish_conf == NULL && below(w, 8) == 0)
        r->wish_conf = xstrdup("topology.debug=true");
}

static void happen(struct world *w)
{
    uint32_t v = below(w, SUPERVISORS), t = below(w, TOPOLOGIES);

    switch (below(w, 6)) {
    case 0:
        w->dead[v] = !w->dead[v];
        w->open[v] = !w->dead[v];
        break;
    case 1:
        w->open[v] = !w->dead[v] && !w->open[v];
        break;
    case 2:
        if (w->runs[t])
            wish(w, t);
        break;
    case 3:
        if (w->runs[t])
            w->fails[t][v] = !w->fails[t][v];
        break;
    case 4:
        if (w->runs[t])
            end(w, t);
        break;
    default:
        if (!w->runs[t])
            launch(w, t);
    }
}

/* -- what the scheduler is told -------------------------------------------- */

struct told {
    struct schedule_supervisor supervisors[SUPERVISORS];
    struct schedule_mark marks[SUPERVISORS * TOPOLOGIES];
    struct schedule_topology topologies[TOPOLOGIES];
    enum worker_fate fates[TOPOLOGIES][16];
    uint32_t index[TOPOLOGIES]; /* which topology each is */
    struct schedule s;
};

static uint32_t supervisor_of(const struct world *w,
                              const struct assigned_worker *worker)
{
    for (uint32_t v = 0; v < SUPERVISORS; v++)
        if (!strcmp(w->ids[v], worker->supervisor))
            return v;
    fail_msg("seed %" PRIu64 ": there is no supervisor %s", w->seed,
             worker->supervisor);
    return 0;
}

static enum worker_fate fate(const struct world *w, uint32_t t,
                             const struct assigned_worker *worker)
{
    uint32_t v = supervisor_of(w, worker);

    if (w->dead[v])
        return WORKER_LOST;
    return w->open[v] && w->fails[t][v] ? WORKER_FAILS : WORKER_STAYS;
}

static void tell_supervisors(const struct world *w, struct told *told)
{
    for (uint32_t v = 0; v < SUPERVISORS; v++)
        if (!w->dead[v])
            told->supervisors[told->s.n_supervisors++] =
                (struct schedule_supervisor){.id = w->ids[v],
                                             .address = w->ids[v],
                                             .n_ports = w->n_ports[v],
                                             .ports = ports,
                                             .open = w->open[v]};
}

static void tell_topology(const struct world *w, uint32_t t, struct told *told)
{
    uint32_t i = told->s.n_topologies++;

    told->index[i] = t;
    told->topologies[i] =
        (struct schedule_topology){.record = &w->records[t],
                                   .present = w->present[t],
                                   .fates = told->fates[i],
                                   .rebalance = w->rebalance[t],
                                   .movable = !w->rebalance[t]};
    for (uint32_t n = 0; w->present[t] != NULL && n < w->present[t]->n_workers;
         n++)
        told->fates[i][n] = fate(w, t, &w->present[t]->workers[n]);
    for (uint32_t v = 0; v < SUPERVISORS; v++)
        if (w->fails[t][v])
            told->marks[told->s.n_marks++] =
                (struct schedule_mark){w->ids[v], w->records[t].id};
}

static void tell(const struct world *w, struct told *told, bool backwards)
{
    memset(told, 0, sizeof(*told));
    told->s = (struct schedule){.epoch = 1,
                                .spread = w->spread,
                                .supervisors = told->supervisors,
                                .marks = told->marks,
                                .topologies = told->topologies};
    tell_supervisors(w, told);
    for (uint32_t i = 0; i < TOPOLOGIES; i++) {
        uint32_t t = backwards ? TOPOLOGIES - 1 - i : i;

        if (w->runs[t])
            tell_topology(w, t, told);
    }
    for (uint32_t i = 0; backwards && i < told->s.n_supervisors / 2; i++) {
        uint32_t j = told->s.n_supervisors - 1 - i;
        struct schedule_supervisor other = told->supervisors[i];

        told->supervisors[i] = told->supervisors[j];
        told->supervisors[j] = other;
    }
}

/* -- what must hold -------------------------------------------------------- */

struct seen {
    uint32_t used[SUPERVISORS][PORTS];
    uint32_t n_free;   /* at open supervisors */
    uint32_t n_spread; /* moved though they were well */
    uint32_t n_waiting;
    uint32_t n_left; /* slots of open supervisors that somebody has left */
};

static const struct assignment_record *result(const struct schedule_topology *t)
{
    return t->next != NULL ? t->next : t->present;
}

static bool same_slot(const struct assigned_worker *a,
                      const struct assigned_worker *b)
{
    return a->port == b->port && !strcmp(a->supervisor, b->supervisor);
}

/* Every executor is with one worker, every worker at a slot of its own. */
static void check_record(struct world *w, const struct assignment_record *a)
{
    struct pack p;
    gale_err error;

    pack_init(&p);
    if (assignment_record_pack(a, &key, &p, &error) != 0)
        fail_msg("seed %" PRIu64 ": %s", w->seed, error.text);
    pack_free(&p);
}

static void use(struct world *w, const struct assigned_worker *worker,
                struct seen *seen)
{
    uint32_t v = supervisor_of(w, worker), i = worker->port - 6700;

    if (w->dead[v])
        return;
    MUST(w, i < w->n_ports[v]);
    MUST(w, seen->used[v][i]++ == 0);
}

/* The first task of the executor that has this task, if worker n has it; else
 * one that there is not. */
static uint32_t begins_at(const struct topology_record *t,
                          const struct assignment_record *a, uint32_t n,
                          uint32_t c, uint32_t task)
{
    uint64_t tasks = t->components[c].tasks, all = a->components[c].executors;

    for (uint32_t i = 0; i < a->workers[n].n_executors; i++) {
        const struct executor_range *r = &a->workers[n].executors[i];

        for (uint32_t e = r->first; e < r->first + r->n; e++)
            if (r->component == c && e * tasks / all <= task &&
                task < (e + 1) * tasks / all)
                return (uint32_t)(e * tasks / all);
    }
    return UINT32_MAX;
}

/* Whether the worker has the executors that it had: each by its tasks. */
static bool same_share(const struct topology_record *t,
                       const struct assignment_record *a,
                       const struct assignment_record *b, uint32_t n)
{
    for (uint32_t c = 0; c < t->n_components; c++)
        for (uint32_t task = 0; task < t->components[c].tasks; task++)
            if (begins_at(t, a, n, c, task) != begins_at(t, b, n, c, task))
                return false;
    return true;
}

/* Of workers with the same executors on the same slot, in rebalances that moved
 * some of others; and of the rest. */
static uint32_t n_went_on, n_anew;

/* Exactly those go on that have the same slot and the same executors. */
static void check_birth(struct world *w, const struct schedule_topology *t,
                        uint32_t n)
{
    const struct assigned_worker *before = &t->present->workers[n];
    const struct assigned_worker *after = &result(t)->workers[n];
    bool conf = t->granted && t->record->wish_conf != NULL;
    bool same = same_slot(before, after) &&
                same_share(t->record, t->present, result(t), n) && !conf;

    MUST(w, same == (before->birth == after->birth));
    MUST(w, same || after->birth == result(t)->assignment_version);
    n_went_on += same && t->granted;
    n_anew += !same;
}

static void check_unmoved(struct world *w, struct schedule_topology *t,
                          uint32_t n, struct seen *seen)
{
    const struct assigned_worker *before = &t->present->workers[n];
    const struct assigned_worker *after = &result(t)->workers[n];
    bool same = same_slot(before, after);

    seen->n_left += !same && !w->dead[supervisor_of(w, before)];
    if (t->fates[n] == WORKER_STAYS && !t->rebalance)
        seen->n_spread += !same;
    if (t->fates[n] == WORKER_LOST && same) {
        MUST(w, t->reason[0] != '\0');
        seen->n_waiting++;
    }
    if (t->fates[n] == WORKER_FAILS && same && !t->rebalance)
        MUST(w, t->reason[0] != '\0');
}

static void check_topology(struct world *w, struct schedule_topology *t,
                           struct seen *seen)
{
    const struct assignment_record *a = result(t);

    MUST(w, a != NULL || t->reason[0] != '\0');
    if (a == NULL)
        return;
    check_record(w, a);
    for (uint32_t n = 0; n < a->n_workers; n++)
        use(w, &a->workers[n], seen);
    if (t->rebalance)
        MUST(w, t->granted == (t->reason[0] == '\0'));
    seen->n_left += t->rebalance;
    for (uint32_t n = 0;
         t->present != NULL && n < t->present->n_workers && n < a->n_workers;
         n++) {
        check_birth(w, t, n);
        if (w->scheduler->keeps || !t->rebalance)
            check_unmoved(w, t, n, seen);
    }
}

/* A slot of an open supervisor that is not marked for the topology. */
static bool has_better(const struct world *w, uint32_t t,
                       const struct seen *seen)
{
    for (uint32_t v = 0; v < SUPERVISORS; v++)
        for (uint32_t i = 0; w->open[v] && i < w->n_ports[v]; i++)
            if (!w->fails[t][v] && !seen->used[v][i])
                return true;
    return false;
}

/* Who is new is on an open supervisor, on a marked one only if there was no
 * other. */
static void check_new(struct world *w, uint32_t t,
                      const struct schedule_topology *s,
                      const struct seen *seen)
{
    for (uint32_t n = 0; s->next != NULL && n < s->next->n_workers; n++) {
        const struct assigned_worker *worker = &s->next->workers[n];
        uint32_t v = supervisor_of(w, worker);

        if (worker->birth != s->next->assignment_version ||
            (s->present != NULL && n < s->present->n_workers &&
             same_slot(&s->present->workers[n], worker)))
            continue;
        MUST(w, w->open[v]);
        if (w->fails[t][v] && seen->n_left == 0)
            MUST(w, !has_better(w, t, seen));
    }
}

/* True: nobody has left a slot that others could do with. */
static bool check_all(struct world *w, struct told *told)
{
    struct seen seen = {.n_free = 0};

    for (uint32_t i = 0; i < told->s.n_topologies; i++)
        check_topology(w, &told->topologies[i], &seen);
    for (uint32_t v = 0; v < SUPERVISORS; v++)
        for (uint32_t i = 0; w->open[v] && i < w->n_ports[v]; i++)
            seen.n_free += !seen.used[v][i];
    MUST(w, seen.n_spread <= w->spread);
    MUST(w, seen.n_waiting == 0 || seen.n_free == 0 || seen.n_left > 0);
    for (uint32_t i = 0; i < told->s.n_topologies; i++)
        check_new(w, told->index[i], &told->topologies[i], &seen);
    return seen.n_left == 0;
}

static void assert_same(struct world *w, const struct assignment_record *a,
                        const struct assignment_record *b)
{
    struct pack p, q;
    gale_err error;

    MUST(w, (a == NULL) == (b == NULL));
    if (a == NULL)
        return;
    pack_init(&p);
    pack_init(&q);
    MUST(w, assignment_record_pack(a, &key, &p, &error) == 0);
    MUST(w, assignment_record_pack(b, &key, &q, &error) == 0);
    MUST(w, p.buffer.size == q.buffer.size &&
                !memcmp(p.buffer.data, q.buffer.data, p.buffer.size));
    pack_free(&p);
    pack_free(&q);
}

/* The order of what it is told makes no difference. */
static void check_order(struct world *w, struct told *told)
{
    struct told again;
    uint32_t n = told->s.n_topologies;

    tell(w, &again, true);
    schedule(w->scheduler, &again.s);
    for (uint32_t i = 0; i < n; i++) {
        struct schedule_topology *a = &told->topologies[i];
        struct schedule_topology *b = &again.topologies[n - 1 - i];

        assert_same(w, a->next, b->next);
        assert_string_equal(a->reason, b->reason);
    }
    schedule_fini(&again.s);
}

/* Done once, nothing remains to be done. */
static void check_rest(struct world *w)
{
    struct told again;
    uint32_t spread = w->spread;

    w->spread = 0;
    tell(w, &again, false);
    schedule(w->scheduler, &again.s);
    for (uint32_t i = 0; i < again.s.n_topologies; i++)
        MUST(w, again.topologies[i].next == NULL);
    schedule_fini(&again.s);
    w->spread = spread;
}

static void obey(struct world *w, struct told *told)
{
    for (uint32_t i = 0; i < told->s.n_topologies; i++) {
        uint32_t t = told->index[i];
        struct assignment_record *next = told->topologies[i].next;

        if (next == NULL)
            continue;
        drop(w, t);
        w->present[t] = next;
        if (told->topologies[i].granted) {
            free(w->records[t].wish_conf);
            w->records[t].wish_conf = NULL;
            w->rebalance[t] = false;
        }
        told->topologies[i].next = NULL;
    }
}

static void one_seed(uint64_t seed, const struct scheduler *scheduler)
{
    struct world *w = xcalloc(1, sizeof(*w));

    w->seed = seed;
    w->scheduler = scheduler;
    random_seed(&w->random, seed);
    w->spread = below(w, 3);
    for (uint32_t v = 0; v < SUPERVISORS; v++) {
        snprintf(w->ids[v], sizeof(w->ids[v]), "s%u", (unsigned)v);
        w->n_ports[v] = below(w, PORTS) + 1;
        w->open[v] = true;
    }
    for (uint32_t step = 0; step < STEPS; step++) {
        struct told told;
        bool settled;

        happen(w);
        tell(w, &told, false);
        schedule(w->scheduler, &told.s);
        settled = check_all(w, &told);
        check_order(w, &told);
        obey(w, &told);
        if (settled)
            check_rest(w);
    }
    for (uint32_t t = 0; t < TOPOLOGIES; t++)
        if (w->runs[t])
            end(w, t);
    free(w);
}

static void whatever_happens_all_is_placed_or_waits_for_a_reason(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        one_seed(seed, &scheduler_even);
        one_seed(seed, &scheduler_stable);
    }
    assert_true(n_went_on > 0 && n_anew > 0); /* both were tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_all_is_placed_or_waits_for_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
