/*
 * pass.h - for bolts that pass on what they get: a stream named by an option.
 *
 * The option has one field name a line. As many values, from the first on, are
 * passed on under these names; a tuple that has fewer fails with a sentence.
 */
#ifndef BOLTS_PASS_H
#define BOLTS_PASS_H

#include <gale/bolt.h>
#include <stdio.h>
#include <stdlib.h>

enum { PASS_MAX = 255 }; /* fields of a stream */

/* How many names there are; 0 for an empty text. */
static inline uint32_t pass_count(gale_str fields)
{
    uint32_t n = fields.size > 0;

    for (size_t i = 0; i < fields.size; i++)
        n += fields.data[i] == '\n';
    return n;
}

/* For `declare`: the stream "default" with these fields. */
static inline gale_result pass_declare(gale_outputs *out, gale_str fields)
{
    const char *names[PASS_MAX];
    gale_stream stream = {.name = "default"};
    char *text = fields.size ? strdup(fields.data) : NULL, *rest = text;
    gale_result result;

    if (!text || pass_count(fields) > PASS_MAX) {
        free(text);
        return gale_declare_error(out, "option fields: give 1 to 255 names");
    }
    while (rest)
        names[stream.fields.n++] = strsep(&rest, "\n");
    stream.fields.names = names;
    stream.fields.item_size = sizeof(names[0]);
    result = gale_declare_stream(out, &stream);
    free(text);
    return result;
}

/* Elements of lists and maps, as emit() wants them. */
struct pass_items {
    struct pass_items *next;
    gale_value items[];
};

/* The elements of a tuple's list lie in the tuple: only gale_item() reads them,
 * and what is emitted has them in an array. *all grows by what was made. */
static inline gale_value pass_value(const gale_tuple *in, gale_value v,
                                    struct pass_items **all)
{
    uint64_t n = v.kind == GALE_MAP ? 2 * (uint64_t)v.size : v.size;
    struct pass_items *made;

    if (v.kind != GALE_LIST && v.kind != GALE_MAP)
        return v;
    made = malloc(sizeof(*made) + n * sizeof(made->items[0]));
    if (!made) {
        fprintf(stderr, "gale: out of memory (%zu values)\n", (size_t)n);
        abort();
    }
    made->next = *all;
    *all = made;
    for (uint32_t i = 0; i < n; i++)
        made->items[i] = pass_value(in, gale_item(in, v, i), all);
    v.as.items = made->items;
    return v;
}

static inline gale_result pass_nested(gale_task *task, const gale_tuple *in,
                                      gale_value *values, uint32_t n)
{
    struct pass_items *all = NULL, *next;
    gale_result result;

    for (uint32_t i = 0; i < n; i++)
        values[i] = pass_value(in, values[i], &all);
    result = gale_emit_values(task, values, n);
    for (; all; all = next) {
        next = all->next;
        free(all);
    }
    return result;
}

static inline gale_result pass_emit(gale_task *task, const gale_tuple *in,
                                    uint32_t n)
{
    gale_value values[PASS_MAX];
    bool nested = false;

    for (uint32_t i = 0; i < n; i++) {
        values[i] = gale_get(in, i);
        nested |= values[i].kind == GALE_LIST || values[i].kind == GALE_MAP;
    }
    return nested ? pass_nested(task, in, values, n)
                  : gale_emit_values(task, values, n);
}

#endif
