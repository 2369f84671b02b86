/* bolt_task.c - runs a bolt: execute, settle, tick; see bolt_task.h. */
#include "worker/bolt_task.h"
#include "common/check.h"
#include "common/config.h"
#include "topology-api/memory.h"
#include "worker/batch_view.h"
#include "worker/hooks.h"
#include "worker/input_pause.h"
#include "worker/intake.h"
#include "worker/retained.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

/* A run is so long, or so many envelopes: with very many executors, more of
 * them would keep the slices small. */
#define RUN_NS 50000
#define RUN_ENVELOPES 4

#define CHUNK_NS 50000    /* tuples between looks at the clock … */
#define CHUNK_TUPLES 256u /* … or so many */
#define MEASURE_NS 20000  /* what is measured at least, for a cost … */
#define MEASURE_TUPLES 32 /* … or so many tuples */

static struct carrier *carrier_of(const struct task *t)
{
    return t->executor->carrier;
}

/* -- execute --------------------------------------------------------------- */

/* The trees of a tuple with several anchors; freed by execute_one(). */
__attribute__((noinline)) static void take_anchors(struct task *t,
                                                   const struct tuple *tuple)
{
    uint32_t n;
    const struct anchor *a = tuple_anchors(tuple, &n);

    check(n > 1);

    t->trees = xcalloc(n, sizeof(*t->trees));
    t->n_trees = n;
    for (uint32_t i = 0; i < n; i++)
        t->trees[i] = (struct tree){a[i].root, a[i].edge, t->executor->edge};
}

/* More became of an input than that it was executed. */
static inline bool is_special(const struct task *t, gale_result result)
{
    return (result != GALE_OK) | (t->special != 0);
}

static void settle_special(struct task *t, gale_result result)
{
    bolt_settle_input(t, result);
    task_forget_text(t);
}

/* What remains to be done for a tuple that is not simply acked. */
__attribute__((noinline)) static void execute_slow(struct task *t,
                                                   const struct tuple *tuple)
{
    struct tree *many;

    take_anchors(t, tuple);
    many = t->trees;
    t->view.slots = tuple_slots(tuple);
    settle_special(t, t->run_execute(&t->public, &t->view.public));
    t->trees = &t->one_tree;
    free(many);
}

/* What a tuple made is taken off the anchor it shares; that is acked with the
 * last one. */
static inline void pass_shared(struct task *t)
{
    struct executor *e = t->executor;
    const struct anchor *a = &e->sharing.at->anchor;

    if (sharing_pass(&e->sharing, 1))
        executor_ack(e, a->root, a->edge);
}

static uint32_t execute_sharing(struct task *t)
{
    gale_result result;

    tree_begin_shared(t, sharing_next(&t->executor->sharing));
    t->n_trees = 1;
    result = t->run_execute(&t->public, &t->view.public);
    if (__builtin_expect(is_special(t, result), 0)) {
        settle_special(t, result);
        t->trees = &t->one_tree;
        t->shared = NULL;
        pass_shared(t);
        return 0;
    }
    tree_end_shared(t);
    pass_shared(t);
    return 1;
}

/* One tuple; 1 if it was acked, 0 if bolt_settle_input() counted it. */
static inline uint32_t execute_one(struct task *t, const struct tuple *tuple)
{
    gale_result result;

    t->n_trees = tuple->flags;
    t->view.tuple = tuple;
    t->view.slots = (const struct slot *)(const void *)(tuple + 1);
    if (tuple->flags == TUPLE_ANCHORED) {
        tree_begin(t, (const struct anchor *)(const void *)(tuple + 1));
        t->view.slots++;
    } else if (tuple->flags == TUPLE_SHARES) {
        return execute_sharing(t);
    } else if (__builtin_expect(tuple->flags != 0, 0)) {
        execute_slow(t, tuple);
        return 0;
    }
    result = t->run_execute(&t->public, &t->view.public);
    if (__builtin_expect(is_special(t, result), 0)) {
        settle_special(t, result);
        t->trees = &t->one_tree;
        return 0;
    }
    if (t->n_trees > 0)
        executor_ack(t->executor, t->one_tree.root, t->one_tree.sum);
    return 1;
}

static const struct tuple *next_tuple(struct executor *e)
{
    return (const struct tuple *)(const void *)(e->current->block->data +
                                                e->current_offset);
}

/* Nothing more is to be executed in this run. */
static bool takes_no_more(const struct executor *e)
{
    return worker_halted(e->worker) || executor_paused(e);
}

/* The next `n` tuples of the current envelope, all for one task; fewer if the
 * worker stops or the task pauses. Moves *at behind them and returns how many.
 */
