/* flux_mask.c - ${NAME} while YAML is read; see flux_mask.h. */
#include "common/flux_mask.h"
#include "topology-api/memory.h"

#include <string.h>

/* Characters for private use: U+E000, U+E001 and U+E002 for $, { and }. */
#define MASK_START "\xee\x80"
#define MASKED_BEGIN MASK_START "\x80" MASK_START "\x81"
#define MASKED_END MASK_START "\x82"

/* Bytes of the name of the ${NAME} that begins at text; 0: none does. */
static size_t name_at(const char *text, size_t size)
{
    size_t n;

    if (size < 4 || memcmp(text, "${", 2) != 0)
        return 0;
    n = strspn(text + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                         "0123456789._-");
    return n + 2 < size && text[n + 2] == '}' ? n : 0;
}

static char *put(char *to, const char *text, size_t size)
{
    return (char *)memcpy(to, text, size) + size;
}

char *flux_mask(const char *text, size_t size, size_t *new_size)
{
    char *copy, *to;

    if (memmem(text, size, MASK_START, 2) != NULL)
        return NULL;
    copy = to = xmalloc(FLUX_MASK_GROWTH * size + 1);
    for (size_t i = 0; i < size;) {
        size_t n = name_at(text + i, size - i);

        if (n == 0) {
            to = put(to, text + i++, 1);
            continue;
        }
        to = put(to, MASKED_BEGIN, strlen(MASKED_BEGIN));
        to = put(to, text + i + 2, n);
        to = put(to, MASKED_END, strlen(MASKED_END));
        i += n + 3;
    }
    *to = '\0';
    *new_size = (size_t)(to - copy);
    return copy;
}

size_t flux_unmask(char *text, size_t size)
{
    char *to = text;

    for (size_t i = 0; i < size;) {
        unsigned which = i + 2 < size ? (unsigned char)text[i + 2] - 0x80u : 3;

        if (which < 3 && !memcmp(text + i, MASK_START, 2)) {
            *to++ = "${}"[which];
            i += 3;
        } else {
            *to++ = text[i++];
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}
