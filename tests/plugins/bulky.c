/*
 * bulky.c - spout and topology: few messages, and much memory for each, since
 * many tasks get a copy.
 *
 * `bulky MESSAGES BYTES COPIES SPOUTS`: SPOUTS tasks emit texts of BYTES bytes,
 * as fast as they may, and COPIES tasks get each of them.
 */
#include <gale/spout.h>
#include <gale/topology.h>
#include <stdlib.h>

struct bulky {
    int64_t messages, bytes; /* options */
    uint64_t k;              /* the next message */
    uint64_t *failed, n_failed, capacity;
    char *text;
};

static gale_result open_bulky(gale_task *task)
{
    struct bulky *b = gale_instance(task);

    b->k = gale_task_index(task);
    b->text = calloc(1, (size_t)b->bytes);
    return b->text != NULL ? GALE_OK
                           : gale_error(task, GALE_FATAL, "out of memory");
}

static void close_bulky(gale_task *task, gale_close_reason reason)
{
    struct bulky *b = gale_instance(task);

    (void)reason;
    free(b->text);
    free(b->failed);
}

static gale_result next(gale_task *task)
{
    struct bulky *b = gale_instance(task);
    uint64_t k = b->k;

    if (b->n_failed > 0) {
        k = b->failed[--b->n_failed];
    } else if (k < (uint64_t)b->messages) {
        b->k += gale_n_tasks(task);
    } else {
        gale_exhausted(task);
        return GALE_OK;
    }
    return gale_emit_msg(task, ((gale_msgid){0, k}),
                         gale_string(b->text, (uint32_t)b->bytes));
}

static void fail(gale_task *task, gale_msgid id)
{
    struct bulky *b = gale_instance(task);

    if (b->n_failed == b->capacity) {
        b->capacity = b->capacity ? 2 * b->capacity : 16;
        b->failed = realloc(b->failed, b->capacity * sizeof(*b->failed));
        if (b->failed == NULL)
            abort();
    }
    b->failed[b->n_failed++] = id.lo;
}

GALE_SPOUT(bulky, .summary = "long texts, all alike", .open = open_bulky,
           .close = close_bulky, .next = next, .fail = fail,
           .instance_size = sizeof(struct bulky),
           .streams = GALE_OUTPUTS("text"),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct bulky, messages, "messages", NULL, 0,
                               INT64_MAX, "how many there are"),
               GALE_OPTION_INT(struct bulky, bytes, "bytes", NULL, 1, 1000000,
                               "of each")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *spout;

    if (argc != 4)
        return gale_usage(b, "bulky MESSAGES BYTES COPIES SPOUTS");
    spout = gale_add_spout(b, "texts", "bulky", (int)strtol(argv[3], NULL, 10));
    gale_set(spout, "messages", gale_int(strtoll(argv[0], NULL, 10)));
    gale_set(spout, "bytes", gale_int(strtoll(argv[1], NULL, 10)));
    gale_all(gale_add_bolt(b, "copies", "null", (int)strtol(argv[2], NULL, 10)),
             "texts");
    return GALE_OK;
}

GALE_TOPOLOGY(bulky, .summary = "texts of which many tasks get a copy",
              .usage = "MESSAGES BYTES COPIES SPOUTS", .build = build);
