/*
 * field_names.h - options that list names of fields, one a line, for bolts that
 * pass some fields of their input on.
 */
#ifndef BOLTS_FIELD_NAMES_H
#define BOLTS_FIELD_NAMES_H

#include <gale/bolt.h>
#include <stdlib.h>

enum { FIELD_NAMES_MAX = 255 }; /* fields of a stream */

struct field_names {
    char *text;
    const char *names[FIELD_NAMES_MAX];
    uint32_t n;
};

/* false: they are too many. */
static inline bool field_names_read(struct field_names *f, gale_str text)
{
    char *rest = text.size > 0 ? strdup(text.data) : NULL;

    f->text = rest;
    f->n = 0;
    while (rest != NULL && f->n < FIELD_NAMES_MAX)
        f->names[f->n++] = strsep(&rest, "\n");
    return rest == NULL;
}

/* For `declare`: those of the option keep; `before`, or GALE_FATAL. */
static inline gale_result field_names_keep(gale_outputs *out,
                                           struct field_names *kept,
                                           gale_str text, gale_result before)
{
    if (field_names_read(kept, text))
        return before;
    return gale_declare_error(out, "option keep: give at most 255 names");
}

static inline void field_names_free(struct field_names *f)
{
    free(f->text);
}

/* The stream "default" with the fields of both; `before` if that is an error:
 * what is wrong with these names is said, too. */
static inline gale_result field_names_declare(gale_outputs *out,
                                              const struct field_names *own,
                                              const struct field_names *kept,
                                              gale_result before)
{
    gale_result result;

    const char *names[2 * FIELD_NAMES_MAX];
    gale_stream stream = {.name = "default"};

    memcpy(names, own->names, own->n * sizeof(*names));
    memcpy(names + own->n, kept->names, kept->n * sizeof(*names));
    stream.fields.names = names;
    stream.fields.n = own->n + kept->n;
    stream.fields.item_size = sizeof(names[0]);
    if (stream.fields.n > FIELD_NAMES_MAX)
        return gale_declare_error(out, "options fields and keep: together they "
                                       "name more than 255 fields");
    result = gale_declare_stream(out, &stream);
    return before == GALE_OK ? result : before;
}

/* GALE_NO_FIELD, and an error, if the input has no such field. */
static inline uint32_t field_names_find(gale_task *task, const gale_tuple *in,
                                        const char *option, const char *name)
{
    uint32_t field = gale_index_of(in, name);

    if (field == GALE_NO_FIELD)
        gale_error(task, GALE_FATAL,
                   "option %s: stream \"%s\" of \"%s\" has no field \"%s\"",
                   option, gale_source_stream(in), gale_source_component(in),
                   name);
    return field;
}

/* The values of the input's fields of these names. */
static inline gale_result field_names_take(gale_task *task,
                                           const gale_tuple *in,
                                           const struct field_names *kept,
                                           gale_value *values)
{
    for (uint32_t i = 0; i < kept->n; i++) {
        uint32_t field = field_names_find(task, in, "keep", kept->names[i]);

        if (field == GALE_NO_FIELD)
            return GALE_FATAL;
        values[i] = gale_get(in, field);
    }
    return GALE_OK;
}

#endif
