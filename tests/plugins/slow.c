/*
 * slow.c - bolts that take their time: `slow` on its carrier, `slow_blocking`
 * on a thread of its own; and a topology with eight of them, everything else
 * by default, that prints which task had each number:
 *
 *     numbers --shuffle--> slow [--shuffle--> behind] --global--> print
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>
#include <time.h>

struct slow {
    double ms; /* option */
};

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct slow *s = gale_instance(task);
    int64_t ns = (int64_t)(s->ms * 1e6);
    struct timespec left = {ns / 1000000000, ns % 1000000000};

    while (nanosleep(&left, &left))
        ;
    return gale_emit(task, gale_get(in, 0), gale_int(gale_task_index(task)));
}

#define OPTIONS                                                                \
    GALE_OPTIONS(GALE_OPTION_FLOAT(struct slow, ms, "ms", "50",                \
                                   "milliseconds per tuple"))

GALE_BOLT(slow, .summary = "takes its time", .execute = execute,
          .instance_size = sizeof(struct slow),
          .streams = GALE_OUTPUTS("value", "task"), .options = OPTIONS);

GALE_BOLT(slow_blocking, .summary = "takes its time on a thread of its own",
          .flags = GALE_BOLT_BLOCKING, .execute = execute,
          .instance_size = sizeof(struct slow),
          .streams = GALE_OUTPUTS("value", "task"), .options = OPTIONS);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    const char *last = "slow";

    if (argc < 2 || argc > 3)
        return gale_usage(b, "slow_run slow|slow_blocking NUMBERS [behind]");
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to",
             gale_int(strtoll(argv[1], NULL, 10)));
    gale_shuffle(gale_add_bolt(b, "slow", argv[0], 8), "numbers");
    if (argc > 2) {
        last = "behind";
        gale_shuffle(gale_set(gale_add_bolt(b, last, "identity", 8), "fields",
                              gale_cstr("value\ntask")),
                     "slow");
    }
    gale_set(gale_global(gale_add_bolt(b, "print", "print", 1), last), "format",
             gale_cstr("{task}"));
    return GALE_OK;
}

GALE_TOPOLOGY(slow_run, .summary = "eight tasks that take their time",
              .usage = "slow|slow_blocking NUMBERS [behind]", .build = build);
