/* spout_messages.c - a spout's messages, from emit to settled; see
 * spout_messages.h. */
#include "worker/spout_messages.h"
#include "common/check.h"
#include "worker/cause.h"
#include "worker/spout_owed.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

#define COUNT_EVERY 1024 /* settled messages between looks at the histogram */
#define AHEAD 4          /* entries on their way from memory */

static struct carrier *carrier_of(const struct task *t)
{
    return t->executor->carrier;
}

/* -- they are settled ------------------------------------------------------ */

static inline void tell(struct task *t, gale_msgid id, bool acked)
{
    if (acked ? t->spout->tells_ack : t->component->spout.fail != NULL)
        settled_push(&t->spout->settled, id, acked);
}

static void schedule(struct task *t)
{
    if (!atomic_load_explicit(&t->executor->scheduled, memory_order_relaxed))
        carrier_schedule(t->executor, carrier_of(t));
}

/* Those of streams but the first; after the sum, of which the first has the
 * rest. */
static void count_acked_by_stream(struct task *t)
{
    for (uint32_t i = 1; i < t->n_streams; i++) {
        struct stream_messages *m = &t->streams[i].messages;

        counter_add(&m->acked, m->n_acked);
        m->n_acked = 0;
    }
}

static void count_acked(struct task *t)
{
    counter_add(&t->counters.acked, t->spout->n_acked);
    t->spout->n_acked = 0;
    counter_set(&t->counters.pending, t->spout->pending.n);
    if (__builtin_expect(t->n_streams > 1, 0))
        count_acked_by_stream(t);
}

static struct lag *lag_of(struct task *t, uint32_t stream)
{
    return stream == 0 ? &t->spout->lag : &t->streams[stream].messages.lag;
}

static void count_lag(struct task *t, uint32_t stream, int64_t ns)
{
    struct lag *lag = lag_of(t, stream);

    if (lag->n > 0)
        histogram_slot_add(&t->streams[stream].messages.complete, lag->ns,
                           lag->n);
    if (lag->ns > t->spout->room.late_ns)
        t->spout->room.late += lag->n;
    *lag = (struct lag){ns > 0 ? ns : 0, 0};
}

/* Messages of one run, settled by one run, take as long. */
static inline void add_lag(struct task *t, uint32_t stream, int64_t ns)
{
    struct lag *lag = lag_of(t, stream);

    if (__builtin_expect(ns != lag->ns, 0))
        count_lag(t, stream, ns);
    lag->n++;
}

/* Of a stream but the first; else NULL. */
static struct stream_messages *messages_of(struct task *t,
                                           const struct pending_entry *e)
{
    uint32_t stream = pending_stream(e);

    return stream > 0 ? &t->streams[stream].messages : NULL;
}

/* It failed before, or is none of the first stream. */
__attribute__((noinline)) static void settle_unusual(
    struct task *t, const struct pending_entry *e, int64_t ns)
{
    struct stream_messages *m = messages_of(t, e);

    if (pending_born(e) != e->seq)
        spout_owed_acked(t, e->id);
    add_lag(t, pending_stream(e), ns);
    if (m == NULL)
        return;
    m->n_acked++;
    counter_add(&m->pending, UINT64_MAX);
}

/* The caller adds to n_acked. */
static inline void settle_acked(struct task *t, const struct pending_entry *e)
{
    int64_t ns = carrier_of(t)->now - e->emitted;

    if (__builtin_expect(e->born != e->seq, 0))
        settle_unusual(t, e, ns);
    else
        add_lag(t, 0, ns);
    tell(t, e->id, true);
}

static void settle_failed(struct task *t, const struct pending_entry *e,
                          struct cause *cause)
{
    uint32_t failures = spout_owes(t, e, cause);
    struct stream_messages *m = messages_of(t, e);

    counter_add(&t->counters.failed, 1);
    if (m != NULL) {
        counter_add(&m->failed, 1);
        counter_add(&m->pending, UINT64_MAX);
    }
    if (!spout_rests(t, e->id, failures))
        tell(t, e->id, false);
    schedule(t); /* there is room for one more */
}

/* Is there something that the spout would do differently now? n: acked since
 * `pending` messages were. */
static bool must_run(const struct spout_part *sp, uint32_t pending)
{
    return sp->settled.n > 0 || sp->n_unheard >= COUNT_EVERY ||
           sp->pending.n == 0 || pending >= sp->max_pending;
}

/* The one that comes after some others is on its way from memory then. */
static inline void fetch_ahead(const struct pending *p, struct ack_span acks)
{
    if (acks.n <= AHEAD)
        return;
    ack_span_skip(&acks, AHEAD);
    __builtin_prefetch(pending_slot(p, acks.first->root), 1);
}