static uint32_t execute_for_one(struct task *t, const char **at, uint32_t n)
{
    uint64_t acked = 0;
    uint32_t done = 0;

    while (done < n) {
        const struct tuple *tuple = (const struct tuple *)(const void *)*at;
        uint32_t simply = execute_one(t, tuple);

        *at += tuple->size;
        acked += simply;
        done++;
        if (!simply && takes_no_more(t->executor))
            break;
    }
    t->n_acked += acked;
    return done;
}

/* The same for the task of the first of them, with some of its neighbours. */
static uint32_t execute_run(struct executor *e, const char **at, uint32_t n)
{
    struct task *t = e->tasks[((const struct tuple *)(const void *)*at)->dst];
    uint32_t done = 0;

    if (e->n_tasks > 1) /* in_callback() did it for a single one */
        atomic_store_explicit(&e->calling, t, memory_order_relaxed);
    if (executor_takes_batches(e))
        done = batch_execute(e->carrier->batch, t, at, n, e->current->stride);
    else if (e->n_tasks == 1)
        return execute_for_one(t, at, n);
    return done > 0 ? done : execute_for_one(t, at, 1);
}

/* Returns how many of n there were: fewer if the worker stops or e pauses. */
static uint32_t execute_some(struct executor *e, uint32_t n)
{
    const char *at = (const char *)next_tuple(e), *from = at;
    uint32_t done = 0;

    check(n > 0 && n <= e->current->n - e->current_done);
    while (done < n && !(done > 0 && takes_no_more(e)))
        done += execute_run(e, &at, n - done);
    e->current_offset += (uint32_t)(at - from);
    e->current_done += done;
    check(e->current_offset <= e->current->offset + e->current->bytes);
    return done;
}

/* The tasks learn where the tuples of this envelope come from … */
static void begin_envelope(struct executor *e)
{
    for (uint32_t i = 0; i < e->n_tasks; i++) {
        e->tasks[i]->view.route = e->current->route;
        e->tasks[i]->n_acked = 0;
    }
}

/* … and count what they have acked of it. */
static void count_acked(struct executor *e)
{
    for (uint32_t i = 0; i < e->n_tasks; i++) {
        struct task *t = e->tasks[i];

        counter_add(&t->inputs[e->current->route->input].acked, t->n_acked);
        t->n_acked = 0;
    }
}

static int64_t read_clock(struct carrier *c)
{
    return c->env->ops->now(c->env);
}

/* ns / n; of what is usual, without a slow division of 64 bits. */
static int64_t share_of(int64_t ns, uint32_t n)
{
    if (n == 1)
        return ns;
    return (uint64_t)ns <= UINT32_MAX ? (int64_t)((uint32_t)ns / n) : ns / n;
}

/*
 * A chunk is timed as a whole, and its last tuple by itself: that one stands
 * for all of them in the histogram. (The first would not do: it pays for the
 * caches that are cold.) Of a bolt that takes batches, each tuple has its share
 * of the time; so it has of a chunk that ends early. *each: ns of one. Returns
 * how many were executed.
 */
static uint32_t execute_timed(struct executor *e, uint32_t n, int64_t *each)
{
    struct carrier *c = e->carrier;
    uint32_t timed = executor_takes_batches(e) ? n : 1, done = 0;
    int64_t start = c->now;

    if (n > timed) {
        done = execute_some(e, n - timed);
        c->now = read_clock(c);
        if (takes_no_more(e)) {
            *each = share_of(c->now - start, done);
            return done;
        }
        start = c->now;
    }
    done += execute_some(e, timed);
    c->now = read_clock(c);
    *each = share_of(c->now - start, timed);
    return done;
}

static uint32_t execute_chunk(struct executor *e, uint32_t n)
{
    struct carrier *c = e->carrier;
    struct task *t = e->tasks[next_tuple(e)->dst];
    struct input_counters *in = &t->inputs[e->current->route->input];
    int64_t start = c->now, each;
    uint32_t done = execute_timed(e, n, &each);

    histogram_slot_add(&in->execute, each, done);
    counter_add(&in->executed, done);
    counter_add(&t->counters.busy_ns, (uint64_t)(c->now - start));
    return done;
}

/* What waits is handed over whole to a bolt that takes batches, whatever it
 * costs: it may be the call that costs, not the tuple. */
static uint32_t chunk_size(const struct executor *e)
{
    uint32_t left = e->current->n - e->current_done;
    uint32_t limit = executor_takes_batches(e) ? GALE_BATCH_MAX
                     : e->blocking             ? 1
                                               : e->chunk;

    return left < limit ? left : limit;
}

