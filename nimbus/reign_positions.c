/*
 * reign_positions.c - positions of spouts of workers whose supervisor is away:
 * the leader writes them in its place; see reign.h.
 *
 *     positions  [{name, data} …] → nil     when they are durable, of a worker
 *
 * Of a worker that is the one that is wanted, by its birth, and of its own
 * tasks only. A write checks that this leadership has not ended, and that the
 * assignment is the one by which the worker was found to be that one; and no
 * position takes the place of a newer one, which a supervisor that is back may
 * have written (common/position_save.h).
 *
 * Calls wait in a queue, one of each worker, and are written one after the
 * other (position_pace.h).
 */
#include "nimbus/reign_in.h"
#include "common/position_check.h"
#include "common/position_save.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* What a worker wants kept. */
struct keeping {
    struct keeping *next;
    struct reign *reign;
    char topology[TOPOLOGY_ID_SIZE];
    uint32_t worker;
    uint64_t birth;
    struct rpc_call *call;
    struct position_save *save;
};

static void keeping_free(struct keeping *k)
{
    position_save_free(k->save);
    free(k);
}

/* -- whose they are -------------------------------------------------------- */

/* The topology, if that worker of it is wanted; otherwise NULL. */
static struct topology *wanted(const struct reign *r, const char *id,
                               uint32_t worker, uint64_t birth)
{
    struct topology *t = reign_find(r, id);

    if (t == NULL || t->removed || !t->assigned ||
        worker >= t->assignment.n_workers ||
        t->assignment.workers[worker].birth != birth)
        return NULL;
    return t;
}

/* NULL, or why one of them is not kept. */
static const char *defect(const struct topology *t, const struct keeping *k)
{
    const char *wrong = NULL;

    for (uint32_t i = 0; wrong == NULL && i < position_save_n(k->save); i++) {
        gale_str data;
        const char *name = position_save_get(k->save, i, &data);

        wrong =
            position_check(&t->record, &t->assignment, k->worker, name, data);
    }
    return wrong;
}

/* -- writing --------------------------------------------------------------- */

static void pump(void *arg);

static void pump_soon(struct reign *r)
{
    struct waiting_positions *p = &r->positions;
    int64_t due = position_pace_due(&p->pace, reign_now(r));

    if (p->first != NULL && due != INT64_MAX)
        loop_timer_set(r->options.loop, &p->timer, due, pump, r);
}

/* 0 is the check of /epoch. */
static void kept(void *arg, enum zookeeper_result result, uint32_t failed)
{
    struct keeping *k = arg;
    struct reign *r = k->reign;
    bool fenced = failed == 0 && (result == ZOOKEEPER_NO_NODE ||
                                  result == ZOOKEEPER_BAD_VERSION);

    if (result == ZOOKEEPER_OK)
        rpc_reply(k->call, NULL);
    else
        rpc_fail(k->call, RPC_UNABLE, "positions cannot be kept: %s",
                 zookeeper_says(result));
    keeping_free(k);
    r->positions.under_way = NULL;
    position_pace_ends(&r->positions.pace);
    pump_soon(r);
    if (fenced)
        r->options.fenced(r->options.arg); /* this reign is gone then */
}

static void write_it(struct reign *r, struct keeping *k, int32_t node)
{
    const struct topology *t = reign_find(r, k->topology);
    char assignment[REIGN_PATH_MAX];
    const struct position_save_options options = {
        .zookeeper = r->options.zookeeper,
        .n_checks = 2,
        .checks = {{"/epoch", r->options.epoch_version}, {assignment, node}},
        .version = t->assignment.assignment_version,
        .arg = k,
        .done = kept,
    };

    reign_path(assignment, "/assignments", k->topology);
    position_pace_begins(&r->positions.pace, reign_now(r));
    r->positions.under_way = k;
    position_save_begin(k->save, &options);
}

