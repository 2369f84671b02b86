/* text_buffer.c - text put together in a buffer of fixed size. */
#include "topology-api/text_buffer.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char CUT[] = "…";

void text_buffer_init(struct text_buffer *text, char *data, size_t size)
{
    assert(size >= sizeof(CUT));
    *text = (struct text_buffer){data, size, 0, false};
    data[0] = '\0';
}

/* The text ends with the mark, at n or before. */
static void mark(struct text_buffer *text, size_t n)
{
    while (n > 0 && ((unsigned char)text->data[n] & 0xc0) == 0x80)
        n--;
    memcpy(text->data + n, CUT, sizeof(CUT));
    text->n = n + sizeof(CUT) - 1;
}

/* vsnprintf() filled the buffer to its end: make room for the mark there. */
static void cut(struct text_buffer *text)
{
    mark(text, text->size - sizeof(CUT));
    text->full = true;
}

void text_buffer_close(struct text_buffer *text, const char *end)
{
    size_t size = strlen(end), room = text->size - sizeof(CUT);
    size_t before = text->n - (sizeof(CUT) - 1);

    if (!text->full || size > room)
        return;
    mark(text, before < room - size ? before : room - size);
    memcpy(text->data + text->n, end, size + 1);
    text->n += size;
}

void text_buffer_vput(struct text_buffer *text, const char *format,
                      va_list args)
{
    size_t room = text->size - text->n;
    int n;

    if (text->full)
        return;
    n = vsnprintf(text->data + text->n, room, format, args);
    if (n >= 0 && (size_t)n < room)
        text->n += (size_t)n;
    else
        cut(text);
}

void text_buffer_put(struct text_buffer *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_buffer_vput(text, format, args);
    va_end(args);
}
