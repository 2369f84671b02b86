/* choice.c - who takes the next worker; see choice.h. */
#include "nimbus/choice.h"
#include "topology-api/memory.h"

static bool before(const struct choice *c, const struct candidate *a,
                   const struct candidate *b)
{
    if (a->marked != b->marked)
        return b->marked;
    if (c->scheduler->before(a, b))
        return true;
    return !c->scheduler->before(b, a) && a->supervisor < b->supervisor;
}

static void sift_down(struct choice *c, uint32_t at)
{
    struct candidate moved = c->heap[at];

    for (uint32_t child; (child = 2 * at + 1) < c->n; at = child) {
        if (child + 1 < c->n && before(c, &c->heap[child + 1], &c->heap[child]))
            child++;
        if (!before(c, &c->heap[child], &moved))
            break;
        c->heap[at] = c->heap[child];
    }
    c->heap[at] = moved;
}

void choice_init(struct choice *c, const struct scheduler *scheduler,
                 struct slot_table *table, const uint32_t *mine,
                 const bool *marked)
{
    *c = (struct choice){.scheduler = scheduler, .table = table};
    c->heap = xcalloc(table->n, sizeof(*c->heap));
    for (uint32_t i = 0; i < table->n; i++) {
        uint32_t n_free = slot_table_free(table, i);

        if (n_free > 0)
            c->heap[c->n++] = (struct candidate){
                .supervisor = i,
                .marked = marked[i],
                .mine = mine[i],
                .free_before = n_free,
                .used = table->supervisors[i].n_used,
                .slots = table->supervisors[i].is->n_ports,
            };
    }
    for (uint32_t i = c->n / 2; i > 0; i--)
        sift_down(c, i - 1);
}

void choice_fini(struct choice *c)
{
    free(c->heap);
}

const struct candidate *choice_best(const struct choice *c)
{
    return c->n == 0 ? NULL : &c->heap[0];
}

struct seat choice_take(struct choice *c)
{
    struct candidate *best = &c->heap[0];
    struct seat seat = {.supervisor = SLOT_NONE};

    if (c->n == 0)
        return seat;
    seat = slot_table_take_first(c->table, best->supervisor);
    best->mine++;
    best->taken++;
    best->used++;
    if (best->used == best->slots)
        *best = c->heap[--c->n];
    if (c->n > 0)
        sift_down(c, 0);
    return seat;
}
