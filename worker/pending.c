/* pending.c - the ring of unsettled messages; see pending.h. */
#include "worker/pending.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 256u

static struct pending_entry *slot_at(const struct pending *p, uint64_t seq)
{
    return &p->ring[seq & (p->capacity - 1)];
}

void pending_init(struct pending *p, uint64_t start)
{
    memset(p, 0, sizeof(*p));
    p->capacity = CAPACITY_MIN;
    p->ring = xcalloc(p->capacity, sizeof(*p->ring));
    p->next = (start & ((UINT64_C(1) << 40) - 1)) + 1; /* never 0 */
    p->oldest = p->next;
}

void pending_fini(struct pending *p)
{
    free(p->ring);
    p->ring = NULL;
}

/* Two entries that differ in the old, shorter index differ in the new one. */
static void grow(struct pending *p)
{
    struct pending_entry *old = p->ring;
    uint32_t capacity = p->capacity;

    p->capacity *= 2;
    p->ring = xcalloc(p->capacity, sizeof(*p->ring));
    for (uint32_t i = 0; i < capacity; i++)
        if (old[i].seq != 0)
            *slot_at(p, old[i].seq) = old[i];
    p->scan = 0;
    free(old);
}

uint64_t pending_add(struct pending *p, gale_msgid id, int64_t now)
{
    struct pending_entry *e;

    if (p->n >= p->capacity / 2)
        grow(p);
    while ((e = slot_at(p, p->next))->seq != 0)
        p->next++;
    check(p->next <= PENDING_SEQ_MASK);
    e->seq = p->next;
    e->sum = 0;
    e->id = id;
    e->emitted = now;
    e->born = p->next;
    p->n++;
    return p->next++;
}

struct pending_entry *pending_find(struct pending *p, uint64_t seq)
{
    struct pending_entry *e = slot_at(p, seq);

    return e->seq == seq && seq != 0 ? e : NULL;
}

static enum pending_result settle(struct pending *p, struct pending_entry *e,
                                  struct pending_entry *out)
{
    *out = *e;
    e->seq = 0;
    p->n--;
    return PENDING_SETTLED;
}

enum pending_result pending_seal(struct pending *p, uint64_t seq, uint64_t sum,
                                 struct pending_entry *out)
{
    struct pending_entry *e = pending_find(p, seq);

    check(e != NULL);
    e->sum = sum;
    return sum == 0 ? settle(p, e, out) : PENDING_OPEN;
}

enum pending_result pending_ack(struct pending *p, uint64_t seq, uint64_t value,
                                struct pending_entry *out)
{
    struct pending_entry *e = pending_find(p, seq);

    if (e == NULL)
        return PENDING_UNKNOWN;
    e->sum ^= value;
    return e->sum == 0 ? settle(p, e, out) : PENDING_OPEN;
}

enum pending_result pending_fail(struct pending *p, uint64_t seq,
                                 struct pending_entry *out)
{
    struct pending_entry *e = pending_find(p, seq);

    return e == NULL ? PENDING_UNKNOWN : settle(p, e, out);
}

bool pending_expire(struct pending *p, int64_t before, uint32_t *n_slots,
                    struct pending_entry *out)
{
    while (*n_slots > 0) {
        struct pending_entry *e = &p->ring[p->scan & (p->capacity - 1)];

        p->scan = (p->scan + 1) & (p->capacity - 1);
        --*n_slots;
        if (e->seq != 0 && e->emitted <= before) {
            settle(p, e, out);
            return true;
        }
    }
    return false;
}

uint64_t pending_oldest(struct pending *p)
{
    if (p->n == 0)
        p->oldest = p->next;
    while (p->oldest < p->next && slot_at(p, p->oldest)->seq != p->oldest)
        p->oldest++;
    return p->oldest;
}
