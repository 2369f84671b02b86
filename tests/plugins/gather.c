/* gather.c - a bolt that emits the sum of several inputs, anchored to all of
 * them; the rest at the end. */
#include <gale/bolt.h>

enum { MANY = 100 };

struct gather {
    int64_t size, sum;
    uint32_t n;
    gale_handle inputs[MANY];
};

static gale_result emit_sum(gale_task *task)
{
    struct gather *g = gale_instance(task);
    gale_result result = GALE_OK;

    if (g->n > 0)
        result = gale_emit_anchored(task, GALE_HANDLES_N(g->inputs, g->n),
                                    gale_int(g->sum));
    while (g->n > 0)
        gale_ack(task, g->inputs[--g->n]);
    g->sum = 0;
    return result;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct gather *g = gale_instance(task);
    int64_t number = gale_get_int(in, 0);

    g->inputs[g->n++] = gale_hold(task, in);
    g->sum = (int64_t)((uint64_t)g->sum + (uint64_t)number); /* it may wrap */
    return g->n < g->size ? GALE_OK : emit_sum(task);
}

GALE_BOLT(gather, .summary = "the sum of several inputs",
          .flags = GALE_BOLT_MANUAL_ACK, .instance_size = sizeof(struct gather),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct gather, size, "size",
                                                  "10", 1, MANY,
                                                  "inputs for one sum")),
          .streams = GALE_OUTPUTS("sum"), .execute = execute,
          .end_of_input = emit_sum);
