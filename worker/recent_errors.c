/* recent_errors.c - the last errors of different texts; see recent_errors.h. */
#include "worker/recent_errors.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

static bool is_same(const char *kept, const char *text)
{
    return strncmp(kept, text, RECENT_ERROR_BYTES - 1) == 0;
}

/* Where it is; n: nowhere. */
static uint32_t find(const struct recent_errors *e, const char *text)
{
    uint32_t i = 0;

    while (i < e->n && !is_same(e->list[i].text, text))
        i++;
    return i;
}

/* The place for one that is new; n: all that are kept are later. */
static uint32_t make_room(struct recent_errors *e, int64_t at_us)
{
    uint32_t last = e->n - 1;

    if (e->n < RECENT_ERRORS_MAX)
        last = e->n++;
    else if (e->list[last].at_us > at_us)
        return e->n;
    free(e->list[last].text);
    e->list[last].text = NULL;
    return last;
}

/* From its place to where its time belongs: before those that are as late. */
static void move_up(struct recent_errors *e, uint32_t at)
{
    struct recent_error moved = e->list[at];

    for (; at > 0 && e->list[at - 1].at_us <= moved.at_us; at--)
        e->list[at] = e->list[at - 1];
    e->list[at] = moved;
}

void recent_errors_add(struct recent_errors *e, const char *text, int64_t at_us,
                       uint64_t count)
{
    uint32_t at = find(e, text);
    struct recent_error *one;

    if (at == e->n) {
        at = make_room(e, at_us);
        if (at == e->n)
            return;
        e->list[at] = (struct recent_error){
            .text = xstrndup(text, strnlen(text, RECENT_ERROR_BYTES - 1))};
    }
    one = &e->list[at];
    one->count += count;
    if (at_us > one->at_us)
        one->at_us = at_us;
    move_up(e, at);
}

/* The earliest first, so that of those that are as late the order stays. */
void recent_errors_merge(struct recent_errors *into,
                         const struct recent_errors *from)
{
    for (uint32_t i = from->n; i > 0; i--)
        recent_errors_add(into, from->list[i - 1].text, from->list[i - 1].at_us,
                          from->list[i - 1].count);
}

void recent_errors_free(struct recent_errors *e)
{
    for (uint32_t i = 0; i < e->n; i++)
        free(e->list[i].text);
    *e = (struct recent_errors){.n = 0};
}
