/*
 * close_fit.c - bolt and topology: texts from memory that ends where they end,
 * emitted in every way, for tools that watch each read.
 *
 * The topology is `close_fit ROUNDS`: so many numbers, and for each of them
 * texts of all sizes from 0 to 40 bytes. With `beyond`, the bolt itself reads
 * a byte too many of each.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>

enum { SIZE_END = 41, WAYS = 6 };

struct close_fit {
    bool beyond;
};

static gale_result emit_in_each_way(gale_task *task, gale_handle input,
                                    gale_value text)
{
    gale_emit_opts nested = {.size = sizeof(nested), .stream = 1};
    const gale_value pair[] = {text, text};
    gale_result results[WAYS] = {
        gale_emit(task, text),
        gale_emit_to(task, 1, gale_list(pair, 2)),
        gale_emit_rows(task, 0, pair, 2),
        gale_emit_with(task, &nested, gale_map(pair, 1)),
        gale_emit_anchored(task, GALE_HANDLES(input), text),
        gale_emit(task, gale_bytes(text.as.data, text.size)),
    };

    for (int i = 0; i < WAYS; i++)
        if (results[i] != GALE_OK)
            return results[i];
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    const struct close_fit *c = gale_instance(task);
    gale_handle input = gale_hold(task, in);
    gale_result result = GALE_OK;

    for (size_t size = 0; size < SIZE_END && result == GALE_OK; size++) {
        char *text = malloc(size + (size == 0));

        if (text == NULL)
            return gale_error(task, GALE_FATAL, "out of memory");
        memset(text, 'x', size);
        if (c->beyond)
            (void)*(volatile char *)(text + size + (size == 0));
        result = emit_in_each_way(task, input, gale_string(text, size));
        free(text);
    }
    gale_ack(task, input);
    return result;
}

GALE_BOLT(close_fit, .summary = "texts from memory that ends where they end",
          .flags = GALE_BOLT_MANUAL_ACK, .execute = execute,
          .instance_size = sizeof(struct close_fit),
          .options = GALE_OPTIONS(
              GALE_OPTION_BOOL(struct close_fit, beyond, "beyond", "false",
                               "read a byte too many of each text")),
          .streams = GALE_STREAMS(GALE_STREAM("default", "text"),
                                  GALE_STREAM("nested", "texts")));

static void add(gale_builder *b, gale_declarer *null, const char *id)
{
    gale_shuffle_stream(null, id, "nested");
    gale_shuffle(gale_add_bolt(b, id, "close_fit", 1), "numbers");
}

/* By one route of either kind, and by both. */
static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *print, *null;

    if (argc < 1)
        return gale_usage(b, "close_fit ROUNDS");
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to",
             gale_int(strtoll(argv[0], NULL, 10)));
    null = gale_add_bolt(b, "null", "null", 1);
    add(b, null, "shuffles");
    add(b, null, "chooses");
    add(b, null, "does_both");
    print = gale_add_bolt(b, "print", "print", 2);
    gale_by_fields(gale_by_fields(print, "chooses", "text"), "does_both",
                   "text");
    gale_shuffle(gale_shuffle(null, "shuffles"), "does_both");
    return GALE_OK;
}

GALE_TOPOLOGY(close_fit, .summary = "texts that end where their memory does",
              .usage = "ROUNDS", .build = build);
