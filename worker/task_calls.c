/* task_calls.c - which functions may be called from where; see task_calls.h. */
#include "worker/task_calls.h"
#include "worker/task_base.h"

#define IN_SPOUT                                                               \
    (CALL_BIT(CALL_OPEN) | CALL_BIT(CALL_ACTIVATE) | CALL_BIT(CALL_NEXT) |     \
     CALL_BIT(CALL_TOLD) | CALL_BIT(CALL_SPOUT_POSTED) | CALL_BIT(CALL_CLOSE))
#define IN_BOLT                                                                \
    (CALL_BIT(CALL_PREPARE) | CALL_BIT(CALL_EXECUTE) | CALL_BIT(CALL_TICK) |   \
     CALL_BIT(CALL_END_OF_INPUT) | CALL_BIT(CALL_BOLT_POSTED) |                \
     CALL_BIT(CALL_CLEANUP))
#define AT_THE_END (CALL_BIT(CALL_CLOSE) | CALL_BIT(CALL_CLEANUP))
#define NEAR_THE_END (AT_THE_END | CALL_BIT(CALL_END_OF_INPUT))

#define LATE(name_, function_, expected_, too_late_, calls_)                   \
    const struct call_rule call_##name_ = {function_ "()", expected_,          \
                                           too_late_, calls_}
#define RULE(name_, function_, expected_, calls_)                              \
    LATE(name_, function_, expected_, NULL, calls_)

RULE(hold, "gale_hold", "execute of a bolt", CALL_BIT(CALL_EXECUTE));
RULE(settle_ack, "gale_ack", "a callback of a bolt", IN_BOLT);
RULE(settle_fail, "gale_fail", "a callback of a bolt", IN_BOLT);
RULE(settle_poison, "gale_poison", "a callback of a bolt", IN_BOLT);
RULE(retain, "gale_retain", "execute of a bolt", CALL_BIT(CALL_EXECUTE));
RULE(release, "gale_release", "a callback of a bolt", IN_BOLT);
RULE(tick_every, "gale_tick_every", "a callback of a bolt", IN_BOLT);
LATE(tick_start, "gale_tick_every",
     "a callback of a bolt other than end_of_input and cleanup",
     "no tick comes any more", IN_BOLT & ~NEAR_THE_END);
LATE(pause_input, "gale_pause_input",
     "a callback of a bolt other than end_of_input and cleanup",
     "no input comes any more", IN_BOLT & ~NEAR_THE_END);
RULE(resume_input, "gale_resume_input", "a callback of a bolt", IN_BOLT);
RULE(wait_fd, "gale_wait_fd", "next of a spout", CALL_BIT(CALL_NEXT));
RULE(wait_until, "gale_wait_until", "next of a spout", CALL_BIT(CALL_NEXT));
RULE(wait_wakeup, "gale_wait_wakeup", "next of a spout", CALL_BIT(CALL_NEXT));
RULE(exhausted, "gale_exhausted", "next of a spout", CALL_BIT(CALL_NEXT));
RULE(give_up, "gale_give_up", "a callback of a spout", IN_SPOUT);
RULE(n_pending, "gale_n_pending", "a callback of a spout", IN_SPOUT);
LATE(position_set, "gale_position_set",
     "a callback of a spout other than close",
     "positions have been saved already", IN_SPOUT & ~CALL_BIT(CALL_CLOSE));
RULE(position_get, "gale_position_get", "open of a spout", CALL_BIT(CALL_OPEN));
LATE(async, "gale_async", "a callback other than close and cleanup",
     "nothing waits for it any more",
     (IN_SPOUT | IN_BOLT | CALL_BIT(CALL_HOOK)) & ~AT_THE_END);

const char *task_calls_name(const struct task *t)
{
    static const char *const names[CALLS] = {
        [CALL_NONE] = "no callback of this task",
        [CALL_OPEN] = "open",
        [CALL_ACTIVATE] = "activate or deactivate",
        [CALL_NEXT] = "next",
        [CALL_TOLD] = "ack or fail",
        [CALL_SPOUT_POSTED] = "what gale_post() or gale_async() runs",
        [CALL_CLOSE] = "close",
        [CALL_PREPARE] = "prepare",
        [CALL_EXECUTE] = "execute",
        [CALL_TICK] = "tick",
        [CALL_END_OF_INPUT] = "end_of_input",
        [CALL_BOLT_POSTED] = "what gale_post() or gale_async() runs",
        [CALL_CLEANUP] = "cleanup",
        [CALL_HOOK] = "a hook",
    };

    return names[t->call];
}

__attribute__((noinline, cold)) static bool refuse(struct task *t,
                                                   const struct call_rule *rule)
{
    bool late =
        rule->too_late != NULL && (NEAR_THE_END & CALL_BIT(t->call)) != 0;
    char text[300];

    snprintf(text, sizeof(text), "called from %s, expected: from %s%s%s",
             task_calls_name(t), rule->expected, late ? "; " : "",
             late ? rule->too_late : "");
    task_fatal(t, rule->function, text);
    return false;
}

bool task_calls_allow(struct task *t, const struct call_rule *rule)
{
    return __builtin_expect((rule->calls & CALL_BIT(t->call)) != 0, 1) ||
           refuse(t, rule);
}

struct task *task_calls_from(gale_task *public, const struct call_rule *rule)
{
    struct task *t = task_of(public);

    task_check_thread(t, rule->function);
    return task_calls_allow(t, rule) ? t : NULL;
}
