/* rolling.c - how many tuples came within the last ticks. */
#include <gale/bolt.h>

enum { TICKS_MAX = 100 };

struct rolling {
    int64_t ticks, ms; /* options */

    int64_t slots[TICKS_MAX]; /* tuples per tick, in a ring */
    int64_t now;              /* the slot that is being filled */
    int64_t sum;              /* of all slots */
};

static gale_result prepare(gale_task *task)
{
    struct rolling *r = gale_instance(task);

    gale_tick_every(task, r->ms);
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct rolling *r = gale_instance(task);

    (void)in;
    r->slots[r->now]++;
    r->sum++;
    return GALE_OK;
}

static gale_result tick(gale_task *task)
{
    struct rolling *r = gale_instance(task);
    int64_t sum = r->sum;

    r->now = (r->now + 1) % r->ticks;
    r->sum -= r->slots[r->now];
    r->slots[r->now] = 0;
    return gale_emit(task, gale_int(sum));
}

GALE_BOLT(rolling, .summary = "how many tuples came within the last ticks",
          .prepare = prepare, .execute = execute, .tick = tick,
          .end_of_input = tick, .instance_size = sizeof(struct rolling),
          .streams = GALE_OUTPUTS("count"),
          .options = GALE_OPTIONS(
              GALE_OPTION_INT(struct rolling, ticks, "ticks", "10", 1,
                              TICKS_MAX, "ticks in the window"),
              GALE_OPTION_INT(struct rolling, ms, "ms", "100", 1, 3600000,
                              "milliseconds from tick to tick")));
