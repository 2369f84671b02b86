/*
 * saved_positions.c - positions of a worker's spouts, written to ZooKeeper for
 * it; see supervisor_in.h.
 *
 * Only by the assignment that the worker acts by: one that was replaced, and
 * does not know it yet, must not overwrite what its successor has saved. Which
 * one that is, its reports say, and ours is read. A supervisor that has just
 * taken a worker up knows neither: what comes before is held, one call of each
 * worker, and written when both are known.
 *
 * While a supervisor is away nimbus writes them, and a write of either may come
 * late: none takes the place of a newer one (common/position_save.h).
 */
#include "supervisor/supervisor_in.h"
#include "common/position_check.h"
#include "common/position_save.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define POSITIONS_MAX 256u

/* A write, held or under way, whose answer goes to the worker. */
struct saving {
    struct seat *seat;
    struct slot_wanted worker; /* whose it is */
    struct rpc_call *call;
    uint64_t version; /* of the worker's plan; 0: it has not reported yet */
    struct position_save *save;
};

static void saving_free(struct saving *s)
{
    position_save_free(s->save);
    free(s);
}

/* -- what ZooKeeper has ---------------------------------------------------- */

/* Of another worker nothing is known. */
static struct position_nodes *nodes_of(struct seat *s,
                                       const struct slot_wanted *worker)
{
    if (!slot_same_worker(&s->nodes_of, worker)) {
        position_nodes_fini(&s->nodes);
        s->nodes_of = *worker;
    }
    return &s->nodes;
}

static void saved(void *arg, enum zookeeper_result result, uint32_t failed)
{
    struct saving *s = arg;

    (void)failed;
    if (slot_same_worker(&s->seat->nodes_of, &s->worker))
        position_save_learn(s->save, &s->seat->nodes);
    if (result == ZOOKEEPER_OK)
        rpc_reply(s->call, NULL);
    else
        rpc_fail(s->call, RPC_UNABLE, "positions cannot be kept: %s",
                 zookeeper_says(result));
    saving_free(s);
}

/* Only while the topology is there, else they would be left behind for ever. */
static void save(struct saving *s)
{
    char assignment[SLOT_TOPOLOGY_MAX + 20];
    const struct position_save_options options = {
        .zookeeper = s->seat->supervisor->daemon.zookeeper,
        .n_checks = 1,
        .checks = {{assignment, supply_assignment_node(s->seat->supply)}},
        .version = supply_assignment(s->seat->supply)->assignment_version,
        .arg = s,
        .done = saved,
    };

    snprintf(assignment, sizeof(assignment), "/assignments/%s",
             s->worker.topology);
    position_save_know(s->save, nodes_of(s->seat, &s->worker));
    position_save_begin(s->save, &options);
}

/* NULL, or why one of them is not kept. */
static const char *defect(const struct saving *s)
{
    const struct supply *supply = s->seat->supply;
    const char *wrong = NULL;

    for (uint32_t i = 0; wrong == NULL && i < position_save_n(s->save); i++) {
        gale_str data;
        const char *name = position_save_get(s->save, i, &data);

        wrong =
            position_check(supply_topology(supply), supply_assignment(supply),
                           s->worker.worker, name, data);
    }
    return wrong;
}

/* -- what is held ---------------------------------------------------------- */

void saved_positions_drop(struct seat *s, const char *why)
{
    struct saving *held = s->held;

    s->held = NULL;
    if (held == NULL)
        return;
    rpc_fail(held->call, RPC_OUTDATED, "positions are not kept: %s", why);
    saving_free(held);
}

static void write_held(struct seat *s)
{
    struct saving *held = s->held;
    const char *wrong = defect(held);

    s->held = NULL;
    if (wrong == NULL) {
        save(held);
        return;
    }
    rpc_fail(held->call, RPC_BAD_REQUEST, "a position is not kept: %s", wrong);
    saving_free(held);
}

/* A newer assignment of ours is one that the worker is about to be told; one
 * of its that is newer we are about to read. */
void saved_positions_go_on(struct seat *s)
{
    struct saving *held = s->held;
    uint64_t version;

    if (held == NULL)
        return;
    if (held->version == 0)
        held->version = s->reported;
    if (!seat_has_plan(s)) {
        seat_supply(s);
        return;
    }
    version = supply_assignment(s->supply)->assignment_version;
    if (held->version == version)
        write_held(s);
    else if (held->version != 0 && held->version < version)
        saved_positions_drop(s, "the worker's plan is an older one");
}

void saved_positions_take(struct seat *s, struct rpc_call *call,
                          const msgpack_object *list)
{
    struct position_save *save =
        position_save_new(s->slot.has.topology, list, POSITIONS_MAX);
    struct saving *saving;

    if (save == NULL) {
        rpc_fail(call, RPC_BAD_REQUEST,
                 "expected a list of 1 to %u positions, each with \"name\" and "
                 "\"data\"",
                 POSITIONS_MAX);
        return;
    }
    newest_positions_take(&s->newest, &s->slot.has, list);
    saving = xcalloc(1, sizeof(*saving));
    *saving = (struct saving){s, s->slot.has, call, s->reported, save};
    saved_positions_drop(s, "newer ones have come");
    s->held = saving;
    saved_positions_go_on(s);
}
