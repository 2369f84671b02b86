/*
 * settings.c - an ordered map from key to value: one layer of configuration.
 *
 * Entries stay in the order in which they were first set; an open-addressing
 * table of entry numbers + 1, at most half full, finds them by key, since every
 * task looks up each of its options in every layer.
 */
#include "topology-api/settings.h"
#include "topology-api/memory.h"
#include <assert.h>

struct entry {
    char *key;
    char *place; /* see struct settings_source */
    char *written;
    gale_value value;
    uint64_t hash;
};

struct settings {
    struct entry *entries;
    size_t n;
    size_t room; /* of entries; table has twice as many places */
    uint32_t *table;
};

/* FNV-1a; keys come from the topology's owner, so nobody aims at collisions. */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3u;
    return hash;
}

/* The place of the key in the table, or the empty place where it belongs. */
static uint32_t *place_of(const struct settings *s, const char *key,
                          uint64_t hash)
{
    size_t mask = 2 * s->room - 1;
    size_t i = hash & mask;

    for (; s->table[i] != 0; i = (i + 1) & mask) {
        const struct entry *entry = &s->entries[s->table[i] - 1];

        if (entry->hash == hash && !strcmp(entry->key, key))
            break;
    }
    return &s->table[i];
}

static void grow(struct settings *s)
{
    s->room *= 2;
    s->entries = xreallocarray(s->entries, s->room, sizeof(*s->entries));
    free(s->table);
    s->table = xcalloc(2 * s->room, sizeof(*s->table));
    for (size_t i = 0; i < s->n; i++)
        *place_of(s, s->entries[i].key, s->entries[i].hash) = (uint32_t)i + 1;
}

struct settings *settings_new(void)
{
    struct settings *s = xcalloc(1, sizeof(*s));

    s->room = 4;
    grow(s);
    return s;
}

void settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n; i++) {
        free(s->entries[i].key);
        free(s->entries[i].place);
        free(s->entries[i].written);
        value_free(s->entries[i].value);
    }
    free(s->entries);
    free(s->table);
    free(s);
}

/* Its entry, with a value of nothing if it was not there. */
static struct entry *entry_of(struct settings *s, const char *key)
{
    uint64_t hash = hash_of(key);
    uint32_t *place = place_of(s, key, hash);

    if (*place != 0)
        return &s->entries[*place - 1];
    if (s->n == s->room) {
        grow(s);
        place = place_of(s, key, hash);
    }
    s->entries[s->n] = (struct entry){.key = xstrdup(key), .hash = hash};
    *place = (uint32_t)++s->n;
    return &s->entries[s->n - 1];
}

static void replace_text(char **to, const char *text)
{
    char *copy = text == NULL ? NULL : xstrdup(text);

    free(*to);
    *to = copy;
}

void settings_set_from(struct settings *s, const char *key, gale_value value,
                       const struct settings_source *source)
{
    gale_value copy = value_copy(value); /* it may be a part of the old one */
    struct entry *entry = entry_of(s, key);

    value_free(entry->value);
    entry->value = copy;
    replace_text(&entry->place, source->place);
    replace_text(&entry->written,
                 value.kind == GALE_FLOAT ? source->written : NULL);
}

void settings_set(struct settings *s, const char *key, gale_value value)
{
    settings_set_at(s, key, value, NULL);
}

void settings_set_at(struct settings *s, const char *key, gale_value value,
                     const char *place)
{
    const struct settings_source source = {.place = place};

    settings_set_from(s, key, value, &source);
}

struct settings_source settings_source(const struct settings *s,
                                       const char *key)
{
    uint32_t place = *place_of(s, key, hash_of(key));
    const struct entry *entry = place == 0 ? NULL : &s->entries[place - 1];

    return entry == NULL
               ? (struct settings_source){NULL, NULL}
               : (struct settings_source){entry->place, entry->written};
}

const char *settings_place(const struct settings *s, const char *key)
{
    const char *place = settings_source(s, key).place;

    return place == NULL ? "" : place;
}

const gale_value *settings_get(const struct settings *s, const char *key)
{
    uint32_t place = *place_of(s, key, hash_of(key));

    return place == 0 ? NULL : &s->entries[place - 1].value;
}

const gale_value *settings_find(const struct settings *const *layers,
                                size_t n_layers, const char *key)
{
    const gale_value *value = NULL;

    for (size_t i = 0; i < n_layers && value == NULL; i++)
        value = layers[i] == NULL ? NULL : settings_get(layers[i], key);
    return value;
}

size_t settings_size(const struct settings *s)
{
    return s->n;
}

const char *settings_at(const struct settings *s, size_t i, gale_value *value)
{
    assert(i < s->n);
    if (value != NULL)
        *value = s->entries[i].value;
    return s->entries[i].key;
}
