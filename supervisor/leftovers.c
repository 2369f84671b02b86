/* leftovers.c - the workers of this machine; see leftovers.h. */
#include "supervisor/leftovers.h"
#include "supervisor/adoption.h"
#include "supervisor/worker_cgroup.h"
#include "supervisor/worker_mark.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -- processes ------------------------------------------------------------- */

/* With no slots, whatever is proven to be a worker would be to end. */
static void each_that_runs(struct env *env, const struct kept *kept,
                           void (*fn)(void *arg, const struct kept_worker *w),
                           void *arg)
{
    struct adoption *list = xcalloc(kept->n, sizeof(*list));
    struct env_process_facts *facts = xcalloc(kept->n, sizeof(*facts));
    char boot[ENV_BOOT_MAX + 1] = "";

    env->ops->processes->boot(env, boot);
    for (uint32_t i = 0; i < kept->n; i++) {
        env->ops->processes->look(env, kept->workers[i].pid, &facts[i]);
        list[i] =
            (struct adoption){.worker = &kept->workers[i], .facts = &facts[i]};
    }
    adoption_decide(list, kept->n, boot, NULL, 0);
    for (uint32_t i = 0; i < kept->n; i++)
        if (list[i].verdict == ADOPTION_END)
            fn(arg, list[i].worker);
    free(facts);
    free(list);
}

int leftovers_look(struct env *env, const char *local, gale_err *error)
{
    struct local_directory d;
    int result = 0;

    local_directory_look(&d, env, local);
    if (!local_directory_is_there(&d))
        result = errno == ENOENT || errno == ENOTDIR
                     ? error_set(error, "no supervisor has ever had %s", local)
                     : error_set(error, "cannot look into %s: %s", d.root,
                                 strerror(errno));
    local_directory_close(&d);
    return result;
}

struct found {
    struct env *env;
    struct env_process **processes;
    uint32_t n;
};

static void take_process(void *arg, const struct kept_worker *worker)
{
    struct found *f = arg;

    f->processes[f->n] =
        f->env->ops->processes->find(f->env, worker->pid, worker->start);
    f->n += f->processes[f->n] != NULL;
}

uint32_t leftovers_find(struct env *env, const char *local,
                        struct env_process ***processes, local_warn_fn *warn,
                        void *arg)
{
    struct found found = {.env = env};
    struct local_directory d;
    struct kept kept;

    local_directory_look(&d, env, local);
    local_directory_load(&d, &kept, warn, arg);
    local_directory_close(&d);
    found.processes = xcalloc(kept.n, sizeof(*found.processes));
    each_that_runs(env, &kept, take_process, &found);
    kept_free(&kept);
    *processes = found.processes;
    return found.n;
}

static void pass_over(void *arg, const char *text)
{
    (void)arg, (void)text;
}

void leftovers_each(struct env *env, const char *local,
                    void (*fn)(void *arg, const struct kept_worker *worker),
                    void *arg)
{
    struct local_directory d;
    struct kept kept;

    local_directory_look(&d, env, local);
    local_directory_load(&d, &kept, pass_over, NULL);
    local_directory_close(&d);
    each_that_runs(env, &kept, fn, arg);
    kept_free(&kept);
}

bool leftovers_are_kept(struct env *env, const char *local)
{
    struct local_directory d;
    bool kept;

    local_directory_look(&d, env, local);
    kept = local_directory_is_locked(&d);
    local_directory_close(&d);
    return kept;
}

void leftovers_end_started(struct env *env, const char *local)
{
    struct local_directory d;

    local_directory_look(&d, env, local);
    worker_mark_end_of(env, d.root);
    local_directory_close(&d);
}

/* -- cgroups --------------------------------------------------------------- */

struct worker_cgroup *leftovers_cgroups(struct env *env,
                                        struct env_process **processes,
                                        uint32_t n)
{
    struct worker_cgroup *groups = xcalloc(n, sizeof(*groups));

    for (uint32_t i = 0; i < n; i++)
        worker_cgroup_find(&groups[i], env, processes[i]->pid);
    return groups;
}

/* A supervisor that goes on has perhaps removed them already. */
void leftovers_remove_cgroups(struct worker_cgroup *groups, uint32_t n,
                              bool ended)
{
    for (uint32_t i = 0; i < n; i++)
        if (ended)
            worker_cgroup_remove(&groups[i]);
        else
            worker_cgroup_free(&groups[i]);
    free(groups);
}

/* -- logs ------------------------------------------------------------------ */

struct logs {
    struct env *env;
    uint32_t open;
};

/* Its writer has it locked (worker_log.c). */
static void look_at_log(void *arg, const char *path)
{
    struct logs *logs = arg;
    int lock;

    if (logs->env->ops->file_written(logs->env, path) < 0)
        return;
    lock = logs->env->ops->file_lock(logs->env, path);
    logs->open += lock < 0 && errno == EWOULDBLOCK;
    if (lock >= 0)
        logs->env->ops->file_unlock(logs->env, lock);
}

uint32_t leftovers_logs(struct env *env, const char *local)
{
    struct local_directory d;
    struct logs logs = {.env = env};

    local_directory_look(&d, env, local);
    local_directory_each_log(&d, look_at_log, &logs);
    local_directory_close(&d);
    return logs.open;
}
