/*
 * must.h - what ends the process: mistakes of the program, and no memory.
 *
 * Parts of connectors link nothing of gale, so they have their own.
 */
#ifndef CONNECTORS_MUST_H
#define CONNECTORS_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST_TEXT_(x) #x
#define MUST_TEXT(x) MUST_TEXT_(x)

/* On in every build, as check() is for the rest. */
#define must(holds_)                                                           \
    ((holds_) ? (void)0                                                        \
              : must_end(__FILE__ ":" MUST_TEXT(__LINE__) ": " #holds_         \
                                                          " does not hold"))

static inline void must_end(const char *why)
{
    fprintf(stderr, "gale: %s\n", why);
    abort();
}

/* As realloc, never NULL. */
static inline void *must_alloc(void *memory, size_t size)
{
    void *more = realloc(memory, size > 0 ? size : 1);

    if (more == NULL) {
        fprintf(stderr, "gale: a connector is out of memory (%zu bytes)\n",
                size);
        abort();
    }
    return more;
}

#endif
