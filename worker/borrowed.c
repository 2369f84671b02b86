/* borrowed.c - a tuple's lists and maps, to be emitted; see borrowed.h. */
#include "worker/borrowed.h"
#include "topology-api/memory.h"
#include "worker/batch_view.h"
#include "worker/retained.h"
#include "worker/task_base.h"
#include <stdlib.h>

struct borrowed_part {
    struct borrowed_part *next;
    gale_value items[];
};

static uint64_t n_elements(const gale_value *v)
{
    if (v->kind == GALE_MAP)
        return 2 * (uint64_t)v->size;
    return v->kind == GALE_LIST ? v->size : 0;
}

static bool any(const gale_value *values, uint64_t n, uint32_t depth)
{
    for (uint64_t i = 0; i < n; i++) {
        uint64_t within = n_elements(&values[i]);

        if (within == 0 || values[i].as.items == NULL)
            continue;
        if (value_is_borrowed(&values[i]) ||
            (depth < TUPLE_DEPTH_MAX &&
             any(values[i].as.items, within, depth + 1)))
            return true;
    }
    return false;
}

bool borrowed_any(const gale_value *values, uint64_t n)
{
    return any(values, n, 0);
}

/* The tuple in which the bytes lie, or NULL. */
static const struct tuple *holder(const struct task *t, const char *at,
                                  uint64_t size)
{
    const struct tuple *found = NULL;

    if (tuple_has(t->view.tuple, at, size))
        return t->view.tuple;
    if (t->call == CALL_EXECUTE && executor_takes_batches(t->executor))
        found = batch_holder(t->executor->carrier->batch, t, at, size);
    if (found == NULL && t->bolt != NULL)
        found = retained_holder(t->bolt, at, size);
    return found;
}

static gale_value *make_part(struct borrowed *b, uint64_t n)
{
    struct borrowed_part *part =
        xmalloc(sizeof(*part) + n * sizeof(part->items[0]));

    part->next = b->parts;
    b->parts = part;
    return part->items;
}

static bool copy_slots(struct borrowed *b, const struct task *t,
                       const gale_value *v, uint64_t n, gale_value **items)
{
    const struct slot *slots = value_elements(v);
    const struct tuple *from =
        holder(t, (const char *)slots, n * sizeof(struct slot));

    if (from == NULL)
        return false;
    *items = make_part(b, n);
    for (uint64_t i = 0; i < n; i++)
        (*items)[i] = slot_value(from, &slots[i]);
    return true;
}

/* Deeper than a tuple can be is left to who refuses that. */
static bool resolve(struct borrowed *b, const struct task *t, gale_value *v,
                    uint32_t depth)
{
    uint64_t n = n_elements(v);
    gale_value *items;

    if (n == 0 || v->as.items == NULL)
        return true;
    if (depth >= TUPLE_DEPTH_MAX)
        return false;
    if (value_is_borrowed(v)) {
        if (!copy_slots(b, t, v, n, &items))
            return false;
    } else if (any(v->as.items, n, depth + 1)) {
        items = make_part(b, n);
        memcpy(items, v->as.items, n * sizeof(*items));
    } else {
        return true;
    }
    v->as.items = items;
    for (uint64_t i = 0; i < n; i++)
        if (!resolve(b, t, &items[i], depth + 1))
            return false;
    return true;
}

bool borrowed_resolve(struct borrowed *b, const struct task *t,
                      gale_value *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (!resolve(b, t, &values[i], 0))
            return false;
    return true;
}

void borrowed_free(struct borrowed *b)
{
    while (b->parts != NULL) {
        struct borrowed_part *next = b->parts->next;

        free(b->parts);
        b->parts = next;
    }
}
