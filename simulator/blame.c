/* blame.c - who keeps a run from its end; see blame.h. */
#include "simulator/blame.h"
#include "topology-api/text_buffer.h"
#include "worker/memory_wait.h"
#include "worker/recent_errors.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"

static struct task *task_at(const struct worker *w, const struct component *c,
                            uint32_t i)
{
    return w->tasks[(uint32_t)c->first_task + i];
}

/* The usual reason: a bolt that forgets what it holds. */
static void put_held(struct text_buffer *text, const struct worker *w,
                     const struct component *c)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < c->tasks; i++)
        n += counter_get(&task_at(w, c, i)->counters.held);
    if (n > 0)
        text_buffer_put(text, "; bolt \"%s\" holds %llu input%s", c->id,
                        (unsigned long long)n, n > 1 ? "s" : "");
}

static void put_failing(struct text_buffer *text, const struct task *t)
{
    const char *why = t->errors != NULL ? t->errors->list[0].text : NULL;

    text_buffer_put(text, "; bolt \"%s\" (task %d) fails inputs%s%s",
                    t->component->id, t->id, why != NULL ? ": " : "",
                    why != NULL ? why : "");
}

/* What has failed and was not acked since, pending or not, and what is pending
 * for the first time. */
static void put_messages(struct text_buffer *text, const struct worker *w,
                         const struct component *c)
{
    uint64_t failed = 0, first = 0, n;

    for (uint32_t i = 0; i < c->tasks; i++) {
        const struct spout_part *sp = task_at(w, c, i)->spout;
        const struct pending *p = &sp->pending;

        failed += sp->owed.n;
        for (uint32_t k = 0; k < p->capacity; k++)
            first += p->ring[k].seq != 0 &&
                     owed_find(&sp->owed, p->ring[k].id) == NULL;
    }
    n = failed + first;
    if (n > 0)
        text_buffer_put(text,
                        "; %llu message%s of spout \"%s\" not acked (failed "
                        "before: %llu)",
                        (unsigned long long)n, n > 1 ? "s" : "", c->id,
                        (unsigned long long)failed);
}

static const char *waits_for(const struct spout_part *sp)
{
    return memory_wait_has(sp->task->executor) ? ", and waits for memory"
           : !sp->active                       ? ", and inactive"
           : sp->pending.n >= sp->max_pending  ? ", and as many of its messages"
                                                 " are pending as may be"
           : !sp->waiting                      ? ""
           : sp->says_fd >= 0                  ? ", and waits for a descriptor"
           : sp->says_until != INT64_MAX       ? ", and waits for a time"
           : sp->says_wakeup                   ? ", and waits for gale_wakeup()"
                                               : "";
}

static void put_spouts(struct text_buffer *text, const struct worker *w,
                       const struct component *c)
{
    for (uint32_t i = 0; i < c->tasks; i++) {
        const struct task *t = task_at(w, c, i);

        if (!atomic_load(&t->spout->exhausted))
            text_buffer_put(text, "; spout \"%s\" (task %d) is not exhausted%s",
                            c->id, t->id, waits_for(t->spout));
    }
}

void blame_put(const struct worker *w, const struct task *failing, char *text,
               size_t size)
{
    const struct model *m = w->model;
    size_t n = strnlen(text, size - 1);
    struct text_buffer more;

    text_buffer_init(&more, text + n, size - n);
    for (uint32_t i = 0; i < m->n_components; i++)
        if (!m->components[i].is_spout)
            put_held(&more, w, &m->components[i]);
    if (failing != NULL)
        put_failing(&more, failing);
    for (uint32_t i = 0; i < m->n_components; i++)
        if (m->components[i].is_spout)
            put_messages(&more, w, &m->components[i]);
    for (uint32_t i = 0; i < m->n_components; i++)
        if (m->components[i].is_spout)
            put_spouts(&more, w, &m->components[i]);
}