/* What it was found to be may have changed since it has begun to wait. */
static void begin(struct reign *r, struct keeping *k)
{
    char assignment[REIGN_PATH_MAX];
    int32_t node;

    reign_path(assignment, "/assignments", k->topology);
    if (wanted(r, k->topology, k->worker, k->birth) == NULL)
        rpc_fail(k->call, RPC_OUTDATED,
                 "positions are not kept: this worker is not wanted any more");
    else if (!mirror_settled(r->mirror, assignment, &node))
        rpc_fail(k->call, RPC_UNABLE,
                 "positions cannot be kept: the assignment is being written");
    else {
        write_it(r, k, node);
        return;
    }
    keeping_free(k);
}

static void pump(void *arg)
{
    struct reign *r = arg;
    struct waiting_positions *p = &r->positions;

    if (p->first != NULL && !p->pace.under_way) {
        struct keeping *k = p->first;

        p->first = k->next;
        begin(r, k);
    }
    pump_soon(r);
}

/* -- the queue ------------------------------------------------------------- */

static bool same_worker(const struct keeping *a, const struct keeping *b)
{
    return a->worker == b->worker && strcmp(a->topology, b->topology) == 0;
}

/* In the place of an older one of that worker, or as the last. */
static void enqueue(struct reign *r, struct keeping *k)
{
    struct keeping **link = &r->positions.first, *old;

    while (*link != NULL && !same_worker(*link, k))
        link = &(*link)->next;
    old = *link;
    *link = k;
    if (old != NULL) {
        k->next = old->next;
        rpc_fail(old->call, RPC_OUTDATED,
                 "positions are not kept: newer ones have come");
        keeping_free(old);
    }
    pump_soon(r);
}

static struct keeping *keeping_new(struct topology *t, struct rpc_call *call,
                                   const struct rpc_peer *peer,
                                   const msgpack_object *list)
{
    struct keeping *k = xcalloc(1, sizeof(*k));

    *k = (struct keeping){.reign = t->reign,
                          .worker = peer->number,
                          .birth = peer->birth,
                          .call = call};
    snprintf(k->topology, sizeof(k->topology), "%s", t->record.id);
    k->save = position_save_new(k->topology, list, POSITION_SAVE_MAX);
    return k;
}

void reign_positions(struct reign *r, struct rpc_call *call,
                     const msgpack_object *params)
{
    const struct rpc_peer *peer = rpc_call_peer(call);
    struct topology *t;
    struct keeping *k;
    const char *wrong;

    if (!reign_is_ready(r, call))
        return;
    t = wanted(r, peer->topology, peer->number, peer->birth);
    if (t == NULL) {
        rpc_fail(call, RPC_OUTDATED,
                 "positions are not kept: this worker is not wanted any more");
        return;
    }
    k = keeping_new(t, call, peer, params);
    wrong = k->save == NULL ? NULL : defect(t, k);
    if (k->save != NULL && wrong == NULL) {
        enqueue(r, k);
        return;
    }
    if (wrong != NULL)
        rpc_fail(call, RPC_BAD_REQUEST, "a position is not kept: %s", wrong);
    else
        rpc_fail(call, RPC_BAD_REQUEST,
                 "expected a list of 1 to %u positions, each with \"name\" and "
                 "\"data\"",
                 POSITION_SAVE_MAX);
    keeping_free(k);
}

static void give_up(struct keeping *k, const char *why)
{
    rpc_fail(k->call, RPC_NOT_LEADER, "this nimbus leads no longer, %s", why);
    keeping_free(k);
}

void reign_positions_end(struct reign *r, const char *why)
{
    struct waiting_positions *p = &r->positions;
    struct keeping *k;

    loop_timer_clear(&p->timer);
    while ((k = p->first) != NULL) {
        p->first = k->next;
        give_up(k, why);
    }
    if (p->under_way != NULL)
        give_up(p->under_way, why);
    p->under_way = NULL;
}
