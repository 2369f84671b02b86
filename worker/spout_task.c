/* spout_task.c - runs a spout: next, ack, fail, waiting; see spout_task.h. */
#include "worker/spout_task.h"
#include "common/check.h"
#include "common/config.h"
#include "topology-api/memory.h"
#include "worker/position_store.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <errno.h>
#include <stdlib.h>

#define RUN_NS 50000      /* a run of `next` calls */
#define RUN_EMITS_MIN 16  /* so many emits at first … */
#define RUN_EMITS 512     /* … or so many emits */
#define CALLS_PER_LOOK 16 /* calls of `next` between looks at the clock */
#define SETTLE_PER_RUN 4096
#define COUNT_EVERY 1024 /* settled messages between looks at the counters */
#define AHEAD 4          /* entries on their way from memory */
#define BACKOFF_MIN_NS 50000
#define BACKOFF_MAX_NS 1000000

static struct carrier *carrier_of(const struct task *t)
{
    return t->executor->carrier;
}

static struct env *env_of(const struct task *t)
{
    return t->executor->worker->env;
}

/* -- what became of the messages ------------------------------------------- */

static inline void tell(struct task *t, gale_msgid id, bool acked)
{
    const gale_spout *spout = &t->component->spout;

    if (acked ? spout->ack != NULL : spout->fail != NULL)
        settled_push(&t->spout->settled, id, acked);
}

static void schedule(struct task *t)
{
    if (!atomic_load_explicit(&t->executor->scheduled, memory_order_relaxed))
        executor_schedule(t->executor, carrier_of(t));
}

static void count_lag(struct task *t, int64_t lag)
{
    struct spout_part *sp = t->spout;

    if (sp->lag_n > 0)
        histogram_add(&t->complete, sp->lag, sp->lag_n);
    sp->lag = lag;
    sp->lag_n = 0;
}

/* Messages of one run, settled by one run, have the same latency. The caller
 * adds to n_acked. */
static inline void settle_acked(struct task *t, const struct pending_entry *e)
{
    struct spout_part *sp = t->spout;
    int64_t lag = carrier_of(t)->now - e->emitted;

    if (__builtin_expect(e->born != e->seq, 0))
        owed_remove(&sp->owed, e->id);
    if (__builtin_expect(lag != sp->lag, 0))
        count_lag(t, lag);
    sp->lag_n++;
    tell(t, e->id, true);
}

static void settle_failed(struct task *t, const struct pending_entry *e)
{
    /* A spout that hears of no failure will not emit again. */
    if (t->executor->worker->positions != NULL &&
        t->component->spout.fail != NULL)
        owed_add(&t->spout->owed, e->id, e->born);
    counter_add(&t->counters.failed, 1);
    tell(t, e->id, false);
    schedule(t);
}

/* Is there something that the spout would do differently now? n: acked since
 * `pending` messages were. */
static bool must_run(const struct spout_part *sp, uint32_t pending)
{
    return sp->settled.n > 0 || sp->n_acked >= COUNT_EVERY ||
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
    sp->pending.n -= n_settled;
    sp->n_acked += n_settled;
    if (n_settled > 0 && must_run(sp, pending))
        schedule(t);
    return n;
}

void spout_failed(struct task *t, uint64_t seq)
{
    struct pending_entry e;

    if (!t->spout->closed &&
        pending_fail(&t->spout->pending, seq, &e) == PENDING_SETTLED)
        settle_failed(t, &e);
}

static int64_t expire_period(const struct worker_config *config)
{
    int64_t period = config->message_timeout_ns / 64;

    period = period < 1000000 ? 1000000 : period;
    return period < 1000000000 ? period : 1000000000;
}

/* Expiry falls between T and 1.125 T (and a period): the whole ring is looked
 * at once per T / 8. */
static void expire(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct spout_part, expire_timer);
    struct spout_part *sp = (struct spout_part *)(void *)at;
    const struct worker_config *config = &sp->task->executor->worker->config;
    int64_t period = expire_period(config);
    double share = 8.0 * (double)period / (double)config->message_timeout_ns;
    uint32_t slots = (uint32_t)(share * sp->pending.capacity) + 1;
    struct pending_entry e;

    if (slots > sp->pending.capacity)
        slots = sp->pending.capacity;
    while (pending_expire(&sp->pending, now - config->message_timeout_ns,
                          &slots, &e)) {
        counter_add(&sp->task->counters.timed_out, 1);
        settle_failed(sp->task, &e);
    }
    if (sp->pending.n > 0)
        timers_add(&carrier_of(sp->task)->timers, timer, now + period);
}

