/* scale_nimbus.c - a nimbus without connections; see scale_nimbus.h. */
#include "cli/scale_nimbus.h"
#include "cli/scale_records.h"
#include "common/check.h"
#include "common/rpc_dispatch.h"
#include "common/rpc_session.h"
#include "nimbus/copies.h"
#include "nimbus/election.h"
#include "nimbus/reign.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define DELAY_NS (60 * SCALE_SECOND)

struct scale_nimbus {
    struct scale_world *world;
    struct scale_metered metered;
    struct zookeeper *zookeeper; /* … by which it asks */
    struct store *store;
    struct nimbus_record me;
    struct copies *copies;
    struct election *election;
    struct reign *reign;
    int64_t connected_at;
    uint32_t reigns;
};

/* -- the election ---------------------------------------------------------- */

static void fenced(void *arg)
{
    election_fenced(((struct scale_nimbus *)arg)->election);
}

static int64_t nobody_led_since(const struct scale_nimbus *n)
{
    int64_t now = scale_world_now(n->world);
    int64_t since = copies_leader_silent(n->copies);

    if (since > now)
        since = now;
    return since > n->connected_at ? since : n->connected_at;
}

static void begins(void *arg, uint64_t number, int32_t version,
                   uint32_t n_lacking)
{
    struct scale_nimbus *n = arg;
    const struct reign_options options = {
        .loop = n->world->nimbus_loop,
        .zookeeper = n->zookeeper,
        .log = n->world->log,
        .config = n->world->config,
        .store = n->store,
        .copies = n->copies,
        .records_key = &n->world->records_key,
        .epoch = number,
        .epoch_version = version,
        .since_ns = nobody_led_since(n),
        .arg = n,
        .fenced = fenced,
    };

    (void)n_lacking;
    n->reigns++;
    copies_leader(n->copies, n->me.id);
    n->reign = reign_begin(&options);
}

static void stops(void *arg, const char *why)
{
    struct scale_nimbus *n = arg;

    reign_end(n->reign, why);
    n->reign = NULL;
}

static void changed(void *arg)
{
    struct scale_nimbus *n = arg;
    const struct epoch_record *leader = election_leader(n->election);

    copies_leader(n->copies, leader != NULL ? leader->nimbus : NULL);
}

static void lacks(void *arg, uint32_t n_files)
{
    struct scale_nimbus *n = arg;
    const struct election_options options = {
        .loop = n->world->nimbus_loop,
        .zookeeper = n->zookeeper,
        .log = n->world->log,
        .me = &n->me,
        .arg = n,
        .begins = begins,
        .stops = stops,
        .changed = changed,
    };

    if (n->election == NULL)
        n->election = election_new(&options);
    election_lacks(n->election, n_files);
}

static void stored(void *arg, uint64_t submission, uint32_t copies, bool enough)
{
    struct scale_nimbus *n = arg;

    if (n->reign != NULL)
        reign_stored(n->reign, submission, copies, enough);
}

static void zookeeper_changed(void *arg, enum zookeeper_state state)
{
    struct scale_nimbus *n = arg;
    bool away = state != ZOOKEEPER_IS_CONNECTED;

    if (!away)
        n->connected_at = scale_world_now(n->world);
    if (n->election != NULL)
        election_state(n->election, state);
    if (n->reign != NULL)
        reign_zookeeper(n->reign, away);
    copies_zookeeper(n->copies, away);
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

static void begin_copies(struct scale_nimbus *n)
{
    const struct copies_options options = {
        .loop = n->world->nimbus_loop,
        .zookeeper = n->zookeeper,
        .log = n->world->log,
        .store = n->store,
        .records_key = &n->world->records_key,
        .me = &n->me,
        .identity = {.role = TOKEN_ADMIN, .name = "nimbus", .insecure = true},
        .delay_ns = DELAY_NS,
        .arg = n,
        .lacks = lacks,
        .stored = stored,
    };

    n->copies = copies_new(&options);
}

struct scale_nimbus *scale_nimbus_begin(struct scale_world *w, uint32_t which)
{
    struct scale_nimbus *n = xcalloc(1, sizeof(*n));

    check(w->nimbuses[which] == NULL);
    n->world = w;
    describe_me(n, which);
    n->zookeeper =
        scale_metered_init(&n->metered, &w->meter, zookeeper_changed, n);
    open_store(n);
    scale_meter_begin(&w->meter);
    begin_copies(n);
    scale_meter_end(&w->meter);
    n->metered.behind = zookeeper_memory_join(w->memory, SCALE_SESSION_NS,
                                              scale_metered_state, &n->metered);
    w->nimbuses[which] = n;
    return n;
}

static void end(struct scale_nimbus *n, void (*leave)(struct zookeeper *z))
{
    reign_end(n->reign, "because it ends");
    n->reign = NULL;
    if (n->election != NULL)
        election_end(n->election);
    copies_end(n->copies);
    leave(n->metered.behind);
    election_free(n->election);
    copies_free(n->copies);
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
    return n != NULL && n->reign != NULL && election_leads(n->election);
}

uint32_t scale_nimbus_reigns(const struct scale_nimbus *n)
{
    return n->reigns;
}

struct zookeeper *scale_nimbus_zookeeper(const struct scale_nimbus *n)
{
    return n->metered.behind;
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
    reign_report(n->reign, NULL, root);
}

static void counters(struct scale_nimbus *n, const msgpack_object *root)
{
    reign_counters(n->reign, root);
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

static void list(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    (void)params;
    reign_list(((struct scale_nimbus *)arg)->reign, call);
}

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
    static const struct rpc_method methods[] = {{"list", RPC_ANYBODY, list}};
    const struct rpc_peer peer = {.role = TOKEN_ADMIN};
    const struct rpc_message question = {.kind = RPC_REQUEST,
                                         .method = {"list", 4}};
    struct answer answer = {.size = 0};
    struct rpc_dispatch dispatch = {.methods = methods,
                                    .n_methods = 1,
                                    .arg = n,
                                    .peer = &peer,
                                    .calls_max = 1,
                                    .send = answered,
                                    .to = &answer};

    check(rpc_dispatch(&dispatch, &question));
    rpc_dispatch_close(&dispatch);
    *readable = answer.readable;
    return answer.size;
}
