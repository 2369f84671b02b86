/* intake.c - to an executor, and the credit back; see intake.h. */
#include "worker/intake.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/link.h"
#include "worker/worker.h"
#include <stdlib.h>

static struct intake *intake_of(struct executor *e)
{
    return (struct intake *)(void *)e;
}

static void tell(struct intake *i)
{
    if (i->tells)
        return;
    i->tells = true;
    i->next_telling = i->link->telling;
    i->link->telling = i;
    carrier_schedule(&i->link->executor, i->executor.carrier);
}

static void take_back(struct intake *i, struct envelope *env)
{
    i->waiting -= env->n;
    if (++i->returned > i->stale_until) {
        i->tuples += env->n;
        i->bytes += env->bytes;
    } else {
        i->stale -= env->n;
    }
    block_pool_item_free(&i->executor.carrier->pool, env);
}

static enum run_result intake_run(struct executor *e)
{
    struct intake *i = intake_of(e);
    struct inbox_node *n;
    bool any = false;

    for (; (n = inbox_pop(&e->data)) != NULL; any = true)
        take_back(i, (struct envelope *)(void *)n);
    if (any)
        tell(i);
    return RUN_IDLE;
}

void intake_push(struct intake *i, struct envelope *env)
{
    struct executor *to = i->to;
    struct carrier *c = i->executor.carrier;
    bool chain = env->bytes >= CARRIER_CHAIN_BYTES;

    env->outlet = &i->outlet;
    env->kind = ENVELOPE_FAR;
    i->pushed++;
    i->waiting += env->n;
    gate_sent(to->gate, gate_load(env->n, env->bytes));
    inbox_push(&to->data, &env->node); /* it is the consumer's now, or gone */
    c->chain = chain;
    carrier_schedule(to, c);
}

void intake_taken(struct envelope *env, struct carrier *c)
{
    char *at = (char *)env->outlet - offsetof(struct intake, outlet);
    struct intake *i = (struct intake *)(void *)at;

    env->block = NULL;
    inbox_push(&i->executor.data, &env->node);
    carrier_schedule(&i->executor, c);
}

void intake_lose(struct intake *i)
{
    i->stale_until = i->pushed;
    i->stale = i->waiting;
    i->tuples = 0;
    i->bytes = 0;
}

void intake_begin(struct intake *i)
{
    if (i->stale > 0)
        tell(i);
}

static uint32_t get(_Atomic(uint32_t) *limit)
{
    return atomic_load_explicit(limit, memory_order_relaxed);
}

struct credit intake_limits(const struct intake *i)
{
    struct gate *g = i->to->gate;
    uint32_t tuples = get(&g->max_tuples);

    return (struct credit){.tuples = tuples > i->stale ? tuples - i->stale : 1,
                           .bytes = get(&g->max_bytes),
                           .slice = get(&g->slice),
                           .each_tuple = get(&g->each_tuple),
                           .cost_ns = get(&g->cost_ns)};
}

struct intake *intake_new(struct link *link, struct executor *to)
{
    size_t size = (sizeof(struct intake) + 63) & ~(size_t)63;
    struct intake *i = memory_check(aligned_alloc(64, size), 1, size);

    check(!to->away);
    memset(i, 0, sizeof(*i));
    executor_init(&i->executor, to->worker, NULL, link->executor.carrier,
                  intake_run);
    i->outlet.from = &i->executor;
    i->outlet.to = to;
    i->link = link;
    i->to = to;
    return i;
}

void intake_free(struct intake *i)
{
    if (i == NULL)
        return;
    executor_fini(&i->executor);
    free(i);
}
