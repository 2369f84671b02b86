/* witness.c - callbacks and host functions that keep books; see witness.h. */
#include "simulator/witness.h"
#include "simulator/between.h"
#include "simulator/invariants.h"
#include "simulator/network.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/bolt_task.h"
#include "worker/grouper.h"
#include "worker/outlet.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <gale/batch.h>

/* A tuple of the batch under way. */
struct in_batch {
    const struct tuple *tuple;
    uint64_t root; /* 0: none */
    bool apart;    /* it was settled or held by itself */
};

struct witness {
    struct between between; /* first: what between_of() finds */
    struct world *world;
    struct ledger *ledger;
    struct network *network; /* NULL: none */
    struct invariants *invariants;
    gale_batch_host batch_host;
    const gale_batch_host *plain_batch_host;
    const struct task *called;  /* the last; NULL: none yet */
    const struct task *failing; /* the last that did; NULL: none has */

    /* The batch under way. */
    struct in_batch batch[GALE_BATCH_MAX];
    uint32_t n_batch; /* 0: none is */
    const struct task *batch_task;
};

static struct witness *witness_of(const struct task *t)
{
    return (struct witness *)(void *)between_of(t);
}

/* -- what tuples are ------------------------------------------------------- */

static uint64_t content_of(const struct tuple *tuple)
{
    const char *from = (const char *)tuple_slots(tuple);

    return XXH3_64bits(from,
                       (size_t)((const char *)tuple + tuple->size - from));
}

/* While it is under way, no other one lies there. */
static uint64_t name_of(const struct tuple *tuple)
{
    return (uint64_t)(uintptr_t)tuple;
}

/* Its trees, at most `max`; s is where the reader of the slice is. */
static uint32_t roots_of(const struct tuple *tuple, struct sharing *s,
                         uint64_t *roots, uint32_t max)
{
    const struct anchor *anchors;
    uint32_t n;

    if (tuple->flags & TUPLE_SHARES) {
        roots[0] = sharing_next(s)->anchor.root;
        sharing_pass(s, 1);
        return 1;
    }
    anchors = tuple_anchors(tuple, &n);
    check(n <= max);
    for (uint32_t i = 0; i < n; i++)
        roots[i] = anchors[i].root;
    return n;
}

static uint32_t anchors_of(const struct tuple *tuple)
{
    uint32_t n;

    tuple_anchors(tuple, &n);
    return n + 1;
}

/* -- sent ------------------------------------------------------------------ */

static void note_key(struct witness *w, const struct route *r,
                     const struct tuple *tuple, int32_t to)
{
    uint64_t where = mix64((uintptr_t)r->to->component) ^ r->input;
    uint64_t key = r->n_key;
    struct slot words;

    for (uint32_t i = 0; i < r->n_key; i++) {
        const struct slot *slot = tuple_slots(tuple) + r->key[i];
        gale_value v = slot_value(tuple, slot);

        if (!grouper_key(*slot, &v, r->seed, &words))
            return;
        key = mix64(key ^ words.head) ^ mix64(words.word);
    }
    ledger_key(w->ledger, where, key, to);
}

static void note_sent(struct witness *w, const struct envelope *env,
                      const struct tuple *tuple, struct sharing *s)
{
    const struct executor *to = env->outlet->to;
    uint32_t max = anchors_of(tuple);
    uint64_t *roots = xcalloc(max, sizeof(*roots));
    uint32_t n = roots_of(tuple, s, roots, max);
    int32_t id = to->tasks[tuple->dst]->id;

    ledger_sent(w->ledger, env->route->source_task, id, name_of(tuple), roots,
                n);
    if (env->route->kind == GALE_BY_FIELDS)
        note_key(w, env->route, tuple, id);
    free(roots);
}

static void sent(struct watcher *watcher, const struct envelope *env)
{
    const char *at = env->block->data + env->offset;
    struct sharing s = {(void *)(env->block->data + env->shared), 0};

    for (uint32_t i = 0; i < env->n; i++) {
        const struct tuple *tuple = (const struct tuple *)(const void *)at;

        note_sent((struct witness *)(void *)watcher, env, tuple, &s);
        at += tuple->size;
    }
}

static bool takes(struct watcher *watcher, struct envelope *env)
{
    struct witness *w = (struct witness *)(void *)watcher;

    return w->network != NULL && network_takes(w->network, env);
}

static bool takes_acks(struct watcher *watcher, struct carrier *from,
                       struct ack_batch *acks)
{
    struct witness *w = (struct witness *)(void *)watcher;

    return w->network != NULL && network_takes_acks(w->network, from, acks);
}