static void arm_expiry(struct task *t)
{
    struct spout_part *sp = t->spout;
    const struct worker_config *config = &t->executor->worker->config;

    if (config->timeouts && sp->pending.n > 0 && !timers_has(&sp->expire_timer))
        timers_add(&carrier_of(t)->timers, &sp->expire_timer,
                   carrier_of(t)->now + expire_period(config));
}

/* Without ackers a message is done when it is out. */
static gale_result not_tracked(struct task *t, gale_msgid id,
                               gale_result result)
{
    if (result == GALE_OK) {
        t->spout->n_acked++;
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

    if (__builtin_expect(sp->calls_per_look == 1, 0))
        c->now = c->env->ops->now(c->env); /* `next` may have waited */
    e = pending_add(&sp->pending, id, c->now);

    if (__builtin_expect(sp->owed.n > 0, 0))
        e->born = owed_born(&sp->owed, id, e->seq);
    tree->root = (uint64_t)t->id << PENDING_SEQ_BITS | e->seq;
    tree->sum = 0;
    tree->edge = PENDING_EDGE;
    return e;
}

/* Nobody took it, or it was not emitted. Apart, since an entry on the stack
 * costs those that go the usual way. */
__attribute__((noinline)) static void settle_at_once(struct task *t,
                                                     struct pending_entry *e,
                                                     gale_result result)
{
    struct pending_entry out;

    pending_settle(&t->spout->pending, e, &out);
    if (result != GALE_OK)
        return;
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

/* The same without a message, for whatever reason. */
__attribute__((noinline, cold)) static gale_result emit_otherwise(
    struct task *t, gale_msgid id, const gale_value *values, uint32_t n)
{
    struct stream_out *s = t->streams;

    if (t->spout == NULL) {
        task_fatal(t, "emit", "only a spout emits with a message id");
        return GALE_FATAL;
    }
    if (t->n_streams == 0)
        return task_no_stream(t, 0);
    return not_tracked(t, id, s->emit(t, s, NULL, 0, values, n));
}

gale_result spout_emit_msg(gale_task *task, gale_msgid id,
                           const gale_value *values, uint32_t n)
{
    struct task *t = task_of(task);
    struct stream_out *s = t->streams;
    struct pending_entry *e;
    struct tree tree;

    if (__builtin_expect(t->spout == NULL || !t->spout->tracks, 0))
        return emit_otherwise(t, id, values, n);
    e = enter(t, id, &tree);
    return entered(t, e, &tree, s->emit(t, s, &tree, 1, values, n));
}

gale_result spout_emit_msg_with(struct task *t, struct emission *x,
                                gale_msgid id, const gale_value *values,
                                uint32_t n)
{
    struct pending_entry *e;
    struct tree tree;

    if (!t->spout->tracks)
        return not_tracked(t, id, outbox_emit(t, x, values, n));
    e = enter(t, id, &tree);
    x->trees = &tree;
    x->n_trees = 1;
    return entered(t, e, &tree, outbox_emit(t, x, values, n));
}

/* -- positions ------------------------------------------------------------- */

static void save_positions(struct task *t)
{
    struct spout_part *sp = t->spout;
    uint64_t oldest = pending_oldest(&sp->pending);
    uint64_t owed = owed_oldest(&sp->owed);

    positions_advance(&sp->positions, owed < oldest ? owed : oldest);
    if (sp->positions.changed && t->executor->worker->positions != NULL)
        position_store_save(t->executor->worker->positions, t, &sp->positions);
    sp->positions.changed = false;
}

static void position_due(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct spout_part, position_timer);
    struct spout_part *sp = (struct spout_part *)(void *)at;
    const struct worker_config *config = &sp->task->executor->worker->config;

    save_positions(sp->task);
    timers_add(&carrier_of(sp->task)->timers, timer,
               now + config->position_interval_ns);
}

/* -- waiting --------------------------------------------------------------- */

static void unwatch(struct task *t)
{
    struct spout_part *sp = t->spout;
    struct carrier *c = carrier_of(t);

    if (sp->watched < 0)
        return;
    env_of(t)->ops->waiter_unwatch(env_of(t), c->waiter, sp->watched, t);
    check(c->n_watched > 0);
    sp->watched = -1;
    c->n_watched--;
}

void spout_wake(struct task *t)
{
    struct spout_part *sp = t->spout;

    atomic_store_explicit(&sp->exhausted, false, memory_order_relaxed);
    sp->waiting = false;
    sp->backoff_ns = 0;
    timers_remove(&carrier_of(t)->timers, &sp->wait_timer);
    unwatch(t);
    executor_schedule(t->executor, carrier_of(t));
}

static void wait_over(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct spout_part, wait_timer);
    struct spout_part *sp = (struct spout_part *)(void *)at;
    int64_t backoff = sp->backoff_ns;

    (void)now;
    spout_wake(sp->task);
    sp->backoff_ns = backoff;
}

