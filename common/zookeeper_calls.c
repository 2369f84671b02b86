/* zookeeper_calls.c - calls that are under way; see zookeeper_calls.h. */
#include "common/zookeeper_calls.h"
#include "common/check.h"

void zookeeper_calls_init(struct zookeeper_calls *calls)
{
    calls->first = NULL;
    calls->last = &calls->first;
}

void zookeeper_calls_fini(struct zookeeper_calls *calls)
{
    while (calls->first != NULL)
        zookeeper_calls_remove(calls, calls->first);
}

void zookeeper_calls_add(struct zookeeper_calls *calls,
                         struct zookeeper_call *call)
{
    call->next = NULL;
    *calls->last = call;
    calls->last = &call->next;
}

void zookeeper_calls_remove(struct zookeeper_calls *calls,
                            struct zookeeper_call *call)
{
    struct zookeeper_call **link = &calls->first;

    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    if (*link == NULL)
        calls->last = link;
    zookeeper_call_free(call);
}

/* -- answers --------------------------------------------------------------- */

void zookeeper_calls_tell(struct zookeeper_call *call,
                          const struct zookeeper_answer *answer)
{
    call->told = true;
    if (call->then.fn != NULL)
        call->then.fn(call->then.arg, answer);
}

static void tell_unanswered(struct zookeeper_call *call)
{
    const struct zookeeper_answer answer = {
        .result = zookeeper_call_unanswered(call), .data = ""};

    zookeeper_calls_tell(call, &answer);
}

static struct zookeeper_call *first_waiting(const struct zookeeper_calls *calls)
{
    struct zookeeper_call *call = calls->first;

    while (call != NULL && call->told)
        call = call->next;
    return call;
}

int64_t zookeeper_calls_next(const struct zookeeper_calls *calls)
{
    const struct zookeeper_call *call = first_waiting(calls);

    return call != NULL ? call->deadline : INT64_MAX;
}

void zookeeper_calls_tell_overdue(struct zookeeper_calls *calls, int64_t now)
{
    struct zookeeper_call *call;

    while ((call = first_waiting(calls)) != NULL && call->deadline <= now)
        tell_unanswered(call);
}

/* What is asked meanwhile comes behind the last one. */
void zookeeper_calls_tell_all(struct zookeeper_calls *calls)
{
    uint32_t n = 0;

    for (struct zookeeper_call *call = calls->first; call; call = call->next) {
        check(++n < ZOOKEEPER_LAST_ANSWERS_MAX);
        if (!call->told)
            tell_unanswered(call);
    }
}

/* What is asked meanwhile is refused, and told so later. */
void zookeeper_calls_drop(struct zookeeper_calls *calls)
{
    for (struct zookeeper_call *call = calls->first; call; call = call->next)
        if (!call->told && call->handle != ZOOKEEPER_NOT_SENT)
            tell_unanswered(call);
}

void zookeeper_calls_free_of(struct zookeeper_calls *calls, uint64_t handle)
{
    struct zookeeper_call *call = calls->first, *next;

    for (; call != NULL; call = next) {
        if (call->handle == handle && !call->told)
            tell_unanswered(call);
        next = call->next;
        if (call->handle == handle)
            zookeeper_calls_remove(calls, call);
    }
}
