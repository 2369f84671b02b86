/*
 * const.c - spout: the same number over and over, as fast as it goes.
 *
 * For measuring what a tuple costs: emitting it is nearly nothing. The tasks
 * share `count` evenly. A message that failed is emitted again.
 */
#include "spouts/per_call.h"
#include "spouts/replay.h"
#include <gale/spout.h>

enum { BATCH = 256 };

struct constant {
    int64_t value, count; /* options */
    bool tracked;

    uint32_t batch;
    uint64_t n, end; /* messages emitted, and how many there are to be */
    struct replay failed;
};

static gale_result open_const(gale_task *task)
{
    struct constant *s = gale_instance(task);
    uint64_t n_tasks = gale_n_tasks(task), index = gale_task_index(task);
    uint64_t count = (uint64_t)s->count;

    s->batch = per_call(task, BATCH);
    s->end = count ? count / n_tasks + (index < count % n_tasks) : UINT64_MAX;
    return GALE_OK;
}

static void close_const(gale_task *task, gale_close_reason reason)
{
    struct constant *s = gale_instance(task);

    (void)reason;
    replay_free(&s->failed);
}

static gale_result emit_tracked(gale_task *task, struct constant *s, uint64_t n)
{
    gale_value value = gale_int(s->value);
    gale_result result = GALE_OK;

    while (n-- && result == GALE_OK)
        result = gale_emit_msg(task, ((gale_msgid){0, s->n++}), value);
    return result;
}

static gale_result emit_untracked(gale_task *task, struct constant *s,
                                  uint64_t n)
{
    gale_value value = gale_int(s->value);
    gale_result result = GALE_OK;

    s->n += n;
    while (n-- && result == GALE_OK)
        result = gale_emit(task, value);
    return result;
}

static gale_result next(gale_task *task)
{
    struct constant *s = gale_instance(task);
    uint64_t n = s->end - s->n < s->batch ? s->end - s->n : s->batch;

    if (!replay_empty(&s->failed))
        return gale_emit_msg(task, replay_pop(&s->failed), gale_int(s->value));
    if (n == 0) {
        gale_exhausted(task);
        return GALE_OK;
    }
    return s->tracked ? emit_tracked(task, s, n) : emit_untracked(task, s, n);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct constant *s = gale_instance(task);

    replay_push(&s->failed, id);
}

GALE_SPOUT(const, .summary = "the same number over and over, for measuring",
           .open = open_const, .close = close_const, .next = next, .fail = fail,
           .instance_size = sizeof(struct constant),
           .streams = GALE_OUTPUTS("value"),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct constant, value, "value", "1", INT64_MIN,
                               INT64_MAX, "the number"),
               GALE_OPTION_INT(struct constant, count, "count", "0", 0,
                               INT64_MAX,
                               "how many times, by all tasks together; 0: for "
                               "ever"),
               GALE_OPTION_BOOL(struct constant, tracked, "tracked", "true",
                                "emit with message ids, to be acked")));
