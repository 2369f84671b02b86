/* simulated_cluster.c - machines and daemons; see simulated_cluster.h. */
#include "simulator/simulated_cluster.h"
#include "common/check.h"
#include "nimbus/nimbus.h"
#include "simulator/simulated_stranger.h"
#include "supervisor/supervisor.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL_DIR "/var/gale"
#define WAY_NS INT64_C(2000000)

/* -- configuration --------------------------------------------------------- */

static int set(struct daemon_config *c, gale_err *error, const char *format,
               ...) GALE_PRINTF(3, 4);

static int set(struct daemon_config *c, gale_err *error, const char *format,
               ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return daemon_config_override(c, text, error);
}

static int set_seeds(const struct simulated_cluster *c,
                     struct daemon_config *config, gale_err *error)
{
    char text[CLUSTER_NIMBUSES_MAX * 32] = "";
    size_t size = 0;

    for (uint32_t i = 0; i < c->n_nimbuses; i++)
        size += (size_t)snprintf(
            text + size, sizeof(text) - size, "%s\"%s:%u\"", i == 0 ? "" : ",",
            world_machine_address(c->daemons[i].machine), CLUSTER_NIMBUS_PORT);
    return set(config, error, "nimbus.seeds=[%s]", text);
}

static int configure(struct simulated_daemon *d, gale_err *error)
{
    const struct simulated_cluster *c = d->cluster;
    const char *address = world_machine_address(d->machine);

    d->config = daemon_config_new(NULL, NULL);
    return set(d->config, error, "gale.bind=%s", address) |
           set(d->config, error, "storm.local.hostname=%s", address) |
           set(d->config, error, "storm.local.dir=" LOCAL_DIR) |
           set(d->config, error, "nimbus.thrift.port=%d", CLUSTER_NIMBUS_PORT) |
           set(d->config, error, "supervisor.thrift.port=%d",
               CLUSTER_SUPERVISOR_PORT) |
           set(d->config, error, "supervisor.slots.ports=[%d,%d,%d]",
               CLUSTER_FIRST_SLOT, CLUSTER_FIRST_SLOT + 1,
               CLUSTER_FIRST_SLOT + 2) |
           set(d->config, error, "storm.zookeeper.session.timeout=%lld",
               (long long)(c->session_ns / 1000000)) |
           set_seeds(c, d->config, error);
}

/* -- a daemon's process ---------------------------------------------------- */

static struct zookeeper *join(void *arg, zookeeper_state_fn *fn, void *fn_arg)
{
    struct simulated_daemon *d = arg;

    return world_zookeeper_join(d->cluster->zookeeper, d->loop,
                                d->cluster->session_ns, fn, fn_arg);
}

static void leave(void *arg, struct zookeeper *zookeeper)
{
    (void)arg;
    zookeeper_free(zookeeper);
}

static void told_to_end(void *arg, int signal)
{
    (void)signal;
    loop_end(arg);
}

static int live(struct simulated_daemon *d, struct env *env)
{
    static const int signals[] = {SIGTERM};
    const struct daemon_place place = {.name = d->name,
                                       .env = env,
                                       .loop = d->loop,
                                       .log_level = d->cluster->log_level,
                                       .token = &d->cluster->token,
                                       .arg = d,
                                       .join = join,
                                       .leave = leave};
    struct supervisor_hands hands = simulated_worker_hands(d);
    struct supervisor *supervisor = NULL;
    struct nimbus *nimbus = NULL;
    gale_err error;

    if (d->is_nimbus)
        nimbus = nimbus_begin(d->config, &place, &error);
    else
        supervisor = supervisor_begin(d->config, &place, &hands, &error);
    if (nimbus == NULL && supervisor == NULL) {
        if (d->cluster->log_level >= GALE_LOG_INFO)
            fprintf(stderr, "%s: %s\n", d->name, error.text);
        return 1;
    }
    check(loop_signals(d->loop, signals, 1, told_to_end, d->loop) == 0);
    loop_run(d->loop);
    nimbus_end(nimbus);
    supervisor_end(supervisor);
    return 0;
}

