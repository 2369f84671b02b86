/*
 * payload.c - spout: the same bytes over and over, so many in each tuple.
 *
 * For measuring what the size of a tuple costs. Messages that failed are
 * counted and not emitted again: nothing here depends on them.
 */
#include <gale/spout.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_BYTES = 256 * 1024, BATCH_MAX = 256 };

struct payload {
    int64_t bytes; /* options */
    bool tracked;

    char *data;
    int batch; /* messages of one call of next */
    uint64_t n;
};

static gale_result open_payload(gale_task *task)
{
    struct payload *s = gale_instance(task);
    int64_t batch = BATCH_BYTES / s->bytes;

    s->batch = batch < 1 ? 1 : batch > BATCH_MAX ? BATCH_MAX : (int)batch;
    s->data = malloc((size_t)s->bytes);
    if (!s->data)
        return gale_error(task, GALE_FATAL, "out of memory");
    memset(s->data, 'x', (size_t)s->bytes);
    return GALE_OK;
}

static void close_payload(gale_task *task, gale_close_reason reason)
{
    struct payload *s = gale_instance(task);

    (void)reason;
    free(s->data);
}

static gale_result next(gale_task *task)
{
    struct payload *s = gale_instance(task);
    gale_value value = gale_string(s->data, (size_t)s->bytes);
    gale_result result = GALE_OK;

    for (int i = 0; i < s->batch && result == GALE_OK; i++)
        result = s->tracked
                     ? gale_emit_msg(task, ((gale_msgid){0, s->n++}), value)
                     : gale_emit(task, value);
    return result;
}

GALE_SPOUT(payload, .summary = "the same bytes over and over, for measuring",
           .open = open_payload, .close = close_payload, .next = next,
           .instance_size = sizeof(struct payload),
           .streams = GALE_OUTPUTS("value"),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct payload, bytes, "bytes", NULL, 1,
                               64 * 1024 * 1024, "in each tuple"),
               GALE_OPTION_BOOL(struct payload, tracked, "tracked", "true",
                                "emit with message ids, to be acked")));
