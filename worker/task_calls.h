/*
 * task_calls.h - which callback of a task is under way, and which of the host's
 * functions may be called from it.
 *
 * What makes no sense there would be ignored, and a plugin would seem to work:
 * so it stops the worker with a sentence that names both. What may be called
 * from anywhere, as the clock and the log, asks nothing. Emitting is not in the
 * table: task_allow_emit() changes the functions that emit.
 */
#ifndef GALE_TASK_CALLS_H
#define GALE_TASK_CALLS_H

#include <gale/task.h>

struct task;

enum task_call {
    CALL_NONE = 0,
    CALL_OPEN,     /* of a spout … */
    CALL_ACTIVATE, /* and deactivate */
    CALL_NEXT,
    CALL_TOLD,         /* ack, fail */
    CALL_SPOUT_POSTED, /* a function of gale_post(), done of gale_async() */
    CALL_CLOSE,
    CALL_PREPARE, /* of a bolt … */
    CALL_EXECUTE, /* and execute_batch */
    CALL_TICK,
    CALL_END_OF_INPUT,
    CALL_BOLT_POSTED,
    CALL_CLEANUP,
    CALL_HOOK, /* of a hook of either */
    CALLS,
};

#define CALL_BIT(call) (1u << (call))

/* Who may call a function, and from where. */
struct call_rule {
    const char *function;
    const char *expected; /* the same for people */
    const char
        *too_late;  /* why not at the end of the task; NULL: says nothing */
    uint32_t calls; /* CALL_BIT()s */
};

extern const struct call_rule call_hold, call_settle_ack, call_settle_fail,
    call_settle_poison, call_retain, call_release, call_tick_every,
    call_tick_start, call_pause_input, call_resume_input, call_wait_fd,
    call_wait_until, call_wait_wakeup, call_exhausted, call_give_up,
    call_n_pending, call_position_set, call_position_get, call_async;

/* Whether it may be called now; else the worker stops, and says why. */
bool task_calls_allow(struct task *t, const struct call_rule *rule);

/* The task, on its own thread and from where the rule allows it; else NULL, and
 * the worker stops. */
struct task *task_calls_from(gale_task *public, const struct call_rule *rule);

/* What is under way, for people. */
const char *task_calls_name(const struct task *t);

#endif
