/* lives.c - which life covers what; see lives.h. */
#include "simulator/lives.h"

void lives_fini(struct lives *l)
{
    free(l->lives);
    free(l->covered);
    number_map_fini(&l->by_position);
}

struct life *lives_of(struct lives *l, int32_t task)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (l->lives[i].task == task)
            return &l->lives[i];
    l->lives = xrealloc(l->lives, (l->n + 1) * sizeof(*l->lives));
    l->lives[l->n] = (struct life){.task = task};
    return &l->lives[l->n++];
}

static uint64_t key_of(int32_t task, uint64_t position)
{
    return mix64(position + (uint64_t)(uint32_t)task);
}

static uint32_t add(struct lives *l, struct covered what)
{
    if (l->n_covered == l->capacity) {
        l->capacity = l->capacity > 0 ? 2 * l->capacity : 64;
        l->covered = xrealloc(l->covered, l->capacity * sizeof(*l->covered));
    }
    l->covered[l->n_covered] = what;
    return l->n_covered++;
}

/* Set again, it is the same place: what the first one covers is settled, too,
 * and says the least. */
void lives_position(struct lives *l, int32_t task, uint64_t position,
                    uint32_t before)
{
    uint64_t *number =
        number_map_get(&l->by_position, key_of(task, position), l->n_covered);

    lives_of(l, task)->keeps = true;
    if (*number == l->n_covered)
        add(l, (struct covered){lives_of(l, task)->number, before});
}

static const struct covered *find(const struct lives *l, int32_t task,
                                  uint64_t position)
{
    const uint64_t *number =
        number_map_find(&l->by_position, key_of(task, position));

    return number == NULL ? NULL : &l->covered[*number];
}

/* Messages are not told apart by split: what all positions cover is what the
 * least of one life does. */
bool lives_go_on(struct lives *l, int32_t task, const uint64_t *positions,
                 uint32_t n, struct covered *covered)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct covered *c = find(l, task, positions[i]);

        if (c == NULL || (i > 0 && c->life != covered->life))
            return false;
        if (i == 0 || c->before < covered->before)
            *covered = *c;
    }
    return n > 0;
}
