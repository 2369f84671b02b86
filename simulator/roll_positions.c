/* roll_positions.c - what is kept, and what was when; see roll_positions.h. */
#include "simulator/roll_positions.h"
#include "topology-api/memory.h"
#include <stdlib.h>

void roll_positions_fini(struct roll_positions *p)
{
    free(p->births);
}

struct roll_birth *roll_positions_birth(const struct roll_positions *p,
                                        uint64_t birth)
{
    for (uint32_t i = 0; i < p->n_births; i++)
        if (p->births[i].birth == birth)
            return &p->births[i];
    return NULL;
}

static struct roll_birth *add(struct roll_positions *p, uint64_t birth)
{
    struct roll_birth *b;

    p->births = xreallocarray(p->births, p->n_births + 1, sizeof(*b));
    b = &p->births[p->n_births++];
    b->birth = birth;
    for (uint32_t i = 0; i < ROLL_TASKS_MAX; i++)
        b->begin[i] = UINT64_MAX;
    return b;
}

void roll_positions_look(struct roll_positions *p, uint64_t birth)
{
    struct roll_birth *b = roll_positions_birth(p, birth);

    if (b == NULL)
        b = add(p, birth);
    for (uint32_t i = 0; i < ROLL_TASKS_MAX; i++)
        b->least[i] = p->kept[i].k;
}

void roll_positions_keep(struct roll_positions *p, uint32_t task, uint64_t k,
                         struct position_order order)
{
    p->kept[task].k = k;
    p->kept[task].order = order;
    for (uint32_t i = 0; i < p->n_births; i++)
        if (p->births[i].least[task] > k)
            p->births[i].least[task] = k;
}
