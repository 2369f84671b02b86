/* stand_in.c - from its inbox into the connection; see stand_in.h. */
#include "worker/stand_in.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/link.h"
#include "worker/outbox.h"
#include "worker/wire_credit.h"
#include "worker/wire_slice.h"
#include "worker/worker.h"
#include <stdlib.h>

#define RUN_ENVELOPES 16u /* then others have their turn */

static struct envelope *next_envelope(struct executor *e)
{
    return (struct envelope *)(void *)inbox_pop(&e->data);
}

/* -- what was sent --------------------------------------------------------- */

static void append(struct stand_in *s, struct envelope *env)
{
    atomic_store_explicit(&env->node.next, NULL, memory_order_relaxed);
    if (s->first == NULL)
        s->first = env;
    else
        atomic_store_explicit(&s->last->node.next, &env->node,
                              memory_order_relaxed);
    s->last = env;
}

/* The first of them is not under way any more. */
static void give_back(struct stand_in *s)
{
    struct executor *e = &s->executor;
    struct envelope *env = s->first;

    s->first = (struct envelope *)(void *)atomic_load_explicit(
        &env->node.next, memory_order_relaxed);
    gate_taken(e->gate, env, e->carrier);
    block_pool_item_free(&e->carrier->pool, env);
}

const char *stand_in_credit(struct stand_in *s, const struct wire_credit *c)
{
    struct executor *e = &s->executor;

    s->taken += c->tuples;
    while (s->first != NULL && s->taken >= s->first->n) {
        s->taken -= s->first->n;
        give_back(s);
    }
    if (s->first == NULL && s->taken > 0)
        return "gives back more tuples than were sent";
    gate_limit(e->gate, c->limits);
    gate_drained(e->gate, e->carrier);
    return NULL;
}

void stand_in_lose(struct stand_in *s)
{
    struct executor *e = &s->executor;

    while (s->first != NULL)
        give_back(s);
    s->taken = 0;
    gate_limit(e->gate, credit_for(0, e->worker->config.inbox_bytes, 1));
    gate_drained(e->gate, e->carrier);
}

/* -- sending --------------------------------------------------------------- */

static void send_envelope(struct stand_in *s, struct envelope *env)
{
    char *data = env->block->data;
    struct wire_slice slice = {
        .executor = s->executor.number,
        .task = env->route->source_task,
        .input = (uint16_t)env->route->input,
        .n_fields = env->route->stream->n_fields,
        .n = env->n,
        .tuples = data + env->offset,
        .shared = data + env->shared,
    };
    char *to = link_frame(s->link, wire_slice_room(env->bytes));

    link_frame_end(s->link, WIRE_DATA, wire_slice_encode(&slice, to));
    block_unref(&s->executor.carrier->pool, env->block);
    env->block = NULL;
    append(s, env);
}

/* No room, or no connection. */
static bool is_held_up(const struct stand_in *s)
{
    return gate_full(&s->link->executor.own_gate, 2);
}

static enum run_result stand_in_run(struct executor *e)
{
    struct stand_in *s = stand_in_of(e);
    struct envelope *env;

    if (worker_halted(e->worker))
        return RUN_IDLE;
    executor_unstall(e);
    for (uint32_t i = 0; i < RUN_ENVELOPES && !is_held_up(s); i++) {
        if ((env = next_envelope(e)) == NULL)
            break;
        send_envelope(s, env);
    }
    if (inbox_empty(&e->data)) {
        gate_drained(e->gate, e->carrier);
        return RUN_IDLE;
    }
    if (!is_held_up(s))
        return RUN_MORE;
    e->stalled = &s->link->executor.own_gate;
    return RUN_STALLED;
}

/* -- elsewhere ------------------------------------------------------------- */

/* Nothing of it is on its link, or on the link's carrier. */
static void leave(struct stand_in *s)
{
    struct stand_in **link = &s->link->stand_ins;

    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    stand_in_lose(s);
    executor_unstall(&s->executor);
    carrier_forget(s->executor.carrier, &s->executor);
}

static void join(struct stand_in *s, struct link *link)
{
    s->link = link;
    s->next = link->stand_ins;
    link->stand_ins = s;
}

void stand_in_move(struct stand_in *s, struct link *link)
{
    struct executor *e = &s->executor;

    leave(s);
    join(s, link);
    e->carrier = link->executor.carrier;
    if (!inbox_empty(&e->data))
        carrier_schedule(e, e->carrier);
}

uint64_t stand_in_end(struct stand_in *s)
{
    struct executor *e = &s->executor;
    struct envelope *env;
    uint64_t n = 0;

    while ((env = next_envelope(e)) != NULL) {
        n += env->n;
        block_unref(&e->carrier->pool, env->block);
        gate_taken(e->gate, env, e->carrier);
        block_pool_item_free(&e->carrier->pool, env);
    }
    leave(s);
    gate_release(&e->own_gate, e->carrier);
    return n;
}

/* -- life ------------------------------------------------------------------ */

struct executor *stand_in_new(struct link *link, const struct component *c)
{
    size_t size = (sizeof(struct stand_in) + 63) & ~(size_t)63;
    struct stand_in *s = memory_check(aligned_alloc(64, size), 1, size);

    memset(s, 0, sizeof(*s));
    executor_init(&s->executor, link->executor.worker, c,
                  link->executor.carrier, stand_in_run);
    s->executor.away = true;
    s->executor.opened = true;
    join(s, link);
    return &s->executor;
}

void stand_in_free(struct executor *e)
{
    executor_fini(e); /* what was sent is the pool's */
    free(stand_in_of(e));
}
