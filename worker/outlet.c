/* outlet.c - slices and blocks: from what is written to envelopes; see
 * outlet.h.
 */
#include "worker/outlet.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/memory_wait.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <stdlib.h>

/*
 * However full a consumer is, every producer may have one small slice under way
 * to it: who has nothing there need not wait for what others have there. A
 * shuffle has looked for room elsewhere and found none.
 */
#define EXCLUSIVE_BYTES 512u

/*
 * What waits for a consumer that is busy goes out all the same when its
 * producer has worked so long for each of its outlets: sending is little beside
 * that, and consumers that others keep busy get it in time.
 */
#define SEND_AFTER_NS 20000

/* Fewer slices than that, or more tuples in one, are sent without a thought. */
#define THIN_SLICES 8u
#define THIN_TUPLES 16u

/* One task gets no more at a time than this part of what each has got so far,
 * so that few tuples come out even, too; but not among very many tasks, where
 * slices would stay small for long, which halves the rate. */
#define TURNS 8u
#define TURN_MIN 2u

/* Among very many tasks, one gets so many in a row, but no more than this part
 * of all that were dealt. */
#define STAY_MAX 1024u
#define STAY_PART 4u

#define SHUFFLE_WINDOW 64u /* tasks that one choice looks at */

static struct carrier *carrier_of(const struct outlet *o)
{
    return o->from->carrier;
}

/* A loop that looks at what its emits return ends; one that does not goes on,
 * and needs no more memory. */
static void refuse_emits(struct executor *e)
{
    for (uint32_t i = 0; i < e->n_tasks; i++)
        task_allow_emit(e->tasks[i], false);
}

/* A spout stops after this callback. Past the limit the run has failed:
 * worker_fail_for_memory(). */
static void meet_scarcity(struct executor *e)
{
    if (!memory_wait_meets(e) &&
        budget_state(&e->worker->budget) == BUDGET_PASSED)
        refuse_emits(e);
}

/* The producer stops after this callback; until then it may go on for a
 * while. */
static void stall(struct outlet *o, uint32_t bytes)
{
    struct executor *e = o->from;
    struct worker *w = e->worker;
    char text[600];

    e->stalled = o->to->gate;
    e->excess += bytes;
    if (e->excess <= w->config.max_emit_bytes)
        return;
    snprintf(
        text, sizeof(text),
        "\"%s\" emitted more than gale.topology.max.emit.bytes, %llu, from "
        "one callback while \"%s\" was full: emit less at a time",
        e->component->id, (unsigned long long)w->config.max_emit_bytes,
        o->to->component->id);
    worker_fail(w, text);
    refuse_emits(e);
}

static uint16_t stride_of(const struct outlet *o)
{
    uint32_t size = (uint32_t)o->head;

    return o->unlike == 0 && size <= UINT16_MAX ? (uint16_t)size : 0;
}

/* True if the watcher has taken it. */
__attribute__((noinline)) static bool is_watched(struct watcher *w,
                                                 struct envelope *env)
{
    w->sent(w, env);
    return w->takes != NULL && w->takes(w, env);
}

/* The slice, charged with `waste` bytes more; the next one begins behind it. */
static struct envelope *take_slice(struct outlet *o, uint32_t waste)
{
    struct envelope *env = block_pool_item(&carrier_of(o)->pool);

    env->block = o->block;
    env->route = o->route;
    env->outlet = o;
    env->offset = (uint32_t)(o->slice - o->block->data);
    env->n = o->n;
    env->bytes =
        (uint32_t)(o->cursor - o->slice + (o->shared - o->end)) + waste;
    env->shared = (uint32_t)(o->shared - o->block->data);
    env->kind = 0;
    env->stride = stride_of(o);
    block_ref(o->block);
    o->from->last_anchor = NULL; /* it is the consumer's now */
    o->slice = o->cursor;
    o->shared = o->end;
    o->n = 0;
    return env;
}

/* Counts it as sent; the producer stops if the consumer has no room for it. */
static void charge(struct outlet *o, const struct envelope *env)
{
    struct gate *gate = o->to->gate;
    uint32_t in_flight =
        o->sent++ - atomic_load_explicit(&o->done, memory_order_acquire);

    o->n_max = atomic_load_explicit(&gate->slice, memory_order_relaxed);
    gate_sent(gate, gate_load(env->n, env->bytes));
    if (!o->route->in_cycle && gate_full(gate, 2) &&
        (in_flight > 0 || env->bytes > EXCLUSIVE_BYTES ||
         route_is_shuffle(o->route)))
        stall(o, env->bytes);
}

