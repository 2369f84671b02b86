/*
 * fuzz.h - bytes from a fuzzer, taken piece by piece.
 *
 * Each fuzz_NAME.c is a program of its own: libFuzzer calls its function with
 * bytes, over and over. What it finds is a crash, a sanitizer's report, or a
 * failed check(), one of fuzz_must(), too.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "common/check.h"
#include "topology-api/memory.h"
#include <stdbool.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Holds whatever the bytes are. */
#define fuzz_must(what_) check(what_)

struct fuzz {
    const uint8_t *at;
    size_t left;
};

/* When there are no more: zeroes. */
static inline uint64_t fuzz_number(struct fuzz *f, size_t n_bytes)
{
    uint64_t n = 0;

    for (size_t i = 0; i < n_bytes && f->left > 0; i++, f->left--)
        n = n << 8 | *f->at++;
    return n;
}

static inline bool fuzz_bit(struct fuzz *f)
{
    return fuzz_number(f, 1) & 1;
}

/* A text up to the next line's end; the caller frees it. NULL if it begins with
 * a question mark. */
static inline char *fuzz_text(struct fuzz *f)
{
    const uint8_t *end = memchr(f->at, '\n', f->left);
    size_t size = end != NULL ? (size_t)(end - f->at) : f->left;
    char *text = xstrndup((const char *)f->at, size);
    size_t skip = end != NULL ? size + 1 : size;

    f->at += skip;
    f->left -= skip;
    if (*text != '?')
        return text;
    free(text);
    return NULL;
}

/* Bytes of its own size on the heap, where reading beyond them is seen. */
static inline void *fuzz_bytes(struct fuzz *f, size_t size)
{
    uint8_t *copy = xcalloc(1, size);
    size_t n = size < f->left ? size : f->left;

    if (n > 0)
        memcpy(copy, f->at, n);
    f->at += n;
    f->left -= n;
    return copy;
}

#endif
