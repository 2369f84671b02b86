/* pending.c - the ring of unsettled messages; see pending.h. */
#include "worker/pending.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 32u /* of many spouts, each has few under way */

static struct pending_entry *new_ring(uint32_t capacity)
{
    size_t bytes = capacity * sizeof(struct pending_entry);
    void *ring = memory_check(aligned_alloc(64, bytes), 1, bytes);

    return memset(ring, 0, bytes);
}

void pending_init(struct pending *p, uint64_t start)
{
    memset(p, 0, sizeof(*p));
    p->capacity = CAPACITY_MIN;
    p->ring = new_ring(p->capacity);
    p->next = (start & ((UINT64_C(1) << 40) - 1)) + 1; /* never 0 */
    p->oldest = p->next;
}

void pending_fini(struct pending *p)
{
    free(p->ring);
    p->ring = NULL;
}

/* Two entries that differ in the old, shorter index differ in the new one. */
void pending_grow(struct pending *p)
{
    struct pending_entry *old = p->ring;
    uint32_t capacity = p->capacity;

    check(p->next <= PENDING_SEQ_MASK);
    check(p->capacity <= UINT32_MAX / 2);
    p->capacity *= 2;
    p->ring = new_ring(p->capacity);
    for (uint32_t i = 0; i < capacity; i++)
        if (old[i].seq != 0)
            *pending_slot(p, old[i].seq) = old[i];
    p->scan = 0;
    free(old);
}

uint32_t pending_due(const struct pending *p, int64_t passed, int64_t timeout)
{
    double share = 8.0 * (double)passed / (double)timeout;

    return share >= 1 ? p->capacity : (uint32_t)(share * p->capacity) + 1;
}

bool pending_expire(struct pending *p, int64_t before, uint32_t *n_slots,
                    struct pending_entry *out)
{
    while (*n_slots > 0) {
        struct pending_entry *e = &p->ring[p->scan & (p->capacity - 1)];

        p->scan = (p->scan + 1) & (p->capacity - 1);
        --*n_slots;
        if (e->seq != 0 && e->emitted <= before) {
            pending_settle(p, e, out);
            return true;
        }
    }
    return false;
}

uint64_t pending_oldest(struct pending *p)
{
    if (p->n == 0)
        p->oldest = p->next;
    while (p->oldest < p->next && pending_slot(p, p->oldest)->seq != p->oldest)
        p->oldest++;
    check(p->oldest <= p->next);
    return p->oldest;
}
