/*
 * nimbus.c - `gale nimbus`: listens, takes part in the election, and reigns
 * when it leads; see nimbus.h.
 */
#include "nimbus/nimbus.h"
#include "common/daemon.h"
#include "nimbus/copies.h"
#include "nimbus/election.h"
#include "nimbus/file_methods.h"
#include "nimbus/leaderless.h"
#include "nimbus/reign.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* A connection each: supervisors, workers whose supervisor is away, users. */
#define CLIENTS_MAX 8192u

struct nimbus {
    struct daemon daemon;
    struct store *store;
    struct rpc_server *server;
    struct nimbus_record me;
    struct copies *copies;
    struct election *election; /* once it is known which files are lacked */
    struct reign *reign;       /* while it leads */
    int64_t connected_at;      /* to ZooKeeper, for the last time */
    char leader[RECORD_HOST_SIZE + 8]; /* another's; "": nobody's is known */
};

/* -- methods --------------------------------------------------------------- */

static bool leads(const struct nimbus *n)
{
    return n->reign != NULL && election_leads(n->election);
}

/* The reign, if this nimbus leads; otherwise the caller is told who does. */
static struct reign *leading(struct nimbus *n, struct rpc_call *call)
{
    if (leads(n))
        return n->reign;
    if (n->leader[0] != '\0')
        rpc_fail_with(call, RPC_NOT_LEADER, n->leader,
                      "this nimbus does not lead, %s does", n->leader);
    else
        rpc_fail(call, RPC_NOT_LEADER, "no nimbus leads at the moment%s%s",
                 *zookeeper_trouble(n->daemon.zookeeper) ? ": " : "",
                 zookeeper_trouble(n->daemon.zookeeper));
    return NULL;
}

#define LEADERS_METHOD(name)                                                   \
    static void name(void *arg, struct rpc_call *call,                         \
                     const msgpack_object *params)                             \
    {                                                                          \
        struct reign *r = leading(arg, call);                                  \
                                                                               \
        if (r != NULL)                                                         \
            reign_##name(r, call, params);                                     \
    }

LEADERS_METHOD(submit)
LEADERS_METHOD(activate)
LEADERS_METHOD(deactivate)
LEADERS_METHOD(kill)
LEADERS_METHOD(rebalance)

LEADERS_METHOD(set_log_level)
LEADERS_METHOD(workers)
LEADERS_METHOD(topology)
LEADERS_METHOD(metrics)
LEADERS_METHOD(errors)

LEADERS_METHOD(positions)

static void list(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct reign *r = leading(arg, call);

    (void)params;
    if (r != NULL)
        reign_list(r, call);
}

/* What a nimbus knows that does not lead. */
static void pack_leaderless(struct nimbus *n, struct pack *p)
{
    char text[LEADERLESS_TEXT];

    leaderless_text(text, n->leader, zookeeper_trouble(n->daemon.zookeeper));
    pack_text(p, "problems");
    pack_array(p, 1);
    pack_text(p, text);
}

/* Its id; "": nobody is shown as the leader. */
static const char *leader_shown(const struct nimbus *n)
{
    if (leads(n))
        return n->me.id;
    if (leaderless_is_known(n->leader, zookeeper_trouble(n->daemon.zookeeper)))
        return election_leader(n->election)->nimbus;
    return "";
}

/* anyway: who asks has waited for a leader for long enough. */
static void status(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct nimbus *n = arg;
    bool anyway = !leads(n) && unpack_bool(unpack_key(params, "anyway"), false);
    struct pack result;

    if (!anyway && leading(n, call) == NULL)
        return;
    pack_init(&result);
    pack_map(&result, anyway ? 2 : REIGN_STATUS_PAIRS + 1);
    copies_pack_nimbuses(n->copies, leader_shown(n), &result);
    if (anyway)
        pack_leaderless(n, &result);
    else
        reign_status(n->reign, &result);
    rpc_reply(call, &result);
    pack_free(&result);
}

