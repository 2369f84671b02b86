/* hooks.c - a task's hooks are called; see hooks.h. */
#include "worker/hooks.h"
#include "topology-api/memory.h"
#include "worker/worker.h"
#include <gale/hook.h>
#include <stdlib.h>

struct hooks {
    const gale_hook *hooks; /* the model's */
    uint32_t n;
    void *instances[];
};

struct hooks *hooks_new(const struct model *m)
{
    struct hooks *h;

    if (m->n_hooks == 0)
        return NULL;
    h = xcalloc(1, sizeof(*h) + m->n_hooks * sizeof(h->instances[0]));
    h->hooks = m->hooks;
    h->n = m->n_hooks;
    for (uint32_t i = 0; i < h->n; i++)
        h->instances[i] = xcalloc(1, h->hooks[i].instance_size + 1);
    return h;
}

void hooks_renew(struct hooks *h)
{
    for (uint32_t i = 0; h != NULL && i < h->n; i++)
        memset(h->instances[i], 0, h->hooks[i].instance_size);
}

void hooks_free(struct hooks *h)
{
    if (h == NULL)
        return;
    for (uint32_t i = 0; i < h->n; i++)
        free(h->instances[i]);
    free(h);
}

/* The task's own callback, which its hooks look at. */
struct looked_at {
    uint8_t call;
    bool can_emit;
};

/* Who looks on must not emit; a task with hooks asks `can_emit` each time. */
static struct looked_at begin(struct task *t)
{
    struct looked_at own = {t->call, t->can_emit};

    t->call = CALL_HOOK;
    t->can_emit = false;
    return own;
}

static void end(struct task *t, struct looked_at own)
{
    t->call = own.call;
    t->can_emit = own.can_emit;
}

/* The callback `member` of each hook that has it. */
#define CALL_EACH(t, member, ...)                                              \
    do {                                                                       \
        const struct hooks *h_ = (t)->hooks;                                   \
        const struct looked_at own_ = begin(t);                                \
                                                                               \
        for (uint32_t i_ = 0; i_ < h_->n; i_++)                                \
            if (h_->hooks[i_].member != NULL)                                  \
                h_->hooks[i_].member(&(t)->public,                             \
                                     h_->instances[i_] __VA_ARGS__);           \
        end(t, own_);                                                          \
    } while (0)

void hooks_prepare(struct task *t)
{
    task_enter(t, CALL_HOOK);
    CALL_EACH(t, prepare, );
    task_leave(t);
}

void hooks_cleanup(struct task *t)
{
    task_enter(t, CALL_HOOK);
    CALL_EACH(t, cleanup, );
    task_leave(t);
}

void hooks_emitted(struct task *t, const struct emission *x,
                   const gale_value *values, uint32_t n)
{
    const gale_emitted what = {.size = sizeof(what),
                               .stream = x->stream->decl->name,
                               .values = values,
                               .n = n,
                               .n_tasks = x->n_tasks};

    CALL_EACH(t, emit, , &what);
}

void hooks_told(struct task *t, gale_msgid id, bool acked)
{
    if (acked)
        CALL_EACH(t, spout_ack, , id);
    else
        CALL_EACH(t, spout_fail, , id);
}

static void settled(struct task *t, const gale_tuple *in, bool acked)
{
    if (acked)
        CALL_EACH(t, bolt_ack, , in);
    else
        CALL_EACH(t, bolt_fail, , in);
}

void hooks_settled(struct task *t, bool acked)
{
    settled(t, NULL, acked);
}

static int64_t now(const struct task *t)
{
    struct env *env = t->executor->worker->env;

    return env->ops->now(env);
}

/* What a hook reads wrongly does not fail the input. */
gale_result hooks_execute(gale_task *task, const gale_tuple *in)
{
    struct task *t = task_of(task);
    int64_t start = now(t);
    gale_result result = t->component->bolt.execute(task, in);
    int64_t ns = now(t) - start;
    bool marked = t->marked;

    CALL_EACH(t, bolt_execute, , in, ns);
    if (!t->held)
        settled(t, in, !marked && (result == GALE_OK || result == GALE_DROP));
    t->marked = marked;
    return result;
}
