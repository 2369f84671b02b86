/* seed_runs.c - which seed runs when, and what is made of it; see
 * seed_runs.h. */
#include "simulator/seed_runs.h"
#include "common/check.h"
#include "simulator/seed_child.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>

struct pool {
    struct seed_runs *runs;
    struct env *env; /* the real one: these are real processes */
    struct seed_child *children;
    struct seed_outcome *firsts; /* per child: of a seed that runs again */
    struct pollfd *fds;
    uint64_t next; /* seed to begin with */
    uint32_t n;    /* children that run */
    struct seed_outcome *bad;
    bool is_bad;
};

static bool is_twice(const struct seed_runs *s, uint64_t seed)
{
    return s->twice_one_in > 0 && (seed - s->first) % s->twice_one_in == 0;
}

static void found(struct pool *p, const struct seed_outcome *o)
{
    if (!p->is_bad || o->seed < p->bad->seed)
        *p->bad = *o;
    p->is_bad = true;
}

static void begin(struct pool *p, uint32_t i, uint64_t seed, bool again)
{
    struct seed_outcome o = {.seed = seed, .verdict = SEED_CANNOT};

    if (seed_child_start(&p->children[i], p->runs, seed, again, false) != 0) {
        snprintf(o.text, sizeof(o.text), "no process can be started: %s",
                 strerror(errno));
        found(p, &o);
        return;
    }
    p->children[i].deadline =
        p->env->ops->now(p->env) + (int64_t)p->runs->limit_s * 1000000000;
    p->n++;
}

static void begin_next(struct pool *p, uint32_t i)
{
    if (p->is_bad || p->next > p->runs->last || p->next < p->runs->first)
        return;
    begin(p, i, p->next, false);
    p->next++; /* round to 0 after the last seed there is */
}

static void count(struct seed_runs *s, const struct seed_outcome *o)
{
    s->n_runs++;
    if (s->kind != NULL)
        s->kind->add(s->kind->arg, o);
    s->counts.messages += o->result.counts.messages;
    s->counts.acked += o->result.counts.acked;
    s->counts.failed += o->result.counts.failed;
    s->counts.sent += o->result.counts.sent;
    s->counts.executed += o->result.counts.executed;
    s->counts.lost += o->result.counts.lost;
    s->counts.again += o->result.counts.again;
    s->counts.dropped += o->result.counts.dropped;
    for (uint32_t i = 0; i < FAULTS; i++)
        s->faults[i] += o->result.faults[i];
    s->looks += o->result.looks;
}

/* -- twice ----------------------------------------------------------------- */

/* Once more, with notes; the seed's two runs were not the same. */
static void find_difference(struct pool *p, struct seed_outcome *o)
{
    struct seed_runs noted = *p->runs;
    struct seed_child c[2];
    struct seed_outcome ignored;

    noted.run.keep_notes = true;
    o->verdict = SEED_DIFFERS;
    if (p->runs->kind != NULL) {
        snprintf(o->text, sizeof(o->text), "the seed made two different runs");
        return;
    }
    if (seed_child_start(&c[0], &noted, o->seed, false, false) != 0)
        return;
    seed_child_finish(&c[0], &ignored);
    if (seed_child_start(&c[1], &noted, o->seed, true, false) == 0) {
        seed_child_finish(&c[1], &ignored);
        seed_child_difference(&c[0], &c[1], o->text, sizeof(o->text));
        seed_child_close(&c[1]);
    }
    seed_child_close(&c[0]);
}

static void compare(struct pool *p, struct seed_outcome *o,
                    const struct seed_outcome *first)
{
    p->runs->n_twice++;
    if (o->result.hash == first->result.hash)
        return;
    find_difference(p, o);
    found(p, o);
}

/* -- as they end ----------------------------------------------------------- */

static void take(struct pool *p, uint32_t i, const struct seed_outcome *outcome)
{
    struct seed_child *c = &p->children[i];
    struct seed_outcome o = *outcome;
    bool again = c->again;

    seed_child_close(c);
    p->n--;
    if (o.verdict != SEED_FINE) {
        found(p, &o);
    } else if (again) {
        compare(p, &o, &p->firsts[i]);
    } else {
        count(p->runs, &o);
        if (is_twice(p->runs, o.seed) && !p->is_bad) {
            p->firsts[i] = o;
            begin(p, i, o.seed, true);
            return;
        }
    }
    begin_next(p, i);
}

