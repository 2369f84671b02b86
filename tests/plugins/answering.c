/* answering.c - a spout as they are often written for Storm: `ack` emits the
 * next number, `fail` the same one again; and a topology of it. */
#include <gale/spout.h>
#include <gale/topology.h>

struct answering {
    int64_t n, window;
    int64_t next;
    bool active;
};

static gale_result emit(gale_task *task, int64_t k)
{
    return gale_emit_msg(task, ((gale_msgid){0, (uint64_t)k}), gale_int(k));
}

/* Where it is emitted is where it is counted: at the end, it may be refused. */
static gale_result emit_next(gale_task *task, struct answering *a)
{
    gale_result result = emit(task, a->next);

    if (result == GALE_OK)
        a->next++;
    return result;
}

/* All others are emitted by `ack`. */
static gale_result next(gale_task *task)
{
    struct answering *a = gale_instance(task);

    if (a->next < a->window)
        return emit_next(task, a);
    gale_exhausted(task);
    return GALE_OK;
}

/* A stop is to come to an end. */
static void acked(gale_task *task, gale_msgid id)
{
    struct answering *a = gale_instance(task);

    (void)id;
    if (a->active && a->next < a->n)
        emit_next(task, a);
}

static void failed(gale_task *task, gale_msgid id)
{
    emit(task, (int64_t)id.lo);
}

static void activate(gale_task *task)
{
    ((struct answering *)gale_instance(task))->active = true;
}

static void deactivate(gale_task *task)
{
    ((struct answering *)gale_instance(task))->active = false;
}

GALE_SPOUT(answering, .summary = "emits from ack and fail", .next = next,
           .activate = activate, .deactivate = deactivate, .ack = acked,
           .fail = failed, .streams = GALE_OUTPUTS("n"),
           .instance_size = sizeof(struct answering),
           .options = GALE_OPTIONS(GALE_OPTION_INT(struct answering, n, "n",
                                                   "100", 1, INT64_MAX,
                                                   "so many numbers"),
                                   GALE_OPTION_INT(struct answering, window,
                                                   "window", "4", 1, 1000000,
                                                   "so many are under way")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    (void)argc, (void)argv;
    gale_add_spout(b, "answering", "answering", 2);
    gale_shuffle(gale_set(gale_add_bolt(b, "fail_some", "fail_some", 2),
                          "percent", gale_float(20)),
                 "answering");
    gale_shuffle(gale_add_bolt(b, "print", "print", 1), "fail_some");
    return GALE_OK;
}

GALE_TOPOLOGY(answering, .summary = "a spout that emits from ack and fail",
              .build = build);