#define FILE_METHOD(name)                                                      \
    static void name(void *arg, struct rpc_call *call,                         \
                     const msgpack_object *params)                             \
    {                                                                          \
        struct nimbus *n = arg;                                                \
                                                                               \
        file_method_##name(n->store, call, params);                            \
    }

FILE_METHOD(append)

static void fetch(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    struct nimbus *n = arg;

    file_method_fetch(n->store, call, params);
    copies_fetched_from(n->copies, params);
}

static void finish(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct nimbus *n = arg;

    file_method_finish(n->store, call, params);
    copies_uploaded(n->copies);
}

#define COPIES_METHOD(name)                                                    \
    static void name(void *arg, struct rpc_call *call,                         \
                     const msgpack_object *params)                             \
    {                                                                          \
        struct nimbus *n = arg;                                                \
                                                                               \
        copies_method_##name(n->copies, call, params);                         \
    }

COPIES_METHOD(holds)
COPIES_METHOD(copy)

static void upload(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct nimbus *n = arg;
    gale_str hash = unpack_str(unpack_key(params, "hash"));
    struct digest digest;

    if (leading(n, call) == NULL)
        return;
    if (digest_read_hex(hash.data, hash.size, &digest))
        copies_touch(n->copies, &digest);
    file_method_upload(n->store, call, params);
}

static void report(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct reign *r = leading(arg, call);

    if (r == NULL)
        return;
    if (rpc_call_link(call) != NULL)
        reign_report(r, rpc_call_link(call), params);
    rpc_reply(call, NULL);
}

static void counters(void *arg, struct rpc_call *call,
                     const msgpack_object *params)
{
    struct nimbus *n = arg;

    if (n->reign != NULL)
        reign_counters(n->reign, params);
    rpc_reply(call, NULL);
}

static void worker(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct reign *r = leading(arg, call);

    if (r == NULL)
        return;
    reign_worker_report(r, rpc_call_link(call), rpc_call_peer(call), params);
    rpc_reply(call, NULL);
}

#define READERS                                                                \
    (RPC_ROLE(TOKEN_READER) | RPC_ROLE(TOKEN_SUBMITTER) | RPC_ROLE(TOKEN_ADMIN))
#define SUBMITTERS (RPC_ROLE(TOKEN_SUBMITTER) | RPC_ROLE(TOKEN_ADMIN))
#define SUPERVISORS RPC_ROLE(TOKEN_SUPERVISOR)
#define NIMBUSES RPC_ROLE(TOKEN_ADMIN)

static const struct rpc_method methods[] = {
    {"list", READERS, list},
    {"status", READERS, status},
    {"workers", READERS, workers},
    {"topology", READERS, topology},
    {"metrics", READERS, metrics},
    {"errors", READERS, errors},
    {"submit", SUBMITTERS, submit},
    {"activate", SUBMITTERS, activate},
    {"deactivate", SUBMITTERS, deactivate},
    {"kill", SUBMITTERS, kill},
    {"rebalance", SUBMITTERS, rebalance},
    {"set_log_level", SUBMITTERS, set_log_level},
    {"upload", SUBMITTERS, upload},
    {"append", SUBMITTERS, append},
    {"finish", SUBMITTERS, finish},
    {"fetch", SUPERVISORS | NIMBUSES, fetch},
    {"holds", NIMBUSES, holds},
    {"copy", NIMBUSES, copy},
    {"report", SUPERVISORS, report},
    {"counters", SUPERVISORS, counters},
    {"worker", RPC_ROLE(TOKEN_WORKER), worker},
    {"positions", RPC_ROLE(TOKEN_WORKER), positions},
};

static void left(void *arg, struct rpc_link *link, const char *why)
{
    struct nimbus *n = arg;

    (void)why;
    if (n->reign != NULL)
        reign_left(n->reign, link);
}

