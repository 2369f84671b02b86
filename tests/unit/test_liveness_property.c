/*
 * test_liveness_property.c - who is alive, whatever happens.
 *
 * Supervisors come and go, report or not; workers are moved, and report
 * themselves or not; ZooKeeper goes and returns, this nimbus leads or does not,
 * and is held up now and then. Beside it is kept, as simply as can be, who was
 * heard when. Nobody that was heard is lost; who was not is, when the time is
 * over.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "nimbus/liveness.h"
#include "topology-api/memory.h"
#include <inttypes.h>

#define S INT64_C(1000000000)

enum { SUPERVISORS = 4, WORKERS = 6, STEPS = 400, SEEDS = 1500 };

static const struct liveness_limits limits = {5 * S, 2 * S, 3 * S, 300 * S};

struct world {
    uint64_t seed;
    struct random random;
    struct liveness l;
    struct verdicts verdicts;
    int64_t now;
    char ids[SUPERVISORS][2];
    bool registered[SUPERVISORS], leads, zookeeper;
    int64_t supervisor_heard[SUPERVISORS];
    int64_t unregistered[SUPERVISORS]; /* since when */
    uint32_t at[WORKERS];
    uint64_t birth[WORKERS], version;
    int64_t worker_heard[WORKERS]; /* or placed */
    int64_t listens_until;
    uint32_t n_lost; /* verdicts; none at all would be no test */
};

