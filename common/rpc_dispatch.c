/* rpc_dispatch.c - finds the method, asks whether the role may call it; see
 * rpc_dispatch.h. */
#include "common/rpc_dispatch.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <string.h>

static const struct rpc_method *find(const struct rpc_dispatch *d,
                                     gale_str name)
{
    for (uint32_t i = 0; i < d->n_methods; i++) {
        const struct rpc_method *m = &d->methods[i];

        if (strlen(m->name) == name.size &&
            memcmp(m->name, name.data, name.size) == 0)
            return m;
    }
    return NULL;
}

static struct rpc_call *open_call(struct rpc_dispatch *d,
                                  const struct rpc_message *message)
{
    struct rpc_call *call = xcalloc(1, sizeof(*call));

    call->of = d;
    call->id = message->id;
    call->unanswered = message->kind == RPC_NOTIFICATION;
    call->next = d->first;
    call->here = &d->first;
    if (call->next != NULL)
        call->next->here = &call->next;
    d->first = call;
    d->n_calls++;
    return call;
}

bool rpc_dispatch(struct rpc_dispatch *d, const struct rpc_message *message)
{
    const struct rpc_method *m;
    struct rpc_call *call;

    if (message->kind == RPC_RESPONSE)
        return false;
    call = open_call(d, message);
    m = find(d, message->method);
    if (d->n_calls > d->calls_max)
        rpc_fail(call, RPC_BUSY,
                 "%u calls of this client are not answered yet, more are not "
                 "taken",
                 d->calls_max);
    else if (m == NULL)
        rpc_fail(call, RPC_BAD_REQUEST,
                 "there is no method \"%.*s\": is the client of another "
                 "version of gale?",
                 message->method.size > 64 ? 64 : (int)message->method.size,
                 message->method.data);
    else if ((m->roles & RPC_ROLE(d->peer->role)) == 0)
        rpc_fail(call, RPC_FORBIDDEN, "the role %s may not call \"%s\"",
                 token_role_name(d->peer->role), m->name);
    else
        m->fn(d->arg, call, message->params);
    return true;
}

void rpc_dispatch_close(struct rpc_dispatch *d)
{
    for (struct rpc_call *c = d->first, *next; c != NULL; c = next) {
        next = c->next;
        c->of = NULL;
        c->next = NULL;
        c->here = NULL;
    }
    d->first = NULL;
    d->n_calls = 0;
}