void executor_discard(struct executor *e, struct envelope *env)
{
    struct carrier *c = e->carrier;

    gate_taken(e->gate, env, c);
    block_unref(&c->pool, env->block);
    if (__builtin_expect(env->kind == ENVELOPE_FAR, 0))
        intake_taken(env, c);
    else
        block_pool_item_free(&c->pool, env);
}

static void envelope_done(struct executor *e)
{
    struct envelope *env = e->current;

    check(e->current_done == env->n);
    e->current = NULL;
    executor_discard(e, env);
}

static struct envelope *next_envelope(struct executor *e)
{
    struct envelope *env;

    while ((env = (struct envelope *)(void *)inbox_pop(&e->data)) != NULL &&
           __builtin_expect(env->kind == ENVELOPE_LOST, 0))
        executor_discard(e, env);
    return env;
}

static bool take_envelope(struct executor *e)
{
    if (e->current != NULL)
        return true;
    e->current = next_envelope(e);
    if (e->current == NULL)
        return false;
    check(e->current->n > 0 && e->current->route != NULL);
    e->current_done = 0;
    e->sharing.at = (struct shared_anchor *)(void *)(e->current->block->data +
                                                     e->current->shared);
    e->sharing.left = 0;
    e->current_offset = e->current->offset;
    return true;
}

static void no_input(struct task *t)
{
    t->trees = &t->one_tree;
    t->n_trees = 0;
    t->view.tuple = &tuple_none;
}

static void in_callback(struct executor *e, bool on)
{
    for (uint32_t i = 0; i < e->n_tasks; i++) {
        if (on)
            task_enter(e->tasks[i], CALL_EXECUTE);
        else
            task_leave(e->tasks[i]);
        no_input(e->tasks[i]);
    }
}

static uint32_t chunk_for(double cost_ns)
{
    double n = CHUNK_NS / cost_ns;

    return n < 1 ? 1 : n > CHUNK_TUPLES ? CHUNK_TUPLES : (uint32_t)n;
}

/* The cost of what was executed, for the gate in front; of a few quick tuples,
 * together with the next ones. */
static void update_credit(struct executor *e, int64_t busy, uint64_t n)
{
    e->measured_ns += busy;
    e->measured_n += n;
    if (n == 0 || (e->cost_ns > 0 && e->measured_n < MEASURE_TUPLES &&
                   e->measured_ns + e->stalled_ns < MEASURE_NS))
        return;
    e->cost_ns =
        credit_measure(&e->meter, e->measured_ns, e->stalled_ns, e->measured_n);
    e->chunk = chunk_for(e->cost_ns);
    e->measured_ns = e->stalled_ns = 0;
    e->measured_n = 0;
    gate_limit(e->gate, executor_credit(e));
}

/* Something was emitted or acked, which cannot wait until the next call
 * returns. */
static bool owes_others(const struct executor *e)
{
    const struct carrier *c = e->carrier;

    return e->dirty != NULL || c->n_acks > 0 || c->n_batches > 0;
}

/* After so much of a run. Long callbacks of others make it longer: see
 * long_runs.h. */
static bool may_go_on(const struct carrier *c, int64_t start,
                      uint32_t envelopes)
{
    int64_t ran = c->now - start;

    if (c->longest > 0)
        return ran < c->longest / 2;
    return ran < RUN_NS && envelopes < RUN_ENVELOPES;
}

static void execute_envelopes(struct executor *e)
{
    struct carrier *c = e->carrier;
    int64_t start = c->now;
    uint32_t envelopes = 0;
    uint64_t n = 0;

    in_callback(e, true);
    while (e->stalled == NULL && may_go_on(c, start, envelopes) &&
           take_envelope(e)) {
        begin_envelope(e);
        n += execute_chunk(e, chunk_size(e));
        count_acked(e);
        if (worker_halted(e->worker))
            break;
        if (e->current_done == e->current->n) {
            envelope_done(e);
            envelopes++;
        }
        if (executor_paused(e) || (e->blocking && owes_others(e)))
            break;
    }
    in_callback(e, false);
    c->fresh = n > 0;
    update_credit(e, c->now - start, n);
}

/* -- ticks ----------------------------------------------------------------- */

static void tick_due(struct timer *timer, int64_t now)
{
    struct bolt_part *bp =
        (struct bolt_part *)(void *)((char *)timer -
                                     offsetof(struct bolt_part, tick_timer));
    struct carrier *c = carrier_of(bp->task);
    int64_t late = now - timer->due;

    check(bp->tick_ns > 0 && late >= 0);
    bp->tick_due = true;
    /* The beat stays; what was slept through is left out. */
    timers_add(&c->timers, timer, now + bp->tick_ns - late % bp->tick_ns);
    carrier_schedule(bp->task->executor, c);
}

