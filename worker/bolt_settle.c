/* bolt_settle.c - what becomes of a bolt's input: acked, failed, held; see
 * bolt_task.h. */
#include "worker/bolt_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"

static struct carrier *carrier_of(const struct task *t)
{
    return t->executor->carrier;
}

static void ack_trees(struct executor *e, const struct tree *trees, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        executor_ack(e, trees[i].root, trees[i].sum);
}

static void fail_trees(struct carrier *c, const struct tree *trees, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        carrier_fail(c, trees[i].root);
}

/* The current input parts with those that it shares its anchor with. */
static void take_own_edge(struct task *t)
{
    uint64_t edge = carrier_edge(carrier_of(t));

    t->shared->anchor.edge -= edge;
    t->one_tree.sum += edge;
    t->shared = NULL;
}

/* Of an input that fails, something stays open: the ack of the others may come
 * to the spout before the fail. */
static void fail_input(struct task *t)
{
    if (t->bolt->current != NULL)
        bolt_settle(t, held_handle(t->bolt->current), false);
    if (t->held)
        return; /* that was it, or it was settled within execute */
    if (t->shared != NULL)
        take_own_edge(t);
    fail_trees(carrier_of(t), t->trees, t->n_trees);
    counter_add(&t->inputs[t->view.route->input].failed, 1);
}

static void ack_input(struct task *t)
{
    if (t->held)
        return; /* its handle decides */
    if (t->shared != NULL)
        tree_end_shared(t);
    else
        ack_trees(t->executor, t->trees, t->n_trees);
    counter_add(&t->inputs[t->view.route->input].acked, 1);
}

static void report_text(struct task *t, const char *otherwise)
{
    const char *text = task_take_text(t);

    if (*text != '\0' || otherwise != NULL)
        task_report(t, *text != '\0' ? text : otherwise);
}

__attribute__((noinline)) void bolt_settle_input(struct task *t,
                                                 gale_result result)
{
    if (t->marked && result <= GALE_POISON)
        result = GALE_RETRY;
    t->marked = false;
    switch (result) {
    case GALE_OK:
        ack_input(t);
        break;
    case GALE_DROP:
        counter_add(&t->counters.dropped, 1);
        ack_input(t);
        break;
    case GALE_POISON:
        counter_add(&t->counters.poisoned, 1);
        report_text(t, "the bolt called a tuple poison and gave no reason");
        fail_input(t);
        break;
    case GALE_RETRY:
        report_text(t, NULL);
        fail_input(t);
        break;
    default:
        task_result(t, "execute", result);
        fail_input(t);
        break;
    }
    t->bolt->current = NULL;
    t->held = false;
    t->marked = false;
}

gale_handle bolt_hold(struct task *t, const gale_tuple *in)
{
    struct bolt_part *bp = t->bolt;

    if (bp == NULL || in != &t->view.public || !task_has_input(t))
        return (gale_handle){0};
    if (bp->current == NULL && t->held)
        return (gale_handle){0}; /* held and settled in this very call */
    if (bp->current == NULL) {
        if (t->shared != NULL)
            take_own_edge(t);
        bp->current = held_add(&bp->held, t->trees, t->n_trees);
        bp->current->since = carrier_of(t)->env->ops->now(carrier_of(t)->env);
        bp->current->input = t->view.route->input;
        t->trees = bp->current->trees; /* later emits count there */
        t->held = true;
        counter_add(&t->counters.held, 1);
    }
    return held_handle(bp->current);
}

void bolt_settle(struct task *t, gale_handle handle, bool acked)
{
    struct bolt_part *bp = t->bolt;
    struct held_input *in = bp != NULL ? held_find(&bp->held, handle) : NULL;
    struct carrier *c = carrier_of(t);

    if (in == NULL) {
        counter_add(&t->counters.stale, 1);
        return;
    }
    if (acked)
        ack_trees(t->executor, in->trees, in->n_trees);
    else
        fail_trees(c, in->trees, in->n_trees);
    counter_add(
        acked ? &t->inputs[in->input].acked : &t->inputs[in->input].failed, 1);
    histogram_add(&t->process, c->env->ops->now(c->env) - in->since, 1);
    counter_add(&t->counters.held, (uint64_t)-1);
    if (bp->current == in) {
        t->n_trees = 0; /* settled within execute: nothing to anchor to */
        t->trees = &t->one_tree;
        bp->current = NULL;
    }
    held_remove(&bp->held, in);
}
