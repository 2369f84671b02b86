/* local_cluster.c - a whole cluster in a thread; see local_cluster.h. */
#include "cli/local_cluster.h"
#include "cli/local_place.h"
#include "cli/local_workers.h"
#include "common/check.h"
#include "common/zookeeper_memory.h"
#include "nimbus/nimbus.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <stdlib.h>

#define MS INT64_C(1000000)
#define LATENCY_NS INT64_C(50000)
#define TICK_NS (100 * MS) /* leases are counted from the last one */

/* A nimbus or a supervisor. */
struct resident {
    struct local_cluster *cluster;
    struct daemon_config *config;
    struct daemon_place place;
    struct nimbus *nimbus;         /* NULL: it does not run, … */
    struct supervisor *supervisor; /* … or is the other */
    struct zookeeper *zookeeper;
    char name[24];
    bool killed; /* ZooKeeper hears no word of its end */
};

struct request {
    enum local_deed deed;
    uint32_t number;
    int result;
    gale_err error;
};

struct local_cluster {
    struct local_cluster_options options;
    struct local_place *place;
    struct env *env;
    struct env_thread *thread;
    struct env_monitor *monitor; /* of … */
    bool done;                   /* … what was asked for, or the end */

    /* The thread's own. */
    struct loop *loop;
    struct zookeeper_memory *ensemble;
    struct loop_timer advance;
    int64_t session_ns;
    struct local_workers *workers;
    struct resident residents[1 + LOCAL_SUPERVISORS_MAX]; /* nimbus first */
    struct request request;
    struct process_counts counts; /* at the end */
};

/* -- ZooKeeper ------------------------------------------------------------- */

static void advance(void *arg);

static void set_advance(void *arg)
{
    struct local_cluster *c = arg;
    int64_t next = zookeeper_memory_next(c->ensemble);
    int64_t tick = loop_now(c->loop) + TICK_NS;

    loop_timer_set(c->loop, &c->advance, next < tick ? next : tick, advance, c);
}

static void advance(void *arg)
{
    struct local_cluster *c = arg;

    zookeeper_memory_advance(c->ensemble, loop_now(c->loop));
    set_advance(c);
}

static struct zookeeper *join(void *arg, zookeeper_state_fn *fn, void *fn_arg)
{
    struct resident *r = arg;

    r->zookeeper = zookeeper_memory_join(r->cluster->ensemble,
                                         r->cluster->session_ns, fn, fn_arg);
    return r->zookeeper;
}

static void leave(void *arg, struct zookeeper *zookeeper)
{
    struct resident *r = arg;

    r->zookeeper = NULL;
    if (r->killed)
        zookeeper_memory_kill(zookeeper);
    else
        zookeeper_free(zookeeper);
}

/* -- residents ------------------------------------------------------------- */

static bool runs(const struct resident *r)
{
    return r->nimbus != NULL || r->supervisor != NULL;
}

static uint32_t n_residents(const struct local_cluster *c)
{
    return 1 + c->options.n_supervisors;
}

static int begin(struct resident *r, gale_err *error)
{
    struct local_cluster *c = r->cluster;

    r->killed = false;
    if (r == c->residents)
        r->nimbus = nimbus_begin(r->config, &r->place, error);
    else
        r->supervisor = supervisor_begin(
            r->config, &r->place, local_workers_hands(c->workers), error);
    return runs(r) ? 0 : -1;
}

static void end(struct resident *r)
{
    nimbus_end(r->nimbus);
    supervisor_end(r->supervisor);
    r->nimbus = NULL;
    r->supervisor = NULL;
}

/* Nothing that it says from now on is heard. */
static void kill_resident(struct resident *r)
{
    r->killed = true;
    zookeeper_memory_cut(r->zookeeper, ZOOKEEPER_CUT_SILENT);
    end(r);
}

static int make_resident(struct local_cluster *c, uint32_t i, gale_err *error)
{
    struct resident *r = &c->residents[i];

    r->cluster = c;
    snprintf(r->name, sizeof(r->name), i == 0 ? "nimbus" : "supervisor-%u", i);
    r->place = (struct daemon_place){
        .name = r->name,
        .env = local_workers_env(c->workers),
        .loop = c->loop,
        .log_level = c->options.log_level,
        .arg = r,
        .join = join,
        .leave = leave,
    };
    r->config = local_place_daemon(c->place, &c->options, i, error);
    if (r->config == NULL)
        return -1;
    c->session_ns =
        daemon_config_int(r->config, "storm.zookeeper.session.timeout") * MS;
    return begin(r, error);
}

/* -- what is asked of it --------------------------------------------------- */

static struct resident *resident_of(struct local_cluster *c,
                                    const struct request *q)
{
    if (q->deed == LOCAL_KILL_NIMBUS || q->deed == LOCAL_START_NIMBUS)
        return &c->residents[0];
    return q->number >= 1 && q->number <= c->options.n_supervisors
               ? &c->residents[q->number]
               : NULL;
}

