/*
 * sequence.c - spout: the numbers from … to, at a given rate if wanted.
 *
 * The k-th number (from 0 on) is emitted by task k mod tasks; with a rate it is
 * due k / rate seconds after activation. Due times do not depend on when
 * earlier numbers went out: who was held up catches up. The message id is k; a
 * number that failed is emitted again.
 */
#include "spouts/per_call.h"
#include "spouts/replay.h"
#include <gale/spout.h>

enum { BATCH = 64 };

struct sequence {
    int64_t from, to, step; /* options */
    double rate;
    bool tracked;

    uint32_t batch;
    bool done;
    uint64_t k, last; /* the next number's and the last one's index */
    int64_t start;    /* when number 0 was due, on the clock of gale_now() */
    int64_t elapsed;  /* from then to the last deactivation */
    struct replay failed;
};

static int64_t number(const struct sequence *s, uint64_t k)
{
    return (int64_t)((uint64_t)s->from + k * (uint64_t)s->step);
}

static gale_result open_sequence(gale_task *task)
{
    struct sequence *s = gale_instance(task);
    bool up = s->step > 0;
    uint64_t span = up ? (uint64_t)s->to - (uint64_t)s->from
                       : (uint64_t)s->from - (uint64_t)s->to;

    if (s->step == 0)
        return gale_error(task, GALE_FATAL,
                          "option step is 0: give a step "
                          "that leads from `from` to `to`");
    if (!(s->rate >= 0))
        return gale_error(task, GALE_FATAL,
                          "option rate is %g: give 0 or the "
                          "numbers per second",
                          s->rate);
    s->batch = per_call(task, BATCH);
    s->k = gale_task_index(task);
    s->last = span / (up ? (uint64_t)s->step : -(uint64_t)s->step);
    s->done = (up ? s->from > s->to : s->from < s->to) || s->k > s->last;
    return GALE_OK;
}

static void close_sequence(gale_task *task, gale_close_reason reason)
{
    struct sequence *s = gale_instance(task);

    (void)reason;
    replay_free(&s->failed);
}

/* Nanoseconds after the start; far numbers are never due. */
static int64_t due(const struct sequence *s)
{
    double ns = s->rate > 0 ? (double)s->k / s->rate * 1e9 : 0;

    return ns < 9e18 ? (int64_t)ns : (int64_t)9e18;
}

/* The clock of the due times stands still while the spout is inactive. */
static void activate(gale_task *task)
{
    struct sequence *s = gale_instance(task);

    s->start = gale_now(task) - s->elapsed;
}

static void deactivate(gale_task *task)
{
    struct sequence *s = gale_instance(task);

    s->elapsed = gale_now(task) - s->start;
}

static gale_result emit(gale_task *task, const struct sequence *s, uint64_t k)
{
    gale_value value = gale_int(number(s, k));

    if (!s->tracked)
        return gale_emit(task, value);
    return gale_emit_msg(task, ((gale_msgid){0, k}), value);
}

static gale_result emit_due(gale_task *task, struct sequence *s)
{
    uint64_t stride = gale_n_tasks(task);
    int64_t now = s->rate > 0 ? gale_now(task) - s->start : 0;
    gale_result result = GALE_OK;
    uint32_t n;

    for (n = 0; n < s->batch && result == GALE_OK && !s->done; n++) {
        if (due(s) > now)
            break;
        result = emit(task, s, s->k);
        s->done = s->last - s->k < stride;
        s->k += stride;
    }
    if (n == 0)
        gale_wait_until(task, s->start + due(s));
    return result;
}

static gale_result next(gale_task *task)
{
    struct sequence *s = gale_instance(task);

    if (!replay_empty(&s->failed))
        return emit(task, s, replay_pop(&s->failed).lo);
    if (!s->done)
        return emit_due(task, s);
    gale_exhausted(task);
    return GALE_OK;
}

static void fail(gale_task *task, gale_msgid id)
{
    struct sequence *s = gale_instance(task);

    replay_push(&s->failed, id);
}

GALE_SPOUT(sequence, .summary = "the numbers from … to, at a rate if wanted",
           .open = open_sequence, .close = close_sequence, .activate = activate,
           .deactivate = deactivate, .next = next, .fail = fail,
           .instance_size = sizeof(struct sequence),
           .streams = GALE_OUTPUTS("n"),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct sequence, from, "from", "1", INT64_MIN,
                               INT64_MAX, "the first number"),
               GALE_OPTION_INT(struct sequence, to, "to", NULL, INT64_MIN,
                               INT64_MAX, "no number is beyond this one"),
               GALE_OPTION_INT(struct sequence, step, "step", "1", INT64_MIN,
                               INT64_MAX, "from one number to the next; not 0"),
               GALE_OPTION_FLOAT(struct sequence, rate, "rate", "0",
                                 "numbers per second, of all tasks together; "
                                 "0: as fast as it goes"),
               GALE_OPTION_BOOL(struct sequence, tracked, "tracked", "true",
                                "emit with message ids, to be acked")));
