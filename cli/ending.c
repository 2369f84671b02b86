/* ending.c - processes are ended; see ending.h. */
#include "cli/ending.h"
#include "topology-api/memory.h"
#include <signal.h>
#include <stdlib.h>

#define SECOND_NS INT64_C(1000000000)
#define KILLED_NS (10 * SECOND_NS) /* a kernel may be slow */

struct ending {
    struct env *env;
    struct loop *loop;
    struct env_process **processes;
    struct loop_watch *watches;
    uint32_t n, left;
    struct loop_timer timer;
};

static const struct env_process_ops *ops(const struct ending *e)
{
    return e->env->ops->processes;
}

static void let_go(struct ending *e, uint32_t i)
{
    loop_watch_clear(&e->watches[i]);
    ops(e)->free(e->env, e->processes[i]);
    e->processes[i] = NULL;
    e->left--;
}

/* One of them has ended. */
static void look(void *arg)
{
    struct ending *e = arg;
    struct env_process_end end;

    for (uint32_t i = 0; i < e->n; i++)
        if (e->processes[i] != NULL &&
            ops(e)->ended(e->env, e->processes[i], &end))
            let_go(e, i);
    if (e->left == 0)
        loop_end(e->loop);
}

static void give_up(void *arg)
{
    loop_end(((struct ending *)arg)->loop);
}

static void kill_those_left(void *arg)
{
    struct ending *e = arg;

    for (uint32_t i = 0; i < e->n; i++)
        if (e->processes[i] != NULL)
            ops(e)->kill(e->env, e->processes[i]);
    loop_timer_set(e->loop, &e->timer, loop_now(e->loop) + KILLED_NS, give_up,
                   e);
}

static void begin(struct ending *e, int64_t grace)
{
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->processes[i] == NULL)
            continue;
        e->left++;
        ops(e)->signal(e->env, e->processes[i], SIGTERM);
        loop_watch_set(e->loop, &e->watches[i], e->processes[i]->watch, look,
                       e);
    }
    loop_timer_set(e->loop, &e->timer, loop_now(e->loop) + grace,
                   kill_those_left, e);
}

uint32_t ending_of_all(struct loop *loop, struct env_process **processes,
                       uint32_t n, int64_t grace)
{
    struct ending e = {
        .env = loop_env(loop), .loop = loop, .processes = processes, .n = n};
    uint32_t left;

    e.watches = xcalloc(n, sizeof(*e.watches));
    begin(&e, grace);
    if (e.left > 0)
        loop_run(loop);
    left = e.left;
    for (uint32_t i = 0; i < n; i++)
        if (processes[i] != NULL)
            let_go(&e, i);
    loop_timer_clear(&e.timer);
    free(e.watches);
    return left;
}
