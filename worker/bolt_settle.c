/* bolt_settle.c - what becomes of a bolt's input: acked, failed, held; see
 * bolt_task.h. */
#include "worker/bolt_task.h"
#include "common/log.h"
#include "worker/cause.h"
#include "worker/hooks.h"
#include "worker/task_base.h"
#include "worker/worker.h"

/* Why an input fails. */
struct reason {
    const char *text;
    bool poison;
};

static struct carrier *carrier_of(const struct task *t)
{
    return t->executor->carrier;
}

static void ack_trees(struct executor *e, const struct tree *trees, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        executor_ack(e, trees[i].root, trees[i].sum);
}

/* Each message has its own cause, for a spout somewhere; if anybody asks. */
static void fail_trees(struct task *t, const struct tree *trees, uint32_t n,
                       const struct reason *why)
{
    bool asked = letter_rule_asks(t->executor->worker->config.letters);

    for (uint32_t i = 0; i < n; i++)
        carrier_fail(carrier_of(t), trees[i].root,
                     asked ? cause_new(t->id, why->poison, why->text) : NULL);
}

/* Whether its own callback is under way or another one. */
static void settle_held(struct task *t, struct held_input *in, bool acked,
                        const struct reason *why);

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
static void fail_input(struct task *t, const struct reason *why)
{
    if (t->bolt->current != NULL)
        settle_held(t, t->bolt->current, false, why);
    if (t->held)
        return; /* that was it, or it was settled within execute */
    if (t->shared != NULL)
        take_own_edge(t);
    fail_trees(t, t->trees, t->n_trees, why);
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

static const char no_reason[] = "failed and gave no reason";

/* Once a task: whoever sees a run that does not end has to know why. */
static void note_poison(struct task *t)
{
    const struct worker *w = t->executor->worker;
    char name[300];

    if (counter_get(&t->counters.poisoned) > 0 || !w->config.acking ||
        letter_rule_asks(w->config.letters))
        return;
    task_name(t, name, sizeof(name));
    log_warn(w->log, name,
             "a message that is poison comes again and again, since neither "
             "gale.topology.dead.letter nor gale.topology.max.replays is set");
}

/* What the bolt said about an input that fails, and is not said again. */
static struct reason take_reason(struct task *t, bool poison)
{
    struct reason why = {task_take_text(t), poison};
    bool said = *why.text != '\0';

    if (!said)
        why.text = poison ? "the bolt called a tuple poison and gave no reason"
                          : no_reason;
    if (said || poison)
        task_report(t, why.text);
    if (poison) {
        note_poison(t);
        counter_add(&t->counters.poisoned, 1);
    }
    return why;
}

static void fail_as(struct task *t, bool poison)
{
    struct reason why = take_reason(t, poison);

    fail_input(t, &why);
}

__attribute__((noinline)) void bolt_settle_input(struct task *t,
                                                 gale_result result)
{
    if (t->marked && result <= GALE_POISON) {
        if (t->bolt->current != NULL)
            t->bolt->current->unheard =
                result != GALE_RETRY && result != GALE_POISON;
        result = GALE_RETRY;
    }
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
        fail_as(t, true);
        break;
    case GALE_RETRY:
        fail_as(t, false);
        break;
    default:
        task_result(t, "execute", result);
        fail_as(t, false);
        break;
    }
    t->bolt->current = NULL;
    t->held = false;
    t->marked = false;
}

/* When the input came to the bolt. Of a blocking one each call is timed by
 * itself, so the clock was read just before it. */
static int64_t began(struct task *t)
{
    struct carrier *c = carrier_of(t);

    return t->executor->blocking ? c->now : c->env->ops->now(c->env);
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
        bp->current->since = began(t);
        bp->current->input = t->view.route->input;
        t->trees = bp->current->trees; /* later emits count there */
        t->held = true;
        counter_add(&t->counters.held, 1);
    }
    return held_handle(bp->current);
}

/* NULL, and counted: it was settled before. */
static struct held_input *find_held(struct task *t, gale_handle handle)
{
    struct held_input *in =
        t->bolt != NULL ? held_find(&t->bolt->held, handle) : NULL;

    if (in == NULL)
        counter_add(&t->counters.stale, 1);
    return in;
}

static void settle_found(struct task *t, struct held_input *in, bool acked,
                         const struct reason *why)
{
    if (in->unheard)
        held_remove(&t->bolt->held, in);
    else
        settle_held(t, in, acked, why);
}

/* What was said goes with it, and is still said where the callback ends. An
 * input of which a field was refused, or an emit, fails whatever is said. */
void bolt_settle(struct task *t, gale_handle handle, bool acked)
{
    struct reason why = {t->said ? t->text : no_reason, false};
    struct held_input *in = find_held(t, handle);
    bool misread = in != NULL && in == t->bolt->current && t->marked;

    if (in != NULL)
        settle_found(t, in, acked && !misread, &why);
}

/* Each has its own reason. */
void bolt_poison(struct task *t, gale_handle handle)
{
    struct held_input *in = find_held(t, handle);
    struct reason why;

    if (in == NULL)
        return;
    why = take_reason(t, true);
    settle_found(t, in, false, &why);
}

static void count_settled(struct task *t, const struct held_input *in,
                          bool acked)
{
    struct input_counters *input = &t->inputs[in->input];
    struct env *env = carrier_of(t)->env;

    counter_add(acked ? &input->acked : &input->failed, 1);
    histogram_slot_add(&input->process, env->ops->now(env) - in->since, 1);
    counter_add(&t->counters.held, (uint64_t)-1);
}

/* One that is to stay is an anchor to nothing from here on. */
static void end_held(struct bolt_part *bp, struct held_input *in)
{
    if (in->unheard)
        in->n_trees = 0;
    else
        held_remove(&bp->held, in);
}

static void settle_held(struct task *t, struct held_input *in, bool acked,
                        const struct reason *why)
{
    if (acked)
        ack_trees(t->executor, in->trees, in->n_trees);
    else
        fail_trees(t, in->trees, in->n_trees, why);
    if (t->hooks != NULL)
        hooks_settled(t, acked);
    count_settled(t, in, acked);
    if (t->bolt->current == in) {
        t->n_trees = 0; /* settled within execute: nothing to anchor to */
        t->trees = &t->one_tree;
        t->bolt->current = NULL;
    }
    end_held(t->bolt, in);
}
