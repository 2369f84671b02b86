/* user_metrics.c - metrics that plugins make; see user_metrics.h. */
#include "worker/user_metrics.h"
#include "topology-api/memory.h"
#include "worker/task_base.h"
#include <stdlib.h>

static struct user_metric *of(gale_metric *m)
{
    return (struct user_metric *)(void *)m;
}

struct user_metric *user_metrics_first(struct task *t)
{
    return atomic_load_explicit(&t->metrics, memory_order_acquire);
}

gale_metric *user_metrics_get(struct task *t, uint32_t kind, const char *name)
{
    struct user_metric *m;

    for (m = user_metrics_first(t); m != NULL; m = m->next)
        if (m->kind == kind && strcmp(m->name, name) == 0)
            return (gale_metric *)(void *)m;
    m = xcalloc(1, sizeof(*m));
    m->kind = kind;
    m->name = xstrdup(name);
    atomic_store(&m->next, user_metrics_first(t));
    /* Pairs with the acquire in user_metrics_first(). */
    atomic_store_explicit(&t->metrics, m, memory_order_release);
    return (gale_metric *)(void *)m;
}

void user_metric_add(gale_metric *m, int64_t n)
{
    _Atomic(int64_t) *count = &of(m)->count;

    atomic_store_explicit(count,
                          atomic_load_explicit(count, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

void user_metric_set(gale_metric *m, double value)
{
    atomic_store_explicit(&of(m)->level, value, memory_order_relaxed);
}

void user_metric_record(gale_metric *m, int64_t value)
{
    histogram_add(&of(m)->histogram, value, 1);
}

void user_metrics_fini(struct task *t)
{
    struct user_metric *m = user_metrics_first(t), *next;

    for (; m != NULL; m = next) {
        next = m->next;
        histogram_fini(&m->histogram);
        free(m->name);
        free(m);
    }
    atomic_store(&t->metrics, NULL);
}
