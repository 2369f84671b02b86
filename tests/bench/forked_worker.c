/* forked_worker.c - a worker that does what it is asked; see
 * forked_worker.h. */
#include "tests/bench/forked_worker.h"
#include "tests/bench/latency.h"
#include "topology-api/model.h"
#include "worker/member.h"
#include "worker/stats.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXECUTORS_MAX = 64 };

enum ask { ASK_HOW, ASK_JOIN, ASK_DRAIN, ASK_FIGURES };

struct question {
    enum ask what;
    uint16_t ports[FORKED_WORKERS];
};

static int refused(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    return -1;
}

/* -- in the child ---------------------------------------------------------- */

struct child {
    struct plan plan;
    struct plan_worker workers[FORKED_WORKERS];
    uint32_t homes[EXECUTORS_MAX];
    struct member *member;
};

static void make_plan(struct child *c, const struct model *m, uint32_t me)
{
    struct plan *plan = &c->plan;

    snprintf(plan->topology, sizeof(plan->topology), "bench-1-0");
    plan->n_workers = FORKED_WORKERS;
    plan->workers = c->workers;
    plan->homes = c->homes;
    plan->me = me;
    for (uint32_t i = 0; i < FORKED_WORKERS; i++) {
        snprintf(c->workers[i].host, PLAN_HOST_MAX, "127.0.0.1");
        c->workers[i].birth = 1;
    }
    for (uint32_t i = 0; i < m->n_components; i++)
        for (uint32_t k = 0; k < m->components[i].executors; k++)
            c->homes[plan->n_executors++] = i % FORKED_WORKERS;
}

static int begin(struct child *c, struct embedded *e, uint32_t me,
                 uint32_t carriers)
{
    struct member_in in = {.env = env_posix(),
                           .builder = e->builder,
                           .plan = &c->plan,
                           .carriers = carriers};
    gale_err error;
    const struct model *m = model_of(e->builder, &error);

    if (m == NULL)
        return refused("no topology", error.text);
    make_plan(c, m, me);
    c->member = member_start(&in, &error);
    return c->member ? 0 : refused("cannot start a worker", error.text);
}

static int join(struct child *c, const uint16_t ports[FORKED_WORKERS])
{
    gale_err error;

    for (uint32_t i = 0; i < FORKED_WORKERS; i++)
        c->workers[i].port = ports[i];
    if (member_replan(c->member, &c->plan, &error))
        return refused("cannot tell where the workers are", error.text);
    return 0;
}

static int obey(struct child *c, const struct question *q,
                struct worker_answer *a)
{
    switch (q->what) {
    case ASK_JOIN:
        return join(c, q->ports);
    case ASK_DRAIN:
        member_order(c->member, MEMBER_DRAIN, 0);
        return 0;
    case ASK_FIGURES:
        stats_metrics(member_worker(c->member), latency_figures, &a->measured);
        return 0;
    default:
        return 0;
    }
}

static void describe(const struct child *c, struct worker_answer *a)
{
    struct member_report r;

    member_report(c->member, &r);
    snprintf(a->error, sizeof(a->error), "%.*s", (int)sizeof(a->error) - 1,
             r.error);
    a->port = r.port;
    a->quiet = r.quiet;
    a->pending = r.pending;
    a->sent = r.sent;
    a->received = r.received;
    member_stats(c->member, embedded_add, &a->counts);
}

/* Until the parent hangs up. */
static int serve(struct child *c, int fd)
{
    struct question q;
    int rc = 0;

    while (!rc && recv(fd, &q, sizeof(q), MSG_WAITALL) == sizeof(q)) {
        struct worker_answer a = {.port = 0};

        rc = obey(c, &q, &a);
        describe(c, &a);
        if (send(fd, &a, sizeof(a), MSG_NOSIGNAL) != sizeof(a))
            rc = -1;
    }
    return rc;
}

static int live(struct embedded *e, uint32_t me, uint32_t carriers, int fd)
{
    struct child c;
    int rc;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    memset(&c, 0, sizeof(c));
    rc = begin(&c, e, me, carriers);
    if (!rc)
        rc = serve(&c, fd);
    member_free(c.member);
    embedded_free(e);
    return rc;
}

/* -- in the parent --------------------------------------------------------- */

int forked_worker_start(struct forked_worker *p, struct embedded *e,
                        uint32_t me, uint32_t carriers)
{
    int ends[2];

    p->fd = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return refused("cannot start a worker", strerror(errno));
    p->pid = fork();
    if (p->pid == 0)
        _exit(live(e, me, carriers, ends[1]) ? 1 : 0);
    close(ends[1]);
    p->fd = ends[0];
    return p->pid < 0 ? refused("cannot start a worker", strerror(errno)) : 0;
}

static int ask(struct forked_worker *p, const struct question *q,
               struct worker_answer *a)
{
    if (send(p->fd, q, sizeof(*q), MSG_NOSIGNAL) != sizeof(*q) ||
        recv(p->fd, a, sizeof(*a), MSG_WAITALL) != sizeof(*a))
        return refused("a worker", "it has ended");
    return a->error[0] ? refused("a worker", a->error) : 0;
}

int forked_worker_ask(struct forked_worker *p, struct worker_answer *a)
{
    struct question q = {.what = ASK_HOW};

    return ask(p, &q, a);
}

int forked_worker_join(struct forked_worker *p, struct worker_answer *a,
                       const uint16_t ports[FORKED_WORKERS])
{
    struct question q = {.what = ASK_JOIN};

    memcpy(q.ports, ports, sizeof(q.ports));
    return ask(p, &q, a);
}

int forked_worker_drain(struct forked_worker *p, struct worker_answer *a)
{
    struct question q = {.what = ASK_DRAIN};

    return ask(p, &q, a);
}

int forked_worker_figures(struct forked_worker *p, struct worker_answer *a)
{
    struct question q = {.what = ASK_FIGURES};

    return ask(p, &q, a);
}

int forked_worker_end(struct forked_worker *p)
{
    int status = 0;

    if (p->pid <= 0)
        return 0;
    shutdown(p->fd, SHUT_RDWR); /* later children have it, too */
    close(p->fd);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return refused("a worker", "its process did not end well");
}