static int carry_out_on(struct local_cluster *c, struct request *q)
{
    bool starts =
        q->deed == LOCAL_START_SUPERVISOR || q->deed == LOCAL_START_NIMBUS;
    struct resident *r = resident_of(c, q);

    if (r == NULL)
        return error_set(&q->error,
                         "there is no supervisor %u: they are 1 to %u",
                         q->number, c->options.n_supervisors);
    if (runs(r) == starts)
        return error_set(&q->error,
                         starts ? "it runs already" : "it does not run");
    if (starts)
        return begin(r, &q->error);
    kill_resident(r);
    return 0;
}

static int carry_out(struct local_cluster *c, struct request *q)
{
    if (q->deed != LOCAL_KILL_WORKER)
        return carry_out_on(c, q);
    if (local_workers_kill(c->workers, q->number))
        return 0;
    return error_set(&q->error, "worker %u does not run at the moment",
                     q->number);
}

static void tell_done(struct local_cluster *c)
{
    env_enter(c->env, c->monitor);
    c->done = true;
    env_notify(c->env, c->monitor);
    env_leave(c->env, c->monitor);
}

static bool await_done(struct local_cluster *c, int64_t until)
{
    bool in_time = true, done;

    env_enter(c->env, c->monitor);
    while (!c->done && in_time)
        in_time = env_wait(c->env, c->monitor, until);
    done = c->done;
    c->done = false;
    env_leave(c->env, c->monitor);
    return done;
}

static void asked(void *arg)
{
    struct local_cluster *c = arg;

    c->request.result = carry_out(c, &c->request);
    tell_done(c);
}

int local_cluster_do(struct local_cluster *c, enum local_deed deed,
                     uint32_t number, gale_err *error)
{
    c->request = (struct request){.deed = deed, .number = number};
    loop_post(c->loop, asked, c);
    await_done(c, INT64_MAX);
    *error = c->request.error;
    return c->request.result;
}

/* -- the thread ------------------------------------------------------------ */

static int open_all(struct local_cluster *c, gale_err *error)
{
    c->workers = local_workers_new(c->options.log_level);
    c->ensemble = zookeeper_memory_new(loop_now(c->loop), LATENCY_NS);
    zookeeper_memory_wake(c->ensemble, set_advance, c);
    for (uint32_t i = 0; i < n_residents(c); i++)
        if (make_resident(c, i, error) != 0)
            return -1;
    return 0;
}

static void close_all(struct local_cluster *c)
{
    for (uint32_t i = n_residents(c); i-- > 0;) {
        end(&c->residents[i]);
        daemon_config_free(c->residents[i].config);
    }
    loop_timer_clear(&c->advance);
    zookeeper_memory_free(c->ensemble);
    local_workers_free(c->workers, &c->counts);
}

static void run(void *arg)
{
    struct local_cluster *c = arg;
    struct request *q = &c->request;

    q->result = open_all(c, &q->error);
    tell_done(c);
    if (q->result == 0)
        loop_run(c->loop);
    close_all(c);
    tell_done(c);
}

static void stop(void *arg)
{
    loop_end(((struct local_cluster *)arg)->loop);
}

/* -- life ------------------------------------------------------------------ */

static void drop(struct local_cluster *c)
{
    if (c->loop != NULL)
        loop_free(c->loop);
    c->env->ops->monitor_free(c->env, c->monitor);
    local_place_free(c->place);
    free(c);
}

static int start(struct local_cluster *c, gale_err *error)
{
    c->place = local_place_new(&c->options, error);
    if (c->place == NULL)
        return -1;
    c->loop = loop_new(c->env);
    if (c->loop == NULL)
        return error_set(error, "no descriptors are left");
    c->thread = c->env->ops->thread_start(c->env, "cluster", -1, run, c);
    if (c->thread == NULL)
        return error_set(error, "no thread can be started");
    await_done(c, INT64_MAX);
    if (c->request.result == 0)
        return 0;
    *error = c->request.error;
    c->env->ops->thread_join(c->env, c->thread);
    return -1;
}

struct local_cluster *local_cluster_start(
    const struct local_cluster_options *options, gale_err *error)
{
    struct local_cluster *c = xcalloc(1, sizeof(*c));

    check(options->n_supervisors >= 1 &&
          options->n_supervisors <= LOCAL_SUPERVISORS_MAX);
    c->options = *options;
    c->env = env_posix();
    c->monitor = c->env->ops->monitor_new(c->env);
    if (start(c, error) == 0)
        return c;
    drop(c);
    return NULL;
}

const char *local_cluster_config(const struct local_cluster *c)
{
    return local_place_file(c->place);
}

const char *local_cluster_nimbus(const struct local_cluster *c)
{
    return local_place_nimbus(c->place);
}

bool local_cluster_stop(struct local_cluster *c, int64_t patience_ns,
                        struct process_counts *counts)
{
    loop_post(c->loop, stop, c);
    if (!await_done(c, c->env->ops->now(c->env) + patience_ns)) {
        local_place_free(c->place);
        return false;
    }
    c->env->ops->thread_join(c->env, c->thread);
    *counts = c->counts;
    drop(c);
    return true;
}
