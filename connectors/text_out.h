/*
 * text_out.h - a text that grows: what records are written to, byte by byte,
 * where stdio would cost more than they do.
 *
 * Starts zeroed; text_out_fini() when it is done with. No NUL ends it.
 */
#ifndef CONNECTORS_TEXT_OUT_H
#define CONNECTORS_TEXT_OUT_H

#include "connectors/must.h"
#include <gale/abi.h>
#include <string.h>

struct text_out {
    char *data;
    size_t size, capacity;
};

static inline void text_out_fini(struct text_out *t)
{
    free(t->data);
}

/* Room for n more bytes, at least. */
void text_out_grow(struct text_out *t, size_t n);

static inline void text_out_add(struct text_out *t, const char *data, size_t n)
{
    if (__builtin_expect(t->capacity - t->size < n, 0))
        text_out_grow(t, n);
    if (n > 0)
        memcpy(t->data + t->size, data, n);
    t->size += n;
}

static inline void text_out_char(struct text_out *t, char c)
{
    text_out_add(t, &c, 1);
}

static inline void text_out_str(struct text_out *t, const char *text)
{
    text_out_add(t, text, strlen(text));
}

GALE_PRINTF(2, 3)
void text_out_print(struct text_out *t, const char *format, ...);

#endif
