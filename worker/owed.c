/* owed.c - the table of failed messages; see owed.h. */
#include "worker/owed.h"
#include "common/check.h"
#include "common/random.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define CAPACITY_MIN 16u

static uint32_t home_of(const struct owed *o, gale_msgid id)
{
    return (uint32_t)mix64(id.lo ^ mix64(id.hi)) & (o->capacity - 1);
}

static bool is_same(gale_msgid a, gale_msgid b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

/* The message's slot, or the free one where it belongs; capacity > n. */
static struct owed_message *slot_of(const struct owed *o, gale_msgid id)
{
    uint32_t i = home_of(o, id);

    while (o->slots[i].born != 0 && !is_same(o->slots[i].id, id))
        i = (i + 1) & (o->capacity - 1);
    return &o->slots[i];
}

static void grow(struct owed *o)
{
    struct owed old = *o;

    o->capacity = old.capacity ? 2 * old.capacity : CAPACITY_MIN;
    o->slots = xcalloc(o->capacity, sizeof(*o->slots));
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.slots[i].born != 0)
            *slot_of(o, old.slots[i].id) = old.slots[i];
    check(2 * o->n < o->capacity);
    free(old.slots);
}

void owed_fini(struct owed *o)
{
    for (uint32_t i = 0; i < o->capacity; i++)
        if (o->slots[i].born != 0)
            free(o->slots[i].cause);
    free(o->slots);
    *o = (struct owed){0};
}

struct owed_message *owed_add(struct owed *o, gale_msgid id, uint64_t born,
                              struct cause *cause)
{
    struct owed_message *m;

    check(born != 0);
    if (2 * (o->n + 1) > o->capacity)
        grow(o);
    m = slot_of(o, id);
    if (m->born == 0) {
        *m = (struct owed_message){.id = id, .born = born};
        o->n++;
    }
    free(m->cause);
    m->cause = cause;
    m->last = ++o->failures;
    m->failures += m->failures < UINT32_MAX;
    return m;
}

struct owed_message *owed_find(const struct owed *o, gale_msgid id)
{
    struct owed_message *m = o->n > 0 ? slot_of(o, id) : NULL;

    return m != NULL && m->born != 0 ? m : NULL;
}

void owed_set_dead(struct owed *o, struct owed_message *m, bool dead)
{
    o->n_dead += (uint32_t)dead - (uint32_t)m->dead;
    m->dead = dead;
}

/* What is kept is put in anew: what stays behind a gap might be lost. */
void owed_forget_before(struct owed *o, uint64_t keep)
{
    struct owed old = *o;

    o->slots = xcalloc(o->capacity, sizeof(*o->slots));
    o->n = 0;
    for (uint32_t i = 0; i < old.capacity; i++) {
        struct owed_message *m = &old.slots[i];

        if (m->born == 0)
            continue;
        if (old.failures - m->last < keep) {
            *slot_of(o, m->id) = *m;
            o->n++;
        } else {
            owed_set_dead(o, m, false);
            free(m->cause);
            o->forgot = true;
        }
    }
    free(old.slots);
}

/* Close the gap: what follows it may have been pushed past its place. */
static void close_gap(struct owed *o, uint32_t gap)
{
    uint32_t mask = o->capacity - 1, i = gap;

    check(o->n > 0 && o->slots[gap].born != 0);

    for (;;) {
        i = (i + 1) & mask;
        if (o->slots[i].born == 0)
            break;
        if (((i - home_of(o, o->slots[i].id)) & mask) >= ((i - gap) & mask)) {
            o->slots[gap] = o->slots[i];
            gap = i;
        }
    }
    o->slots[gap].born = 0;
}

void owed_remove(struct owed *o, gale_msgid id)
{
    struct owed_message *m = owed_find(o, id);

    if (m == NULL)
        return;
    owed_set_dead(o, m, false);
    free(m->cause);
    close_gap(o, (uint32_t)(m - o->slots));
    o->n--;
}

uint64_t owed_born(const struct owed *o, gale_msgid id, uint64_t seq)
{
    const struct owed_message *m = owed_find(o, id);

    return m != NULL ? m->born : seq;
}

uint64_t owed_oldest(const struct owed *o)
{
    uint64_t oldest = UINT64_MAX;

    for (uint32_t i = 0; i < o->capacity; i++)
        if (o->slots[i].born != 0 && o->slots[i].born < oldest)
            oldest = o->slots[i].born;
    return oldest;
}
