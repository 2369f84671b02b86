/*
 * rpc_message.h - the messages of MessagePack-RPC:
 *
 *     [0, id, method, [params]]     request
 *     [1, id, error, result]        response; error is nil, or as rpc_error.h
 *     [2, method, [params]]         notification
 *
 * params and result are one object each; [] is the same as [nil]. Pure.
 */
#ifndef GALE_RPC_MESSAGE_H
#define GALE_RPC_MESSAGE_H

#include "common/pack.h"
#include "common/rpc_error.h"

enum rpc_kind { RPC_REQUEST, RPC_RESPONSE, RPC_NOTIFICATION };

/* Views of what was read. */
struct rpc_message {
    enum rpc_kind kind;
    uint32_t id;                  /* not of notifications */
    gale_str method;              /* not of responses */
    const msgpack_object *params; /* not of responses; never NULL */
    const msgpack_object *result; /* of responses that are no error */
    bool failed;                  /* responses: then … */
    enum rpc_error error;
    gale_str text, detail; /* {NULL, 0}: none */
};

/* NULL, or what is wrong, as in "the message …". */
const char *rpc_message_read(const msgpack_object *root,
                             struct rpc_message *message);

/* Objects that are NULL are nil. `out` is empty at first. */
void rpc_message_request(struct pack *out, uint32_t id, const char *method,
                         const struct pack *params);
void rpc_message_notification(struct pack *out, const char *method,
                              const struct pack *params);
void rpc_message_result(struct pack *out, uint32_t id,
                        const struct pack *result);
void rpc_message_error(struct pack *out, uint32_t id, enum rpc_error error,
                       const char *text, const char *detail);

#endif
