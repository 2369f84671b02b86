/* newest_positions.c - by name, of one worker; see newest_positions.h. */
#include "supervisor/newest_positions.h"
#include "common/position_save.h"
#include "common/sorted.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 300u

static int by_name(const void *item, const void *name)
{
    return strcmp(((const struct newest_position *)item)->name, name);
}

/* Where it is, or would be. */
static uint32_t place_of(const struct newest_positions *p, const char *name)
{
    return sorted_place(p->list, p->n, sizeof(*p->list), by_name, name);
}

static bool is_at(const struct newest_positions *p, uint32_t i,
                  const char *name)
{
    return i < p->n && strcmp(p->list[i].name, name) == 0;
}

static size_t bytes_of(const struct newest_position *e)
{
    return strlen(e->name) + e->size;
}

/* What does not fit must not leave an older one. */
static void forget(struct newest_positions *p, uint32_t i)
{
    p->bytes -= bytes_of(&p->list[i]);
    free(p->list[i].name);
    free(p->list[i].data);
    memmove(&p->list[i], &p->list[i + 1],
            (--p->n - i) * sizeof(struct newest_position));
}

static void insert(struct newest_positions *p, uint32_t i, const char *name,
                   gale_str data)
{
    if (p->n == p->room) {
        p->room = p->room > 0 ? 2 * p->room : 16;
        p->list = xreallocarray(p->list, p->room, sizeof(*p->list));
    }
    memmove(&p->list[i + 1], &p->list[i],
            (p->n++ - i) * sizeof(struct newest_position));
    p->list[i] = (struct newest_position){
        xstrdup(name), xstrndup(data.data, data.size), data.size};
    p->bytes += bytes_of(&p->list[i]);
}

static void put(struct newest_positions *p, const char *name, gale_str data)
{
    uint32_t i = place_of(p, name);

    if (is_at(p, i, name))
        forget(p, i);
    if (p->n < NEWEST_POSITIONS_MAX &&
        p->bytes + strlen(name) + data.size <= NEWEST_POSITIONS_BYTES)
        insert(p, i, name, data);
}

static bool is_of(const struct newest_positions *p,
                  const struct slot_wanted *worker)
{
    return p->of.topology[0] != '\0' && slot_same_worker(&p->of, worker);
}

void newest_positions_take(struct newest_positions *p,
                           const struct slot_wanted *worker,
                           const msgpack_object *list)
{
    if (!is_of(p, worker)) {
        newest_positions_fini(p);
        p->of = *worker;
    }
    for (uint32_t i = 0; i < unpack_n(list); i++) {
        const msgpack_object *o = unpack_at(list, i);
        char *name = unpack_text(unpack_key(o, "name"), NAME_MAX_BYTES);
        gale_str data = unpack_str(unpack_key(o, "data"));

        if (position_save_is_name(name) && data.data != NULL)
            put(p, name, data);
        free(name);
    }
}

uint32_t newest_positions_n(const struct newest_positions *p,
                            const struct slot_wanted *worker)
{
    return is_of(p, worker) ? p->n : 0;
}

const struct newest_position *newest_positions_find(
    const struct newest_positions *p, const struct slot_wanted *worker,
    const char *name)
{
    uint32_t i = place_of(p, name);

    return is_of(p, worker) && is_at(p, i, name) ? &p->list[i] : NULL;
}

void newest_positions_yield(struct newest_positions *p,
                            const struct slot_wanted *worker, const char *name,
                            gale_str kept)
{
    uint32_t i = place_of(p, name);

    if (is_of(p, worker) && is_at(p, i, name) &&
        position_order_compare(
            position_order_of(p->list[i].data, p->list[i].size),
            position_order_of(kept.data, kept.size)) < 0)
        forget(p, i);
}

void newest_positions_fini(struct newest_positions *p)
{
    while (p->n > 0)
        forget(p, p->n - 1);
    free(p->list);
    *p = (struct newest_positions){.n = 0};
}
