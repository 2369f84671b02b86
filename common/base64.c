/* base64.c - bytes as text and back; see base64.h. */
#include "common/base64.h"
#include "topology-api/memory.h"
#include <stdint.h>
#include <string.h>

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Up to three bytes as four digits. */
static void write_group(const unsigned char *data, size_t n, char *to)
{
    uint32_t bits = (uint32_t)data[0] << 16;

    bits |= n > 1 ? (uint32_t)data[1] << 8 : 0;
    bits |= n > 2 ? data[2] : 0;
    to[0] = digits[bits >> 18];
    to[1] = digits[bits >> 12 & 63];
    to[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
    to[3] = n > 2 ? digits[bits & 63] : '=';
}

char *base64_write(const char *data, size_t size)
{
    char *text = xcalloc((size + 2) / 3 * 4 + 1, 1), *to = text;

    for (; size > 0; to += 4) {
        size_t n = size < 3 ? size : 3;

        write_group((const unsigned char *)data, n, to);
        data += n;
        size -= n;
    }
    return text;
}

/* The bytes of four digits; 0 if they are none. */
static size_t read_group(const char *text, char *to)
{
    size_t n = text[3] != '=' ? 3 : text[2] != '=' ? 2 : 1;
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        const char *digit =
            i <= n ? memchr(digits, text[i], sizeof(digits) - 1) : digits;

        if (digit == NULL)
            return 0;
        bits = bits << 6 | (uint32_t)(digit - digits);
    }
    if ((bits & ((UINT32_C(1) << (24 - 8 * n)) - 1)) != 0)
        return 0; /* no writer leaves bits there */
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(bits >> (16 - 8 * i));
    return n;
}

bool base64_read(const char *text, size_t size, char *to, size_t *n)
{
    *n = 0;
    if (size % 4 != 0)
        return false;
    for (size_t i = 0; i < size; i += 4) {
        size_t part = read_group(text + i, to + *n);

        if (part == 0 || (part < 3 && i + 4 < size))
            return false;
        *n += part;
    }
    return true;
}
