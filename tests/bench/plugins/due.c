/*
 * due.c - spout and bolt: an open loop, and what it takes.
 *
 * `due` emits message i when its time has come, start + i / rate, whether or
 * not the ones before are done; it is late when the engine does not call it,
 * and all times count from when a message was due. Between two messages it
 * waits as any source does that knows when there is more: gale_wait_until().
 * With `emits` "moment" a number says when it was emitted, not when it was due:
 * what the spout's own timer is late does not count then.
 *
 * Metric `complete` of `due`: from due to ack. Metric `sink` of `stamp`: from
 * due to the bolt's `execute`. Every message counts, but for those due in the
 * warm-up. Both metrics are in nanoseconds.
 */
#include "tests/bench/five_sentences.h"
#include <gale/bolt.h>
#include <gale/spout.h>

enum { BATCH = 64 }; /* messages of one call of next */

enum emits { NUMBER, SENTENCE, MOMENT };

struct due {
    double rate; /* options */
    int64_t warmup_ms;
    int32_t emits; /* enum emits */
    int64_t task;  /* the one that emits; -1: each does, at this rate */
    bool tracked;

    int64_t start;     /* of message 0; 0: not yet */
    double interval;   /* ns */
    uint64_t n;        /* messages emitted */
    gale_metric *took; /* ns */
};

static int64_t due_at(const struct due *s, uint64_t i)
{
    return s->start + (int64_t)((double)i * s->interval);
}

static gale_result open_due(gale_task *task)
{
    struct due *s = gale_instance(task);

    if (s->rate <= 0)
        return gale_error(task, GALE_FATAL, "option rate: more than 0");
    s->interval = 1e9 / s->rate;
    s->took = gale_histogram(task, "complete");
    return GALE_OK;
}

static gale_result emit(gale_task *task, const struct due *s, int64_t due)
{
    const char *sentence = five_sentences[s->n % FIVE_SENTENCES];
    gale_value value = s->emits == SENTENCE ? gale_cstr(sentence)
                       : s->emits == NUMBER ? gale_int(due)
                                            : gale_int(gale_now(task));

    if (!s->tracked)
        return gale_emit(task, value);
    return gale_emit_msg(task, ((gale_msgid){0, s->n}), value);
}

static gale_result next(gale_task *task)
{
    struct due *s = gale_instance(task);
    gale_result result = GALE_OK;
    int64_t now = gale_now(task);

    if (s->task >= 0 && gale_task_index(task) != (uint32_t)s->task) {
        gale_exhausted(task);
        return GALE_OK;
    }
    if (!s->start)
        s->start = now;
    for (int i = 0; i < BATCH && result == GALE_OK; i++) {
        int64_t due = due_at(s, s->n);

        if (due > now) {
            gale_wait_until(task, due);
            break;
        }
        result = emit(task, s, due);
        s->n++;
    }
    return result;
}

static void ack(gale_task *task, gale_msgid id)
{
    int64_t now = gale_now(task);
    struct due *s = gale_instance(task);
    int64_t due = due_at(s, id.lo);

    if (due - s->start >= s->warmup_ms * 1000000)
        gale_histogram_record(task, s->took, now - due);
}

GALE_SPOUT(due, .summary = "messages at the times when they are due",
           .open = open_due, .next = next, .ack = ack,
           .instance_size = sizeof(struct due),
           .streams = GALE_OUTPUTS("value"),
           .options = GALE_OPTIONS(
               GALE_OPTION_FLOAT(struct due, rate, "rate", NULL,
                                 "messages a second"),
               GALE_OPTION_INT(struct due, warmup_ms, "warmup.ms", "0", 0,
                               INT32_MAX, "so long, nothing counts"),
               GALE_OPTION_ENUM(struct due, emits, "emits", "number",
                                "number sentence moment",
                                "the time when it is due, a sentence, or the "
                                "time when it is emitted"),
               GALE_OPTION_INT(struct due, task, "task", "-1", -1, INT32_MAX,
                               "the task that emits; -1: each does"),
               GALE_OPTION_BOOL(struct due, tracked, "tracked", "true",
                                "emit with message ids, to be acked")));

/* -- the sink -------------------------------------------------------------- */

struct stamp {
    int64_t warmup_ms; /* option */
    int64_t start;     /* when the first tuple was due; 0: there was none */
    gale_metric *took; /* ns */
};

static gale_result prepare(gale_task *task)
{
    struct stamp *s = gale_instance(task);

    s->took = gale_histogram(task, "sink");
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    int64_t now = gale_now(task);
    struct stamp *s = gale_instance(task);
    int64_t due = gale_get_int(in, 0);

    if (!s->start)
        s->start = due;
    if (due - s->start >= s->warmup_ms * 1000000)
        gale_histogram_record(task, s->took, now - due);
    return GALE_OK;
}

GALE_BOLT(stamp, .summary = "measures how long ago its input was due",
          .prepare = prepare, .execute = execute,
          .instance_size = sizeof(struct stamp),
          .options = GALE_OPTIONS(GALE_OPTION_INT(
              struct stamp, warmup_ms, "warmup.ms", "0", 0, INT32_MAX,
              "so long after the first input, nothing counts")));
