/*
 * holder.c - bolt: keeps the newest N inputs and acks the one before them, so
 * that N messages are pending however quick everything is.
 *
 * A tick between two of which nothing came lets all go: so a topology that is
 * to end drains.
 */
#include <gale/bolt.h>
#include <stdlib.h>

#define TICK_MS 100

struct holder {
    int64_t n; /* option */

    gale_handle *held; /* a ring of n */
    uint64_t came, gone;
    uint64_t seen; /* came, at the last tick */
};

static gale_result prepare(gale_task *task)
{
    struct holder *h = gale_instance(task);

    h->held = calloc((size_t)h->n, sizeof(*h->held));
    if (!h->held)
        return gale_error(task, GALE_FATAL, "out of memory");
    gale_tick_every(task, TICK_MS);
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct holder *h = gale_instance(task);

    free(h->held);
}

static void let_go(gale_task *task, struct holder *h)
{
    gale_ack(task, h->held[h->gone++ % (uint64_t)h->n]);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct holder *h = gale_instance(task);

    if (h->came - h->gone == (uint64_t)h->n)
        let_go(task, h);
    h->held[h->came++ % (uint64_t)h->n] = gale_hold(task, in);
    return GALE_OK;
}

static gale_result tick(gale_task *task)
{
    struct holder *h = gale_instance(task);

    while (h->came == h->seen && h->gone < h->came)
        let_go(task, h);
    h->seen = h->came;
    return GALE_OK;
}

GALE_BOLT(holder, .summary = "keeps the newest inputs, and acks older ones",
          .prepare = prepare, .cleanup = cleanup, .execute = execute,
          .tick = tick, .instance_size = sizeof(struct holder),
          .flags = GALE_BOLT_MANUAL_ACK,
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct holder, n, "n", NULL,
                                                  1, 100000000,
                                                  "how many are kept")));
