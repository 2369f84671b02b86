/*
 * nimbus.c - `gale nimbus`: the daemon around a candidate (candidate.h); see
 * nimbus.h.
 */
#include "nimbus/nimbus.h"
#include "common/daemon.h"
#include "nimbus/candidate.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* A connection each: supervisors, workers whose supervisor is away, users. */
#define CLIENTS_MAX 8192u

struct nimbus {
    struct daemon daemon;
    struct store *store;
    struct rpc_server *server;
    struct nimbus_record me;
    struct candidate *candidate;
};

/* -- what it hears --------------------------------------------------------- */

static void left(void *arg, struct rpc_link *link, const char *why)
{
    struct nimbus *n = arg;

    (void)why;
    candidate_left(n->candidate, link);
}

static void refused(void *arg, const char *from, const char *why)
{
    struct nimbus *n = arg;

    daemon_refused(&n->daemon, from, why);
}

static void zookeeper_changed(void *arg, enum zookeeper_state state)
{
    candidate_zookeeper(((struct nimbus *)arg)->candidate, state);
}

/* -- the daemon ------------------------------------------------------------ */

static void describe_me(struct nimbus *n)
{
    const struct daemon *d = &n->daemon;

    snprintf(n->me.id, sizeof(n->me.id), "%016llx%016llx",
             (unsigned long long)d->env->ops->entropy(d->env),
             (unsigned long long)d->env->ops->entropy(d->env));
    snprintf(n->me.host, sizeof(n->me.host), "%s", d->host);
    snprintf(n->me.address, sizeof(n->me.address), "%s", d->address);
    snprintf(n->me.gale, sizeof(n->me.gale), "%s", gale_version());
    n->me.port = (uint16_t)daemon_config_int(d->config, "nimbus.thrift.port");
    n->me.started_us = d->started_us;
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

static struct candidate *new_candidate(struct nimbus *n)
{
    const struct daemon *d = &n->daemon;
    const struct candidate_options options = {
        .loop = d->loop,
        .log = d->log,
        .config = d->config,
        .store = n->store,
        .records_key = &d->records_key,
        .me = &n->me,
        .token = d->insecure ? NULL : &d->token,
    };

    return candidate_new(&options);
}

static struct rpc_server *listens(struct nimbus *n, gale_err *error)
{
    const struct rpc_server_options options = {
        .methods = candidate_methods,
        .n_methods = candidate_n_methods,
        .methods_arg = n->candidate,
        .arg = n,
        .left = left,
        .refused = refused,
        .clients_max = CLIENTS_MAX,
    };

    return daemon_listen(&n->daemon, n->me.port, &options, error);
}

static int begin(struct nimbus *n, gale_err *error)
{
    struct daemon *d = &n->daemon;

    if (open_store(n, error) != 0)
        return -1;
    describe_me(n);
    n->candidate = new_candidate(n);
    n->server = listens(n, error);
    if (n->server == NULL || daemon_zookeeper(d, zookeeper_changed, n, error))
        return -1;
    candidate_begin(n->candidate, d->zookeeper);
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
    candidate_end(n->candidate);
    daemon_leave_zookeeper(&n->daemon);
    candidate_free(n->candidate);
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
