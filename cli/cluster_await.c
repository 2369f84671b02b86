/* cluster_await.c - until a cluster can be used; see cluster_await.h. */
#include "cli/cluster_await.h"
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "topology-api/memory.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define NAME "cluster"
#define AGAIN_NS INT64_C(50000000) /* nobody tells when a supervisor comes */

struct await {
    struct cluster_home *home;
    struct cluster *cluster;
    struct loop *loop;
    struct env_process *processes[CLUSTER_MEMBERS_MAX];
    struct loop_watch watches[CLUSTER_MEMBERS_MAX];
    struct loop_timer again, limit;
    int64_t timeout_ns;
    bool led;
    uint32_t n_wanted, n_alive; /* supervisors */
    int status;
};

static void end(struct await *a, int status)
{
    a->status = status;
    loop_end(a->loop);
}

/* -- processes ------------------------------------------------------------- */

static void say_ended(struct await *a, const struct cluster_member *m)
{
    end(a, command_error(NAME, "%s has ended by itself: %s/%s.log says why",
                         m->name, a->home->path, m->name));
}

static void one_ended(void *arg)
{
    struct await *a = arg;
    struct env *env = a->home->env;
    struct env_process_end how;

    for (uint32_t i = 0; i < a->home->n; i++)
        if (a->processes[i] != NULL &&
            env->ops->processes->ended(env, a->processes[i], &how)) {
            loop_watch_clear(&a->watches[i]);
            say_ended(a, &a->home->members[i]);
            return;
        }
}

/* False: one has ended already. */
static bool watch_processes(struct await *a)
{
    for (uint32_t i = 0; i < a->home->n; i++) {
        const struct cluster_member *m = &a->home->members[i];

        a->n_wanted += m->kind == CLUSTER_SUPERVISOR;
        a->processes[i] = cluster_member_find(a->home, m);
        if (a->processes[i] == NULL) {
            say_ended(a, m);
            return false;
        }
        loop_watch_set(a->loop, &a->watches[i], a->processes[i]->watch,
                       one_ended, a);
    }
    return true;
}

/* -- what the leader says -------------------------------------------------- */

static uint32_t alive_of(const msgpack_object *supervisors)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < unpack_n(supervisors); i++) {
        gale_str state =
            unpack_str(unpack_key(unpack_at(supervisors, i), "state"));

        n += state.size == 5 && memcmp(state.data, "alive", 5) == 0;
    }
    return n;
}

static void ask(void *arg);

static void answered(void *arg, const struct rpc_result *result)
{
    struct await *a = arg;

    a->led = result->outcome == RPC_OK;
    if (a->led)
        a->n_alive = alive_of(unpack_key(result->value, "supervisors"));
    if (result->outcome == RPC_REFUSED && result->code == RPC_FORBIDDEN)
        end(a, command_error(NAME, "%s", result->text));
    else if (a->led && a->n_alive >= a->n_wanted)
        end(a, EXIT_OK);
    else
        loop_timer_set(a->loop, &a->again, loop_now(a->loop) + AGAIN_NS, ask,
                       a);
}

static void ask(void *arg)
{
    struct await *a = arg;

    cluster_ask(a->cluster, "status", NULL, a->timeout_ns, answered, a);
}

static void took_too_long(void *arg)
{
    struct await *a = arg;
    const char *path = a->home->path;

    if (!a->led)
        command_error(NAME,
                      "no nimbus leads after %.0f s: %s/zookeeper.log and "
                      "%s/nimbus-1.log say why",
                      (double)a->timeout_ns / 1e9, path, path);
    else
        command_error(NAME,
                      "after %.0f s the leader has heard %u of %u supervisors: "
                      "%s/supervisor-*.log say why",
                      (double)a->timeout_ns / 1e9, a->n_alive, a->n_wanted,
                      path);
    end(a, EXIT_AWAY);
}

static void interrupted(void *arg, int signal)
{
    (void)signal;
    end(arg, EXIT_INTERRUPTED);
}

/* -- waiting --------------------------------------------------------------- */

static void run(struct await *a)
{
    static const int signals[] = {SIGINT, SIGTERM};

    a->loop = cluster_loop(a->cluster);
    loop_signals(a->loop, signals, 2, interrupted, a);
    if (!watch_processes(a))
        return;
    loop_timer_set(a->loop, &a->limit, loop_now(a->loop) + a->timeout_ns,
                   took_too_long, a);
    ask(a);
    loop_run(a->loop);
    loop_timer_clear(&a->limit);
    loop_timer_clear(&a->again);
}

static void let_go(struct await *a)
{
    for (uint32_t i = 0; i < a->home->n; i++) {
        loop_watch_clear(&a->watches[i]);
        a->home->env->ops->processes->free(a->home->env, a->processes[i]);
    }
}

int cluster_await(struct cluster_home *h, int64_t timeout_ns)
{
    struct await a = {
        .home = h, .timeout_ns = timeout_ns, .status = EXIT_ERROR};
    struct cluster_options o;
    char *config = cluster_home_path(h, "gale.yaml", "");
    gale_err error;

    cluster_options_begin(&o, NAME);
    if (daemon_config_file(o.config, config, &error) != 0)
        command_error(NAME, "%s", error.text);
    else
        a.cluster = cluster_open(&o, TOKEN_READER);
    if (a.cluster != NULL)
        run(&a);
    let_go(&a);
    cluster_close(a.cluster);
    cluster_options_end(&o);
    free(config);
    return a.status;
}
