/* seen_keys.c - which task of a sink got which key; see seen_keys.h. */
#include "tests/support/seen_keys.h"

uint32_t seen_tasks_with(struct seen *s, uint32_t key)
{
    uint32_t n = 0;

    for (uint32_t t = 0; t < TASKS; t++)
        n += s->by[t][key] > 0;
    return n;
}

uint32_t seen_by(struct seen *s, uint32_t task)
{
    uint32_t sum = 0;

    for (uint32_t k = 0; k < KEYS; k++)
        sum += s->by[task][k];
    return sum;
}

gale_result seen_note(gale_task *task, const gale_tuple *in)
{
    struct seen *s = probe_arg(task);
    int64_t key = gale_int_of(in, "number");

    s->by[gale_task_index(task)][key]++;
    return GALE_OK;
}

gale_result seen_next_number(gale_task *task)
{
    const struct numbers *n = probe_arg(task);
    uint64_t *k = probe_state(task);

    if (*k == n->rounds * KEYS) {
        gale_exhausted(task);
        return GALE_OK;
    }
    return n->emit(task, (int64_t)((*k)++ % KEYS));
}