/* Apply them; *n: how many. Returns how many messages that settled. */
static uint32_t apply_acks(struct task *t, struct ack_span acks, uint32_t *n)
{
    struct pending *p = &t->spout->pending;
    uint64_t spout = (uint64_t)t->id << PENDING_SEQ_BITS;
    uint32_t all = acks.n, n_settled = 0;
    struct pending_entry *e;

    for (; acks.n > 0; ack_span_skip(&acks, 1)) {
        uint64_t seq = acks.first->root - spout;

        if (seq > PENDING_SEQ_MASK)
            break; /* another spout's */
        fetch_ahead(p, acks);
        if (pending_ack(p, seq, acks.first->value, &e) != PENDING_SETTLED)
            continue;
        settle_acked(t, e);
        pending_free(e);
        n_settled++;
    }
    *n = all - acks.n;
    return n_settled;
}

uint32_t spout_acked(struct task *t, struct ack_span acks)
{
    struct spout_part *sp = t->spout;
    uint32_t pending = sp->pending.n, n, n_settled;

    if (sp->closed)
        return 1; /* it has been counted: what comes now is too late */
    n_settled = apply_acks(t, acks, &n);
    if (n_settled == 0)
        return n;
    sp->pending.n -= n_settled;
    sp->n_acked += n_settled;
    sp->n_unheard += n_settled;
    if (must_run(sp, pending))
        schedule(t); /* it counts them */
    else
        count_acked(t);
    return n;
}

void spout_failed(struct task *t, uint64_t seq, struct cause *cause)
{
    struct pending_entry e;

    if (!t->spout->closed &&
        pending_fail(&t->spout->pending, seq, &e) == PENDING_SETTLED)
        settle_failed(t, &e, cause);
    else
        free(cause);
}

static int64_t expire_period(const struct worker_config *config)
{
    int64_t period = config->message_timeout_ns / 64;

    period = period < 1000000 ? 1000000 : period;
    return period < 1000000000 ? period : 1000000000;
}

/* Expiry falls between T and 1.125 T and a period: the whole ring is looked at
 * once per T / 8. A callback that takes longer than a period makes one look
 * late, by what is left of it, and that look is at more of the ring. */
void spout_expire(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct spout_part, expire_timer);
    struct spout_part *sp = (struct spout_part *)(void *)at;
    const struct worker_config *config = &sp->task->executor->worker->config;
    uint32_t slots = pending_due(&sp->pending, now - sp->looked_at,
                                 config->message_timeout_ns);
    struct pending_entry e;

    sp->looked_at = now;
    while (pending_expire(&sp->pending, now - config->message_timeout_ns,
                          &slots, &e)) {
        struct stream_messages *m = messages_of(sp->task, &e);

        counter_add(&sp->task->counters.timed_out, 1);
        if (m != NULL)
            counter_add(&m->timed_out, 1);
        settle_failed(sp->task, &e, spout_late(sp->task));
    }
    if (sp->pending.n > 0)
        timers_add(&carrier_of(sp->task)->timers, timer,
                   now + expire_period(config));
}

void spout_begin_expiry(struct task *t)
{
    const struct worker_config *config = &t->executor->worker->config;
    struct carrier *c = carrier_of(t);

    t->spout->looked_at = c->now;
    if (config->timeouts)
        timers_add(&c->timers, &t->spout->expire_timer,
                   c->now + expire_period(config));
}

void spout_count_acked(struct task *t)
{
    count_acked(t);
    t->spout->n_unheard = 0;
    for (uint32_t i = 0; i < t->n_streams; i++)
        count_lag(t, i, lag_of(t, i)->ns);
}

/* -- they are emitted ------------------------------------------------------ */

/* Without ackers a message is done when it is out. */
static gale_result not_tracked(struct task *t, struct stream_out *s,
                               gale_msgid id, gale_result result)
{
    if (result == GALE_OK) {
        t->spout->n_acked++;
        s->messages.n_acked++; /* nobody looks at that of the first stream */
        tell(t, id, true);
    }
    return result;
}

static inline struct pending_entry *enter(struct task *t, gale_msgid id,
                                          struct tree *tree)
{
    struct spout_part *sp = t->spout;
    struct carrier *c = carrier_of(t);
    struct pending_entry *e;

    if (__builtin_expect(sp->slow, 0))
        c->now = c->env->ops->now(c->env); /* `next` may have waited */
    e = pending_add(&sp->pending, id, c->now);

    if (__builtin_expect(sp->owed.n > 0, 0))
        e->born = owed_born(&sp->owed, id, e->seq);
    tree->root = (uint64_t)t->id << PENDING_SEQ_BITS | e->seq;
    tree->sum = 0;
    tree->edge = PENDING_EDGE;
    return e;
}

/* … for a stream that may not be the first. */
static struct pending_entry *enter_for(struct task *t, struct stream_out *s,
                                       gale_msgid id, struct tree *tree)
{
    struct pending_entry *e = enter(t, id, tree);

    if (s != t->streams) {
        pending_set_stream(e, (uint32_t)(s - t->streams));
        counter_add(&s->messages.pending, 1);
    }
    return e;
}

