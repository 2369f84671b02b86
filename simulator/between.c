/* between.c - takes the place of plugins and engine; see between.h. */
#include "simulator/between.h"
#include "topology-api/memory.h"
#include "worker/task_base.h"

void between_begin(struct between *b, struct worker *w)
{
    const struct model *m = w->model;

    *b = (struct between){.worker = w, .host = task_host};
    b->components = xcalloc(m->n_components, sizeof(*b->components));
    memcpy(b->components, m->components,
           m->n_components * sizeof(*b->components));
}

void between_take_place(struct between *b)
{
    struct worker *w = b->worker;

    for (uint32_t i = 1; i <= w->n_tasks; i++) {
        struct task *t = w->tasks[i];

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
