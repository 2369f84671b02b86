/*
 * scheduler_even.c - Storm's EvenScheduler: the supervisors with the most free
 * slots first, each gives one slot, then each gives another.
 */
#include "nimbus/scheduler.h"

static bool before(const struct candidate *a, const struct candidate *b)
{
    if (a->taken != b->taken)
        return a->taken < b->taken;
    return a->free_before > b->free_before;
}

const struct scheduler scheduler_even = {
    .name = "even", .keeps = false, .before = before};