static int daemon_main(struct env *env, void *arg)
{
    struct simulated_daemon *d = arg;
    int status;

    d->loop = loop_new(env);
    status = live(d, env);
    loop_free(d->loop);
    simulated_cluster_leaves(d->cluster, env, d->name);
    return status;
}

void simulated_daemon_start(struct simulated_daemon *d)
{
    const struct world_process_in in = {
        .name = d->name, .main = daemon_main, .arg = d};

    check(!simulated_daemon_runs(d));
    simulated_strangers_start(d);
    d->start_at = INT64_MAX;
    d->process = world_process_start(d->machine, &in);
}

bool simulated_daemon_runs(const struct simulated_daemon *d)
{
    return d->process != NULL && world_process_runs(d->process);
}

/* -- the cluster ----------------------------------------------------------- */

static int make_daemon(struct simulated_cluster *c, uint32_t i, gale_err *error)
{
    struct simulated_daemon *d = &c->daemons[i];

    d->is_nimbus = i < c->n_nimbuses;
    d->number = d->is_nimbus ? i + 1 : i + 1 - c->n_nimbuses;
    snprintf(d->name, sizeof(d->name),
             d->is_nimbus ? "nimbus-%u" : "supervisor-%u", d->number);
    d->start_at = INT64_MAX;
    return configure(d, error) == 0 ? 0 : -1;
}

struct simulated_cluster *simulated_cluster_new(
    struct world *w, const struct simulated_cluster_options *options,
    gale_err *error)
{
    struct simulated_cluster *c = xcalloc(1, sizeof(*c));

    check(options->n_nimbuses >= 1 &&
          options->n_nimbuses <= CLUSTER_NIMBUSES_MAX &&
          options->n_supervisors >= 1 &&
          options->n_supervisors <= CLUSTER_SUPERVISORS_MAX);
    c->world = w;
    c->log_level = options->log_level;
    c->token = token_make(world_env(w));
    c->session_ns = (4 + (int64_t)world_below(w, 9)) * INT64_C(1000000000);
    c->zookeeper = world_zookeeper_new(w, WAY_NS);
    c->n_nimbuses = options->n_nimbuses;
    c->n_daemons = options->n_nimbuses + options->n_supervisors;
    for (uint32_t i = 0; i < c->n_daemons; i++) {
        c->daemons[i].cluster = c;
        c->daemons[i].machine = world_machine_new(w);
    }
    for (uint32_t i = 0; i < c->n_daemons; i++)
        if (make_daemon(c, i, error) != 0)
            return NULL;
    return c;
}

void simulated_cluster_break(struct simulated_cluster *c, const char *format,
                             ...)
{
    va_list args;

    if (c->wrong[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(c->wrong, sizeof(c->wrong), format, args);
    va_end(args);
}

void simulated_cluster_leaves(struct simulated_cluster *c, struct env *env,
                              const char *name)
{
    struct world_process_holds h = world_process_holds(world_process_of(env));

    if (h.descriptors + h.files + h.entries > 0)
        simulated_cluster_break(
            c,
            "O: %s ends, and has %u descriptors, %u files, %u entries of "
            "loops",
            name, h.descriptors, h.files, h.entries);
}

struct roll_book *simulated_cluster_book(struct simulated_cluster *c,
                                         const char *topology)
{
    for (uint32_t i = 0; i < c->n_books; i++)
        if (strcmp(roll_book_topology(c->books[i]), topology) == 0)
            return c->books[i];
    c->books =
        xreallocarray(c->books, c->n_books + 1, sizeof(struct roll_book *));
    c->books[c->n_books] = roll_book_new(topology);
    return c->books[c->n_books++];
}
