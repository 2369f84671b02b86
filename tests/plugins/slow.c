/* slow.c - bolts that take their time: `slow` on its carrier, `slow_blocking`
 * on a thread of its own. */
#include <gale/bolt.h>
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
    return gale_emit(task, gale_get(in, 0));
}

#define OPTIONS                                                                \
    GALE_OPTIONS(GALE_OPTION_FLOAT(struct slow, ms, "ms", "50",                \
                                   "milliseconds per tuple"))

GALE_BOLT(slow, .summary = "takes its time", .execute = execute,
          .instance_size = sizeof(struct slow),
          .streams = GALE_OUTPUTS("value"), .options = OPTIONS);

GALE_BOLT(slow_blocking, .summary = "takes its time on a thread of its own",
          .flags = GALE_BOLT_BLOCKING, .execute = execute,
          .instance_size = sizeof(struct slow),
          .streams = GALE_OUTPUTS("value"), .options = OPTIONS);