void spout_ready(void *data, uint32_t events)
{
    (void)events; /* whatever it is, `next` will see it */
    spout_wake(data);
}

/* It waits as if it had said nothing else. */
static void report_watch(struct task *t, int error)
{
    char text[200];

    snprintf(text, sizeof(text), "gale_wait_fd: cannot wait for %d: %s",
             t->spout->says_fd, strerror(error));
    task_report(t, text);
    if (t->spout->says_until == INT64_MAX)
        t->spout->says_until = carrier_of(t)->now + BACKOFF_MAX_NS;
}

/* True if the descriptor is always ready (a regular file). */
static bool watch(struct task *t)
{
    struct spout_part *sp = t->spout;
    struct carrier *c = carrier_of(t);
    int result = env_of(t)->ops->waiter_watch(env_of(t), c->waiter, sp->says_fd,
                                              sp->says_events, t);

    if (result == 0) {
        sp->watched = sp->says_fd;
        c->n_watched++;
    } else if (result < 0) {
        report_watch(t, errno);
    }
    return result > 0;
}

/* `next` emitted nothing or said what it waits for: stop calling it. */
static void begin_wait(struct task *t)
{
    struct spout_part *sp = t->spout;
    struct timers *timers = &carrier_of(t)->timers;

    check(!sp->waiting && sp->watched < 0);

    if (!sp->says_something) {
        sp->backoff_ns = sp->backoff_ns ? sp->backoff_ns * 2 : BACKOFF_MIN_NS;
        if (sp->backoff_ns > BACKOFF_MAX_NS)
            sp->backoff_ns = BACKOFF_MAX_NS;
        sp->says_until = carrier_of(t)->now + sp->backoff_ns;
    }
    if (sp->says_fd >= 0 && watch(t))
        return;
    sp->waiting = true;
    if (sp->says_until != INT64_MAX)
        timers_change(timers, &sp->wait_timer, sp->says_until);
}

static void forget_wait(struct spout_part *sp)
{
    sp->says_something = false;
    sp->says_wakeup = false;
    sp->says_fd = -1;
    sp->says_until = INT64_MAX;
}

/* -- running --------------------------------------------------------------- */

static bool can_call_next(const struct task *t)
{
    const struct spout_part *sp = t->spout;

    return sp->active && !sp->waiting && !sp->exhausted &&
           sp->pending.n < sp->max_pending && t->executor->stalled == NULL;
}

static bool call_next(struct task *t)
{
    struct spout_part *sp = t->spout;
    uint64_t emits = task_emits(t);
    gale_result result;

    forget_wait(sp);
    result = t->component->spout.next(&t->public);
    if (__builtin_expect(result != GALE_OK, 0) &&
        !task_result(t, "next", result))
        return false;
    if (task_emits(t) == emits || sp->says_something) {
        if (!sp->exhausted)
            begin_wait(t);
        return !sp->waiting && !sp->exhausted;
    }
    sp->backoff_ns = 0;
    return true;
}

/* The first runs are short: until consumers have executed something, nobody
 * knows how much may be sent to them. */
static void speed_up(struct spout_part *sp)
{
    if (sp->run_emits < RUN_EMITS)
        sp->run_emits *= 2;
}

/* Calls `next` for a while; true if there is more to come. */
static bool work(struct task *t)
{
    struct carrier *c = carrier_of(t);
    int64_t start = c->now;
    uint64_t emits;
    uint32_t calls = 0;

    if (!can_call_next(t))
        return false;
    emits = task_emits(t);
    t->in_callback = true;
    while (can_call_next(t) && call_next(t)) {
        if (task_emits(t) - emits >= t->spout->run_emits) {
            speed_up(t->spout);
            break;
        }
        if (++calls % t->spout->calls_per_look != 0)
            continue;
        c->now = c->env->ops->now(c->env);
        if (c->now - start > RUN_NS)
            break;
    }
    t->in_callback = false;
    arm_expiry(t);
    return can_call_next(t);
}

static void tell_one(struct task *t, const struct settled *s)
{
    const gale_spout *spout = &t->component->spout;

    if (s->acked) {
        spout->ack(&t->public, s->id);
        return;
    }
    spout->fail(&t->public, s->id);
    /* There may be something to emit again. */
    if (t->spout->exhausted || t->spout->waiting)
        spout_wake(t);
}

/* True if some are left for the next run. */
static bool tell_settled(struct task *t)
{
    struct settled_queue *q = &t->spout->settled;

    t->in_callback = true;
    for (uint32_t i = 0; i < SETTLE_PER_RUN && q->n > 0; i++)
        tell_one(t, settled_pop(q));
    t->in_callback = false;
    return q->n > 0;
}

