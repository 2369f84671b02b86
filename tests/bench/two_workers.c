/* two_workers.c - how many tuples a second cross; see two_workers.h. */
#include "tests/bench/two_workers.h"
#include "tests/bench/embedded.h"
#include "topology-api/model.h"
#include "worker/member.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS = 2, EXECUTORS_MAX = 64 };

struct pair {
    struct embedded e;
    struct plan plan;
    struct plan_worker workers[WORKERS];
    uint32_t homes[EXECUTORS_MAX];
    struct member *members[WORKERS];
};

static int refused(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    return -1;
}

static void make_plan(struct pair *p, const struct model *m)
{
    struct plan *plan = &p->plan;

    snprintf(plan->topology, sizeof(plan->topology), "bench-1-0");
    plan->n_workers = WORKERS;
    plan->workers = p->workers;
    plan->homes = p->homes;
    for (uint32_t i = 0; i < WORKERS; i++) {
        snprintf(p->workers[i].host, PLAN_HOST_MAX, "127.0.0.1");
        p->workers[i].birth = 1;
    }
    for (uint32_t i = 0; i < m->n_components; i++)
        for (uint32_t k = 0; k < m->components[i].executors; k++)
            p->homes[plan->n_executors++] = i % WORKERS;
}

static int start_one(struct pair *p, uint32_t i, uint32_t carriers)
{
    struct member_in in = {.env = env_posix(),
                           .builder = p->e.builder,
                           .plan = &p->plan,
                           .carriers = carriers};
    struct member_report r;
    gale_err error;

    p->plan.me = i;
    p->members[i] = member_start(&in, &error);
    if (p->members[i] == NULL)
        return refused("cannot start a worker", error.text);
    member_report(p->members[i], &r);
    p->workers[i].port = r.port;
    return 0;
}

static int start(struct pair *p, uint32_t carriers)
{
    gale_err error;
    const struct model *m = model_of(p->e.builder, &error);

    if (m == NULL)
        return refused("no topology", error.text);
    make_plan(p, m);
    for (uint32_t i = 0; i < WORKERS; i++)
        if (start_one(p, i, carriers))
            return -1;
    for (uint32_t i = 0; i < WORKERS; i++) {
        p->plan.me = i;
        if (member_replan(p->members[i], &p->plan, &error))
            return refused("cannot tell where the workers are", error.text);
    }
    return 0;
}

static int run(struct pair *p, double seconds)
{
    struct member_report r;

    if (!member_await_end(p->members[0], (int)(seconds * 1e3)))
        return 0;
    member_report(p->members[0], &r);
    return refused("it did not go on running", r.error);
}

struct last {
    const char *id;
    uint64_t executed;
};

static void add_last(void *arg, const gale_component_stats *s)
{
    struct last *last = arg;

    if (strcmp(s->id, last->id) == 0)
        last->executed += s->executed;
}

/* Executed by the last component. */
static uint64_t count(struct pair *p, const char *id)
{
    struct last last = {id, 0};

    for (uint32_t i = 0; i < WORKERS; i++)
        member_stats(p->members[i], add_last, &last);
    return last.executed;
}

static int measure(struct pair *p, const struct bench_run *r)
{
    bool is_const = strncmp(r->of->topology, "const", 5) == 0;
    const char *last = is_const ? "null" : "count";
    uint64_t before;
    double begun;

    if (start(p, r->of->carriers) || run(p, 0.5))
        return -1;
    before = count(p, last);
    begun = bench_now();
    if (run(p, r->options->seconds))
        return -1;
    bench_figure("rate", (double)(count(p, last) - before) /
                             (bench_now() - begun) / 1e6);
    return before > 0 ? 0 : refused("the workers", "nothing came through");
}

int two_workers(const struct bench_run *r)
{
    struct pair p;
    int rc;

    memset(&p, 0, sizeof(p));
    rc = embedded_build(&p.e, r->of);
    gale_configure(p.e.builder, "gale.worker.transport",
                   gale_cstr(r->of->transport));
    if (!rc)
        rc = measure(&p, r);
    for (uint32_t i = 0; i < WORKERS; i++)
        member_free(p.members[i]);
    embedded_free(&p.e);
    return rc;
}
