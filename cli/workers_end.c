/* workers_end.c - all workers of a supervisor are ended; see workers_end.h. */
#include "cli/workers_end.h"
#include "cli/command.h"
#include "cli/ending.h"
#include "supervisor/leftovers.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define MS INT64_C(1000000)
#define GRACE_NS (5000 * MS)
#define LOGS_NS (5000 * MS)
#define LOOK_NS (10 * MS) /* at logs: nobody tells when a writer ends */
#define ROUNDS 5

/* Who asks, and whether anything was said. */
struct asker {
    const char *command;
    bool warned;
};

static void warn(void *arg, const char *text)
{
    struct asker *a = arg;

    a->warned = true;
    command_error(a->command, "warning: %s", text);
}

/* -- logs ------------------------------------------------------------------ */

struct logs {
    struct loop *loop;
    const char *local;
    struct loop_timer again;
    int64_t until;
};

static void look_at_logs(void *arg)
{
    struct logs *l = arg;
    int64_t now = loop_now(l->loop);

    if (leftovers_logs(loop_env(l->loop), l->local) == 0 || now >= l->until)
        loop_end(l->loop);
    else
        loop_timer_set(l->loop, &l->again, now + LOOK_NS, look_at_logs, l);
}

/* False: somebody still writes one after all this time. */
static bool await_logs(struct loop *loop, const char *local)
{
    struct logs l = {.loop = loop, .local = local};

    l.until = loop_now(loop) + LOGS_NS;
    loop_timer_set(loop, &l.again, loop_now(loop), look_at_logs, &l);
    loop_run(loop);
    loop_timer_clear(&l.again);
    return leftovers_logs(loop_env(loop), local) == 0;
}

/* -- workers --------------------------------------------------------------- */

/* Those that are known now; *left: how many of them run even so. */
static uint32_t end_known(struct loop *loop, struct asker *asker,
                          const char *local, uint32_t *left)
{
    struct env_process **processes;
    uint32_t n = leftovers_find(loop_env(loop), local, &processes, warn, asker);
    struct worker_cgroup *groups =
        leftovers_cgroups(loop_env(loop), processes, n);

    *left = n == 0 ? 0 : ending_of_all(loop, processes, n, GRACE_NS);
    leftovers_remove_cgroups(groups, n, *left == 0);
    free(processes);
    return n;
}

static void say_nothing(void *arg, const char *text)
{
    (void)arg;
    (void)text; /* workers_end() says it */
}

static void add(struct env_process ***all, uint32_t *n,
                struct env_process **some, uint32_t n_some)
{
    *all = xreallocarray(*all, *n + n_some, sizeof(struct env_process *));
    for (uint32_t i = 0; i < n_some; i++)
        (*all)[(*n)++] = some[i];
    free(some);
}

void workers_end_together(struct loop *loop, char *const *locals,
                          uint32_t n_locals)
{
    struct env *env = loop_env(loop);
    struct env_process **all = NULL, **some;
    struct worker_cgroup *groups;
    uint32_t n = 0, left;

    for (uint32_t i = 0; i < n_locals; i++) {
        uint32_t found =
            leftovers_find(env, locals[i], &some, say_nothing, NULL);

        add(&all, &n, some, found);
    }
    groups = leftovers_cgroups(env, all, n);
    left = n == 0 ? 0 : ending_of_all(loop, all, n, GRACE_NS);
    leftovers_remove_cgroups(groups, n, left == 0);
    free(all);
}

bool workers_end_logs(struct loop *loop, const char *command, const char *local)
{
    if (leftovers_are_kept(loop_env(loop), local) || await_logs(loop, local))
        return true;
    command_error(command,
                  "something that a worker of %s has started still runs and "
                  "has its log open, though it shows no more whose it is: look "
                  "for it with `lsof` or `ps`, and end it by hand",
                  local);
    return false;
}

int32_t workers_end(struct loop *loop, const char *command, const char *local,
                    bool *unread)
{
    struct asker asker = {.command = command};
    bool kept = leftovers_are_kept(loop_env(loop), local);
    uint32_t n = 0, found = 1, left = 0;

    /* One that was just starting is known a little later. */
    for (int i = 0; i < (kept ? 1 : ROUNDS) && found > 0 && left == 0; i++) {
        found = end_known(loop, &asker, local, &left);
        n += found;
    }
    *unread = asker.warned;
    if (!kept)
        leftovers_end_started(loop_env(loop), local);
    if (left == 0)
        return (int32_t)n;
    command_error(command,
                  "%u workers of %s do not end, even by SIGKILL: the kernel "
                  "holds them, perhaps for a disk",
                  left, local);
    return -1;
}