/* It was not emitted after all. */
static void forget(struct task *t, const struct pending_entry *e)
{
    struct stream_messages *m = messages_of(t, e);

    if (m != NULL)
        counter_add(&m->pending, UINT64_MAX);
}

/* Nobody took it, or it was not emitted. Apart, since an entry on the stack
 * costs those that go the usual way. */
__attribute__((noinline)) static void settle_at_once(struct task *t,
                                                     struct pending_entry *e,
                                                     gale_result result)
{
    struct pending_entry out;

    pending_settle(&t->spout->pending, e, &out);
    if (result != GALE_OK) {
        forget(t, &out);
        return;
    }
    settle_acked(t, &out);
    t->spout->n_acked++;
}

/* All tuples are out: nothing to wait for if there were none. */
static inline gale_result entered(struct task *t, struct pending_entry *e,
                                  const struct tree *tree, gale_result result)
{
    e->sum = tree->sum;
    if (__builtin_expect(tree->sum == 0 || result != GALE_OK, 0))
        settle_at_once(t, e, result);
    return result;
}

/* The message has failed too often: it does not go to the bolts any more, but
 * to the dead letters, and is acked when it is kept there. */
static gale_result emit_dead(struct task *t, struct owed_message *m,
                             struct emission *x, const gale_value *values,
                             uint32_t n)
{
    struct tree tree;
    struct pending_entry *e = enter_for(t, x->stream, m->id, &tree);
    struct payload payload = {x->stream->decl, values, n};

    counter_add(&x->stream->emitted, 1);
    switch (spout_letter(t, m, &tree, &payload)) {
    case LETTER_IS_DONE:
    case LETTER_IS_SENT:
        return entered(t, e, &tree, GALE_OK);
    case LETTER_IS_UNDER_WAY:
        e->sum = -PENDING_EDGE;
        return GALE_OK;
    default:
        spout_failed(t, e->seq, NULL);
        return GALE_OK;
    }
}

/* Whether the message is one of those that are dead, while there are some. */
static struct owed_message *dead_message(const struct task *t, gale_msgid id)
{
    struct owed_message *m = t->spout->owed.n_dead > 0 && t->can_emit
                                 ? owed_find(&t->spout->owed, id)
                                 : NULL;

    return m != NULL && m->dead ? m : NULL;
}

/* While others are dead. */
static gale_result emit_among_dead(struct task *t, gale_msgid id,
                                   const gale_value *values, uint32_t n)
{
    struct emission x = {.stream = t->streams};
    struct owed_message *m = dead_message(t, id);
    struct pending_entry *e;
    struct tree tree;

    if (m != NULL)
        return emit_dead(t, m, &x, values, n);
    e = enter(t, id, &tree);
    return entered(t, e, &tree,
                   x.stream->emit(t, x.stream, &tree, 1, values, n));
}

/* The same in another way, for whatever reason. */
__attribute__((noinline, cold)) static gale_result emit_otherwise(
    struct task *t, gale_msgid id, const gale_value *values, uint32_t n)
{
    struct stream_out *s = t->streams;

    if (t->spout != NULL && t->spout->tracks)
        return emit_among_dead(t, id, values, n);

    if (t->spout == NULL) {
        task_fatal(t, "emit", "only a spout emits with a message id");
        return GALE_FATAL;
    }
    if (t->n_streams == 0)
        return task_no_stream(t, 0);
    return not_tracked(t, s, id, s->emit(t, s, NULL, 0, values, n));
}

gale_result spout_emit_msg(gale_task *task, gale_msgid id,
                           const gale_value *values, uint32_t n)
{
    struct task *t = task_of(task);
    struct stream_out *s = t->streams;
    struct pending_entry *e;
    struct tree tree;

    task_watch_thread(t, "gale_emit_msg()");
    if (__builtin_expect(t->spout == NULL || !t->spout->simple, 0))
        return emit_otherwise(t, id, values, n);
    e = enter(t, id, &tree);
    return entered(t, e, &tree, s->emit(t, s, &tree, 1, values, n));
}

gale_result spout_emit_msg_with(struct task *t, struct emission *x,
                                gale_msgid id, const gale_value *values,
                                uint32_t n)
{
    struct owed_message *m = dead_message(t, id);
    struct pending_entry *e;
    struct tree tree;

    if (!t->spout->tracks)
        return not_tracked(t, x->stream, id, outbox_emit(t, x, values, n));
    if (m != NULL)
        return emit_dead(t, m, x, values, n);
    e = enter_for(t, x->stream, id, &tree);
    x->trees = &tree;
    x->n_trees = 1;
    return entered(t, e, &tree, outbox_emit(t, x, values, n));
}
