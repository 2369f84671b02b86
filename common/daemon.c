/* daemon.c - what daemons have in common; see daemon.h. */
#include "common/daemon.h"
#include "common/local_dir.h"
#include "common/rpc_resolve.h"
#include "common/token_file.h"
#include "common/zookeeper_check.h"
#include "common/zookeeper_client.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define REFUSALS_MAX 10u /* in the log, in a minute */
#define MINUTE_NS INT64_C(60000000000)

/* -- where it is ----------------------------------------------------------- */

/* The address alone, without its port. */
static void host_of(const struct rpc_address *address, char *text, size_t size)
{
    char whole[RPC_ADDRESS_TEXT], *from = whole, *colon;

    rpc_address_text(address, whole);
    colon = strrchr(whole, ':');
    if (colon != NULL)
        *colon = '\0';
    if (*from == '[') {
        from++;
        from[strcspn(from, "]")] = '\0';
    }
    snprintf(text, size, "%s", from);
}

static int find_address(struct daemon *d, gale_err *error)
{
    const char *name = daemon_config_text(d->config, "storm.local.hostname");
    struct rpc_address address;
    gale_err why;

    if (name == NULL)
        name = daemon_config_text(d->config, "gale.bind");
    if (rpc_resolve(d->env, name, 1, &address, 1, &why) < 0)
        return error_set(error, "storm.local.hostname: %s", why.text);
    host_of(&address, d->address, sizeof(d->address));
    if (d->env->simulated || gethostname(d->host, sizeof(d->host) - 1) != 0 ||
        d->host[0] == '\0')
        snprintf(d->host, sizeof(d->host), "%s", d->address);
    return 0;
}

static int warn_if_open(struct daemon *d, gale_err *error)
{
    const char *bind = daemon_config_text(d->config, "gale.bind");
    struct rpc_address address;
    gale_err why;

    if (rpc_resolve(d->env, bind, 1, &address, 1, &why) < 0)
        return error_set(error, "gale.bind: %s", why.text);
    if (!rpc_address_is_loopback(&address))
        log_warn(d->log, d->name,
                 "listens at %s: RPC and tuples can be read by whoever sees "
                 "the network, use a private one or a tunnel",
                 bind);
    if (d->insecure)
        log_warn(d->log, d->name,
                 "gale.insecure: whoever reaches a port can run code here");
    return 0;
}

/* -- the token ------------------------------------------------------------- */

static int read_token(struct daemon *d, bool make_token, gale_err *error)
{
    char *path, *directory = daemon_directory(d, NULL, error);
    int result;

    if (directory == NULL)
        return -1;
    free(directory);
    path = local_dir_token(d->config);
    result = make_token ? token_file_make(d->env, path, &d->token, error)
                        : token_file_read(path, &d->token, error);
    free(path);
    return result;
}

static int find_token(struct daemon *d, bool make_token, gale_err *error)
{
    d->insecure = daemon_config_bool(d->config, "gale.insecure");
    if (d->place != NULL && d->place->token != NULL)
        d->token = *d->place->token;
    else if (!d->insecure && read_token(d, make_token, error) != 0)
        return -1;
    d->records_key = token_records_key(&d->token);
    return 0;
}

char *daemon_directory(struct daemon *d, const char *name, gale_err *error)
{
    char *path = name == NULL
                     ? xstrdup(daemon_config_text(d->config, "storm.local.dir"))
                     : local_dir_path(d->config, name);

    if (d->env->ops->directory_make(d->env, path) == 0)
        return path;
    error_set(error, "%s cannot be made: %s (storm.local.dir)", path,
              strerror(errno));
    free(path);
    return NULL;
}

char *daemon_private_directory(struct daemon *d, const char *name,
                               gale_err *error)
{
    char *path = daemon_directory(d, name, error);

    if (path == NULL || d->env->ops->directory_private(d->env, path) == 0)
        return path;
    error_set(error, "cannot use the directory %s: %s", path, strerror(errno));
    free(path);
    return NULL;
}

/* -- begin, run, end ------------------------------------------------------- */

static void signalled(void *arg, int signal)
{
    struct daemon *d = arg;

    if (signal == SIGCHLD) {
        if (d->child_ended != NULL)
            d->child_ended(d->child_arg);
        return;
    }
    log_info(d->log, d->name, "%s: it ends",
             signal == SIGINT ? "SIGINT" : "SIGTERM");
    d->told_to_end = true;
    loop_end(d->loop);
}

/* The token is in its memory: so that is neither written to a disk when it
 * crashes, nor read by another process of its user, such as a worker. */