/* -- lost ------------------------------------------------------------------ */

static void lost(struct watcher *watcher, const struct envelope *env,
                 uint32_t n)
{
    struct witness *w = (struct witness *)(void *)watcher;
    const struct executor *to = env->outlet->to;
    const char *at = env->block->data + env->offset;

    for (uint32_t i = 0; i < env->n; i++) {
        const struct tuple *tuple = (const struct tuple *)(const void *)at;

        if (i >= n)
            ledger_lost(w->ledger, env->route->source_task,
                        to->tasks[tuple->dst]->id, name_of(tuple));
        at += tuple->size;
    }
}

void witness_lost(struct witness *w, const struct envelope *env)
{
    lost(&w->between.watcher, env, 0);
}

/* The engine has settled messages that the spout has not heard of. */
static void hear_the_last(struct witness *w, struct task *t)
{
    struct settled_queue *q = &t->spout->settled;

    while (q->n > 0) {
        const struct settled *s = settled_pop(q);

        if (s->acked && t->spout->tracks)
            ledger_acked(w->ledger, t->id, s->id);
    }
    ledger_abandon(w->ledger, t->id);
}

static void resets(struct watcher *watcher, struct executor *e)
{
    struct witness *w = (struct witness *)(void *)watcher;

    invariants_restarts(w->invariants, e->n_tasks);
    for (uint32_t i = 0; i < e->n_tasks; i++) {
        world_note(w->world, WITNESS_NOTE_RESET, (uint64_t)e->tasks[i]->id, 0);
        if (e->tasks[i]->spout != NULL)
            hear_the_last(w, e->tasks[i]);
    }
}

static void finished(struct watcher *watcher)
{
    struct witness *w = (struct witness *)(void *)watcher;
    struct env *env = world_env(w->world);

    invariants_end(w->invariants, env->ops->now(env));
}

/* -- executed -------------------------------------------------------------- */

static void note_executed(struct witness *w, const struct task *t,
                          const struct tuple *tuple)
{
    uint64_t content = content_of(tuple);

    world_note(w->world, WITNESS_NOTE_EXECUTE, (uint64_t)t->id, content);
    ledger_executed(w->ledger, t->view.route->source_task, t->id,
                    name_of(tuple));
}

static bool acks(gale_result result)
{
    return result == GALE_OK || result == GALE_DROP;
}

/* The trees of the input may be gone when it has been held. */
static uint64_t *copy_roots(const struct task *t)
{
    uint64_t *roots = xcalloc(t->n_trees + 1, sizeof(*roots));

    for (uint32_t i = 0; i < t->n_trees; i++)
        roots[i] = t->trees[i].root;
    return roots;
}

static gale_result execute(gale_task *public, const gale_tuple *in)
{
    struct task *t = task_of(public);
    struct witness *w = witness_of(t);
    uint64_t *roots = copy_roots(t);
    uint32_t n = t->n_trees;
    gale_result result;

    w->called = t;
    note_executed(w, t, t->view.tuple);
    result = between_plain(t)->bolt.execute(public, in);
    if (acks(result) && !t->marked && !t->held)
        ledger_done(w->ledger, roots, n);
    else if (!acks(result) || t->marked)
        w->failing = t;
    free(roots);
    return result;
}

/* -- batches --------------------------------------------------------------- */

static void begin_batch(struct witness *w, const struct task *t, uint32_t n)
{
    const char *at = (const char *)t->view.tuple;
    struct sharing s = t->executor->sharing;

    check(n <= GALE_BATCH_MAX && w->n_batch == 0);
    w->n_batch = n;
    w->batch_task = w->called = t;
    for (uint32_t i = 0; i < n; i++) {
        struct in_batch *b = &w->batch[i];

        *b =
            (struct in_batch){(const struct tuple *)(const void *)at, 0, false};
        roots_of(b->tuple, &s, &b->root, 1);
        note_executed(w, t, b->tuple);
        at += b->tuple->size;
    }
}

/* NULL if the task's input is not of a batch. */
static struct in_batch *input_in_batch(struct witness *w, const struct task *t)
{
    for (uint32_t i = 0; i < w->n_batch; i++)
        if (w->batch[i].tuple == t->view.tuple)
            return &w->batch[i];
    return NULL;
}

static void settle_in_batch(struct witness *w, struct in_batch *b,
                            gale_result result)
{
    if (b->apart)
        return;
    b->apart = true;
    if (!acks(result))
        w->failing = w->batch_task;
    else if (b->root != 0)
        ledger_done(w->ledger, &b->root, 1);
}