static void was_late(const struct seed_runs *s, struct seed_outcome *o)
{
    o->verdict = SEED_HANGS;
    snprintf(o->text, sizeof(o->text), "did not come to its end in %u s%s",
             s->limit_s,
             s->kind == NULL && s->run.ttl_ms < 0
                 ? "; a topology that has none needs --local-ttl"
                 : "");
}

static void end_late(struct pool *p, uint32_t i)
{
    struct seed_outcome o = {.seed = p->children[i].seed};

    seed_child_stop(&p->children[i]);
    was_late(p->runs, &o);
    take(p, i, &o);
}

static bool runs(const struct pool *p, uint32_t i)
{
    return p->children[i].pid > 0;
}

/* Milliseconds until the first of them is late. */
static int patience(const struct pool *p)
{
    int64_t now = p->env->ops->now(p->env), left = INT64_MAX;

    for (uint32_t i = 0; i < p->runs->jobs; i++)
        if (runs(p, i) && p->children[i].deadline - now < left)
            left = p->children[i].deadline - now;
    return left <= 0          ? 0
           : left > INT32_MAX ? INT32_MAX
                              : (int)(left / 1000000) + 1;
}

static void wait_for_some(struct pool *p)
{
    uint32_t n = p->runs->jobs;

    for (uint32_t i = 0; i < n; i++)
        p->fds[i] =
            (struct pollfd){runs(p, i) ? p->children[i].result : -1, POLLIN, 0};
    if (poll(p->fds, n, patience(p)) < 0)
        check(errno == EINTR);
    for (uint32_t i = 0; i < n; i++) {
        struct seed_outcome o;

        if (runs(p, i) && p->fds[i].revents != 0) {
            seed_child_finish(&p->children[i], &o);
            take(p, i, &o);
        } else if (runs(p, i) &&
                   p->env->ops->now(p->env) > p->children[i].deadline) {
            end_late(p, i);
        }
    }
}

/* Somebody watches it, perhaps with a debugger: who says how long it takes in
 * the world's time gets all the time that that takes. */
static void finish_alone(const struct seed_runs *s, struct seed_child *c,
                         struct seed_outcome *o)
{
    struct pollfd fd = {c->result, POLLIN, 0};
    int n, ms = s->run.ttl_ms < 0 ? (int)s->limit_s * 1000 : -1;

    while ((n = poll(&fd, 1, ms)) < 0)
        check(errno == EINTR);
    if (n > 0) {
        seed_child_finish(c, o);
        return;
    }
    seed_child_stop(c);
    was_late(s, o);
}

bool seed_runs_one(struct seed_runs *s, struct seed_outcome *o)
{
    struct pool p = {.runs = s, .bad = o};
    struct seed_child c;
    struct seed_outcome again = {.seed = s->first};

    check(s->limit_s >= 1);
    *o = (struct seed_outcome){.seed = s->first, .verdict = SEED_CANNOT};
    for (int i = 0; i < 2; i++) {
        if (seed_child_start(&c, s, s->first, i > 0, i == 0) != 0) {
            snprintf(o->text, sizeof(o->text), "no process can be started: %s",
                     strerror(errno));
            return false;
        }
        finish_alone(s, &c, i > 0 ? &again : o);
        seed_child_close(&c);
        if (o->verdict != SEED_FINE)
            return false;
    }
    if (again.verdict == SEED_FINE)
        compare(&p, &again, o);
    else
        found(&p, &again);
    return !p.is_bad;
}

bool seed_runs_all(struct seed_runs *s, struct seed_outcome *bad)
{
    struct pool p = {.runs = s,
                     .env = env_posix(),
                     .children = xcalloc(s->jobs, sizeof(*p.children)),
                     .firsts = xcalloc(s->jobs, sizeof(*p.firsts)),
                     .fds = xcalloc(s->jobs, sizeof(*p.fds)),
                     .next = s->first,
                     .bad = bad};

    check(s->jobs >= 1 && s->limit_s >= 1);
    for (uint32_t i = 0; i < s->jobs; i++)
        begin_next(&p, i);
    while (p.n > 0)
        wait_for_some(&p);
    free(p.children);
    free(p.firsts);
    free(p.fds);
    return !p.is_bad;
}
