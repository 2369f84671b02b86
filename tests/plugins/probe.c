/*
 * probe.c - spouts and bolts that do what a test tells them: see probe.h. They
 * differ in what a descriptor alone can say.
 */
#include "tests/plugins/probe.h"
#include <stdlib.h>

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct probe_task *p = instance;
    const struct probe *probe = (const struct probe *)(intptr_t)p->address;
    gale_result result = GALE_OK;

    for (uint32_t i = 0; i < probe->streams.n && result == GALE_OK; i++)
        result = gale_declare_stream(out, &probe->streams.items[i]);
    return result;
}

static gale_result open_probe(gale_task *task)
{
    struct probe_task *p = gale_instance(task);
    const struct probe *probe = probe_of(task);

    p->state = calloc(1, probe->state_size + 1);
    if (p->state == NULL)
        return gale_error(task, GALE_FATAL, "no memory for the probe's state");
    return probe->open != NULL ? probe->open(task) : GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct probe_task *p = gale_instance(task);

    if (probe_of(task)->close != NULL)
        probe_of(task)->close(task);
    free(p->state);
    p->state = NULL;
}

static void close_spout(gale_task *task, gale_close_reason reason)
{
    (void)reason;
    cleanup(task);
}

/* -- spouts ---------------------------------------------------------------- */

static void activate(gale_task *task)
{
    if (probe_of(task)->activate != NULL)
        probe_of(task)->activate(task);
}

static void deactivate(gale_task *task)
{
    if (probe_of(task)->deactivate != NULL)
        probe_of(task)->deactivate(task);
}

static gale_result next(gale_task *task)
{
    return probe_of(task)->next(task);
}

static void ack(gale_task *task, gale_msgid id)
{
    if (probe_of(task)->ack != NULL)
        probe_of(task)->ack(task, id);
}

static void fail(gale_task *task, gale_msgid id)
{
    if (probe_of(task)->fail != NULL)
        probe_of(task)->fail(task, id);
}

#define ADDRESS                                                                \
    GALE_OPTION_INT(struct probe_task, address, "probe", NULL, INT64_MIN,      \
                    INT64_MAX, "address of the struct probe")
#define PROBE_SPOUT(id_, flags_)                                               \
    GALE_SPOUT(id_, .summary = "a test's own spout", .flags = flags_,          \
               .instance_size = sizeof(struct probe_task),                     \
               .options = GALE_OPTIONS(ADDRESS), .declare = declare,           \
               .open = open_probe, .close = close_spout, .activate = activate, \
               .deactivate = deactivate, .next = next, .ack = ack,             \
               .fail = fail)

PROBE_SPOUT(probe_spout, 0);
PROBE_SPOUT(probe_spout_blocking, GALE_SPOUT_BLOCKING);

/* Only what a spout must have. */
GALE_SPOUT(probe_spout_bare, .summary = "a test's own spout, next alone",
           .instance_size = sizeof(struct probe_task),
           .options = GALE_OPTIONS(ADDRESS), .declare = declare, .next = next);

/* -- bolts ----------------------------------------------------------------- */

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    return probe_of(task)->execute(task, in);
}

static gale_result tick(gale_task *task)
{
    return probe_of(task)->tick != NULL ? probe_of(task)->tick(task) : GALE_OK;
}

static gale_result end_of_input(gale_task *task)
{
    const struct probe *probe = probe_of(task);

    return probe->end_of_input != NULL ? probe->end_of_input(task) : GALE_OK;
}

#define PROBE_BOLT(id_, flags_)                                                \
    GALE_BOLT(id_, .summary = "a test's own bolt", .flags = flags_,            \
              .instance_size = sizeof(struct probe_task),                      \
              .options = GALE_OPTIONS(ADDRESS), .declare = declare,            \
              .prepare = open_probe, .cleanup = cleanup, .execute = execute,   \
              .tick = tick, .end_of_input = end_of_input)

PROBE_BOLT(probe_bolt, 0);
PROBE_BOLT(probe_bolt_manual, GALE_BOLT_MANUAL_ACK);
PROBE_BOLT(probe_bolt_blocking, GALE_BOLT_BLOCKING);
PROBE_BOLT(probe_bolt_slow_join, GALE_BOLT_BLOCKING | GALE_BOLT_MANUAL_ACK);

static gale_result execute_batch(gale_task *task, gale_batch *in)
{
    return probe_of(task)->execute_batch(task, in);
}

#define PROBE_BATCH_BOLT(id_, flags_)                                          \
    GALE_BOLT(id_, .summary = "a test's own bolt, of batches",                 \
              .flags = flags_, .instance_size = sizeof(struct probe_task),     \
              .options = GALE_OPTIONS(ADDRESS), .declare = declare,            \
              .prepare = open_probe, .cleanup = cleanup, .execute = execute,   \
              .execute_batch = execute_batch, .tick = tick,                    \
              .end_of_input = end_of_input)

PROBE_BATCH_BOLT(probe_bolt_batch, 0);
PROBE_BATCH_BOLT(probe_bolt_batch_manual, GALE_BOLT_MANUAL_ACK);

/* Only what a bolt must have. */
GALE_BOLT(probe_bolt_bare, .summary = "a test's own bolt, execute alone",
          .instance_size = sizeof(struct probe_task),
          .options = GALE_OPTIONS(ADDRESS), .declare = declare,
          .execute = execute);
