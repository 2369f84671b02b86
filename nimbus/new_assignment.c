/* new_assignment.c - a plan as the record that is written; see seating.h. */
#include "nimbus/assignment_change.h"
#include "nimbus/executor_share.h"
#include "nimbus/seating.h"
#include "topology-api/memory.h"

static void set_text(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text);
}

/* -- executors ------------------------------------------------------------- */

static void take_components(struct assignment_record *a,
                            const struct topology_record *t)
{
    a->n_components = t->n_components;
    a->components = xcalloc(t->n_components, sizeof(*a->components));
    for (uint32_t i = 0; i < t->n_components; i++)
        a->components[i].executors = t->components[i].executors;
}

/* With workers that have executors and no slot. */
static struct assignment_record *shared_anew(const struct seating *p,
                                             const struct plan *plan)
{
    const struct topology_record *t = plan->t->record;
    struct assignment_record *a = xcalloc(1, sizeof(*a));

    set_text(a->topology, sizeof(a->topology), t->id);
    take_components(a, t);
    a->n_workers = plan->n_workers;
    a->workers = xcalloc(a->n_workers, sizeof(*a->workers));
    executor_share(t, p->scheduler->keeps ? plan->t->present : NULL,
                   a->n_workers, a->workers);
    return a;
}

static struct assignment_record *copied(const struct assignment_record *present)
{
    struct assignment_record *a = xcalloc(1, sizeof(*a));

    assignment_record_copy(present, a);
    return a;
}

/* -- slots ----------------------------------------------------------------- */

static void set_slot(struct assigned_worker *worker,
                     const struct schedule_supervisor *supervisor,
                     uint32_t port, uint64_t birth)
{
    worker->port = port;
    worker->birth = birth;
    set_text(worker->supervisor, sizeof(worker->supervisor), supervisor->id);
    set_text(worker->address, sizeof(worker->address), supervisor->address);
}

static bool has_slot(const struct assigned_worker *worker,
                     const struct schedule_supervisor *supervisor,
                     uint32_t port)
{
    return worker->port == port && !strcmp(worker->supervisor, supervisor->id);
}

/* One that is nowhere waits where it was. */
static void set_worker(const struct seating *p, const struct plan *plan,
                       struct assignment_record *a, uint32_t w)
{
    const struct assignment_record *before = plan->t->present;
    const struct seat *seat = &plan->seats[w];
    const struct schedule_supervisor *supervisor;
    uint64_t birth = a->assignment_version;

    if (seat->supervisor == SLOT_NONE)
        return;
    supervisor = p->slots.supervisors[seat->supervisor].is;
    if (before != NULL && w < before->n_workers &&
        has_slot(&before->workers[w], supervisor, seat->port))
        birth = before->workers[w].birth;
    set_slot(&a->workers[w], supervisor, seat->port, birth);
}

/* A supervisor may return with another address. */
static bool has_other_address(const struct seating *p, const struct plan *plan)
{
    for (uint32_t w = 0; w < plan->n_workers; w++) {
        uint32_t v = plan->seats[w].supervisor;

        if (v != SLOT_NONE && strcmp(p->slots.supervisors[v].is->address,
                                     plan->t->present->workers[w].address) != 0)
            return true;
    }
    return false;
}

static uint64_t last_version(const struct schedule_topology *t)
{
    uint64_t version = t->record->assignment_version;

    if (t->present != NULL && t->present->assignment_version > version)
        version = t->present->assignment_version;
    return version;
}

/* Who has which executor is part of what a worker is started with, and so is
 * the configuration. */
static bool goes_on(const struct plan *plan, const struct assignment_record *a,
                    uint32_t w)
{
    const struct schedule_topology *t = plan->t;
    bool other_conf = plan->shared_anew && t->record->wish_conf != NULL;

    return !other_conf && t->present != NULL && w < t->present->n_workers &&
           assignment_same_executors(t->record, t->present, a, w);
}

static void set_births(const struct plan *plan, struct assignment_record *a)
{
    for (uint32_t w = 0; w < a->n_workers; w++)
        if (!goes_on(plan, a, w))
            a->workers[w].birth = a->assignment_version;
}

void new_assignment(const struct seating *p, const struct plan *plan)
{
    struct assignment_record *a;

    if (!plan->shared_anew && !plan->moved &&
        (plan->t->present == NULL || !has_other_address(p, plan)))
        return;
    a = plan->shared_anew ? shared_anew(p, plan) : copied(plan->t->present);
    a->assignment_version = last_version(plan->t) + 1;
    a->epoch = p->schedule->epoch;
    for (uint32_t w = 0; w < a->n_workers; w++)
        set_worker(p, plan, a, w);
    set_births(plan, a);
    plan->t->next = a;
}