static void refused(void *arg, const char *from, const char *why)
{
    struct nimbus *n = arg;

    daemon_refused(&n->daemon, from, why);
}

/* -- the election ---------------------------------------------------------- */

/* Since when who is alive knows that there is nobody to hear it. If it was not
 * seen how the leader before went, that may be just now; and after ZooKeeper
 * was away, it is to be expected that others are not registered yet. */
static int64_t nobody_led_since(const struct nimbus *n)
{
    int64_t now = loop_now(n->daemon.loop);
    int64_t since = copies_leader_silent(n->copies);

    if (since > now)
        since = now;
    return since > n->connected_at ? since : n->connected_at;
}

static void fenced(void *arg)
{
    election_fenced(((struct nimbus *)arg)->election);
}

static void begins(void *arg, uint64_t number, int32_t version,
                   uint32_t n_lacking)
{
    struct nimbus *n = arg;
    const struct reign_options options = {
        .loop = n->daemon.loop,
        .zookeeper = n->daemon.zookeeper,
        .log = n->daemon.log,
        .config = n->daemon.config,
        .store = n->store,
        .copies = n->copies,
        .records_key = &n->daemon.records_key,
        .epoch = number,
        .epoch_version = version,
        .since_ns = nobody_led_since(n),
        .arg = n,
        .fenced = fenced,
    };

    log_info(n->daemon.log, "leader", "leads, epoch %llu",
             (unsigned long long)number);
    if (n_lacking > 0)
        log_warn(n->daemon.log, "leader",
                 "%u files of topologies are not here: workers that need them "
                 "start when a nimbus that has them is back",
                 n_lacking);
    copies_leader(n->copies, n->me.id);
    n->reign = reign_begin(&options);
}

static void stops(void *arg, const char *why)
{
    struct nimbus *n = arg;

    log_warn(n->daemon.log, "leader", "leads no longer, %s", why);
    reign_end(n->reign, why);
    n->reign = NULL;
}

static void changed(void *arg)
{
    struct nimbus *n = arg;
    const struct epoch_record *leader = election_leader(n->election);

    n->leader[0] = '\0';
    copies_leader(n->copies, leader != NULL ? leader->nimbus : NULL);
    if (leader != NULL && strcmp(leader->nimbus, n->me.id) != 0)
        snprintf(n->leader, sizeof(n->leader),
                 strchr(leader->address, ':') != NULL ? "[%s]:%u" : "%s:%u",
                 leader->address, leader->port);
}