static void send_charged(struct outlet *o, uint32_t waste)
{
    struct executor *to = o->to;
    struct carrier *c = carrier_of(o);
    struct envelope *env;
    bool chain;

    check(o->n > 0 && o->slice < o->cursor && o->cursor <= o->end);

    env = take_slice(o, waste);
    charge(o, env);
    if (__builtin_expect(to->worker->watcher != NULL, 0) &&
        is_watched(to->worker->watcher, env))
        return;
    chain = env->bytes >= CARRIER_CHAIN_BYTES;
    carrier_begins(c);
    inbox_push(&to->data, &env->node); /* it is the consumer's now, or gone */
    FAULT_POINT("slice_pushed");
    c->chain = chain;
    carrier_schedule(to, c);
}

void outlet_send(struct outlet *o)
{
    if (o->n > 0)
        send_charged(o, 0);
}

static void forget_block(struct outlet *o)
{
    if (o->from->spare == o)
        o->from->spare = NULL;
    o->block = NULL;
    o->slice = o->cursor = o->end = o->shared = NULL;
}

static void drop_block(struct outlet *o)
{
    check(o->block != NULL);
    block_unref(&carrier_of(o)->pool, o->block);
    forget_block(o);
}

/* The block is full: the next one may be larger. */
void outlet_close(struct outlet *o)
{
    if (o->block == NULL)
        return;
    outlet_send(o);
    drop_block(o);
    if (o->block_class < o->block_class_max)
        o->block_class++;
}

/* May it be the one that keeps its block? */
static bool may_be_spare(const struct outlet *o)
{
    const struct outlet *spare = o->from->spare;

    return (spare == NULL || spare == o || spare->n > 0) &&
           (size_t)(o->end - o->cursor) >= o->block->size / 4;
}

/*
 * Send what there is and part with the block. One outlet of the executor keeps
 * its block, if there is room in it, for whichever of them writes next; any
 * other block is closed, its unused rest charged to the consumer, and the
 * outlet's next block is smaller if most of it was rest.
 */
static void release(struct outlet *o)
{
    uint32_t room = (uint32_t)(o->end - o->cursor);
    bool keep;

    check(o->block != NULL && o->cursor <= o->end);
    keep = may_be_spare(o);
    if (o->n > 0)
        send_charged(o, keep ? 0 : room);
    if (keep) {
        o->from->spare = o;
        return;
    }
    if (o->block_class > 0 && !route_is_shuffle(o->route) &&
        room > o->block->size / 4 * 3)
        o->block_class--;
    drop_block(o);
}

static bool take_spare(struct outlet *o, uint32_t size)
{
    struct outlet *spare = o->from->spare;

    if (spare == NULL || spare->n > 0 ||
        (size_t)(spare->end - spare->cursor) < size)
        return false;
    check(spare->block != NULL && spare != o);
    o->block = spare->block;
    o->slice = o->cursor = spare->cursor;
    o->end = o->shared = spare->end;
    forget_block(spare);
    return true;
}

void outlet_open(struct outlet *o, uint32_t size)
{
    uint32_t whole = size + BLOCK_HEADER, class = o->block_class;

    task_check_thread(o->from->tasks[0], "gale_emit()");
    o->n_max = atomic_load_explicit(&o->to->gate->slice, memory_order_relaxed);
    check(o->block == NULL && o->n == 0);
    if (take_spare(o, size))
        return;
    if (whole > (BLOCK_SIZE_MIN << class))
        class = size > BLOCK_SIZE_MAX / 2 ? BLOCK_OWN : block_class(whole);
    o->block = block_new(&carrier_of(o)->pool, class, size);
    if (memory_is_scarce(o->from->worker))
        meet_scarcity(o->from);
    o->slice = o->cursor = o->block->data;
    o->end = o->shared = (char *)o->block + o->block->size;
    check((size_t)(o->end - o->cursor) >= size);
}

/* Returns how many were kept, since their consumers have something to do. */
static uint32_t flush(struct executor *e, bool all)
{
    struct outlet **link = &e->dirty, *o;
    uint32_t kept = 0;

    while ((o = *link) != NULL) {
        if (!all && o->n > 0 &&
            atomic_load_explicit(&o->to->scheduled, memory_order_relaxed)) {
            link = &o->next_dirty;
            kept++;
            continue;
        }
        check(o->from == e && o->dirty);
        if (o->block != NULL)
            release(o);
        o->dirty = false;
        *link = o->next_dirty;
    }
    return kept;
}

void outbox_flush(struct executor *e, bool all)
{
    uint32_t kept = flush(e, all);

    if (kept > 0 && e->unsent_ns > (int64_t)kept * SEND_AFTER_NS)
        kept = flush(e, true);
    if (kept == 0)
        e->unsent_ns = 0;
}

