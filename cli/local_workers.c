/* local_workers.c - workers in threads; see local_workers.h. */
#include "cli/local_workers.h"
#include "common/check.h"
#include "common/env.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Supervisors come and go; it is there until it has ended and nobody asks for
 * it any more. */
struct local_worker {
    struct local_worker *next;
    int pid; /* no process's: its number here */
    char *topology, *directory, *words, *socket;
    uint32_t number;
    struct digest key;
    struct process *process; /* NULL: its end was seen */
    struct env_thread *thread;
    int alive[2]; /* a pipe: the second end is closed when it has ended */
    uint32_t n_handles;
    bool killed;
    int status;          /* written before … */
    _Atomic(bool) ended; /* … this */
};

struct handle {
    struct env_process process;
    struct local_worker *worker;
};

struct local_workers {
    struct env env; /* the first: a supervisor gives it back */
    struct env_ops ops;
    struct supervisor_hands hands;
    gale_log_level log_level;
    int last_pid;
    struct process_counts counts; /* of those that have ended */
    struct local_worker *first;
};

static struct local_workers *all_of(struct env *env)
{
    return (struct local_workers *)env;
}

static struct local_worker *worker_of(const struct env_process *process)
{
    return ((const struct handle *)process)->worker;
}

/* -- the end of a worker --------------------------------------------------- */

/* It has ended, and its thread goes. */
static void bury(struct local_workers *all, struct local_worker *w)
{
    struct env *env = env_posix();
    struct process_counts counts;

    if (w->process == NULL)
        return;
    env->ops->thread_join(env, w->thread);
    process_count(w->process, &counts);
    all->counts.executed += counts.executed;
    all->counts.acked += counts.acked;
    all->counts.failed += counts.failed;
    process_free(w->process);
    w->thread = NULL;
    w->process = NULL;
}

static void worker_drop(struct local_worker *w)
{
    close(w->alive[0]);
    if (!atomic_load(&w->ended))
        close(w->alive[1]);
    explicit_bzero(&w->key, sizeof(w->key));
    free(w->topology);
    free(w->directory);
    free(w->words);
    free(w->socket);
    free(w);
}

/* Those whose end nobody waits for. */
static void sweep(struct local_workers *all)
{
    struct local_worker **link = &all->first;

    while (*link != NULL) {
        struct local_worker *w = *link;

        if (w->n_handles > 0 || !atomic_load(&w->ended)) {
            link = &w->next;
            continue;
        }
        *link = w->next;
        bury(all, w);
        worker_drop(w);
    }
}

/* -- as a process ---------------------------------------------------------- */

static struct env_process *handle_of(struct local_worker *w)
{
    struct handle *h = xcalloc(1, sizeof(*h));

    h->worker = w;
    h->process.pid = w->pid;
    h->process.start = (uint64_t)w->pid;
    h->process.watch = fcntl(w->alive[0], F_DUPFD_CLOEXEC, 0);
    check(h->process.watch >= 0);
    w->n_handles++;
    return &h->process;
}

static struct local_worker *running(struct local_workers *all, int pid)
{
    for (struct local_worker *w = all->first; w != NULL; w = w->next)
        if (w->pid == pid && !atomic_load(&w->ended))
            return w;
    return NULL;
}

static struct env_process *find(struct env *env, int pid, uint64_t start)
{
    struct local_worker *w = running(all_of(env), pid);

    if (w != NULL && (uint64_t)w->pid == start)
        return handle_of(w);
    errno = ESRCH;
    return NULL;
}

static void look(struct env *env, int pid, struct env_process_facts *facts)
{
    struct local_worker *w = running(all_of(env), pid);
    size_t size;

    *facts = (struct env_process_facts){.runs = w != NULL};
    if (w == NULL)
        return;
    facts->start = (uint64_t)w->pid;
    size = sizeof("worker");
    memcpy(facts->command, "worker", size);
    facts->size = size + strlen(w->topology) + 1;
    check(facts->size <= ENV_COMMAND_MAX);
    memcpy(facts->command + size, w->topology, strlen(w->topology) + 1);
}

static int signal_it(struct env *env, const struct env_process *process,
                     int signal)
{
    struct local_worker *w = worker_of(process);

    (void)env, (void)signal; /* it is TERM */
    if (w->process == NULL) {
        errno = ESRCH;
        return -1;
    }
    process_terminate(w->process);
    return 0;
}

static int kill_it(struct env *env, const struct env_process *process)
{
    struct local_worker *w = worker_of(process);

    (void)env;
    if (w->process == NULL) {
        errno = ESRCH;
        return -1;
    }
    w->killed = true;
    process_kill(w->process);
    return 0;
}

