/* error.c - the one sentence that says what went wrong (gale_err). */
#include "topology-api/model.h"
#include "topology-api/text_buffer.h"

/* The arguments may point into the error itself: a cause gets a prefix. */
int error_set(gale_err *error, const char *format, ...)
{
    gale_err result;
    struct text_buffer text;
    va_list args;

    if (error == NULL)
        return -1;
    text_buffer_init(&text, result.text, sizeof(result.text));
    va_start(args, format);
    text_buffer_vput(&text, format, args);
    va_end(args);
    *error = result;
    return -1;
}
