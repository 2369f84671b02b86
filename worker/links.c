/* links.c - to all other workers; see links.h. */
#include "worker/links.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/door.h"
#include "worker/link.h"
#include <stdlib.h>

struct links {
    struct worker *worker;
    uint32_t n;       /* workers that there are, or have been */
    struct link **to; /* by number of worker; [me] is NULL */
    uint32_t n_carriers;
    struct door *door;
    _Atomic(uint64_t) version; /* of the plan */
    _Atomic(bool) replaced;
};

/* Up to all that the plan has. */
static void add_links(struct links *l)
{
    struct worker *w = l->worker;
    uint32_t n = w->plan->n_workers;

    if (n <= l->n)
        return;
    l->to = xreallocarray(l->to, n, sizeof(struct link *));
    for (uint32_t i = l->n; i < n; i++)
        l->to[i] = i == w->plan->me
                       ? NULL
                       : link_new(l, w, i, w->carriers[i % l->n_carriers]);
    l->n = n;
}

struct links *links_new(struct worker *w, uint32_t n_carriers)
{
    struct links *l = xcalloc(1, sizeof(*l));

    l->worker = w;
    l->n_carriers = n_carriers;
    atomic_init(&l->version, w->plan->version);
    l->door = door_new(l, w, w->carriers[0]);
    add_links(l);
    return l;
}

void links_free(struct links *l)
{
    if (l == NULL)
        return;
    door_free(l->door);
    for (uint32_t i = 0; i < l->n; i++)
        if (l->to[i] != NULL)
            link_free(l->to[i]);
    free(l->to);
    free(l);
}

struct link *links_to(const struct links *l, uint32_t worker)
{
    check(worker < l->worker->plan->n_workers && l->to[worker] != NULL);
    return l->to[worker];
}

struct greeting_name links_me(const struct links *l)
{
    const struct plan *p = l->worker->plan;

    return (struct greeting_name){p->me, p->workers[p->me].birth,
                                  l->worker->incarnation};
}

void links_nonce(const struct links *l, uint8_t nonce[GREETING_NONCE])
{
    struct env *env = l->worker->env;

    for (uint32_t i = 0; i < GREETING_NONCE; i += 8) {
        uint64_t word = env->ops->entropy(env);

        memcpy(nonce + i, &word, 8);
    }
}

int links_listen(struct links *l, gale_err *error)
{
    return door_listen(l->door, error);
}

uint16_t links_port(const struct links *l)
{
    return door_port(l->door);
}

void links_begin(struct links *l)
{
    door_open(l->door);
    for (uint32_t i = 0; i < l->worker->plan->n_workers; i++)
        if (l->to[i] != NULL)
            link_tell(l->to[i], link_note_new(LINK_BEGIN), NULL);
}

void links_move(struct links *l, const struct plan *plan)
{
    atomic_store(&l->version, plan->version); /* links that hear of it tell */
    for (uint32_t i = 0; i < plan->n_workers; i++) {
        struct link_note *note;

        if (l->to[i] == NULL)
            continue;
        atomic_store(&l->to[i]->birth, plan->workers[i].birth);
        note = link_note_new(LINK_MOVED);
        note->place = plan->workers[i];
        link_tell(l->to[i], note, NULL);
    }
}

void links_rewire(struct links *l)
{
    const struct plan *plan = l->worker->plan;

    atomic_store(&l->version, plan->version);
    add_links(l);
    for (uint32_t i = 0; i < l->n; i++) {
        if (l->to[i] == NULL)
            continue;
        if (i >= plan->n_workers) {
            link_end(l->to[i]);
            continue;
        }
        atomic_store(&l->to[i]->birth, plan->workers[i].birth);
        link_move(l->to[i], &plan->workers[i]);
        link_begin(l->to[i]);
    }
}

void links_share(struct links *l)
{
    if (l == NULL)
        return;
    door_share(l->door);
    for (uint32_t i = 0; i < l->n; i++)
        if (l->to[i] != NULL)
            link_share(l->to[i]);
}

void links_release(struct links *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (l->to[i] != NULL)
            gate_release(&l->to[i]->executor.own_gate,
                         l->to[i]->executor.carrier);
}

void links_replaced(struct links *l, uint32_t by)
{
    (void)by;
    atomic_store(&l->replaced, true);
    worker_notify(l->worker);
}

bool links_is_replaced(struct links *l)
{
    return atomic_load(&l->replaced);
}

bool links_up(struct links *l)
{
    for (uint32_t i = 0; i < l->worker->plan->n_workers; i++)
        if (l->to[i] != NULL && !atomic_load(&l->to[i]->up))
            return false;
    return true;
}

uint64_t links_version(struct links *l)
{
    return atomic_load(&l->version);
}

bool links_agree(struct links *l)
{
    uint64_t version = links_version(l);

    for (uint32_t i = 0; i < l->worker->plan->n_workers; i++)
        if (l->to[i] != NULL && (!atomic_load(&l->to[i]->up) ||
                                 atomic_load(&l->to[i]->version) < version))
            return false;
    return true;
}

/* What is charged to stand-ins was not taken yet; in a cycle, to its gate. */
bool links_quiet(struct links *l)
{
    struct worker *w = l != NULL ? l->worker : NULL;

    for (uint32_t i = 1; w != NULL && i <= w->n_tasks; i++)
        if (w->executors[i] != NULL && w->executors[i]->away &&
            gate_queued_tuples(w->executors[i]->gate) > 0)
            return false;
    return true;
}

void links_count(struct links *l, uint32_t peer, struct link_counts *counts)
{
    struct link *link = links_to(l, peer);

    *counts = (struct link_counts){
        .peer = peer,
        .up = atomic_load(&link->up),
        .transport = (enum transport)atomic_load(&link->transport),
        .number = atomic_load(&link->number),
        .sent = atomic_load(&link->all_sent),
        .received = atomic_load(&link->all_received),
        .breaks = atomic_load(&link->breaks),
        .lost_acks = atomic_load(&link->lost_acks),
    };
}
