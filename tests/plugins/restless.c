/*
 * restless.c - a bolt that is not deterministic: it tells the real time; and a
 * topology of it: `restless NUMBERS`.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>
#include <time.h>

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct timespec now;

    (void)in;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return gale_emit(task, gale_int(now.tv_nsec));
}

GALE_BOLT(restless, .summary = "tells the real time", .execute = execute,
          .streams = GALE_OUTPUTS("time"));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    if (argc != 1)
        return gale_usage(b, "restless NUMBERS");
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to",
             gale_int(strtoll(argv[0], NULL, 10)));
    gale_shuffle(gale_add_bolt(b, "restless", "restless", 1), "numbers");
    gale_global(gale_add_bolt(b, "null", "null", 1), "restless");
    return GALE_OK;
}

GALE_TOPOLOGY(restless, .summary = "a bolt that tells the real time",
              .usage = "NUMBERS", .build = build);
