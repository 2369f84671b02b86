/*
 * utf8.h - how many bytes the next character takes.
 */
#ifndef GALE_UTF8_H
#define GALE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* What a first byte says: bytes of the character, and the least code that may
 * be written with so many (shorter forms are the only valid ones). */
static inline size_t utf8_claim(unsigned char first, uint32_t *code,
                                uint32_t *least)
{
    if (first < 0x80) {
        *code = first;
        *least = 0;
        return 1;
    }
    if ((first & 0xe0) == 0xc0) {
        *code = first & 0x1f;
        *least = 0x80;
        return 2;
    }
    if ((first & 0xf0) == 0xe0) {
        *code = first & 0x0f;
        *least = 0x800;
        return 3;
    }
    if ((first & 0xf8) == 0xf0) {
        *code = first & 0x07;
        *least = 0x10000;
        return 4;
    }
    return 0;
}

/* 1 to 4 and the character's code, or 0: no valid UTF-8 here. size ≥ 1. */
static inline size_t utf8_next(const char *text, size_t size, uint32_t *code)
{
    uint32_t least = 0;
    size_t n = utf8_claim((unsigned char)text[0], code, &least);

    if (n == 0 || n > size)
        return 0;
    for (size_t i = 1; i < n; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (byte & 0x3f);
    }
    if (*code < least || *code > 0x10ffff ||
        (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return n;
}

#endif
