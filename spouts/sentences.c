/*
 * sentences.c - spout: five sentences, over and over.
 *
 * The ones of Storm's word count, in turn or in random order. The tasks share
 * `count` evenly. The message id is (sentence, serial number); a sentence that
 * failed is emitted again.
 */
#include "spouts/per_call.h"
#include "spouts/replay.h"
#include <gale/spout.h>

enum { BATCH = 64, N_SENTENCES = 5 };

enum order { IN_TURN, RANDOM };

#define SENTENCE(text_)                                                        \
    {                                                                          \
        text_, sizeof(text_) - 1                                               \
    }

static const gale_str sentences[N_SENTENCES] = {
    SENTENCE("the cow jumped over the moon"),
    SENTENCE("an apple a day keeps the doctor away"),
    SENTENCE("four score and seven years ago"),
    SENTENCE("snow white and the seven dwarfs"),
    SENTENCE("i am at two with nature"),
};

struct source {
    int64_t count; /* options */
    int32_t order; /* enum order */
    bool tracked;

    uint32_t batch;
    uint32_t turn;   /* the next sentence in turn */
    uint64_t n, end; /* sentences emitted, and how many there are to be */
    struct replay failed;
};

static gale_result open_sentences(gale_task *task)
{
    struct source *s = gale_instance(task);
    uint64_t n_tasks = gale_n_tasks(task), index = gale_task_index(task);
    uint64_t count = (uint64_t)s->count;

    s->batch = per_call(task, BATCH);
    s->end = count ? count / n_tasks + (index < count % n_tasks) : UINT64_MAX;
    return GALE_OK;
}

static void close_sentences(gale_task *task, gale_close_reason reason)
{
    struct source *s = gale_instance(task);

    (void)reason;
    replay_free(&s->failed);
}

static gale_result emit(gale_task *task, const struct source *s, gale_msgid id)
{
    gale_value sentence = gale_s(sentences[id.hi]);

    if (!s->tracked)
        return gale_emit(task, sentence);
    return gale_emit_msg(task, id, sentence);
}

static gale_result emit_in_turn(gale_task *task, struct source *s, uint64_t n)
{
    gale_result result = GALE_OK;

    while (n-- && result == GALE_OK) {
        result = emit(task, s, (gale_msgid){s->turn, s->n++});
        s->turn = s->turn + 1 < N_SENTENCES ? s->turn + 1 : 0;
    }
    return result;
}

/* 64 random bits are enough for four sentences: 16 bits leave a bias of one in
 * 65536. */
static gale_result emit_at_random(gale_task *task, struct source *s, uint64_t n)
{
    gale_result result = GALE_OK;
    uint64_t bits = 0;

    for (uint64_t i = 0; i < n && result == GALE_OK; i++) {
        bits = i % 4 ? bits >> 16 : gale_random(task);
        result = emit(
            task, s, (gale_msgid){(bits & 0xffff) * N_SENTENCES >> 16, s->n++});
    }
    return result;
}

static gale_result next(gale_task *task)
{
    struct source *s = gale_instance(task);
    uint64_t n = s->end - s->n < s->batch ? s->end - s->n : s->batch;

    if (!replay_empty(&s->failed))
        return emit(task, s, replay_pop(&s->failed));
    if (n == 0) {
        gale_exhausted(task);
        return GALE_OK;
    }
    return s->order == RANDOM ? emit_at_random(task, s, n)
                              : emit_in_turn(task, s, n);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct source *s = gale_instance(task);

    if (id.hi < N_SENTENCES)
        replay_push(&s->failed, id);
}

GALE_SPOUT(sentences, .summary = "five sentences, over and over",
           .open = open_sentences, .close = close_sentences, .next = next,
           .fail = fail, .instance_size = sizeof(struct source),
           .streams = GALE_OUTPUTS("sentence"),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct source, count, "count", "0", 0, INT64_MAX,
                               "how many, by all tasks together; 0: for ever"),
               GALE_OPTION_ENUM(struct source, order, "order", "turn",
                                "turn random",
                                "one after the other, or at random"),
               GALE_OPTION_BOOL(struct source, tracked, "tracked", "true",
                                "emit with message ids, to be acked")));
