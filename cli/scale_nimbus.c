/* scale_nimbus.c - a nimbus without connections; see scale_nimbus.h. */
#include "cli/scale_nimbus.h"
#include "cli/scale_records.h"
#include "common/check.h"
#include "common/rpc_dispatch.h"
#include "common/rpc_session.h"
#include "nimbus/candidate.h"
#include "nimbus/reign.h"
#include "topology-api/memory.h"
#include <stdlib.h>

struct scale_nimbus {
    struct scale_world *world;
    struct scale_metered metered; /* by which it asks ZooKeeper */
    struct store *store;
    struct nimbus_record me;
    struct candidate *candidate;
};

static void zookeeper_changed(void *arg, enum zookeeper_state state)
{
    candidate_zookeeper(((struct scale_nimbus *)arg)->candidate, state);
}

/* -- its begin, its end ---------------------------------------------------- */

/* No address in numbers: the other one does not connect to it. */
static void describe_me(struct scale_nimbus *n, uint32_t which)
{
    snprintf(n->me.id, sizeof(n->me.id), "nimbus%u", which);
    snprintf(n->me.host, sizeof(n->me.host), "nimbus%u", which);
    snprintf(n->me.address, sizeof(n->me.address), "nimbus%u", which);
    snprintf(n->me.gale, sizeof(n->me.gale), "%s", gale_version());
    n->me.port = 6627;
}

static void put(struct scale_nimbus *n, const char *text, size_t size)
{
    struct digest hash;

    check(store_put(n->store, text, size, &hash, NULL) == 0);
}

/* With all files, as if they had been uploaded before. */
static void open_store(struct scale_nimbus *n)
{
    struct env *env = scale_clock_env(n->world->clock);
    char path[RECORD_NAME_SIZE + 1];

    snprintf(path, sizeof(path), "/%s", n->me.id);
    n->store = store_open(env, path, NULL);
    check(n->store != NULL);
    for (uint32_t i = 0; i < n->world->size.topologies; i++) {
        char text[SCALE_FILE_SIZE];

        put(n, text, scale_description(i, text));
        if (i % SCALE_PLUGIN_EVERY == 0)
            put(n, text, scale_plugin(i, text));
    }
}

static struct candidate *new_candidate(struct scale_nimbus *n)
{
    const struct candidate_options options = {
        .loop = n->world->nimbus_loop,
        .log = n->world->log,
        .config = n->world->config,
        .store = n->store,
        .records_key = &n->world->records_key,
        .me = &n->me,
    };

    return candidate_new(&options);
}

struct scale_nimbus *scale_nimbus_begin(struct scale_world *w, uint32_t which)
{
    struct scale_nimbus *n = xcalloc(1, sizeof(*n));

    check(w->nimbuses[which] == NULL);
    n->world = w;
    describe_me(n, which);
    open_store(n);
    n->candidate = new_candidate(n);
    scale_meter_begin(&w->meter);
    candidate_begin(n->candidate, scale_metered_init(&n->metered, &w->meter,
                                                     zookeeper_changed, n));
    scale_meter_end(&w->meter);
    n->metered.behind = zookeeper_memory_join(w->memory, SCALE_SESSION_NS,
                                              scale_metered_state, &n->metered);
    w->nimbuses[which] = n;
    return n;
}

static void end(struct scale_nimbus *n, void (*leave)(struct zookeeper *z))
{
    candidate_end(n->candidate);
    leave(n->metered.behind);
    candidate_free(n->candidate);
    store_close(n->store);
    free(n);
}

void scale_nimbus_kill(struct scale_world *w, uint32_t which)
{
    end(w->nimbuses[which], zookeeper_memory_kill);
    w->nimbuses[which] = NULL;
}

void scale_nimbus_free(struct scale_nimbus *n)
{
    if (n != NULL)
        end(n, zookeeper_free);
}

/* -- what it is asked ------------------------------------------------------ */

bool scale_nimbus_leads(const struct scale_nimbus *n)
{
    return n != NULL && candidate_reign(n->candidate) != NULL;
}

struct zookeeper *scale_nimbus_zookeeper(const struct scale_nimbus *n)
{
    return n->metered.behind;
}

struct candidate *scale_nimbus_candidate(const struct scale_nimbus *n)
{
    return n->candidate;
}

/* Of what comes over a connection. */
static struct pack_limits message_limits(uint32_t elements)
{
    const struct rpc_limits none = {.frame_max = 0};

    return (struct pack_limits){rpc_limits_of(&none).frame_max, elements};
}

static void take(struct scale_nimbus *n, const struct pack *message,
                 void (*fn)(struct scale_nimbus *n, const msgpack_object *root))
{
    struct unpacked u;

    scale_meter_begin(&n->world->messages);
    check(unpack(&u, message->buffer.data, message->buffer.size,
                 message_limits(RPC_ELEMENTS_TO_SERVER), "a message",
                 NULL) == 0);
    fn(n, u.root);
    unpacked_free(&u);
    scale_meter_end(&n->world->messages);
}

/* Without the connection by which orders would go. */
static void report(struct scale_nimbus *n, const msgpack_object *root)
{
    reign_report(candidate_reign(n->candidate), NULL, root);
}

static void counters(struct scale_nimbus *n, const msgpack_object *root)
{
    reign_counters(candidate_reign(n->candidate), root);
}

void scale_nimbus_report(struct scale_nimbus *n, const struct pack *message)
{
    take(n, message, report);
}

void scale_nimbus_counters(struct scale_nimbus *n, const struct pack *message)
{
    take(n, message, counters);
}

/* -- what it answers ------------------------------------------------------- */

struct answer {
    size_t size;
    bool readable;
};

static bool answered(void *to, const struct pack *message)
{
    struct answer *answer = to;
    struct unpacked u;

    if (answer->size > 0)
        return true; /* what is said in place of one that is too large */
    answer->size = message->buffer.size;
    answer->readable =
        unpack(&u, message->buffer.data, answer->size,
               message_limits(RPC_ELEMENTS_TO_CLIENT), "a message", NULL) == 0;
    if (answer->readable)
        unpacked_free(&u);
    return answer->readable;
}

size_t scale_nimbus_list(struct scale_nimbus *n, bool *readable)
{
    const struct rpc_peer peer = {.role = TOKEN_ADMIN};
    const struct rpc_message question = {.kind = RPC_REQUEST,
                                         .method = {"list", 4}};
    struct answer answer = {.size = 0};
    struct rpc_dispatch dispatch = {.methods = candidate_methods,
                                    .n_methods = candidate_n_methods,
                                    .arg = n->candidate,
                                    .peer = &peer,
                                    .calls_max = 1,
                                    .send = answered,
                                    .to = &answer};

    check(rpc_dispatch(&dispatch, &question));
    rpc_dispatch_close(&dispatch);
    *readable = answer.readable;
    return answer.size;
}
