/* roll_witness.c - sees numbers, answers and acks; see roll_witness.h. */
#include "simulator/roll_witness.h"
#include "simulator/between.h"
#include "topology-api/memory.h"
#include "worker/task_base.h"
#include <gale/task_text.h>
#include <string.h>

struct roll_witness {
    struct between between; /* first: between_of() gives it back */
    struct roll_book *book;
    struct roll_life *lives; /* by task id */
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

    *life_of(t) = roll_book_open(witness_of(t)->book, gale_task_index(public),
                                 gale_n_tasks(public),
                                 (uint64_t)gale_offset_get(public, ""));
    return between_plain(t)->spout.open(public);
}

static gale_result emit_msg(gale_task *public, gale_msgid id,
                            const gale_value *values, uint32_t n)
{
    struct task *t = task_of(public);
    gale_result result = task_host.emit_msg(public, id, values, n);

    if (result == GALE_OK)
        roll_book_called(witness_of(t)->book, life_of(t), id.lo);
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

static void wrap(struct component *c)
{
    if (c->is_spout) {
        c->spout.open = open_numbers;
        c->spout.ack = acked;
        c->spout.fail = failed;
    } else if (strcmp(c->id, "answers") == 0) {
        c->bolt.execute = answer;
    }
}

void roll_witness_begin(struct roll_book *book, struct worker *worker)
{
    struct roll_witness *w = xcalloc(1, sizeof(*w));

    between_begin(&w->between, worker);
    w->between.watcher.sent = sent;
    w->book = book;
    w->lives = xcalloc(worker->n_tasks + 1, sizeof(*w->lives));
    for (uint32_t i = 0; i < worker->model->n_components; i++)
        wrap(&w->between.components[i]);
    w->between.host.emit_msg = emit_msg;
    between_take_place(&w->between);
}
