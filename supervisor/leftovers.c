/* leftovers.c - the workers of this machine; see leftovers.h. */
#include "supervisor/leftovers.h"
#include "supervisor/adoption.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>

/* -- processes ------------------------------------------------------------- */

/* With no slots, whatever is proven to be a worker is to end. */
static struct env_process *find_one(struct env *env, const struct adoption *a)
{
    if (a->verdict != ADOPTION_END)
        return NULL;
    return env->ops->processes->find(env, a->worker->pid, a->worker->start);
}

static uint32_t find_all(struct env *env, const struct kept *kept,
                         const char *boot, struct env_process **processes)
{
    struct adoption *list = xcalloc(kept->n, sizeof(*list));
    struct env_process_facts *facts = xcalloc(kept->n, sizeof(*facts));
    uint32_t n = 0;

    for (uint32_t i = 0; i < kept->n; i++) {
        env->ops->processes->look(env, kept->workers[i].pid, &facts[i]);
        list[i] =
            (struct adoption){.worker = &kept->workers[i], .facts = &facts[i]};
    }
    adoption_decide(list, kept->n, boot, NULL, 0);
    for (uint32_t i = 0; i < kept->n; i++) {
        processes[n] = find_one(env, &list[i]);
        n += processes[n] != NULL;
    }
    free(facts);
    free(list);
    return n;
}

uint32_t leftovers_find(struct env *env, const char *local,
                        struct env_process ***processes, local_warn_fn *warn,
                        void *arg)
{
    struct local_directory d;
    char boot[ENV_BOOT_MAX + 1];
    struct kept kept;
    uint32_t n = 0;

    local_directory_look(&d, env, local);
    local_directory_load(&d, &kept, warn, arg);
    *processes = xcalloc(kept.n, sizeof(**processes));
    if (env->ops->processes->boot(env, boot) == 0)
        n = find_all(env, &kept, boot, *processes);
    kept_free(&kept);
    local_directory_close(&d);
    return n;
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
