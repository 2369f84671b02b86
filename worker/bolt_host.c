/* bolt_host.c - the host functions of gale/task.h that are for bolts: their
 * inputs are held and settled, tuples retained, ticks asked for, pauses. */
#include "worker/bolt_host.h"
#include "worker/bolt_task.h"
#include "worker/input_pause.h"
#include "worker/retained.h"
#include "worker/task_base.h"

/* -- settle ---------------------------------------------------------------- */

gale_handle bolt_host_hold(gale_task *public, const gale_tuple *in)
{
    struct task *t = task_calls_from(public, &call_hold);

    if (t == NULL)
        return (gale_handle){0};
    if (!(t->component->bolt.flags & GALE_BOLT_MANUAL_ACK)) {
        task_fatal(t, "hold",
                   "only a bolt that sets GALE_BOLT_MANUAL_ACK may "
                   "hold its inputs");
        return (gale_handle){0};
    }
    return bolt_hold(t, in);
}

void bolt_host_ack(gale_task *public, gale_handle handle)
{
    struct task *t = task_calls_from(public, &call_settle_ack);

    if (t != NULL)
        bolt_settle(t, handle, true);
}

void bolt_host_fail(gale_task *public, gale_handle handle)
{
    struct task *t = task_calls_from(public, &call_settle_fail);

    if (t != NULL)
        bolt_settle(t, handle, false);
}

void bolt_host_poison(gale_task *public, gale_handle handle)
{
    struct task *t = task_calls_from(public, &call_settle_poison);

    if (t != NULL)
        bolt_poison(t, handle);
}

const gale_tuple *bolt_host_retain(gale_task *public, const gale_tuple *in)
{
    struct task *t = task_calls_from(public, &call_retain);

    return t != NULL ? retained_add(t, in) : NULL;
}

void bolt_host_release(gale_task *public, const gale_tuple *retained)
{
    struct task *t = task_calls_from(public, &call_release);

    if (t != NULL)
        retained_remove(t, retained);
}

/* -- ticks ----------------------------------------------------------------- */

static void refuse_period(struct task *t, int64_t ms)
{
    char text[100];

    snprintf(text, sizeof(text),
             "found %lld ms, expected a period, or 0 for no ticks",
             (long long)ms);
    task_fatal(t, call_tick_every.function, text);
}

void bolt_host_tick_every(gale_task *public, int64_t ms)
{
    struct task *t =
        task_calls_from(public, ms > 0 ? &call_tick_start : &call_tick_every);

    if (t == NULL)
        return;
    if (t->component->bolt.tick == NULL)
        task_fatal(t, call_tick_every.function, "the bolt has no tick");
    else if (ms < 0)
        refuse_period(t, ms);
    else
        bolt_tick_every(t, bolt_tick_ns(ms));
}

/* -- input ----------------------------------------------------------------- */

void bolt_host_pause_input(gale_task *public)
{
    struct task *t = task_calls_from(public, &call_pause_input);

    if (t != NULL)
        input_pause(t);
}

void bolt_host_resume_input(gale_task *public)
{
    struct task *t = task_calls_from(public, &call_resume_input);

    if (t != NULL)
        input_resume(t);
}
