/* slot_table.c - the slots of all supervisors; see slot_table.h. */
#include "nimbus/slot_table.h"
#include "common/check.h"
#include "topology-api/memory.h"

static int by_id(const void *a, const void *b)
{
    const struct slot_supervisor *x = a, *y = b;

    return strcmp(x->is->id, y->is->id);
}

void slot_table_init(struct slot_table *t, const struct schedule *s)
{
    *t = (struct slot_table){
        .n = s->n_supervisors,
        .supervisors = xcalloc(s->n_supervisors, sizeof(*t->supervisors)),
    };
    for (uint32_t i = 0; i < t->n; i++) {
        struct slot_supervisor *v = &t->supervisors[i];

        v->is = &s->supervisors[i];
        v->used = xcalloc(v->is->n_ports, sizeof(*v->used));
        if (v->is->open)
            t->n_free += v->is->n_ports;
    }
    qsort(t->supervisors, t->n, sizeof(*t->supervisors), by_id);
}

void slot_table_fini(struct slot_table *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        free(t->supervisors[i].used);
    free(t->supervisors);
}

uint32_t slot_table_find(const struct slot_table *t, const char *id)
{
    const struct schedule_supervisor wanted = {.id = id};
    const struct slot_supervisor key = {.is = &wanted};
    const struct slot_supervisor *found =
        bsearch(&key, t->supervisors, t->n, sizeof(key), by_id);

    return found == NULL ? SLOT_NONE : (uint32_t)(found - t->supervisors);
}

uint32_t slot_table_free(const struct slot_table *t, uint32_t supervisor)
{
    const struct slot_supervisor *v = &t->supervisors[supervisor];

    return v->is->open ? v->is->n_ports - v->n_used : 0;
}

static bool *used_of(const struct slot_supervisor *v, uint32_t port)
{
    for (uint32_t i = 0; i < v->is->n_ports; i++)
        if (v->is->ports[i].number == port)
            return &v->used[i];
    return NULL;
}

static void set(struct slot_table *t, struct slot_supervisor *v, bool *used,
                bool to)
{
    int change = to ? 1 : -1;

    check(*used != to);
    *used = to;
    v->n_used += (uint32_t)change;
    if (v->is->open)
        t->n_free -= (uint32_t)change;
}

bool slot_table_take(struct slot_table *t, struct seat seat)
{
    struct slot_supervisor *v;
    bool *used;

    if (seat.supervisor == SLOT_NONE)
        return false;
    v = &t->supervisors[seat.supervisor];
    used = used_of(v, seat.port);
    if (used == NULL || *used)
        return false;
    set(t, v, used, true);
    return true;
}

struct seat slot_table_take_first(struct slot_table *t, uint32_t supervisor)
{
    struct slot_supervisor *v = &t->supervisors[supervisor];
    uint32_t i = 0;

    check(slot_table_free(t, supervisor) > 0);
    while (v->used[i])
        i++;
    set(t, v, &v->used[i], true);
    return (struct seat){supervisor, v->is->ports[i].number};
}

void slot_table_give_back(struct slot_table *t, struct seat seat)
{
    struct slot_supervisor *v = &t->supervisors[seat.supervisor];

    set(t, v, used_of(v, seat.port), false);
}
