/*
 * text_buffer.h - text put together in a buffer of fixed size, for messages.
 *
 * What does not fit is left out, and "…" says so; a UTF-8 character is never
 * cut in two. The text is NUL-terminated all along.
 */
#ifndef GALE_TEXT_BUFFER_H
#define GALE_TEXT_BUFFER_H

#include <gale/abi.h>
#include <stdarg.h>

struct text_buffer {
    char *data;
    size_t size; /* of data; at least 4 */
    size_t n;    /* bytes before the NUL byte */
    bool full;   /* something did not fit: what comes now is left out, too */
};

/* Empties data. */
void text_buffer_init(struct text_buffer *text, char *data, size_t size);

GALE_PRINTF(2, 3)
void text_buffer_put(struct text_buffer *text, const char *format, ...);
/* If something was left out: `end` behind the "…" that says so, as long as both
 * find room; as a quote that must be closed. */
void text_buffer_close(struct text_buffer *text, const char *end);
GALE_PRINTF(2, 0)
void text_buffer_vput(struct text_buffer *text, const char *format,
                      va_list args);

#endif
