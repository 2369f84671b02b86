/* scheduler.c - which worker goes to which slot; see scheduler.h. */
#include "nimbus/scheduler.h"
#include "nimbus/seating.h"
#include "topology-api/memory.h"

const struct scheduler *scheduler_find(const char *name)
{
    static const struct scheduler *const all[] = {&scheduler_stable,
                                                  &scheduler_even};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (!strcmp(all[i]->name, name))
            return all[i];
    return NULL;
}

void schedule(const struct scheduler *scheduler, struct schedule *s)
{
    static void (*const steps[])(struct seating *, struct plan *) = {
        seating_replace_lost,
        seating_replace_failing,
        seating_rebalance,
        seating_launch,
    };
    struct seating p;

    for (uint32_t i = 0; i < s->n_topologies; i++) {
        s->topologies[i].next = NULL;
        s->topologies[i].granted = false;
        s->topologies[i].reason[0] = '\0';
    }
    seating_init(&p, scheduler, s);
    for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++)
        for (uint32_t i = 0; i < s->n_topologies; i++)
            steps[step](&p, &p.plans[i]);
    spread(&p);
    for (uint32_t i = 0; i < s->n_topologies; i++)
        new_assignment(&p, &p.plans[i]);
    seating_fini(&p);
}

void schedule_fini(struct schedule *s)
{
    for (uint32_t i = 0; i < s->n_topologies; i++) {
        struct assignment_record *a = s->topologies[i].next;

        if (a == NULL)
            continue;
        assignment_record_free(a);
        free(a);
        s->topologies[i].next = NULL;
    }
}
