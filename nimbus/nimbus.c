/*
 * nimbus.c - `gale nimbus`: listens, takes part in the election, and reigns
 * when it leads; see nimbus.h.
 */
#include "nimbus/nimbus.h"
#include "common/daemon.h"
#include "nimbus/election.h"
#include "nimbus/file_methods.h"
#include "nimbus/reign.h"
#include "topology-api/memory.h"
#include <stdlib.h>

struct nimbus {
    struct daemon daemon;
    struct store *store;
    struct rpc_server *server;
    struct nimbus_record me;
    struct election *election;         /* once ZooKeeper has answered */
    struct reign *reign;               /* while it leads */
    char leader[RECORD_HOST_SIZE + 8]; /* its address; "": nobody is known */
};

/* -- methods --------------------------------------------------------------- */

/* The reign, if this nimbus leads; otherwise the caller is told who does. */
static struct reign *leading(struct nimbus *n, struct rpc_call *call)
{
    if (n->reign != NULL && election_leads(n->election))
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

static void list(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    struct reign *r = leading(arg, call);

    (void)params;
    if (r != NULL)
        reign_list(r, call);
}

static void status(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct nimbus *n = arg;
    struct reign *r = leading(n, call);
    struct pack result;

    (void)params;
    if (r == NULL)
        return;
    pack_init(&result);
    pack_map(&result, REIGN_STATUS_PAIRS + 1);
    election_pack(n->election, &result);
    reign_status(r, &result);
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
FILE_METHOD(finish)
FILE_METHOD(fetch)

static void upload(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct nimbus *n = arg;

    if (leading(n, call) != NULL)
        file_method_upload(n->store, call, params);
}

/* Reports need no answer; who does not lead has no use for them. */
static void report(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct nimbus *n = arg;

    if (n->reign != NULL && rpc_call_link(call) != NULL)
        reign_report(n->reign, rpc_call_link(call), params);
    rpc_reply(call, NULL);
}

static void worker(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct reign *r = leading(arg, call);

    if (r == NULL)
        return;
    reign_worker_report(r, rpc_call_link(call), params);
    rpc_reply(call, NULL);
}

#define READERS                                                                \
    (RPC_ROLE(TOKEN_READER) | RPC_ROLE(TOKEN_SUBMITTER) | RPC_ROLE(TOKEN_ADMIN))
#define SUBMITTERS (RPC_ROLE(TOKEN_SUBMITTER) | RPC_ROLE(TOKEN_ADMIN))
#define SUPERVISORS RPC_ROLE(TOKEN_SUPERVISOR)

static const struct rpc_method methods[] = {
    {"list", READERS, list},
    {"status", READERS, status},
    {"submit", SUBMITTERS, submit},
    {"activate", SUBMITTERS, activate},
    {"deactivate", SUBMITTERS, deactivate},
    {"kill", SUBMITTERS, kill},
    {"rebalance", SUBMITTERS, rebalance},
    {"upload", SUBMITTERS, upload},
    {"append", SUBMITTERS, append},
    {"finish", SUBMITTERS, finish},
    {"fetch", SUPERVISORS, fetch},
    {"report", SUPERVISORS, report},
    {"worker", RPC_ROLE(TOKEN_WORKER), worker},
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

    log_debug(n->daemon.log, "rpc", "%s was not let in: %s", from, why);
}

/* -- the election ---------------------------------------------------------- */

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
        .records_key = &n->daemon.records_key,
        .epoch = number,
        .epoch_version = version,
        .arg = n,
        .fenced = fenced,
    };

    (void)n_lacking;
    log_info(n->daemon.log, "leader", "leads, epoch %llu",
             (unsigned long long)number);
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
    if (leader != NULL)
        snprintf(n->leader, sizeof(n->leader),
                 strchr(leader->address, ':') != NULL ? "[%s]:%u" : "%s:%u",
                 leader->address, leader->port);
}

static void zookeeper_changed(void *arg, enum zookeeper_state state)
{
    struct nimbus *n = arg;
    const struct election_options options = {
        .loop = n->daemon.loop,
        .zookeeper = n->daemon.zookeeper,
        .me = &n->me,
        .arg = n,
        .begins = begins,
        .stops = stops,
        .changed = changed,
    };

    if (n->election == NULL && state == ZOOKEEPER_IS_CONNECTED)
        n->election = election_new(&options);
    else if (n->election != NULL)
        election_state(n->election, state);
    if (n->reign != NULL)
        reign_zookeeper(n->reign, state != ZOOKEEPER_IS_CONNECTED);
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
    };
    char *directory = daemon_directory(d, "nimbus/store", error);

    if (directory == NULL)
        return -1;
    n->store = store_open(d->env, directory, error);
    free(directory);
    if (n->store == NULL)
        return -1;
    describe_me(n, port);
    n->server = daemon_listen(d, port, &options, error);
    if (n->server == NULL)
        return -1;
    return daemon_zookeeper(d, zookeeper_changed, n, error);
}

static void end(struct nimbus *n)
{
    reign_end(n->reign, "because it ends");
    if (n->election != NULL)
        election_end(n->election);
    daemon_leave_zookeeper(&n->daemon);
    election_free(n->election);
    rpc_server_free(n->server);
    store_close(n->store);
    daemon_end(&n->daemon);
}

int nimbus_run(const struct daemon_config *config, gale_err *error)
{
    struct nimbus n = {.leader = ""};
    int result = daemon_begin(&n.daemon, "nimbus", config, true, error);

    if (result == 0)
        result = begin(&n, error);
    if (result == 0) {
        log_info(n.daemon.log, "nimbus", "gale %s listens at %s:%u",
                 gale_version(), n.me.address, n.me.port);
        daemon_run(&n.daemon);
    }
    end(&n);
    return result;
}
