/*
 * maze.c - bolts and topology: every number goes round in a cycle before it
 * comes out.
 *
 * `maze NUMBERS ROUNDS EXECUTORS`: the numbers enter walk; walk and wait pass
 * them to each other ROUNDS times; what is done goes to a sink. wait has
 * threads of its own. So walk executes NUMBERS * (ROUNDS + 1) tuples, wait
 * NUMBERS * ROUNDS, the sink NUMBERS.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>

struct maze {
    int64_t rounds;
};

enum { STREAM_ON, STREAM_OUT };

static gale_result walk(gale_task *task, const gale_tuple *in)
{
    struct maze *m = gale_instance(task);
    bool fresh = gale_n_fields(in) == 1;
    gale_value number = gale_get(in, 0);
    int64_t left = fresh ? m->rounds : gale_get_int(in, 1);

    if (left == 0)
        return gale_emit_to(task, STREAM_OUT, number);
    return gale_emit_to(task, STREAM_ON, number, gale_int(left));
}

GALE_BOLT(walk, .summary = "into the cycle, round it, and out",
          .instance_size = sizeof(struct maze),
          .options = GALE_OPTIONS(
              GALE_OPTION_INT(struct maze, rounds, "rounds", NULL, 0, 1000000,
                              "how often a number goes round")),
          .streams = GALE_STREAMS(GALE_STREAM("on", "number", "left"),
                                  GALE_STREAM("out", "number")),
          .execute = walk);

static gale_result wait_turn(gale_task *task, const gale_tuple *in)
{
    int64_t left = gale_get_int(in, 1);

    return gale_emit(task, gale_get(in, 0), gale_int(left > 0 ? left - 1 : 0));
}

GALE_BOLT(wait, .summary = "one round less", .flags = GALE_BOLT_BLOCKING,
          .streams = GALE_OUTPUTS("number", "left"), .execute = wait_turn);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *bolt;
    int executors;

    if (argc != 3)
        return gale_usage(b, "maze NUMBERS ROUNDS EXECUTORS");
    executors = (int)strtol(argv[2], NULL, 10);
    gale_set(gale_add_spout(b, "numbers", "sequence", 2), "to",
             gale_int(strtoll(argv[0], NULL, 10)));
    bolt = gale_add_bolt(b, "walk", "walk", executors);
    gale_set(bolt, "rounds", gale_int(strtoll(argv[1], NULL, 10)));
    gale_shuffle(bolt, "numbers");
    gale_by_fields(bolt, "wait", "number");
    gale_shuffle_stream(gale_add_bolt(b, "wait", "wait", 2), "walk", "on");
    gale_shuffle_stream(gale_add_bolt(b, "sink", "null", 1), "walk", "out");
    return GALE_OK;
}

GALE_TOPOLOGY(maze, .summary = "numbers go round in a cycle",
              .usage = "NUMBERS ROUNDS EXECUTORS", .build = build);
