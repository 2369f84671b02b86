/* between.c - takes the place of plugins and engine; see between.h. */
#include "simulator/between.h"
#include "simulator/world.h"
#include "topology-api/memory.h"
#include "worker/task_base.h"
#include <stdio.h>

/* -- threads that plugins have started ------------------------------------- */

/* Any thread may call these two, but one that the world does not have would
 * come at a time that no seed decides. */
static bool is_intruder(const struct task *t, const char *function)
{
    struct env *env = t->executor->worker->env;
    char *what;

    if (world_is_here(env))
        return false;
    if (asprintf(&what,
                 "a thread that is not of the simulated world called %s of %s "
                 "\"%s\" (task %d, %s): a plugin that starts threads by itself "
                 "cannot run from a seed; gale_async() runs work on a thread",
                 function, t->component->is_spout ? "spout" : "bolt",
                 t->component->id, t->id, t->component->file) < 0)
        what = xstrdup(function);
    world_intrude(env, what);
    return true;
}

void between_post(gale_task *task, gale_post_fn *fn, void *arg)
{
    if (!is_intruder(task_of(task), "gale_post()"))
        task_host.post(task, fn, arg);
}

static void wakeup(gale_task *task)
{
    if (!is_intruder(task_of(task), "gale_wakeup()"))
        task_host.wakeup(task);
}

/* -- taking its place ------------------------------------------------------ */

void between_begin(struct between *b, struct worker *w)
{
    const struct model *m = w->model;

    *b = (struct between){.worker = w, .host = task_host};
    b->host.post = between_post;
    b->host.wakeup = wakeup;
    b->components = xcalloc(m->n_components, sizeof(*b->components));
    memcpy(b->components, m->components,
           m->n_components * sizeof(*b->components));
}

void between_take_place(struct between *b)
{
    struct worker *w = b->worker;

    for (uint32_t i = 1; i <= w->n_tasks; i++) {
        struct task *t = w->tasks[i];

        if (t == NULL) /* another worker's */
            continue;
        task_use(t, &b->components[t->component - w->model->components]);
        t->public.host = &b->host;
    }
    w->watcher = &b->watcher;
}

void between_end(struct between *b)
{
    free(b->components);
}

struct between *between_of(const struct task *t)
{
    return (struct between *)(void *)t->executor->worker->watcher;
}

uint32_t between_number(const struct task *t)
{
    return (uint32_t)(t->component - between_of(t)->components);
}

const struct component *between_plain(const struct task *t)
{
    return &between_of(t)->worker->model->components[between_number(t)];
}
