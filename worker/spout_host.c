/* spout_host.c - the host functions of gale/task.h that are for spouts: what
 * they wait for, what they have given up, their positions. */
#include "worker/spout_host.h"
#include "worker/spout_owed.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/worker.h"

/* The spout, if the call is allowed. */
static struct spout_part *spout_of(gale_task *public,
                                   const struct call_rule *rule)
{
    struct task *t = task_calls_from(public, rule);

    return t != NULL ? t->spout : NULL;
}

void spout_host_wait_fd(gale_task *public, int fd, uint32_t events)
{
    struct spout_part *sp = spout_of(public, &call_wait_fd);
    char text[100];

    if (sp == NULL)
        return;
    if (fd < 0) {
        snprintf(text, sizeof(text), "%d is no descriptor", fd);
        task_fatal(sp->task, call_wait_fd.function, text);
        return;
    }
    sp->says_fd = fd;
    sp->says_events = events;
    sp->says_something = true;
}

void spout_host_wait_until(gale_task *public, int64_t ns)
{
    struct spout_part *sp = spout_of(public, &call_wait_until);

    if (sp == NULL)
        return;
    if (ns < sp->says_until)
        sp->says_until = ns;
    sp->says_something = true;
}

void spout_host_wait_wakeup(gale_task *public)
{
    struct spout_part *sp = spout_of(public, &call_wait_wakeup);

    if (sp == NULL)
        return;
    sp->says_wakeup = true;
    sp->says_something = true;
}

void spout_host_exhausted(gale_task *public)
{
    struct spout_part *sp = spout_of(public, &call_exhausted);

    if (sp == NULL || sp->exhausted)
        return;
    atomic_store(&sp->exhausted, true);
    worker_notify(
        sp->task->executor->worker); /* the run may be complete soon */
}

void spout_host_give_up(gale_task *public, gale_msgid id)
{
    struct spout_part *sp = spout_of(public, &call_give_up);

    if (sp != NULL)
        spout_forgets(sp, id);
}

uint64_t spout_host_n_pending(gale_task *public)
{
    struct spout_part *sp = spout_of(public, &call_n_pending);

    return sp != NULL ? sp->pending.n : 0;
}

gale_result spout_host_position_set(gale_task *public, gale_str split,
                                    gale_str position)
{
    struct spout_part *sp = spout_of(public, &call_position_set);
    const char *why;

    if (sp == NULL)
        return GALE_FATAL;
    why = positions_set(&sp->positions, split, position, sp->pending.next);
    atomic_store_explicit(&sp->unsaved, true, memory_order_relaxed);
    spout_awaits_position(sp->task);
    if (why == NULL)
        return GALE_OK;
    task_fatal(sp->task, "position", why);
    return GALE_FATAL;
}

gale_str spout_host_position_get(gale_task *public, gale_str split)
{
    struct spout_part *sp = spout_of(public, &call_position_get);

    return sp != NULL ? positions_get(&sp->positions, split)
                      : gale_str_make(NULL, 0);
}