static bool ended(struct env *env, struct env_process *process,
                  struct env_process_end *end)
{
    struct local_worker *w = worker_of(process);

    if (!atomic_load(&w->ended))
        return false;
    bury(all_of(env), w);
    *end = (struct env_process_end){.known = true,
                                    .status = w->killed ? 0 : w->status,
                                    .signal = w->killed ? SIGKILL : 0};
    return true;
}

static void forget(struct env *env, struct env_process *process)
{
    struct handle *h = (struct handle *)process;

    if (process == NULL)
        return;
    close(process->watch);
    h->worker->n_handles--;
    free(h);
    sweep(all_of(env));
}

static void nothing(struct env *env)
{
    (void)env; /* threads leave no orphans */
}

static int boot(struct env *env, char text[ENV_BOOT_MAX + 1])
{
    (void)env;
    return env_process_posix.boot(env_posix(), text);
}

static const struct env_process_ops processes = {
    .find = find,
    .look = look,
    .signal = signal_it,
    .kill = kill_it,
    .ended = ended,
    .free = forget,
    .take_orphans = nothing,
    .reap = nothing,
    .boot = boot,
};

/* -- start ----------------------------------------------------------------- */

static void say(void *arg, const char *text)
{
    const struct local_worker *w = arg;
    struct env *env = env_posix();

    env->ops->file_replace(env, w->words, text, strlen(text));
}

static void run(void *arg)
{
    struct local_worker *w = arg;
    int end = w->alive[1];

    w->status = process_run(w->process);
    atomic_store(&w->ended, true);
    close(end);
}

static int start(struct local_workers *all, struct local_worker *w,
                 const struct supervisor_worker *worker, gale_err *error)
{
    struct env *env = env_posix();
    const struct process_in in = {
        .env = env,
        .me = {w->topology, w->number, worker->me.birth},
        .directory = w->directory,
        .socket = w->socket,
        .key = worker->key != NULL ? &w->key : NULL,
        .log_level = all->log_level,
        .arg = w,
        .say = say,
    };
    char name[16];

    snprintf(name, sizeof(name), "worker %u", w->number);
    w->process = process_new(&in);
    if (w->process != NULL)
        w->thread = env->ops->thread_start(env, name, -1, run, w);
    if (w->thread != NULL)
        return 0;
    process_free(w->process);
    return error_set(error, "no thread can be started");
}

static struct env_process *spawn(void *arg,
                                 const struct supervisor_worker *worker,
                                 gale_err *error)
{
    struct local_workers *all = arg;
    struct local_worker *w = xcalloc(1, sizeof(*w));

    w->pid = ++all->last_pid;
    w->number = worker->me.number;
    w->topology = xstrdup(worker->me.topology);
    w->directory = xstrdup(worker->directory);
    w->words = xstrdup(worker->words);
    w->socket = xstrdup(worker->socket);
    if (worker->key != NULL)
        w->key = *worker->key;
    check(pipe2(w->alive, O_CLOEXEC) == 0);
    if (start(all, w, worker, error) != 0) {
        worker_drop(w);
        return NULL;
    }
    w->next = all->first;
    all->first = w;
    return handle_of(w);
}

bool local_workers_kill(struct local_workers *all, uint32_t number)
{
    for (struct local_worker *w = all->first; w != NULL; w = w->next)
        if (w->number == number && !w->killed && !atomic_load(&w->ended)) {
            w->killed = true;
            process_kill(w->process);
            return true;
        }
    return false;
}

/* -- all ------------------------------------------------------------------- */

struct local_workers *local_workers_new(gale_log_level log_level)
{
    struct local_workers *all = xcalloc(1, sizeof(*all));

    all->ops = *env_posix()->ops;
    all->ops.processes = &processes;
    all->env.ops = &all->ops;
    all->hands = (struct supervisor_hands){.arg = all, .spawn = spawn};
    all->log_level = log_level;
    return all;
}

struct env *local_workers_env(struct local_workers *all)
{
    return &all->env;
}

const struct supervisor_hands *local_workers_hands(struct local_workers *all)
{
    return &all->hands;
}

void local_workers_free(struct local_workers *all,
                        struct process_counts *counts)
{
    if (all == NULL)
        return;
    for (struct local_worker *w = all->first; w != NULL; w = w->next)
        if (w->process != NULL)
            process_kill(w->process);
    while (all->first != NULL) {
        struct local_worker *w = all->first;

        all->first = w->next;
        bury(all, w);
        worker_drop(w);
    }
    *counts = all->counts;
    free(all);
}
