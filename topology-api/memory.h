/*
 * memory.h - allocation that never fails: out of memory ends the process.
 *
 * Sizes that come from outside are capped by their reader before they get
 * here. What these return is never NULL and is freed with free().
 */
#ifndef GALE_MEMORY_H
#define GALE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Aborts; what is wrong has been said. */
void memory_none_left(void) __attribute__((noreturn, cold));

/* For who hears of an abort: whether it is that one, and so nobody's fault. */
bool memory_is_none_left(void);

static inline void *memory_check(void *p, size_t n, size_t size)
{
    if (p == NULL) {
        fprintf(stderr, "gale: out of memory: no room for %zu x %zu bytes\n", n,
                size);
        memory_none_left();
    }
    return p;
}

static inline void *xmalloc(size_t size)
{
    return memory_check(malloc(size ? size : 1), 1, size);
}

/* Zeroed; an overflow of n * size counts as out of memory. */
static inline void *xcalloc(size_t n, size_t size)
{
    return memory_check(calloc(n ? n : 1, size ? size : 1), n, size);
}

static inline void *xrealloc(void *p, size_t size)
{
    return memory_check(realloc(p, size ? size : 1), 1, size);
}

/* An array of n elements; an overflow of n * size counts as out of memory. */
static inline void *xreallocarray(void *p, size_t n, size_t size)
{
    return memory_check(reallocarray(p, n ? n : 1, size ? size : 1), n, size);
}

/* The n bytes at data and a NUL byte; data may be NULL if n is 0. */
static inline char *xstrndup(const char *data, size_t n)
{
    char *copy = (char *)xmalloc(n + 1);

    if (n > 0)
        memcpy(copy, data, n);
    copy[n] = '\0';
    return copy;
}

static inline char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

#endif
