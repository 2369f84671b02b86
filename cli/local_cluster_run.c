/*
 * local_cluster_run.c - `gale local --cluster`: a cluster in this process gets
 * the topology, is looked at four times a second, and goes with it.
 *
 * The main thread has a loop of its own for signals, commands and the questions
 * to nimbus, so that no daemon waits for them.
 */
#include "cli/local_cluster_run.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/live.h"
#include "cli/local_cluster.h"
#include "cli/local_deeds.h"
#include "cli/local_orders.h"
#include "cli/report.h"
#include "cli/submission_send.h"
#include "common/leader_client.h"
#include "common/local_dir.h"
#include "common/token_file.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)
#define LOOK_NS (SECOND_NS / 4)
#define LOOK_SOON_NS (SECOND_NS / 50) /* until it runs */
#define ANSWER_NS (2 * SECOND_NS)
#define PATIENCE_NS (5 * SECOND_NS)
#define N_SUPERVISORS 2
#define N_SLOTS 2

struct cluster_run {
    const struct local_options *o;
    const struct model *model;
    const char **overrides; /* of daemons */
    uint32_t n_overrides;
    struct loop *loop;
    struct local_cluster *cluster;
    struct cluster_options config; /* with which it is found */
    struct leader_client *nimbus;
    struct local_orders *orders;
    struct loop_timer look, ttl;
    struct live live;
    int64_t started;
    bool submitted, seen, draining;
    bool ran;      /* all of its workers, at one time or another */
    char why[400]; /* what is wrong with the topology while spouts emit */
    int n_signals;
    int status;
};

static int failed(const gale_err *error)
{
    return command_error("local", "%s", error->text);
}

static void finish(struct cluster_run *r, int status)
{
    r->status = status;
    loop_end(r->loop);
}

/* It was led to its end while something was wrong with it, or before it ran:
 * what kept it from that may be said too late. */
static int verdict(const struct cluster_run *r)
{
    if (r->why[0] != '\0')
        return command_error("local", "%s", r->why);
    if (!r->ran && r->n_signals == 0)
        return command_error("local",
                             "%s: its workers had not come up when its time "
                             "was over",
                             r->model->name);
    return EXIT_OK;
}

/* -- drain ----------------------------------------------------------------- */

static void drain_heard(void *arg, const struct rpc_result *result)
{
    struct cluster_run *r = arg;

    if (result->outcome == RPC_REFUSED || result->outcome == RPC_OK)
        return;
    r->draining = false; /* no nimbus leads: it is asked again */
}

/* As `gale kill`: what is pending is finished, bolts are led to their end. */
static void drain(struct cluster_run *r)
{
    struct pack params;

    if (r->draining || !r->submitted)
        return;
    r->draining = true;
    pack_init(&params);
    pack_map(&params, 1);
    pack_key_text(&params, "name", r->model->name);
    leader_client_call(r->nimbus, "kill", &params, 5 * ANSWER_NS, drain_heard,
                       r);
    pack_free(&params);
}

static void stop(struct cluster_run *r)
{
    r->live.stopping = r->n_signals > 0 ? INTERRUPT_HINT : INTERRUPT_TWICE_HINT;
    if (!r->submitted)
        finish(r, verdict(r));
    else
        drain(r);
}

static void time_is_over(void *arg)
{
    stop(arg);
}

static void signalled(void *arg, int signal)
{
    struct cluster_run *r = arg;

    if (signal == SIGHUP && r->n_signals > 0)
        return;
    if (r->n_signals++ > 0) {
        finish(r, EXIT_INTERRUPTED);
        return;
    }
    if (r->live.out == NULL && !r->o->quiet)
        fprintf(stderr,
                "gale local: stopping: what is pending is finished; "
                "%s\n",
                INTERRUPT_HINT);
    stop(r);
}

/* -- how it is ------------------------------------------------------------- */

static const msgpack_object *find_topology(const struct cluster_run *r,
                                           const msgpack_object *list)
{
    for (uint32_t i = 0; i < unpack_n(list); i++) {
        const msgpack_object *t = unpack_at(list, i);
        gale_str name = unpack_str(unpack_key(t, "name"));

        if (name.size == strlen(r->model->name) &&
            memcmp(name.data, r->model->name, name.size) == 0)
            return t;
    }
    return NULL;
}

static bool is_called(const msgpack_object *status, const char *word)
{
    gale_str is = unpack_str(status);

    return is.size == strlen(word) && memcmp(is.data, word, is.size) == 0;
}

/* A worker that does not run says most; otherwise what nimbus says. */
static const msgpack_object *why_of(const msgpack_object *topology)
{
    const msgpack_object *placed = unpack_key(topology, "placed");

    for (uint32_t i = 0; i < unpack_n(placed); i++) {
        const msgpack_object *worker = unpack_at(placed, i);
        const msgpack_object *why = unpack_key(worker, "why");

        if (!unpack_bool(unpack_key(worker, "runs"), true) &&
            unpack_str(why).size > 0)
            return why;
    }
    return unpack_key(topology, "why");
}