static uint32_t below(struct world *w, uint32_t n)
{
    return (uint32_t)random_below(&w->random, n);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* -- what must hold -------------------------------------------------------- */

/* When a worker may be lost, and must be. */
static int64_t limit(const struct world *w, uint32_t i)
{
    uint32_t at = w->at[i];
    int64_t heard = later(w->worker_heard[i], w->supervisor_heard[at]);
    int64_t gone =
        later(heard + limits.grace_ns, w->unregistered[at] + limits.retry_ns);

    if (w->registered[w->at[i]] || !w->leads || !w->zookeeper)
        return INT64_MAX;
    return later(gone, w->listens_until);
}

static void check_verdicts(struct world *w)
{
    for (uint32_t n = 0; n < w->verdicts.n; n++) {
        const struct verdict *v = &w->verdicts.items[n];

        if (v->kind == VERDICT_SUPERVISOR_DEAD &&
            w->registered[v->supervisor[0] - 'a'])
            fail_msg("seed %" PRIu64 ": %s is registered, and dead", w->seed,
                     v->supervisor);
        if (v->kind != VERDICT_WORKER_LOST)
            continue;
        w->n_lost++;
        if (w->now < limit(w, v->worker))
            fail_msg("seed %" PRIu64 ": worker %u is lost, and was heard",
                     w->seed, (unsigned)v->worker);
    }
    w->verdicts.n = 0;
}

static void check_all(struct world *w)
{
    for (uint32_t i = 0; i < WORKERS; i++) {
        bool lost = liveness_fate(&w->l, "t", i) == WORKER_LOST;

        if (w->now >= limit(w, i) && !lost)
            fail_msg("seed %" PRIu64 ": worker %u is silent, and not lost",
                     w->seed, (unsigned)i);
        if (lost && w->registered[w->at[i]])
            fail_msg("seed %" PRIu64 ": worker %u is lost, and its supervisor "
                     "there",
                     w->seed, (unsigned)i);
        if (!lost && liveness_is_dead(&w->l, w->ids[w->at[i]]))
            fail_msg("seed %" PRIu64 ": worker %u is not lost, and its "
                     "supervisor dead",
                     w->seed, (unsigned)i);
    }
}

/* -- what happens ---------------------------------------------------------- */

static void step(struct world *w, const struct liveness_event *e)
{
    liveness_step(&w->l, e, w->now, &w->verdicts);
    check_verdicts(w);
    check_all(w);
}

static void plain(struct world *w, enum liveness_event_kind kind)
{
    const struct liveness_event e = {.kind = kind};

    step(w, &e);
}

static void assign(struct world *w)
{
    struct assigned_worker workers[WORKERS] = {{.port = 1}};
    struct assignment_record a = {.n_workers = WORKERS, .workers = workers};
    struct liveness_event e = {
        .kind = LIVENESS_ASSIGNED, .topology = "t", .assignment = &a};

    w->version++;
    for (uint32_t i = 0; i < WORKERS; i++) {
        if (w->version == 1 || below(w, 4) == 0) {
            w->at[i] = below(w, SUPERVISORS);
            w->birth[i] = w->version;
            w->worker_heard[i] = w->now;
        }
        memcpy(workers[i].supervisor, w->ids[w->at[i]], 2);
        workers[i].birth = w->birth[i];
    }
    step(w, &e);
}

static void registers(struct world *w, uint32_t v)
{
    struct liveness_event e = {.kind = LIVENESS_UNREGISTERED,
                               .supervisor = w->ids[v]};

    if (!w->zookeeper)
        return;
    w->registered[v] = !w->registered[v];
    if (w->registered[v])
        e.kind = LIVENESS_REGISTERED;
    else
        w->unregistered[v] = w->now;
    step(w, &e);
}

static void reports(struct world *w, uint32_t v)
{
    const struct liveness_event e = {.kind = LIVENESS_REPORT,
                                     .supervisor = w->ids[v]};

    w->supervisor_heard[v] = w->now;
    step(w, &e);
}

/* Now and then it is one that was replaced. */
static void speaks(struct world *w, uint32_t i)
{
    bool old = below(w, 4) == 0;
    struct worker_news news = {
        .topology = "t", .worker = i, .birth = w->birth[i] - old};
    const struct liveness_event e = {.kind = LIVENESS_WORKER,
                                     .supervisor = w->ids[w->at[i]],
                                     .n_news = 1,
                                     .news = &news};

    if (!old)
        w->worker_heard[i] = w->now;
    step(w, &e);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The one before has been silent for a while, or has not. */
static void leads(struct world *w)
{
    int64_t since = w->now - (int64_t)below(w, 3) * S;
    int64_t silent = w->now - limits.grace_ns;
    const struct liveness_event e = {.kind = LIVENESS_LEADS, .since_ns = since};

    w->leads = !w->leads;
    if (!w->leads) {
        plain(w, LIVENESS_FOLLOWS);
        return;
    }
    for (uint32_t v = 0; v < SUPERVISORS; v++)
        w->supervisor_heard[v] = earlier(w->supervisor_heard[v], silent);
    for (uint32_t i = 0; i < WORKERS; i++)
        w->worker_heard[i] = earlier(w->worker_heard[i], silent);
    w->listens_until = later(w->listens_until, later(w->now + limits.retry_ns,
                                                     since + limits.listen_ns));
    step(w, &e);
}

static void zookeeper(struct world *w)
{
    w->zookeeper = !w->zookeeper;
    w->listens_until = later(w->listens_until, w->now + limits.listen_ns);
    plain(w, w->zookeeper ? LIVENESS_ZOOKEEPER_BACK : LIVENESS_ZOOKEEPER_AWAY);
}

static void happen(struct world *w)
{
    switch (below(w, 24)) {
    case 0:
        leads(w);
        break;
    case 1:
        zookeeper(w);
        break;
    case 2:
        assign(w);
        break;
    case 3:
    case 4:
        registers(w, below(w, SUPERVISORS));
        break;
    case 5:
    case 6:
    case 7:
        reports(w, below(w, SUPERVISORS));
        break;
    default:
        speaks(w, below(w, WORKERS));
    }
}

static void pass_time(struct world *w, int64_t until)
{
    while (liveness_next(&w->l) <= until) {
        w->now = later(w->now, liveness_next(&w->l));
        plain(w, LIVENESS_TIME);
    }
    w->now = until;
}

/* All wait for it: only the first that is heard afterwards tells it. */
static void hold_up(struct world *w)
{
    int64_t next = liveness_next(&w->l);

    w->now += 20 * S;
    if (next < w->now - LIVENESS_LATE_NS)
        w->listens_until = later(w->listens_until, w->now + limits.listen_ns);
}

static uint32_t one_seed(uint64_t seed)
{
    struct world w = {.seed = seed, .zookeeper = true};

    random_seed(&w.random, seed);
    liveness_init(&w.l, limits);
    for (uint32_t v = 0; v < SUPERVISORS; v++)
        w.ids[v][0] = (char)('a' + v);
    assign(&w);
    leads(&w);
    for (uint32_t i = 0; i < STEPS; i++) {
        if (below(&w, 50) == 0)
            hold_up(&w);
        else
            pass_time(&w, w.now + (int64_t)below(&w, 2000) * (S / 1000));
        happen(&w);
    }
    liveness_fini(&w.l);
    free(w.verdicts.items);
    return w.n_lost;
}

static void who_is_heard_is_never_lost_and_who_is_silent_is_in_time(void **s)
{
    uint64_t n_lost = 0;

    (void)s;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        n_lost += one_seed(seed);
    assert_true(n_lost > SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            who_is_heard_is_never_lost_and_who_is_silent_is_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
