/* position.c - positions that wait for their acks; see position.h. */
#include "worker/position.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

static void mark_set(struct position_mark *m, gale_str bytes, uint64_t before)
{
    check(bytes.size <= POSITION_BYTES_MAX);
    if (bytes.size > m->capacity) {
        m->capacity = (uint32_t)bytes.size;
        m->bytes = xrealloc(m->bytes, m->capacity);
    }
    if (bytes.size > 0)
        memcpy(m->bytes, bytes.data, bytes.size);
    m->size = (uint32_t)bytes.size;
    m->before = before;
    m->set = true;
}

/* `from` takes over the buffer of `to`, which it no longer needs. */
static void mark_move(struct position_mark *to, struct position_mark *from)
{
    struct position_mark old = *to;

    check(from->set);

    *to = *from;
    *from = old;
    from->set = false;
}

void positions_fini(struct positions *p)
{
    for (uint32_t i = 0; i < p->n; i++) {
        free(p->splits[i].name);
        free(p->splits[i].durable.bytes);
        free(p->splits[i].candidate.bytes);
        free(p->splits[i].latest.bytes);
    }
    free(p->splits);
    p->splits = NULL;
    p->n = p->capacity = 0;
}

static struct split *find(const struct positions *p, gale_str name)
{
    for (uint32_t i = 0; i < p->n; i++) {
        struct split *s = &p->splits[i];

        if (gale_str_eq(gale_str_make(s->name, s->name_size), name))
            return s;
    }
    return NULL;
}

static struct split *find_or_add(struct positions *p, gale_str name)
{
    struct split *s = find(p, name);

    if (s != NULL)
        return s;
    if (p->n == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 4;
        p->splits = xrealloc(p->splits, p->capacity * sizeof(*p->splits));
    }
    s = &p->splits[p->n++];
    memset(s, 0, sizeof(*s));
    s->name = xcalloc(1, name.size + 1);
    if (name.size > 0)
        memcpy(s->name, name.data, name.size);
    s->name_size = (uint32_t)name.size;
    return s;
}

/* As the split takes in a file, and more: all three of its positions. */
static size_t split_bytes(const struct split *s)
{
    return 8 + s->name_size + s->durable.size + s->candidate.size +
           s->latest.size;
}

static bool is_too_much(const struct positions *p, gale_str split,
                        gale_str bytes)
{
    size_t sum = 8 + split.size + bytes.size;

    for (uint32_t i = 0; i < p->n; i++)
        sum += split_bytes(&p->splits[i]);
    return sum > POSITION_TASK_MAX;
}

static const char *too_long(gale_str split, gale_str bytes)
{
    if (split.size > POSITION_SPLIT_MAX)
        return "the name of a split is longer than 255 bytes";
    if (bytes.size > POSITION_BYTES_MAX)
        return "a position is longer than 4096 bytes";
    return NULL;
}

static const char *refused(const struct positions *p, gale_str split,
                           gale_str bytes)
{
    const char *why = too_long(split, bytes);

    if (why == NULL && is_too_much(p, split, bytes))
        why = "the positions of this task take more than 1 MiB in all";
    return why;
}

const char *positions_set(struct positions *p, gale_str split, gale_str bytes,
                          uint64_t before)
{
    const char *why = refused(p, split, bytes);
    struct split *s;

    if (why != NULL)
        return why;
    s = find_or_add(p, split);
    mark_set(s->candidate.set ? &s->latest : &s->candidate, bytes, before);
    return NULL;
}

void positions_advance(struct positions *p, uint64_t oldest)
{
    for (uint32_t i = 0; i < p->n; i++) {
        struct split *s = &p->splits[i];

        check(s->candidate.set || !s->latest.set);
        while (s->candidate.set && s->candidate.before <= oldest) {
            mark_move(&s->durable, &s->candidate);
            p->changed = s->changed = true;
            if (s->latest.set)
                mark_move(&s->candidate, &s->latest);
        }
    }
}

bool positions_wait(const struct positions *p)
{
    bool waits = p->changed;

    for (uint32_t i = 0; i < p->n && !waits; i++)
        waits = p->splits[i].candidate.set;
    return waits;
}

void positions_saved(struct positions *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        p->splits[i].changed = false;
    p->changed = false;
}

gale_str positions_get(const struct positions *p, gale_str split)
{
    const struct split *s = find(p, split);

    if (s == NULL || !s->durable.set)
        return gale_str_make(NULL, 0);
    return gale_str_make(s->durable.bytes, s->durable.size);
}

bool positions_restore(struct positions *p, gale_str split, gale_str bytes)
{
    if (refused(p, split, bytes) != NULL)
        return false;
    mark_set(&find_or_add(p, split)->durable, bytes, 0);
    return true;
}
