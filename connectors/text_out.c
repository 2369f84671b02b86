/* text_out.c - a text that grows; see text_out.h. */
#include "connectors/text_out.h"
#include <stdarg.h>
#include <stdio.h>

enum { FIRST = 256 };

void text_out_grow(struct text_out *t, size_t n)
{
    must(n <= SIZE_MAX / 2 - t->size);
    t->capacity = 2 * t->capacity + n + FIRST;
    t->data = must_alloc(t->data, t->capacity);
}

void text_out_print(struct text_out *t, const char *format, ...)
{
    char text[128];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    must(n >= 0 && (size_t)n < sizeof(text));
    text_out_add(t, text, (size_t)n);
}