void bolt_tick_every(struct task *t, int64_t ns)
{
    struct bolt_part *bp = t->bolt;

    if (bp == NULL || t->component->bolt.tick == NULL)
        return;
    bp->tick_ns = ns > 0 ? ns : 0;
    if (ns > 0)
        timers_change(&carrier_of(t)->timers, &bp->tick_timer,
                      carrier_of(t)->now + ns);
    else
        timers_remove(&carrier_of(t)->timers, &bp->tick_timer);
}

static void tick(struct task *t)
{
    struct carrier *c = carrier_of(t);

    t->bolt->tick_due = false;
    task_enter(t, CALL_TICK);
    no_input(t);
    task_result(t, "tick", t->component->bolt.tick(&t->public));
    task_leave(t);
    c->now = c->env->ops->now(c->env); /* it may have taken long */
}

static void tick_tasks(struct executor *e)
{
    for (uint32_t i = 0; i < e->n_tasks; i++)
        if (e->tasks[i]->bolt->tick_due)
            tick(e->tasks[i]);
}

/* -- running --------------------------------------------------------------- */

enum run_result bolt_run(struct executor *e)
{
    executor_control(e);
    if (worker_halted(e->worker) || e->closed)
        return RUN_IDLE;
    executor_unstall(e);
    if (e->stalled == NULL && e->opened) {
        tick_tasks(e);
        if (!executor_paused(e))
            execute_envelopes(e);
    }
    if (e->stalled != NULL)
        return RUN_STALLED;
    if (executor_paused(e))
        return RUN_IDLE; /* what resumes it runs in a callback of it */
    if (e->current != NULL || !inbox_empty(&e->data))
        return RUN_MORE;
    gate_drained(e->gate, e->carrier);
    return RUN_IDLE;
}

/* -- life ------------------------------------------------------------------ */

static void prepare(struct task *t)
{
    const gale_bolt *bolt = &t->component->bolt;
    const struct model *m = t->executor->worker->model;

    if (worker_halted(t->executor->worker))
        return;
    if (config_is_set(m, t->component, "topology.tick.tuple.freq.secs"))
        bolt_tick_every(
            t, (int64_t)(1e9 * config_float(m, t->component,
                                            "topology.tick.tuple.freq.secs")));
    t->opened = true;
    if (t->hooks != NULL)
        hooks_prepare(t);
    task_enter(t, CALL_PREPARE);
    if (bolt->prepare != NULL)
        task_result(t, "prepare", bolt->prepare(&t->public));
    task_leave(t);
    task_allow_emit(t, true);
}

static void finish(struct task *t)
{
    const gale_bolt *bolt = &t->component->bolt;

    bolt_tick_every(t, 0); /* nothing may come after the end */
    t->bolt->tick_due = false;
    if (bolt->end_of_input == NULL || worker_halted(t->executor->worker))
        return;
    task_enter(t, CALL_END_OF_INPUT);
    no_input(t);
    task_result(t, "end_of_input", bolt->end_of_input(&t->public));
    task_leave(t);
}

static void cleanup(struct task *t)
{
    const gale_bolt *bolt = &t->component->bolt;

    task_allow_emit(t, false);
    bolt_tick_every(t, 0);
    input_resume(t);
    task_enter(t, CALL_CLEANUP);
    no_input(t);
    if (bolt->cleanup != NULL)
        bolt->cleanup(&t->public);
    task_leave(t);
    if (t->hooks != NULL)
        hooks_cleanup(t);
    outbox_close(t);
}

/* All that it was is gone. */
static void begin_anew(struct task *t)
{
    timers_remove(&carrier_of(t)->timers, &t->bolt->tick_timer);
    input_resume(t);
    bolt_part_free(t->bolt);
    t->bolt = bolt_part_new(t);
    counter_set(&t->counters.held, 0);
    no_input(t);
    prepare(t);
}

void bolt_control(struct task *t, enum message_kind kind)
{
    switch (kind) {
    case MESSAGE_RESET:
        begin_anew(t);
        break;
    case MESSAGE_OPEN:
        prepare(t);
        break;
    case MESSAGE_FINISH:
        finish(t);
        break;
    case MESSAGE_CLOSE:
        if (t->opened)
            cleanup(t);
        break;
    default:
        break;
    }
}

struct bolt_part *bolt_part_new(struct task *t)
{
    struct bolt_part *bp = xcalloc(1, sizeof(*bp));

    bp->task = t;
    bp->tick_timer.fire = tick_due;
    held_init(&bp->held, (uint32_t)random_next(&t->random));
    return bp;
}

void bolt_part_free(struct bolt_part *bp)
{
    if (bp == NULL)
        return;
    retained_fini(bp);
    held_fini(&bp->held);
    free(bp);
}