/* Who takes part knows what it lacks: so it is asked first. */
static void lacks(void *arg, uint32_t n_files)
{
    struct nimbus *n = arg;
    const struct election_options options = {
        .loop = n->daemon.loop,
        .zookeeper = n->daemon.zookeeper,
        .log = n->daemon.log,
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
    struct nimbus *n = arg;

    if (n->reign != NULL)
        reign_stored(n->reign, submission, copies, enough);
}

static void zookeeper_changed(void *arg, enum zookeeper_state state)
{
    struct nimbus *n = arg;
    bool away = state != ZOOKEEPER_IS_CONNECTED;

    if (!away)
        n->connected_at = loop_now(n->daemon.loop);
    if (n->copies == NULL)
        return; /* it ends before it began */
    if (n->election != NULL)
        election_state(n->election, state);
    if (n->reign != NULL)
        reign_zookeeper(n->reign, away);
    copies_zookeeper(n->copies, away);
    if (state == ZOOKEEPER_IS_AWAY)
        log_warn(n->daemon.log, "zookeeper", "%s",
                 zookeeper_trouble(n->daemon.zookeeper));
}

/* -- the daemon ------------------------------------------------------------ */

static void describe_me(struct nimbus *n, uint16_t port)
{
    const struct daemon *d = &n->daemon;

    snprintf(n->me.id, sizeof(n->me.id), "%016llx%016llx",
             (unsigned long long)d->env->ops->entropy(d->env),
             (unsigned long long)d->env->ops->entropy(d->env));
    snprintf(n->me.host, sizeof(n->me.host), "%s", d->host);
    snprintf(n->me.address, sizeof(n->me.address), "%s", d->address);
    snprintf(n->me.gale, sizeof(n->me.gale), "%s", gale_version());
    n->me.port = port;
    n->me.started_us = d->started_us;
}

static void begin_copies(struct nimbus *n)
{
    struct daemon *d = &n->daemon;
    struct copies_options options = {
        .loop = d->loop,
        .zookeeper = d->zookeeper,
        .log = d->log,
        .store = n->store,
        .records_key = &d->records_key,
        .me = &n->me,
        .identity = {.role = TOKEN_ADMIN,
                     .name = "nimbus",
                     .insecure = d->insecure},
        .delay_ns =
            daemon_config_int(d->config,
                              "nimbus.topology.blobstore.deletion.delay.ms") *
            INT64_C(1000000),
        .arg = n,
        .lacks = lacks,
        .stored = stored,
    };

    if (!d->insecure)
        options.identity.key = token_role_key(&d->token, TOKEN_ADMIN);
    n->copies = copies_new(&options);
    explicit_bzero(&options.identity, sizeof(options.identity));
}

/* Options of topologies are in it: it is nobody else's. */
static int open_store(struct nimbus *n, gale_err *error)
{
    char *mine = daemon_private_directory(&n->daemon, "nimbus", error);
    char *store =
        mine == NULL
            ? NULL
            : daemon_private_directory(&n->daemon, "nimbus/store", error);

    if (store != NULL)
        n->store = store_open(n->daemon.env, store, error);
    free(store);
    free(mine);
    return n->store == NULL ? -1 : 0;
}

static int begin(struct nimbus *n, gale_err *error)
{
    struct daemon *d = &n->daemon;
    uint16_t port =
        (uint16_t)daemon_config_int(d->config, "nimbus.thrift.port");
    const struct rpc_server_options options = {
        .methods = methods,
        .n_methods = sizeof(methods) / sizeof(methods[0]),
        .arg = n,
        .left = left,
        .refused = refused,
        .clients_max = CLIENTS_MAX,
    };

    if (open_store(n, error) != 0)
        return -1;
    describe_me(n, port);
    n->server = daemon_listen(d, port, &options, error);
    if (n->server == NULL || daemon_zookeeper(d, zookeeper_changed, n, error))
        return -1;
    begin_copies(n);
    return 0;
}

struct nimbus *nimbus_begin(const struct daemon_config *config,
                            const struct daemon_place *place, gale_err *error)
{
    struct nimbus *n = xcalloc(1, sizeof(*n));

    n->daemon =
        (struct daemon){.name = "nimbus", .config = config, .place = place};
    if (daemon_begin(&n->daemon, true, error) == 0 && begin(n, error) == 0) {
        log_info(n->daemon.log, "nimbus", "gale %s listens at %s:%u",
                 gale_version(), n->me.address, n->me.port);
        return n;
    }
    nimbus_end(n);
    return NULL;
}

void nimbus_end(struct nimbus *n)
{
    if (n == NULL)
        return;
    reign_end(n->reign, "because it ends");
    n->reign = NULL;
    if (n->election != NULL)
        election_end(n->election);
    copies_end(n->copies);
    daemon_leave_zookeeper(&n->daemon);
    election_free(n->election);
    copies_free(n->copies);
    rpc_server_free(n->server);
    store_close(n->store);
    daemon_end(&n->daemon);
    free(n);
}

int nimbus_run(const struct daemon_config *config, gale_err *error)
{
    struct nimbus *n = nimbus_begin(config, NULL, error);

    if (n == NULL)
        return -1;
    daemon_run(&n->daemon);
    nimbus_end(n);
    return 0;
}