static bool all_run(const msgpack_object *topology)
{
    uint64_t n = unpack_uint(unpack_key(topology, "workers"), 0);

    return n > 0 &&
           unpack_uint(unpack_key(topology, "workers_running"), 0) == n;
}

/* One that was moved to another supervisor, and has not failed there yet, is
 * not well for that. */
static void keep_why(struct cluster_run *r, const msgpack_object *topology)
{
    gale_str why = unpack_str(why_of(topology));

    if (!is_called(unpack_key(topology, "status"), "ACTIVE"))
        return;
    if (all_run(topology))
        r->why[0] = '\0';
    if (why.size > 0)
        snprintf(r->why, sizeof(r->why), "%s: %.*s", r->model->name,
                 (int)why.size, why.data);
}

/* A process that runs may fail yet when its tasks are opened. */
static bool all_opened(const msgpack_object *topology)
{
    const msgpack_object *placed = unpack_key(topology, "placed");
    uint32_t n = unpack_n(placed), n_opened = 0;

    for (uint32_t i = 0; i < n; i++)
        n_opened +=
            unpack_bool(unpack_key(unpack_at(placed, i), "opened"), false);
    return n > 0 && n_opened == n;
}

static bool is_over(struct cluster_run *r, const msgpack_object *topology)
{
    if (topology == NULL)
        return r->seen;
    r->seen = true;
    r->ran |= all_opened(topology) ||
              unpack_uint(unpack_key(topology, "executed"), 0) > 0;
    keep_why(r, topology);
    if (!is_called(unpack_key(topology, "status"), "FINISHED"))
        return false;
    r->why[0] = '\0';
    r->ran = true;
    return true;
}

static void show(struct cluster_run *r, const msgpack_object *topology)
{
    const struct totals totals = {
        .executed = unpack_uint(unpack_key(topology, "executed"), 0),
        .acked = unpack_uint(unpack_key(topology, "acked"), 0),
        .failed = unpack_uint(unpack_key(topology, "failed"), 0),
        .pending = unpack_uint(unpack_key(topology, "pending"), 0),
    };

    live_show(&r->live, &totals, loop_now(r->loop));
}

static bool all_are_there(const struct cluster_run *r,
                          const msgpack_object *supervisors)
{
    uint32_t n = unpack_n(supervisors), n_alive = 0;

    for (uint32_t i = 0; i < n; i++)
        n_alive +=
            is_called(unpack_key(unpack_at(supervisors, i), "state"), "alive");
    return n_alive == r->o->n_supervisors;
}

static void submit(struct cluster_run *r);

static void look(void *arg);

static void look_again(struct cluster_run *r)
{
    int64_t in = r->seen ? LOOK_NS : LOOK_SOON_NS;

    loop_timer_set(r->loop, &r->look, loop_now(r->loop) + in, look, r);
}

static void looked(void *arg, const struct rpc_result *result)
{
    struct cluster_run *r = arg;
    const msgpack_object *topology;

    look_again(r);
    if (r->live.stopping)
        drain(r);
    if (result->outcome != RPC_OK)
        return;
    if (!r->submitted) {
        if (all_are_there(r, unpack_key(result->value, "supervisors")))
            submit(r);
        return;
    }
    topology = find_topology(r, unpack_key(result->value, "topologies"));
    if (is_over(r, topology))
        finish(r, verdict(r));
    else if (topology != NULL)
        show(r, topology);
}

static void look(void *arg)
{
    struct cluster_run *r = arg;

    leader_client_call(r->nimbus, "status", NULL, ANSWER_NS, looked, r);
}

/* -- submission ------------------------------------------------------------ */

static int send_to(struct cluster_run *r, const struct submission_files *files)
{
    const struct submission what = {
        .command = "local", .model = r->model, .files = files};
    struct cluster *to = cluster_open(&r->config, TOKEN_SUBMITTER);
    struct unpacked answer;
    int status = to == NULL ? EXIT_ERROR : submission_send(to, &what, &answer);

    if (status == EXIT_OK)
        unpacked_free(&answer);
    cluster_close(to);
    return status;
}

static void submit(struct cluster_run *r)
{
    struct submission_files files = {.n = 0};
    gale_err error;
    int status;

    if (submission_files_collect(&files, r->model, NULL, 0, &error) != 0)
        status = failed(&error);
    else
        status = send_to(r, &files);
    submission_files_free(&files);
    if (status != EXIT_OK)
        finish(r, status);
    r->submitted = status == EXIT_OK;
}

/* -- begin ----------------------------------------------------------------- */

static int watch_signals(struct cluster_run *r, gale_err *error)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction hangup;
    bool ignored = sigaction(SIGHUP, NULL, &hangup) == 0 &&
                   hangup.sa_handler == SIG_IGN; /* nohup: it stays so */

    signal(SIGINT, SIG_DFL); /* a shell ignores it for what it puts behind */
    r->loop = loop_new(env_posix());
    if (r->loop == NULL ||
        loop_signals(r->loop, signals, ignored ? 2 : 3, signalled, r) != 0)
        return error_set(error, "no descriptors are left");
    return 0;
}

