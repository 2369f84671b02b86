/* file_store.c - what all stores share; see file_store.h. */
#include "connectors/file_store.h"
#include <stdarg.h>
#include <stdio.h>

bool store_refuse(struct store *s, enum store_class class, const char *format,
                  ...)
{
    va_list args;

    s->problem.class = class;
    va_start(args, format);
    vsnprintf(s->problem.text, sizeof(s->problem.text), format, args);
    va_end(args);
    return false;
}