/* What was settled since the last run becomes visible. */
static void count_settled(struct task *t)
{
    counter_add(&t->counters.acked, t->spout->n_acked);
    t->spout->n_acked = 0;
    count_lag(t, t->spout->lag);
    atomic_store_explicit(&t->counters.pending, t->spout->pending.n,
                          memory_order_relaxed);
}

enum run_result spout_run(struct executor *e)
{
    bool more = false;

    executor_control(e);
    if (worker_halted(e->worker) || e->closed)
        return RUN_IDLE;
    executor_unstall(e);
    for (uint32_t i = 0; i < e->n_tasks; i++)
        more |= tell_settled(e->tasks[i]);
    for (uint32_t i = 0; i < e->n_tasks && e->stalled == NULL; i++)
        more |= work(e->tasks[i]);
    for (uint32_t i = 0; i < e->n_tasks; i++) {
        count_settled(e->tasks[i]);
        /* What nobody took was settled by `next` itself. */
        more |= e->tasks[i]->spout->settled.n > 0;
    }
    if (e->stalled != NULL)
        return RUN_STALLED;
    return more ? RUN_MORE : RUN_IDLE;
}

/* -- life ------------------------------------------------------------------ */

static void open(struct task *t)
{
    const gale_spout *spout = &t->component->spout;
    struct worker *w = t->executor->worker;

    if (worker_halted(w))
        return;
    t->opened = true;
    t->in_callback = true;
    if (spout->open != NULL)
        task_result(t, "open", spout->open(&t->public));
    t->in_callback = false;
    task_allow_emit(t, true);
    if (w->positions != NULL)
        timers_add(&carrier_of(t)->timers, &t->spout->position_timer,
                   carrier_of(t)->now + w->config.position_interval_ns);
}

static void close(struct task *t)
{
    const gale_spout *spout = &t->component->spout;
    struct spout_part *sp = t->spout;
    struct timers *timers = &carrier_of(t)->timers;

    tell_settled(t);
    save_positions(t);
    count_settled(t);
    sp->closed = true;
    task_allow_emit(t, false);
    sp->active = false;
    timers_remove(timers, &sp->wait_timer);
    timers_remove(timers, &sp->expire_timer);
    timers_remove(timers, &sp->position_timer);
    unwatch(t);
    t->in_callback = true;
    if (spout->close != NULL)
        spout->close(&t->public, GALE_CLOSE_END);
    t->in_callback = false;
    outbox_close(t);
}

static void set_active(struct task *t, bool active)
{
    const gale_spout *spout = &t->component->spout;
    void (*fn)(gale_task *) = active ? spout->activate : spout->deactivate;

    if (t->spout->active == active || worker_halted(t->executor->worker))
        return;
    t->spout->active = active;
    t->in_callback = true;
    if (fn != NULL)
        fn(&t->public);
    t->in_callback = false;
}

void spout_control(struct task *t, enum message_kind kind)
{
    switch (kind) {
    case MESSAGE_OPEN:
        open(t);
        break;
    case MESSAGE_CLOSE:
        if (t->opened)
            close(t);
        break;
    case MESSAGE_ACTIVATE:
    case MESSAGE_DEACTIVATE:
        set_active(t, kind == MESSAGE_ACTIVATE);
        break;
    default:
        break;
    }
}

static uint32_t max_pending(const struct model *m, const struct component *c)
{
    static const char key[] = "topology.max.spout.pending";
    int64_t n = PENDING_MAX;

    if (config_is_set(m, c, key) && config_int(m, c, key) < n)
        n = config_int(m, c, key);
    return (uint32_t)n;
}

struct spout_part *spout_part_new(struct task *t)
{
    struct spout_part *sp = xcalloc(1, sizeof(*sp));

    sp->task = t;
    sp->watched = -1;
    sp->run_emits = RUN_EMITS_MIN;
    sp->calls_per_look =
        t->component->spout.flags & GALE_SPOUT_BLOCKING ? 1 : CALLS_PER_LOOK;
    sp->tracks = t->executor->worker->config.acking && t->n_streams > 0;
    sp->max_pending = max_pending(t->executor->worker->model, t->component);
    pending_init(&sp->pending, random_next(&t->random));
    forget_wait(sp);
    sp->wait_timer.fire = wait_over;
    sp->expire_timer.fire = expire;
    sp->position_timer.fire = position_due;
    return sp;
}

void spout_part_free(struct spout_part *sp)
{
    if (sp == NULL)
        return;
    pending_fini(&sp->pending);
    positions_fini(&sp->positions);
    owed_fini(&sp->owed);
    settled_fini(&sp->settled);
    free(sp);
}
