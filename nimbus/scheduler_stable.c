/*
 * scheduler_stable.c - the default: what runs stays where it is. A worker goes
 * where the topology has the fewest, so that a machine takes few of them with
 * it; then to the supervisor that would be the least full.
 */
#include "nimbus/scheduler.h"

static bool before(const struct candidate *a, const struct candidate *b)
{
    if (a->mine != b->mine)
        return a->mine < b->mine;
    return (uint64_t)(a->used + 1) * b->slots <
           (uint64_t)(b->used + 1) * a->slots;
}

const struct scheduler scheduler_stable = {
    .name = "stable", .keeps = true, .before = before};
