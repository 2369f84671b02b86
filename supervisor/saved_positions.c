/*
 * saved_positions.c - positions of a worker's spouts, written to ZooKeeper for
 * it; see supervisor_in.h.
 *
 * Only by the assignment that the worker acts by: one that was replaced, and
 * does not know it yet, must not overwrite what its successor has saved. Which
 * one that is, its reports say, and ours is read. A supervisor that has just
 * taken a worker up knows neither: what comes before is held, one call of each
 * worker, and written when both are known.
 */
#include "supervisor/supervisor_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define POSITION_NAME_MAX 300u

#define POSITIONS_MAX 256u

struct position {
    char *path;
    char *data;
    size_t size;
    bool creates; /* the node is not there yet */
};

/* A write, held or under way, whose answer goes to the worker. */
struct saving {
    struct supervisor *supervisor;
    struct rpc_call *call;
    uint64_t version; /* of the worker's plan; 0: it has not reported yet */
    char assignment[SLOT_TOPOLOGY_MAX + 20];
    int32_t assignment_node; /* its version in ZooKeeper */
    uint32_t n;
    struct position *positions;
    uint32_t tries;
};

static void save(struct saving *s);

static void saving_free(struct saving *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        free(s->positions[i].path);
        free(s->positions[i].data);
    }
    free(s->positions);
    free(s);
}

static void saved(void *arg, const struct zookeeper_answer *answer)
{
    struct saving *s = arg;
    bool other_way = answer->result == ZOOKEEPER_NO_NODE ||
                     answer->result == ZOOKEEPER_NODE_EXISTS;

    if (other_way && answer->failed > 0 && s->tries++ < s->n + 3) {
        s->positions[answer->failed - 1].creates =
            answer->result == ZOOKEEPER_NO_NODE;
        save(s);
        return;
    }
    if (answer->result == ZOOKEEPER_OK)
        rpc_reply(s->call, NULL);
    else
        rpc_fail(s->call, RPC_UNABLE, "positions cannot be kept: %s",
                 zookeeper_says(answer->result));
    saving_free(s);
}

/* Only while the topology is there, else they would be left behind for ever. */
static void save(struct saving *s)
{
    struct zookeeper_write writes[POSITIONS_MAX + 1];

    writes[0] = (struct zookeeper_write){.kind = ZOOKEEPER_CHECK,
                                         .path = s->assignment,
                                         .version = s->assignment_node};
    for (uint32_t i = 0; i < s->n; i++)
        writes[i + 1] = (struct zookeeper_write){
            .kind = s->positions[i].creates ? ZOOKEEPER_CREATE : ZOOKEEPER_SET,
            .path = s->positions[i].path,
            .data = s->positions[i].data,
            .size = s->positions[i].size,
            .version = ZOOKEEPER_ANY,
        };
    zookeeper_multi(s->supervisor->daemon.zookeeper, writes, s->n + 1,
                    (struct zookeeper_then){saved, s});
}

static bool take_position(struct position *p, const char *topology,
                          const msgpack_object *o)
{
    char *name = unpack_text(unpack_key(o, "name"), POSITION_NAME_MAX);
    gale_str data = unpack_str(unpack_key(o, "data"));
    bool ok = newest_positions_is_name(name) && data.data != NULL;
    size_t size =
        sizeof("/positions//") + SLOT_TOPOLOGY_MAX + POSITION_NAME_MAX;

    if (ok) {
        p->path = xmalloc(size);
        snprintf(p->path, size, "/positions/%s/%s", topology, name);
        p->data = xstrndup(data.data, data.size);
        p->size = data.size;
    }
    free(name);
    return ok;
}

static struct saving *saving_of(struct supervisor *s, struct rpc_call *call,
                                const char *topology,
                                const msgpack_object *list)
{
    struct saving *saving = xcalloc(1, sizeof(*saving));
    uint32_t n = unpack_n(list);
    bool ok = n > 0 && n <= POSITIONS_MAX;

    saving->supervisor = s;
    saving->call = call;
    saving->positions = xcalloc(n, sizeof(*saving->positions));
    snprintf(saving->assignment, sizeof(saving->assignment), "/assignments/%s",
             topology);
    for (uint32_t i = 0; i < n && ok; i++)
        ok = take_position(&saving->positions[saving->n++], topology,
                           unpack_at(list, i));
    if (ok)
        return saving;
    saving_free(saving);
    return NULL;
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
    struct zookeeper *z = s->supervisor->daemon.zookeeper;
    char folder[SLOT_TOPOLOGY_MAX + 20];
    struct saving *held = s->held;

    s->held = NULL;
    held->assignment_node = supply_assignment_node(s->supply);
    snprintf(folder, sizeof(folder), "/positions/%s", s->slot.has.topology);
    zookeeper_create(z, folder, NULL, 0, 0,
                     (struct zookeeper_then){NULL, NULL});
    save(held);
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
    struct saving *saving =
        saving_of(s->supervisor, call, s->slot.has.topology, list);

    if (saving == NULL) {
        rpc_fail(call, RPC_BAD_REQUEST,
                 "expected a list of 1 to %u positions, each with \"name\" and "
                 "\"data\"",
                 POSITIONS_MAX);
        return;
    }
    newest_positions_take(&s->newest, &s->slot.has, list);
    saving->version = s->reported;
    saved_positions_drop(s, "newer ones have come");
    s->held = saving;
    saved_positions_go_on(s);
}
