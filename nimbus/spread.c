/*
 * spread.c - moves workers to a supervisor that joined or returned.
 *
 * A move takes a worker from a supervisor to the least full one, if that is
 * less full with it than the other one was: so no move is ever taken back, and
 * supervisors of different sizes become equally full. Each topology gives at
 * most one worker at a time, and a schedule moves few: what runs is disturbed
 * little.
 */
#include "nimbus/seating.h"
#include "topology-api/memory.h"

struct move {
    struct plan *plan; /* NULL: none is worth it */
    uint32_t worker;
    uint32_t from;    /* supervisor */
    uint32_t surplus; /* workers of the topology there more than at the other */
};

/* a workers of so many slots are fewer than b of so many. */
static bool less_full(uint32_t a, uint32_t a_slots, uint32_t b,
                      uint32_t b_slots)
{
    return (uint64_t)a * b_slots < (uint64_t)b * a_slots;
}

static uint32_t n_slots(const struct seating *p, uint32_t v)
{
    return p->slots.supervisors[v].is->n_ports;
}

static uint32_t n_used(const struct seating *p, uint32_t v)
{
    return p->slots.supervisors[v].n_used;
}

/* The least full supervisor that could take one, SLOT_NONE if none can. */
static uint32_t least_full(const struct seating *p)
{
    uint32_t least = SLOT_NONE;

    for (uint32_t v = 0; v < p->slots.n; v++)
        if (slot_table_free(&p->slots, v) > 0 &&
            (least == SLOT_NONE ||
             less_full(n_used(p, v) + 1, n_slots(p, v), n_used(p, least) + 1,
                       n_slots(p, least))))
            least = v;
    return least;
}

static bool may_give(const struct seating *p, const struct plan *plan,
                     uint32_t to)
{
    return plan->t->movable && plan->t->present != NULL && !plan->moved &&
           !plan->shared_anew && !p->marked[to];
}

static bool may_leave(const struct seating *p, const struct plan *plan,
                      uint32_t w, uint32_t to)
{
    uint32_t from = plan->seats[w].supervisor;

    return from != SLOT_NONE && p->slots.supervisors[from].is->open &&
           (plan->t->fates == NULL || plan->t->fates[w] == WORKER_STAYS) &&
           less_full(n_used(p, to) + 1, n_slots(p, to), n_used(p, from),
                     n_slots(p, from));
}

/* From the fullest; there from the topology that has the most in one place. */
static bool better(const struct seating *p, const struct move *a,
                   const struct move *b)
{
    if (b->plan == NULL)
        return true;
    if (less_full(n_used(p, b->from), n_slots(p, b->from), n_used(p, a->from),
                  n_slots(p, a->from)))
        return true;
    if (less_full(n_used(p, a->from), n_slots(p, a->from), n_used(p, b->from),
                  n_slots(p, b->from)))
        return false;
    return a->surplus > b->surplus;
}

static void consider(struct seating *p, struct plan *plan, uint32_t to,
                     struct move *best)
{
    seating_look(p, plan);
    for (uint32_t w = 0; may_give(p, plan, to) && w < plan->n_workers; w++) {
        uint32_t from = plan->seats[w].supervisor;
        struct move move = {.plan = plan, .worker = w, .from = from};

        if (!may_leave(p, plan, w, to))
            continue;
        if (p->mine[from] > p->mine[to])
            move.surplus = p->mine[from] - p->mine[to];
        if (better(p, &move, best))
            *best = move;
    }
    seating_look_away(p, plan);
}

static bool move_one(struct seating *p)
{
    struct move best = {.plan = NULL};
    uint32_t to = least_full(p);

    if (to == SLOT_NONE)
        return false;
    for (uint32_t i = 0; i < p->schedule->n_topologies; i++)
        consider(p, &p->plans[i], to, &best);
    if (best.plan == NULL)
        return false;
    slot_table_give_back(&p->slots, best.plan->seats[best.worker]);
    best.plan->seats[best.worker] = slot_table_take_first(&p->slots, to);
    best.plan->moved = true;
    return true;
}

void spread(struct seating *p)
{
    for (uint32_t n = 0; n < p->schedule->spread && move_one(p); n++)
        continue;
}
