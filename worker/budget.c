/* budget.c - takes memory for tuples, and counts it; see budget.h. */
#include "worker/budget.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>

void budget_init(struct budget *b, uint64_t limit)
{
    *b = (struct budget){.marks = budget_marks_for(limit)};
}

static void change(struct budget *b, enum budget_state was,
                   enum budget_state is)
{
    if (b->changed != NULL)
        b->changed(b->arg, was, is);
}

/*
 * So much is used. All is sequentially consistent: `used` is written before
 * `state` is looked at. Who makes it tight looks at `used` once more after
 * that, so either he sees what was given back meanwhile, or who gave it back
 * sees that it is tight; and it never stays tight when plenty is left.
 */
static void look(struct budget *b, uint64_t used)
{
    for (;;) {
        uint32_t was = atomic_load(&b->state), is;

        is = budget_next(was, used, &b->marks);
        if (is == was)
            return;
        if (atomic_compare_exchange_strong(&b->state, &was, is))
            change(b, was, is);
        used = atomic_load(&b->used);
    }
}

void *budget_take(struct budget *b, size_t size)
{
    uint64_t used = atomic_fetch_add(&b->used, size) + size;
    void *p = aligned_alloc(64, (size + 63) & ~(size_t)63);

    if (p == NULL) {
        fprintf(stderr,
                "gale: out of memory for tuples: %zu more bytes wanted, %llu "
                "in use\n",
                size, (unsigned long long)(used - size));
        memory_none_left();
    }
    if (used >= b->marks.wait)
        look(b, used);
    return p;
}

void budget_give_back(struct budget *b, void *memory, size_t size)
{
    uint64_t used = atomic_fetch_sub(&b->used, size) - size;

    check(used + size >= size);
    free(memory);
    if (atomic_load(&b->state) != BUDGET_PLENTY && used < b->marks.go_on)
        look(b, used);
}

bool budget_may_pool(struct budget *b, size_t size)
{
    uint64_t pooled = atomic_load_explicit(&b->pooled, memory_order_relaxed);

    while (size <= b->marks.pooled && pooled <= b->marks.pooled - size)
        if (atomic_compare_exchange_weak_explicit(
                &b->pooled, &pooled, pooled + size, memory_order_relaxed,
                memory_order_relaxed))
            return true;
    return false;
}

void budget_lend(struct budget *b)
{
    uint32_t was = BUDGET_TIGHT;

    if (!atomic_compare_exchange_strong(&b->state, &was, BUDGET_LENT))
        return;
    change(b, BUDGET_TIGHT, BUDGET_LENT);
    look(b, atomic_load(&b->used));
}
