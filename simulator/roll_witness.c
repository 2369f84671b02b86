/* roll_witness.c - sees numbers, answers and acks; see roll_witness.h. */
#include "simulator/roll_witness.h"
#include "simulator/between.h"
#include "topology-api/memory.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include <gale/task_text.h>
#include <stdio.h>
#include <string.h>

struct roll_witness {
    struct between between; /* first: between_of() gives it back */
    struct roll_book *book;
    uint64_t birth;
    uint32_t n_tasks;
    struct roll_life *lives; /* by task id */
    bool *busy; /* by task id: it emits, or is closed: the engine's books and
                   these may differ */
};

static struct roll_witness *witness_of(const struct task *t)
{
    return (struct roll_witness *)(void *)between_of(t);
}

static struct roll_life *life_of(const struct task *t)
{
    return &witness_of(t)->lives[t->id];
}

static gale_result open_numbers(gale_task *public)
{
    struct task *t = task_of(public);

    *life_of(t) = roll_book_open(
        witness_of(t)->book, gale_task_index(public), gale_n_tasks(public),
        (uint64_t)gale_offset_get(public, ""), witness_of(t)->birth);
    return between_plain(t)->spout.open(public);
}

static gale_result emit_msg(gale_task *public, gale_msgid id,
                            const gale_value *values, uint32_t n)
{
    struct task *t = task_of(public);
    struct roll_witness *w = witness_of(t);
    gale_result result;

    roll_book_calls(w->book, life_of(t), id.lo);
    w->busy[t->id] = true;
    result = task_host.emit_msg(public, id, values, n);
    w->busy[t->id] = false;
    if (result == GALE_OK)
        roll_book_called(w->book, life_of(t), id.lo);
    return result;
}

static void acked(gale_task *public, gale_msgid id)
{
    struct task *t = task_of(public);

    roll_book_acked(witness_of(t)->book, life_of(t), id.lo);
    between_plain(t)->spout.ack(public, id);
}

static void failed(gale_task *public, gale_msgid id)
{
    struct task *t = task_of(public);

    roll_book_failed(witness_of(t)->book, life_of(t), id.lo);
    between_plain(t)->spout.fail(public, id);
}

static gale_result answer(gale_task *public, const gale_tuple *in)
{
    struct task *t = task_of(public);
    gale_result result = between_plain(t)->bolt.execute(public, in);

    if (result == GALE_OK)
        roll_book_answered(witness_of(t)->book, (uint64_t)gale_get_int(in, 0),
                           (uint32_t)gale_get_int(in, 1));
    return result;
}

/* Between workers there are links. */
static void sent(struct watcher *watcher, const struct envelope *env)
{
    (void)watcher, (void)env;
}

/* Soon it is not there any more. */
static void close_numbers(gale_task *public, gale_close_reason reason)
{
    const struct task *t = task_of(public);

    (void)reason;
    witness_of(t)->busy[t->id] = true;
}

static void wrap(struct component *c)
{
    if (c->is_spout) {
        c->spout.open = open_numbers;
        c->spout.close = close_numbers;
        c->spout.ack = acked;
        c->spout.fail = failed;
    } else if (strcmp(c->id, "answers") == 0) {
        c->bolt.execute = answer;
    }
}

struct roll_witness *roll_witness_begin(struct roll_book *book, uint64_t birth,
                                        struct worker *worker)
{
    struct roll_witness *w = xcalloc(1, sizeof(*w));

    between_begin(&w->between, worker);
    w->between.watcher.sent = sent;
    w->book = book;
    w->birth = birth;
    w->n_tasks = worker->n_tasks;
    w->busy = xcalloc(worker->n_tasks + 1, sizeof(*w->busy));
    w->lives = xcalloc(worker->n_tasks + 1, sizeof(*w->lives));
    for (uint32_t i = 0; i < worker->model->n_components; i++)
        wrap(&w->between.components[i]);
    w->between.host.emit_msg = emit_msg;
    between_take_place(&w->between);
    return w;
}

/* -- B --------------------------------------------------------------------- */

static bool is_even(struct task *t, const struct roll_life *l, char *text,
                    size_t size)
{
    const struct spout_part *s = t->spout;
    uint64_t emitted = counter_get(&t->streams[0].emitted) +
                       counter_get(&t->streams[0].emitted_fast);
    uint64_t acked = counter_get(&t->counters.acked) + s->n_acked;
    uint64_t failed = counter_get(&t->counters.failed);
    uint64_t untold = s->settled.n + s->pauses.n;

    if (emitted == acked + failed + s->pending.n && emitted == l->called &&
        l->called == l->acked + l->failed + s->pending.n + untold)
        return true;
    snprintf(text, size,
             "B: task %u of numbers: the engine counts %llu emitted, %llu "
             "acked, %llu failed, %u pending, %llu that it has not told; the "
             "books %llu, %llu, %llu",
             t->index, (unsigned long long)emitted, (unsigned long long)acked,
             (unsigned long long)failed, s->pending.n,
             (unsigned long long)untold, (unsigned long long)l->called,
             (unsigned long long)l->acked, (unsigned long long)l->failed);
    return false;
}

/* The worker is gone once its tasks are closed. */
bool roll_witness_look(const struct roll_witness *w, char *text, size_t size)
{
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->lives[i].number > 0 && !w->busy[i] &&
            !is_even(w->between.worker->tasks[i], &w->lives[i], text, size))
            return false;
    return true;
}