static void end_batch(struct witness *w, gale_result result)
{
    for (uint32_t i = 0; i < w->n_batch; i++)
        settle_in_batch(w, &w->batch[i], result);
    w->n_batch = 0;
}

/* The table that the batch has is the witness's own. */
static struct witness *witness_of_batch(const gale_batch *in)
{
    return (struct witness *)(void *)((char *)(uintptr_t)in->host -
                                      offsetof(struct witness, batch_host));
}

static void settle(gale_batch *in, uint32_t i, gale_result result)
{
    struct witness *w = witness_of_batch(in);

    if (i < w->n_batch)
        settle_in_batch(w, &w->batch[i], result);
    w->plain_batch_host->settle(in, i, result);
}

static gale_result execute_batch(gale_task *public, gale_batch *in)
{
    struct task *t = task_of(public);
    struct witness *w = witness_of(t);
    gale_result result;

    begin_batch(w, t, in->n);
    w->plain_batch_host = in->host;
    w->batch_host = *in->host;
    w->batch_host.settle = settle;
    in->host = &w->batch_host;
    result = between_plain(t)->bolt.execute_batch(public, in);
    in->host = w->plain_batch_host;
    end_batch(w, result);
    return result;
}

/* -- held inputs ----------------------------------------------------------- */

static gale_handle hold(gale_task *public, const gale_tuple *in)
{
    struct task *t = task_of(public);
    struct in_batch *b = input_in_batch(witness_of(t), t);
    gale_handle handle = task_host.hold(public, in);

    if (b != NULL && handle.id != 0)
        b->apart = true;
    return handle;
}

static void ack(gale_task *public, gale_handle handle)
{
    struct task *t = task_of(public);
    const struct held_input *in =
        t->bolt != NULL ? held_find(&t->bolt->held, handle) : NULL;

    for (uint32_t i = 0; in != NULL && i < in->n_trees; i++)
        ledger_done(witness_of(t)->ledger, &in->trees[i].root, 1);
    task_host.ack(public, handle);
}

static void fail_held(gale_task *public, gale_handle handle)
{
    witness_of(task_of(public))->failing = task_of(public);
    task_host.fail(public, handle);
}

/* -- messages -------------------------------------------------------------- */

/* A spout that has a `fail` hears by the id what to emit again, and so does the
 * engine count; to one that has none, ids say nothing. */
static void look_for_twin(struct witness *w, const struct task *t,
                          gale_msgid id)
{
    if (ledger_is_open(w->ledger, t->id, id))
        ledger_break(w->ledger,
                     "L: spout \"%s\" emits message (%llu, %llu) of task %d "
                     "while it is pending: ids must differ until they are "
                     "acked or failed",
                     t->component->id, (unsigned long long)id.hi,
                     (unsigned long long)id.lo, t->id);
}

static void note_message(struct task *t, gale_msgid id)
{
    struct witness *w = witness_of(t);
    uint64_t number = t->spout->pending.next - 1;
    uint64_t root = (uint64_t)t->id << PENDING_SEQ_BITS | number;

    if (!t->spout->tracks)
        return;
    world_note(w->world, WITNESS_NOTE_EMIT, (uint64_t)t->id, root);
    if (between_plain(t)->spout.fail != NULL)
        look_for_twin(w, t, id);
    ledger_message(w->ledger, t->id, id, root);
}

static gale_result emit_msg(gale_task *public, gale_msgid id,
                            const gale_value *values, uint32_t n)
{
    struct task *t = task_of(public);
    gale_result result = task_host.emit_msg(public, id, values, n);

    if (result == GALE_OK && t->spout != NULL)
        note_message(t, id);
    return result;
}

static gale_result emit_with(gale_task *public, gale_emit_opts *opts,
                             const gale_value *values, uint32_t n)
{
    struct task *t = task_of(public);
    gale_result result = task_host.emit_with(public, opts, values, n);

    if (result == GALE_OK && opts->id != NULL && t->spout != NULL)
        note_message(t, *opts->id);
    return result;
}

static void acked(gale_task *public, gale_msgid id)
{
    struct task *t = task_of(public);
    struct witness *w = witness_of(t);

    world_note(w->world, WITNESS_NOTE_ACK, (uint64_t)t->id, id.hi ^ id.lo);
    if (t->spout->tracks)
        ledger_acked(w->ledger, t->id, id);
    if (between_plain(t)->spout.ack != NULL)
        between_plain(t)->spout.ack(public, id);
}

static void note_failed(struct witness *w, const struct task *t, gale_msgid id)
{
    world_note(w->world, WITNESS_NOTE_FAIL, (uint64_t)t->id, id.hi ^ id.lo);
    ledger_failed(w->ledger, t->id, id);
}

