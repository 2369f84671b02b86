/*
 * pass.h - for bolts that pass on what they get: a stream named by an option.
 *
 * The option has one field name a line. As many values, from the first on, are
 * passed on under these names; a tuple that has fewer fails with a sentence.
 */
#ifndef BOLTS_PASS_H
#define BOLTS_PASS_H

#include <gale/bolt.h>
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

static inline gale_result pass_emit(gale_task *task, const gale_tuple *in,
                                    uint32_t n)
{
    gale_value values[PASS_MAX];

    for (uint32_t i = 0; i < n; i++)
        values[i] = gale_get(in, i);
    return gale_emit_values(task, values, n);
}

#endif
