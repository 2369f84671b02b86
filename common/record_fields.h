/*
 * record_fields.h - where the members of a record are; for record.c and
 * record_read.c alone.
 */
#ifndef GALE_RECORD_FIELDS_H
#define GALE_RECORD_FIELDS_H

#include "common/record.h"

static inline void *record_at(const void *record, size_t at)
{
    return (char *)(uintptr_t)record + at;
}

static inline uint32_t *record_n(const void *record,
                                 const struct record_field *f)
{
    return record_at(record, f->n_at);
}

static inline char **record_owned(const void *record,
                                  const struct record_field *f)
{
    return record_at(record, f->at);
}

static inline void **record_array(const void *record,
                                  const struct record_field *f)
{
    return record_at(record, f->at);
}

static inline struct record_rest *record_rest(const struct record_form *form,
                                              const void *record)
{
    return record_at(record, form->rest);
}

/* Numbers in an element of RECORD_NUMBERS. */
static inline uint32_t record_per(const struct record_field *f)
{
    return (uint32_t)(f->size / sizeof(uint32_t));
}

#define RECORD_ELEMENTS_MAX (1u << 18)
#define RECORD_KIND_KEY "record"
#define RECORD_VERSION_KEY "version"
#define RECORD_MAC_KEY "mac"

#endif