static void failed(gale_task *public, gale_msgid id)
{
    struct task *t = task_of(public);

    note_failed(witness_of(t), t, id);
    between_plain(t)->spout.fail(public, id);
}

/* A spout that has a `fail` is told by it; one that has none must not get one,
 * or the engine would expect it to emit the message again. */
static void unheard(struct watcher *watcher, struct task *t, gale_msgid id)
{
    struct witness *w = (struct witness *)(void *)watcher;

    note_failed(w, t, id);
    ledger_give_up(w->ledger, t->id, id);
}

static void give_up(gale_task *public, gale_msgid id)
{
    ledger_give_up(witness_of(task_of(public))->ledger, task_of(public)->id,
                   id);
    task_host.give_up(public, id);
}

static gale_result next(gale_task *public)
{
    struct task *t = task_of(public);

    witness_of(t)->called = t;
    return between_plain(t)->spout.next(public);
}

/* -- posted calls ---------------------------------------------------------- */

static void post(gale_task *public, gale_post_fn *fn, void *arg)
{
    struct witness *w = witness_of(task_of(public));

    if (world_is_here(world_env(w->world)))
        w->called = task_of(public);
    between_post(public, fn, arg);
}

/* -- positions ------------------------------------------------------------- */

static uint64_t position_hash(const char *split, size_t split_size,
                              const char *bytes, size_t size)
{
    return mix64(XXH3_64bits(split, split_size)) ^ XXH3_64bits(bytes, size);
}

static gale_result position_set(gale_task *public, gale_str split,
                                gale_str bytes)
{
    struct task *t = task_of(public);
    gale_result result = task_host.position_set(public, split, bytes);

    if (result == GALE_OK && t->spout != NULL)
        ledger_position(
            witness_of(t)->ledger, t->id,
            position_hash(split.data, split.size, bytes.data, bytes.size));
    return result;
}

/* Where its task goes on, if it has lived before. */
static void note_positions(const struct task *t)
{
    const struct positions *p = &t->spout->positions;
    uint64_t *hashes = xcalloc(p->n + 1, sizeof(*hashes));
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n; i++)
        if (p->splits[i].durable.set)
            hashes[n++] = position_hash(
                p->splits[i].name, p->splits[i].name_size,
                p->splits[i].durable.bytes, p->splits[i].durable.size);
    ledger_go_on(witness_of(t)->ledger, t->id, hashes, n);
    free(hashes);
}

static gale_result open_spout(gale_task *public)
{
    struct task *t = task_of(public);

    note_positions(t);
    return between_plain(t)->spout.open != NULL
               ? between_plain(t)->spout.open(public)
               : GALE_OK;
}

/* -- taking its place ------------------------------------------------------ */

static void wrap_component(struct component *c, bool batches)
{
    if (c->is_spout) {
        c->spout.open = open_spout;
        c->spout.next = next;
        c->spout.ack = acked;
        if (c->spout.fail != NULL)
            c->spout.fail = failed;
        return;
    }
    c->bolt.execute = execute;
    if (c->bolt.execute_batch != NULL)
        c->bolt.execute_batch = batches ? execute_batch : NULL;
}

static void wrap_hosts(gale_task_host *host)
{
    host->hold = hold;
    host->ack = ack;
    host->fail = fail_held;
    host->post = post;
    host->emit_msg = emit_msg;
    host->give_up = give_up;
    host->position_set = position_set;
    host->emit_with = emit_with;
}

struct witness *witness_new(struct worker *worker, struct world *world,
                            struct ledger *ledger, struct network *network,
                            struct invariants *invariants, bool batches)
{
    struct witness *w = xcalloc(1, sizeof(*w));

    between_begin(&w->between, worker);
    w->between.watcher = (struct watcher){.sent = sent,
                                          .takes = takes,
                                          .takes_acks = takes_acks,
                                          .lost = lost,
                                          .resets = resets,
                                          .finished = finished,
                                          .unheard = unheard};
    w->world = world;
    w->ledger = ledger;
    w->network = network;
    w->invariants = invariants;
    for (uint32_t i = 0; i < worker->model->n_components; i++)
        wrap_component(&w->between.components[i], batches);
    wrap_hosts(&w->between.host);
    between_take_place(&w->between);
    return w;
}

const struct task *witness_called(const struct witness *w)
{
    return w->called;
}

const struct task *witness_failing(const struct witness *w)
{
    return w->failing;
}

void witness_free(struct witness *w)
{
    if (w == NULL)
        return;
    between_end(&w->between);
    free(w);
}
