/*
 * text_of.h - the text of a field, for bolts that take it apart.
 *
 * Who reads lines calls them text, and who reads records, as kafka_spout does,
 * calls them bytes: either will do.
 */
#ifndef BOLTS_TEXT_OF_H
#define BOLTS_TEXT_OF_H

#include <gale/bolt.h>

static inline bool is_text(gale_value v)
{
    return v.kind == GALE_STRING || v.kind == GALE_BYTES;
}

/* What is neither is marked, so that the input fails with a sentence. */
static inline gale_str text_at(const gale_tuple *in, uint32_t field)
{
    gale_value v = gale_get(in, field);

    return is_text(v) ? gale_str_make(v.as.data, v.size)
                      : gale_get_str(in, field);
}

static inline gale_result no_text(gale_task *task, const gale_tuple *in,
                                  uint32_t field)
{
    if (gale_get(in, field).kind == GALE_NIL)
        return gale_error(task, GALE_POISON,
                          "field \"%s\" (from %s, stream %s) is nil, expected "
                          "text or bytes",
                          gale_field_name(in, field), gale_source_component(in),
                          gale_source_stream(in));
    gale_get_str(in, field);
    return GALE_RETRY;
}

/* The field of this name, or the first one if it is empty. GALE_FATAL if there
 * is none; GALE_POISON if it is nil, as the value of a record may be;
 * GALE_RETRY, and it is marked, if it is neither text nor bytes. */
static inline gale_result text_of(gale_task *task, const gale_tuple *in,
                                  gale_str name, gale_str *text)
{
    uint32_t field = name.size > 0 ? gale_index_of(in, name.data) : 0;
    gale_value v;

    if (field == GALE_NO_FIELD)
        return gale_error(task, GALE_FATAL,
                          "option field: stream \"%s\" of \"%s\" has no field "
                          "\"%s\"",
                          gale_source_stream(in), gale_source_component(in),
                          name.data);
    v = gale_get(in, field);
    if (!is_text(v))
        return no_text(task, in, field);
    *text = gale_str_make(v.as.data, v.size);
    return GALE_OK;
}

#endif
