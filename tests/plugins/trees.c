/*
 * trees.c - bolts and a topology that make it hard for who counts acks: trees
 * of very many tuples, tuples of two trees, inputs that are never settled.
 *
 * `trees KIND NUMBERS`, where KIND is
 *
 *     wide       each number becomes a thousand, and each of these a thousand
 *     joint      two numbers become one tuple, of which both wait for the ack
 *     swallowed  nobody acks anything
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES = 1000 };

static gale_result widen(gale_task *task, const gale_tuple *in)
{
    for (int64_t i = 0; i < TIMES; i++) {
        gale_result result = gale_emit(task, gale_int(gale_get_int(in, 0) + i));

        if (result != GALE_OK)
            return result;
    }
    return GALE_OK;
}

static gale_result swallow(gale_task *task, const gale_tuple *in)
{
    gale_hold(task, in);
    return GALE_OK;
}

struct pair {
    gale_handle first; /* {0}: none waits */
};

static gale_result join(gale_task *task, const gale_tuple *in)
{
    struct pair *p = gale_instance(task);
    gale_handle second = gale_hold(task, in);

    if (p->first.id == 0) {
        p->first = second;
        return GALE_OK;
    }
    gale_emit_anchored(task, GALE_HANDLES(p->first, second),
                       gale_int(gale_get_int(in, 0)));
    gale_ack(task, p->first);
    gale_ack(task, second);
    p->first = (gale_handle){0};
    return GALE_OK;
}

static gale_result drop(gale_task *task, const gale_tuple *in)
{
    (void)task, (void)in;
    return GALE_OK;
}

GALE_BOLT(tree_wide, .summary = "a thousand for each input", .execute = widen,
          .streams = GALE_OUTPUTS("number"));
GALE_BOLT(tree_swallow, .summary = "settles no input",
          .flags = GALE_BOLT_MANUAL_ACK, .execute = swallow);
GALE_BOLT(tree_pair, .summary = "one for two inputs",
          .flags = GALE_BOLT_MANUAL_ACK, .execute = join,
          .instance_size = sizeof(struct pair),
          .streams = GALE_OUTPUTS("number"));
GALE_BOLT(tree_end, .summary = "takes all", .execute = drop);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    if (argc != 2)
        return gale_usage(b, "trees wide|joint|swallowed NUMBERS");
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to",
             gale_int(strtoll(argv[1], NULL, 10)));
    if (strcmp(argv[0], "swallowed") == 0) {
        gale_shuffle(gale_add_bolt(b, "swallow", "tree_swallow", 1), "numbers");
        return GALE_OK;
    }
    if (strcmp(argv[0], "wide") == 0) {
        gale_shuffle(gale_add_bolt(b, "wide", "tree_wide", 1), "numbers");
        gale_shuffle(gale_add_bolt(b, "last", "tree_wide", 2), "wide");
    } else {
        gale_shuffle(gale_add_bolt(b, "last", "tree_pair", 1), "numbers");
    }
    gale_shuffle(gale_add_bolt(b, "end", "tree_end", 2), "last");
    return GALE_OK;
}

GALE_TOPOLOGY(trees, .summary = "trees that are hard to count",
              .usage = "wide|joint|swallowed NUMBERS", .build = build);