static int start_cluster(struct cluster_run *r, gale_err *error)
{
    const struct local_cluster_options options = {
        .n_supervisors = r->o->n_supervisors,
        .n_slots = r->o->n_slots,
        .configs = r->o->configs,
        .n_configs = (uint32_t)r->o->n_configs,
        .overrides = r->overrides,
        .n_overrides = r->n_overrides,
        .log_level = r->o->quiet ? GALE_LOG_WARN : GALE_LOG_INFO,
    };

    r->cluster = local_cluster_start(&options, error);
    if (r->cluster == NULL)
        return -1;
    cluster_options_begin(&r->config, "local");
    r->config.timeout_ns = 5 * ANSWER_NS;
    return daemon_config_file(r->config.config,
                              local_cluster_config(r->cluster), error);
}

static int find_nimbus(struct cluster_run *r, gale_err *error)
{
    struct leader_client_options options = {
        .me = {.role = TOKEN_ADMIN, .name = "local"}};
    struct rpc_address address;
    struct token token;
    char *path = local_dir_token(r->config.config);
    int result = token_file_read(path, &token, error);

    free(path);
    if (result != 0 || rpc_address_parse(local_cluster_nimbus(r->cluster),
                                         &address, error) != 0)
        return -1;
    options.me.key = token_role_key(&token, TOKEN_ADMIN);
    explicit_bzero(&token, sizeof(token));
    r->nimbus = leader_client_new(r->loop, &options);
    leader_client_seeds(r->nimbus, &address, 1);
    return 0;
}

static void ordered(void *arg, int argc, char **argv)
{
    struct cluster_run *r = arg;

    live_clear(&r->live);
    local_deeds_do(r->cluster, &r->config, argc, argv);
}

static int begin(struct cluster_run *r, gale_err *error)
{
    bool live = !r->o->quiet && isatty(STDERR_FILENO);

    if (watch_signals(r, error) != 0 || start_cluster(r, error) != 0 ||
        find_nimbus(r, error) != 0)
        return -1;
    r->orders = local_orders_new(r->loop, r->o->commands, ordered, r, error);
    if (r->orders == NULL)
        return -1;
    r->started = loop_now(r->loop);
    live_init(&r->live, live ? stderr : NULL, r->started);
    if (!r->o->quiet)
        fprintf(stderr, "gale local: from elsewhere: gale status --config %s\n",
                local_cluster_config(r->cluster));
    if (r->o->ttl_ms >= 0)
        loop_timer_set(r->loop, &r->ttl, r->started + r->o->ttl_ms * 1000000,
                       time_is_over, r);
    look_again(r);
    return 0;
}

/* -- end ------------------------------------------------------------------- */

static void report(struct cluster_run *r, const struct process_counts *counts)
{
    const struct totals totals = {.executed = counts->executed,
                                  .acked = counts->acked,
                                  .failed = counts->failed};

    if (!r->o->quiet && r->submitted)
        report_sums(&totals, (double)(loop_now(r->loop) - r->started) / 1e9,
                    stderr);
}

static void end(struct cluster_run *r)
{
    struct process_counts counts;

    live_clear(&r->live);
    loop_timer_clear(&r->look);
    loop_timer_clear(&r->ttl);
    local_orders_free(r->orders);
    leader_client_free(r->nimbus);
    if (r->cluster != NULL &&
        !local_cluster_stop(r->cluster, PATIENCE_NS, &counts)) {
        command_error("local", "a callback was still under way: it ends at "
                               "once");
        _exit(r->n_signals > 1 ? EXIT_INTERRUPTED : EXIT_ERROR);
    }
    if (r->cluster != NULL) {
        report(r, &counts);
        cluster_options_end(&r->config);
    }
    if (r->loop != NULL)
        loop_free(r->loop);
    free(r->overrides);
}

static void take_overrides(struct cluster_run *r)
{
    r->overrides = xcalloc(r->o->n_overrides + 1, sizeof(*r->overrides));
    for (size_t i = 0; i < r->o->n_overrides; i++)
        if (cluster_options_is_daemons(r->o->overrides[i]))
            r->overrides[r->n_overrides++] = r->o->overrides[i];
}

int local_cluster_run(const struct local_options *o, gale_builder *builder)
{
    struct local_options with = *o;
    struct cluster_run r = {.o = &with, .status = EXIT_OK};
    gale_err error;

    if (with.n_supervisors == 0)
        with.n_supervisors = N_SUPERVISORS;
    if (with.n_slots == 0)
        with.n_slots = N_SLOTS;
    r.model = model_of(builder, &error);
    take_overrides(&r);
    if (begin(&r, &error) == 0)
        loop_run(r.loop);
    else
        r.status = failed(&error);
    end(&r);
    return r.status;
}
