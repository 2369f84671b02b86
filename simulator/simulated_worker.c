/*
 * simulated_worker.c - workers of a simulated cluster: the process that runs as
 * `gale worker` does, in a world; see simulated_cluster.h.
 */
#include "common/check.h"
#include "simulator/roll_witness.h"
#include "simulator/simulated_cluster.h"
#include "simulator/world_plugins.h"
#include "supervisor/supervisor.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "worker/worker_process.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of one process; never freed, since a crash may come at any point. */
struct life {
    struct simulated_cluster *cluster;
    struct env *env;
    char *topology, *directory, *words, *socket;
    struct token_worker me;
    bool has_key;
    struct digest key;
    struct roll_witness *witness; /* NULL: it has no engine yet */
    struct world_process_witness end;
};

static struct roll_book *book_of(const struct life *l)
{
    return simulated_cluster_book(l->cluster, l->topology);
}

static void say(void *arg, const char *text)
{
    struct life *l = arg;

    l->env->ops->file_replace(l->env, l->words, text, strlen(text));
}

static char *real(void *arg, const char *path, gale_err *error)
{
    const struct life *l = arg;

    return world_plugin_real(l->env, path, error);
}

static void wired(void *arg, struct worker *w)
{
    struct life *l = arg;

    l->witness = roll_witness_begin(book_of(l), l->me.birth, w);
}

static int worker_main(struct env *env, void *arg)
{
    struct life *l = arg;
    const struct process_in in = {.env = env,
                                  .me = l->me,
                                  .directory = l->directory,
                                  .socket = l->socket,
                                  .key = l->has_key ? &l->key : NULL,
                                  .log_level = l->cluster->log_level,
                                  .arg = l,
                                  .say = say,
                                  .real = real,
                                  .wired = wired};
    struct process *p;
    int status;

    l->env = env;
    p = process_new(&in);
    if (p == NULL)
        return 1;
    process_take_signals(p);
    status = process_run(p);
    process_free(p);
    simulated_cluster_leaves(l->cluster, env, "a worker");
    return status;
}

static struct life *life_new(struct simulated_cluster *c,
                             const struct supervisor_worker *worker)
{
    struct life *l = xcalloc(1, sizeof(*l));

    l->cluster = c;
    l->topology = xstrdup(worker->me.topology);
    l->directory = xstrdup(worker->directory);
    l->words = xstrdup(worker->words);
    l->socket = xstrdup(worker->socket);
    l->me = worker->me;
    l->me.topology = l->topology;
    l->has_key = worker->key != NULL;
    if (l->has_key)
        l->key = *worker->key;
    return l;
}

static void turned(void *arg, enum world_process_turn turn)
{
    const struct life *l = arg;

    if (turn == WORLD_PROCESS_ENDED)
        roll_book_ended(book_of(l), l->me.birth);
}

/* By its number and birth it is known to the next supervisor, as a real one. */
static struct world_process *start(struct simulated_daemon *d, struct life *l)
{
    char number[16], birth[24];
    const char *command[] = {
        "gale",    "worker", "--topology",   l->topology, "--number", number,
        "--birth", birth,    "--supervisor", l->socket,   NULL};
    const struct world_process_in in = {.name = "worker",
                                        .command = command,
                                        .parent = d->process,
                                        .main = worker_main,
                                        .arg = l};
    struct world_process *p;

    snprintf(number, sizeof(number), "%u", l->me.number);
    snprintf(birth, sizeof(birth), "%llu", (unsigned long long)l->me.birth);
    p = world_process_start(d->machine, &in);
    l->end.turn = turned;
    l->end.arg = l;
    world_process_tell(p, &l->end);
    return p;
}

/* W1: never two of one slot and one birth. */
static void note_worker(struct simulated_cluster *c, struct life *l,
                        struct world_process *p)
{
    struct simulated_worker *w;

    for (uint32_t i = 0; i < c->n_workers; i++) {
        w = &c->workers[i];
        if (world_process_runs(w->process) && w->number == l->me.number &&
            w->birth == l->me.birth && strcmp(w->topology, l->topology) == 0)
            simulated_cluster_break(
                c,
                "W1: worker %u of %s, birth %llu, is started while process %d "
                "is that",
                w->number, w->topology, (unsigned long long)w->birth,
                world_process_id(w->process).pid);
    }
    c->workers = xreallocarray(c->workers, c->n_workers + 1, sizeof(*w));
    c->workers[c->n_workers++] =
        (struct simulated_worker){p, l, l->topology, l->me.number, l->me.birth};
}

bool simulated_worker_is_even(const struct simulated_worker *w, char *text,
                              size_t size)
{
    return w->life->witness == NULL || !world_process_runs(w->process) ||
           roll_witness_look(w->life->witness, text, size);
}

static struct env_process *spawn(void *arg,
                                 const struct supervisor_worker *worker,
                                 gale_err *error)
{
    struct simulated_daemon *d = arg;
    struct life *l = life_new(d->cluster, worker);
    struct world_process *p = start(d, l);
    struct env_process_id id = world_process_id(p);
    struct env *env = world_process_env(d->process);
    struct env_process *handle =
        env->ops->processes->find(env, id.pid, id.start);

    note_worker(d->cluster, l, p);
    if (handle == NULL)
        error_set(error, "the process cannot be found: %s", strerror(errno));
    return handle;
}

struct supervisor_hands simulated_worker_hands(struct simulated_daemon *d)
{
    return (struct supervisor_hands){.arg = d, .spawn = spawn};
}
