/* lone.c - nothing is broken: the only topology of its file, the only bolt. */
#include <gale/bolt.h>
#include <gale/topology.h>

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

GALE_BOLT(hermit, .summary = "is not named as its file", .execute = execute);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    gale_add_spout(b, "in", "hermit", 1);
    gale_shuffle(gale_add_bolt(b, "out", "hermit", 1), "in");
    return GALE_OK;
}

/* Uses a bolt as a spout. */
GALE_TOPOLOGY(crossed, .summary = "uses a bolt as a spout", .build = build);
