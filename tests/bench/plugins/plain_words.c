/*
 * plain_words.c - bolts: split and count as an author writes them first, with
 * one call of `execute` for each input and one of emit for each output; beside
 * those that ship, which take whole batches and emit rows.
 */
#include <gale/bolt.h>
#include <stdlib.h>
#include <string.h>

/* -- split ----------------------------------------------------------------- */

static gale_result execute_split(gale_task *task, const gale_tuple *in)
{
    gale_str text = gale_get_str(in, 0);
    const char *at = text.data, *end = text.data + text.size;
    gale_result result = GALE_OK;

    while (at < end && result == GALE_OK) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        const char *behind = blank ? blank : end;

        if (behind > at)
            result = gale_emit(task, gale_string(at, (size_t)(behind - at)));
        at = behind + 1;
    }
    return result;
}

GALE_BOLT(plain_split, .summary = "one tuple per word, one call for each",
          .execute = execute_split, .streams = GALE_OUTPUTS("word"));

/* -- count ----------------------------------------------------------------- */

enum { SLOTS_FIRST = 1024 }; /* a power of two */

struct slot {
    gale_key key; /* none: the slot is free */
    uint64_t count;
};

struct plain_count {
    struct slot *slots;
    size_t n_slots, n_used;
};

static size_t place(const struct plain_count *c, gale_key key)
{
    uint64_t mixed = key.words[0] ^ (key.words[1] << 7 | key.words[1] >> 57);

    return (size_t)(mixed * UINT64_C(0xbf58476d1ce4e5b9) >> 32) &
           (c->n_slots - 1);
}

static struct slot *find(const struct plain_count *c, gale_key key)
{
    size_t i = place(c, key);

    while (!gale_key_is_none(c->slots[i].key) &&
           !gale_key_eq(c->slots[i].key, key))
        i = (i + 1) & (c->n_slots - 1);
    return &c->slots[i];
}

static gale_result grow(gale_task *task, struct plain_count *c)
{
    struct plain_count more = {NULL, c->n_slots ? 2 * c->n_slots : SLOTS_FIRST,
                               c->n_used};

    more.slots = calloc(more.n_slots, sizeof(*more.slots));
    if (!more.slots)
        return gale_error(task, GALE_FATAL, "out of memory");
    for (size_t i = 0; i < c->n_slots; i++)
        if (!gale_key_is_none(c->slots[i].key))
            *find(&more, c->slots[i].key) = c->slots[i];
    free(c->slots);
    *c = more;
    return GALE_OK;
}

static gale_result prepare_count(gale_task *task)
{
    return grow(task, gale_instance(task));
}

static void cleanup_count(gale_task *task)
{
    struct plain_count *c = gale_instance(task);

    free(c->slots);
}

static gale_result execute_count(gale_task *task, const gale_tuple *in)
{
    struct plain_count *c = gale_instance(task);
    gale_key key = gale_get_key(in, 0);
    struct slot *slot;

    if (gale_key_is_none(key))
        return gale_error(task, GALE_POISON, "a word of more than 15 bytes");
    slot = find(c, key);
    if (slot->count++ > 0)
        return GALE_OK;
    slot->key = key;
    return ++c->n_used > c->n_slots / 2 ? grow(task, c) : GALE_OK;
}

GALE_BOLT(plain_count, .summary = "how often each short word came",
          .prepare = prepare_count, .cleanup = cleanup_count,
          .execute = execute_count,
          .instance_size = sizeof(struct plain_count));