/* The slices that were begun last are the thinnest. */
bool outbox_is_thin(const struct executor *e)
{
    const struct outlet *o = e->dirty;
    uint32_t tuples = 0, slices = 0;

    for (; o != NULL && slices < THIN_SLICES; o = o->next_dirty, slices++)
        tuples += o->n;
    return tuples < slices * THIN_TUPLES;
}

/* What is written and not sent is gone. */
static void empty(struct outlet *o)
{
    if (o->block != NULL)
        drop_block(o);
    o->n = 0;
}

void outbox_close(struct task *task)
{
    struct executor *e = task->executor;

    for (uint32_t d = 0; d < task->n_destinations; d++) {
        struct destination *dest = &task->destinations[d];

        for (uint32_t i = 0; i < dest->n_executors; i++)
            if (dest->outlets[i] != NULL)
                empty(dest->outlets[i]);
    }
    e->last_anchor = NULL;
}

void outbox_forget(struct executor *e)
{
    struct outlet *o;

    while ((o = e->dirty) != NULL) {
        e->dirty = o->next_dirty;
        o->dirty = false;
    }
    for (uint32_t i = 0; i < e->n_tasks; i++)
        outbox_close(e->tasks[i]);
    check(e->spare == NULL);
    e->unsent_ns = 0;
}

/* Shuffle fills one block after the other; with keys, one is open for each
 * destination, so they begin small and grow when they get full. */
struct outlet *outlet_new(struct task *task, const struct route *r,
                          uint32_t executor)
{
    struct outlet *o =
        memory_check(aligned_alloc(64, sizeof(*o)), 1, sizeof(*o));
    struct destination *to = r->to;

    check(executor < to->n_executors && to->outlets[executor] == NULL);
    memset(o, 0, sizeof(*o));
    o->from = task->executor;
    o->to = to->executors[executor];
    o->block_class_max = to->block_class;
    o->block_class =
        route_is_shuffle(r) || to->block_class < 2 ? to->block_class : 2;
    to->outlets[executor] = o;
    return o;
}

void outlet_free(struct outlet *o)
{
    if (o == NULL)
        return;
    check(o->n == 0 && !o->dirty &&
          o->sent == atomic_load_explicit(&o->done, memory_order_relaxed));
    empty(o);
    free(o);
}

/* -- shuffle
 * ---------------------------------------------------------------- */

/* What a shuffle knows of the tasks it has looked at. */
struct shuffle_look {
    uint32_t best;     /* not full, and got least so far; UINT32_MAX: none is */
    uint32_t shortest; /* least waits before it; of equals, who got least */
    uint64_t waiting;  /* … so many tuples */
};

/* What waits is the executor's, so all of its tasks are equals there. */
static bool is_shorter(const struct shuffle_look *l, const struct route *r,
                       uint32_t task, uint64_t waiting)
{
    return waiting < l->waiting ||
           (waiting == l->waiting && r->used[task] < r->used[l->shortest]);
}

static void look_at_task(struct shuffle_look *l, struct route *r, uint32_t task)
{
    struct gate *g = outlet_gate(r, task);
    uint64_t load = gate_queued(g), waiting = load >> GATE_BYTES_BITS;

    if (!gate_would_be_full(g, load, 2) &&
        (l->best == UINT32_MAX || r->used[task] < r->used[l->best]))
        l->best = task;
    if (is_shorter(l, r, task, waiting)) {
        l->shortest = task;
        l->waiting = waiting;
    }
}

static uint32_t stay_for(uint64_t dealt)
{
    uint64_t part = dealt / STAY_PART;

    return part < STAY_MAX ? (uint32_t)part : STAY_MAX;
}

static uint32_t task_behind(const struct route *r, uint32_t task)
{
    uint32_t next = task + 1 < r->to->n_tasks ? task + 1 : 0;

    return r->here != NULL ? r->here[next] : next;
}

/*
 * The task that got least so far, among those that are not full; if all are,
 * the one before which least waits, and of equals the one that got least. Then
 * the next in turn. With very many tasks, a window of them that moves on.
 */
uint32_t outlet_shuffle_next(struct route *r)
{
    uint32_t n = r->to->n_tasks, next = r->current;
    struct shuffle_look look = {UINT32_MAX, 0, UINT64_MAX};

    check(next < n);

    r->used[r->current] += r->taken;
    r->dealt += r->taken;
    r->taken = 0;
    if (n <= SHUFFLE_WINDOW) {
        r->turn = r->dealt / (TURNS * n) + TURN_MIN;
    } else {
        r->turn = UINT64_MAX;
        r->stay = stay_for(r->dealt);
    }
    if (r->exact)
        return task_behind(r, next);
    for (uint32_t i = 0; i < n && i < SHUFFLE_WINDOW; i++) {
        next = task_behind(r, next);
        look_at_task(&look, r, next);
    }
    return look.best != UINT32_MAX ? look.best : look.shortest;
}
