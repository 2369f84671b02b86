/* rpc_call.c - answers of a call; see rpc_call.h. */
#include "common/rpc_call.h"
#include "common/check.h"
#include "common/rpc_dispatch.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"

static void close_call(struct rpc_call *call)
{
    if (call->of != NULL) {
        *call->here = call->next;
        if (call->next != NULL)
            call->next->here = call->here;
        call->of->n_calls--;
    }
    free(call);
}

static bool is_awaited(const struct rpc_call *call)
{
    return call->of != NULL && !call->unanswered;
}

static bool send_error(const struct rpc_call *call, enum rpc_error error,
                       const char *text, const char *detail)
{
    struct pack message;
    bool sent;

    pack_init(&message);
    rpc_message_error(&message, call->id, error, text, detail);
    sent = call->of->send(call->of->to, &message);
    pack_free(&message);
    return sent;
}

void rpc_reply(struct rpc_call *call, const struct pack *result)
{
    struct pack message;

    if (is_awaited(call)) {
        pack_init(&message);
        rpc_message_result(&message, call->id, result);
        if (!call->of->send(call->of->to, &message))
            send_error(call, RPC_UNABLE,
                       "the answer is longer than a frame may be: ask for "
                       "less",
                       NULL);
        pack_free(&message);
    }
    close_call(call);
}

GALE_PRINTF(4, 0)
static void fail_va(struct rpc_call *call, enum rpc_error error,
                    const char *detail, const char *format, va_list args)
{
    char *text;

    if (vasprintf(&text, format, args) < 0)
        memory_none_left();
    if (is_awaited(call) && !send_error(call, error, text, detail))
        send_error(call, error, "(the reason is longer than a frame may be)",
                   NULL);
    free(text);
    close_call(call);
}

void rpc_fail(struct rpc_call *call, enum rpc_error error, const char *format,
              ...)
{
    va_list args;

    va_start(args, format);
    fail_va(call, error, NULL, format, args);
    va_end(args);
}

void rpc_fail_with(struct rpc_call *call, enum rpc_error error,
                   const char *detail, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fail_va(call, error, detail, format, args);
    va_end(args);
}

const struct rpc_peer *rpc_call_peer(const struct rpc_call *call)
{
    return call->of != NULL ? call->of->peer : NULL;
}

struct rpc_link *rpc_call_link(const struct rpc_call *call)
{
    return call->of != NULL ? call->of->link : NULL;
}