static void hide(const struct daemon *d)
{
    if (!daemon_config_bool(d->config, "gale.daemon.core"))
        prctl(PR_SET_DUMPABLE, 0);
}

/* Alone in its process. */
static int settle(struct daemon *d, gale_err *error)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGCHLD};

    hide(d);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    d->env = env_posix();
    d->log = log_new(d->env, stderr, d->name);
    d->loop = loop_new(d->env);
    if (d->loop == NULL || loop_signals(d->loop, signals, 3, signalled, d) != 0)
        return error_set(error, "no descriptors are left");
    return 0;
}

static int settle_in(struct daemon *d, const struct daemon_place *place)
{
    d->env = place->env;
    d->log = log_new(d->env, stderr, place->name);
    log_set_level(d->log, place->log_level);
    d->loop = place->loop;
    return 0;
}

int daemon_begin(struct daemon *d, bool make_token, gale_err *error)
{
    if ((d->place != NULL ? settle_in(d, d->place) : settle(d, error)) != 0)
        return -1;
    d->started_us = d->env->ops->wall_us(d->env);
    throttle_init(&d->refusals, REFUSALS_MAX, MINUTE_NS);
    if (find_address(d, error) != 0 || find_token(d, make_token, error) != 0)
        return -1;
    return warn_if_open(d, error);
}

/* -- ZooKeeper ------------------------------------------------------------- */

static void found(void *arg, enum zookeeper_gravity gravity, const char *text)
{
    struct daemon *d = arg;

    if (gravity == ZOOKEEPER_BAD)
        log_warn(d->log, "zookeeper", "%s", text);
    else
        log_info(d->log, "zookeeper", "%s", text);
}

/* In a thread of its own, since servers may take their time to answer. */
static void check_servers(void *arg)
{
    struct daemon *d = arg;

    zookeeper_check(d->env, d->checked, found, d);
}

static void begin_check(struct daemon *d, const struct zookeeper_options *o)
{
    d->checked = xcalloc(1, sizeof(*d->checked));
    zookeeper_options_copy(d->checked, o);
    d->checks =
        d->env->ops->thread_start(d->env, "check", -1, check_servers, d);
}

static void end_check(struct daemon *d)
{
    if (d->checks != NULL)
        d->env->ops->thread_join(d->env, d->checks);
    d->checks = NULL;
    if (d->checked != NULL)
        zookeeper_options_free(d->checked);
    free(d->checked);
    d->checked = NULL;
}

int daemon_zookeeper(struct daemon *d, zookeeper_state_fn *fn, void *arg,
                     gale_err *error)
{
    struct zookeeper_options options;
    int result;

    if (d->place != NULL) {
        d->zookeeper = d->place->join(d->place->arg, fn, arg);
        return 0;
    }
    result = zookeeper_options_read(&options, d->config, error);
    if (result == 0)
        begin_check(d, &options);
    if (result == 0)
        d->zookeeper = zookeeper_client_new(d->loop, &options, d->log, fn, arg);
    zookeeper_options_free(&options);
    return result;
}

struct rpc_server *daemon_listen(struct daemon *d, uint16_t port,
                                 const struct rpc_server_options *options,
                                 gale_err *error)
{
    struct rpc_server_options own = *options;
    struct rpc_address address;

    if (rpc_resolve(d->env, daemon_config_text(d->config, "gale.bind"), port,
                    &address, 1, error) < 0)
        return NULL;
    own.who = d->name;
    own.token = d->insecure ? NULL : &d->token;
    return rpc_server_new(d->loop, &address, &own, error);
}

void daemon_refused(struct daemon *d, const char *from, const char *why)
{
    uint64_t n_cut;

    if (!throttle_allow(&d->refusals, loop_now(d->loop)))
        return;
    n_cut = throttle_take_cut(&d->refusals);
    log_warn(d->log, "rpc", "%s was not let in: %s", from, why);
    if (n_cut > 0)
        log_warn(d->log, "rpc",
                 "before that, %" PRIu64 " others were not let in", n_cut);
}

void daemon_run(struct daemon *d)
{
    if (!d->told_to_end)
        loop_run(d->loop);
}

void daemon_leave_zookeeper(struct daemon *d)
{
    if (d->place == NULL)
        zookeeper_free(d->zookeeper);
    else if (d->zookeeper != NULL)
        d->place->leave(d->place->arg, d->zookeeper);
    d->zookeeper = NULL;
    end_check(d);
}

void daemon_end(struct daemon *d)
{
    daemon_leave_zookeeper(d);
    if (d->place == NULL)
        loop_free(d->loop);
    log_free(d->log);
    explicit_bzero(&d->token, sizeof(d->token));
    explicit_bzero(&d->records_key, sizeof(d->records_key));
}
