/*
 * captured.h - a stream whose text a test looks at.
 *
 *     struct captured c;
 *
 *     table_print(t, captured_open(&c));
 *     assert_string_equal(captured_text(&c), "…");
 *     free(c.text);
 */
#ifndef CAPTURED_H
#define CAPTURED_H

#include <stdio.h>
#include <stdlib.h>

struct captured {
    FILE *stream;
    char *text;
    size_t size;
};

static inline FILE *captured_open(struct captured *c)
{
    c->stream = open_memstream(&c->text, &c->size);
    if (c->stream == NULL)
        abort();
    return c->stream;
}

/* Closes the stream; the text is to be freed. */
static inline const char *captured_text(struct captured *c)
{
    if (fclose(c->stream) != 0)
        abort();
    return c->text;
}

#endif
