/* network.c - connections between simulated hosts; see network.h. */
#include "simulator/network.h"
#include "common/check.h"
#include "simulator/witness.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/outlet.h"
#include "worker/worker.h"
#include <stdlib.h>

/* An envelope or acks, on their way. */
struct parcel {
    struct parcel *next;
    int64_t due;
    struct envelope *env; /* one of the two */
    struct ack_batch *acks;
};

struct connection {
    struct parcel *first, *last; /* in the order of sending */
    int64_t broken_until;        /* ≤ now: it is there */
};

struct network {
    struct world *world;
    struct env *env;
    struct worker *worker;
    struct witness *witness;
    uint32_t n_hosts;
    struct connection *connections; /* from × n_hosts + to */
    int64_t delay;                  /* ns, at most */
    struct env_waiter *waiter;
    struct env_thread *thread;
    bool stop;
};

struct network *network_new(struct world *world, uint32_t n_hosts)
{
    struct network *n = xcalloc(1, sizeof(*n));

    check(n_hosts >= 1);
    n->world = world;
    n->env = world_env(world);
    n->n_hosts = n_hosts;
    n->connections =
        xcalloc((size_t)n_hosts * n_hosts, sizeof(*n->connections));
    n->delay = 100000;
    n->waiter = n->env->ops->waiter_new(n->env);
    return n;
}

void network_free(struct network *n)
{
    if (n == NULL)
        return;
    check(n->thread == NULL);
    n->env->ops->waiter_free(n->env, n->waiter);
    free(n->connections);
    free(n);
}

uint32_t network_hosts(const struct network *n)
{
    return n->n_hosts;
}

uint32_t network_host_of(const struct network *n, const struct carrier *c)
{
    return c->origin % n->n_hosts;
}

static struct connection *connection_of(struct network *n, uint32_t from,
                                        uint32_t to)
{
    check(from < n->n_hosts && to < n->n_hosts);
    return &n->connections[from * n->n_hosts + to];
}

/* -- at its end ------------------------------------------------------------ */

static void deliver(struct network *n, struct parcel *p)
{
    if (p->env != NULL) {
        struct executor *to = p->env->outlet->to;

        inbox_push(&to->data, &p->env->node);
        carrier_schedule(to, NULL);
    } else {
        carrier_mail(p->acks->to->carrier, p->acks);
    }
    (void)n;
}

/* The consumer gives back what the envelope was charged; acks are just gone. */
static void lose(struct network *n, struct parcel *p)
{
    if (p->env == NULL) {
        free(p->acks);
        return;
    }
    witness_lost(n->witness, p->env);
    p->env->kind = ENVELOPE_LOST;
    deliver(n, p);
}

/* It counts as something that is under way, so that nobody takes the run for
 * complete meanwhile. */
static void done(struct network *n, struct parcel *p)
{
    free(p);
    check(atomic_fetch_sub(&n->worker->async, 1) > 0);
    worker_quiet(n->worker);
}

static struct parcel *take_first(struct connection *c)
{
    struct parcel *p = c->first;

    c->first = p->next;
    return p;
}

static void deliver_due(struct network *n, struct connection *c, int64_t now)
{
    while (c->first != NULL && (c->first->due <= now || n->stop)) {
        struct parcel *p = take_first(c);

        deliver(n, p);
        done(n, p);
    }
}

static int64_t next_due(const struct network *n)
{
    int64_t next = INT64_MAX;

    for (uint32_t i = 0; i < n->n_hosts * n->n_hosts; i++) {
        const struct connection *c = &n->connections[i];

        if (c->first != NULL && c->first->due < next)
            next = c->first->due;
    }
    return next;
}

static void carry(void *arg)
{
    struct network *n = arg;
    struct env_ready ready[1];

    while (!n->stop || next_due(n) != INT64_MAX) {
        for (uint32_t i = 0; i < n->n_hosts * n->n_hosts; i++)
            deliver_due(n, &n->connections[i], n->env->ops->now(n->env));
        n->env->ops->waiter_wait(n->env, n->waiter, next_due(n), ready, 1);
    }
}

void network_begin(struct network *n, struct worker *worker, struct witness *w)
{
    n->worker = worker;
    n->witness = w;
    n->thread = n->env->ops->thread_start(n->env, "network", -1, carry, n);
}

void network_end(struct network *n)
{
    if (n->thread == NULL)
        return;
    n->stop = true;
    n->env->ops->waiter_wake(n->env, n->waiter);
    n->env->ops->thread_join(n->env, n->thread);
    n->thread = NULL;
}

/* -- at its beginning ------------------------------------------------------ */

static void append(struct connection *c, struct parcel *p)
{
    if (c->first == NULL)
        c->first = p;
    else
        c->last->next = p;
    c->last = p;
}

static void send(struct network *n, uint32_t from, uint32_t to,
                 const struct parcel *what)
{
    struct connection *c = connection_of(n, from, to);
    int64_t now = n->env->ops->now(n->env);
    struct parcel *p = xmalloc(sizeof(*p));

    *p = *what;
    atomic_fetch_add(&n->worker->async, 1);
    if (c->broken_until > now) {
        lose(n, p);
        done(n, p);
        return;
    }
    p->due = now + (int64_t)world_below(n->world, (uint64_t)n->delay + 1);
    if (c->first != NULL && p->due < c->last->due)
        p->due = c->last->due;
    append(c, p);
    n->env->ops->waiter_wake(n->env, n->waiter);
}

bool network_takes(struct network *n, struct envelope *env)
{
    uint32_t from = network_host_of(n, env->outlet->from->carrier);
    uint32_t to = network_host_of(n, env->outlet->to->carrier);
    struct parcel p = {.env = env};

    if (from == to || n->stop)
        return false;
    send(n, from, to, &p);
    return true;
}

bool network_takes_acks(struct network *n, struct carrier *carrier,
                        struct ack_batch *acks)
{
    uint32_t from = network_host_of(n, carrier);
    uint32_t to = network_host_of(n, acks->to->carrier);
    struct parcel p = {.acks = acks};

    if (from == to || n->stop)
        return false;
    send(n, from, to, &p);
    return true;
}

/* -- what happens to it ---------------------------------------------------- */

void network_set_delay(struct network *n, int64_t ns)
{
    n->delay = ns;
}

void network_break(struct network *n, uint32_t from, uint32_t to, int64_t until)
{
    struct connection *c = connection_of(n, from, to);

    c->broken_until = until;
    while (c->first != NULL) {
        struct parcel *p = take_first(c);

        lose(n, p);
        done(n, p);
    }
}

void network_heal(struct network *n)
{
    for (uint32_t i = 0; i < n->n_hosts * n->n_hosts; i++) {
        n->connections[i].broken_until = 0;
        for (struct parcel *p = n->connections[i].first; p != NULL; p = p->next)
            p->due = 0;
    }
    n->env->ops->waiter_wake(n->env, n->waiter);
}
