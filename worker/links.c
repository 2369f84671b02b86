/* links.c - to all other workers; see links.h. */
#include "worker/links.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/door.h"
#include "worker/link.h"
#include <stdlib.h>

struct links {
    struct worker *worker;
    struct link **to; /* by number of worker; [me] is NULL */
    struct door *door;
    _Atomic(bool) replaced;
};

struct links *links_new(struct worker *w, uint32_t n_carriers)
{
    const struct plan *p = w->plan;
    struct links *l = xcalloc(1, sizeof(*l));

    l->worker = w;
    l->to = xcalloc(p->n_workers, sizeof(struct link *));
    l->door = door_new(l, w, w->carriers[0]);
    for (uint32_t i = 0; i < p->n_workers; i++)
        if (i != p->me)
            l->to[i] = link_new(l, w, i, w->carriers[i % n_carriers]);
    return l;
}

void links_free(struct links *l)
{
    if (l == NULL)
        return;
    door_free(l->door);
    for (uint32_t i = 0; i < l->worker->plan->n_workers; i++)
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

/* What is charged to stand-ins was not taken yet; in a cycle, to its gate. */
bool links_quiet(struct links *l)
{
    struct worker *w = l != NULL ? l->worker : NULL;

    for (uint32_t i = 0; w != NULL && i < w->n_executors; i++)
        if (w->executors[i]->away &&
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
        .number = atomic_load(&link->number),
        .sent = atomic_load(&link->all_sent),
        .received = atomic_load(&link->all_received),
        .breaks = atomic_load(&link->breaks),
        .lost_acks = atomic_load(&link->lost_acks),
    };
}
