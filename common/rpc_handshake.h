/*
 * rpc_handshake.h - who speaks: the first frames of a connection, both ways.
 *
 *     client                                server
 *     hello: protocol, role, nonce    ──▶
 *                                     ◀──   challenge: protocol, nonce
 *     proof                           ──▶
 *                                     ◀──   proof
 *
 * A proof is HMAC-SHA-256 under the key of the role over the direction and the
 * digests of hello and challenge as they were sent; so it is good for these two
 * nonces, this role, this protocol and this direction only, and a recording of
 * it is worth nothing. Instead of its next frame the server may send a refusal:
 * one sentence, which the client shows. The client sends nothing else before it
 * has the server's proof: no command goes to an impostor.
 *
 * Each frame is a MessagePack map whose unknown keys are skipped. What has to
 * stay for ever, so that versions can tell each other apart: the key "gale"
 * with the protocol number in hello and challenge, and "refused" with the
 * sentence.
 *
 * With gale.insecure nobody proves anything and every role is granted. It is
 * all or none: a client that has a key does not speak to a server that proves
 * nothing, and a server with a token refuses a client without.
 *
 * Pure: nonces are arguments.
 */
#ifndef GALE_RPC_HANDSHAKE_H
#define GALE_RPC_HANDSHAKE_H

#include "common/pack.h"
#include "common/token.h"

#define RPC_PROTOCOL 1u
#define RPC_NONCE_BYTES 32u
#define RPC_FRAME_FIRST_MAX (64u << 10) /* bytes of a frame of a handshake */
#define RPC_NAME_MAX 128u /* bytes of a name, a version, a topology's id */

struct rpc_nonce {
    uint8_t bytes[RPC_NONCE_BYTES];
};

/* Who a client says that it is. Texts are copied by who takes one. */
struct rpc_identity {
    enum token_role role;
    const char *name; /* for people: "supervisor 4f2a…"; NULL: none */
    struct token_worker worker; /* TOKEN_WORKER only */
    bool insecure;              /* gale.insecure: there is no key */
    struct digest key;          /* token_role_key() or token_worker_key() */
};

/* Who has proved to be there, on the server's side. */
struct rpc_peer {
    enum token_role role;
    char name[RPC_NAME_MAX + 1];    /* "" if it gave none; not proved */
    char version[RPC_NAME_MAX + 1]; /* of gale; not proved */
    /* TOKEN_WORKER: as in token_worker. Whether it is still the worker of that
     * birth is to be asked by who has assigned it. */
    char topology[RPC_NAME_MAX + 1];
    uint32_t number;
    uint64_t birth;
};

/* What the server's side knows. */
struct rpc_gate {
    const char *who;           /* in refusals: "nimbus" */
    const struct token *token; /* NULL: gale.insecure */
};

enum rpc_handshake_state {
    RPC_HANDSHAKE_GOES_ON,
    RPC_HANDSHAKE_DONE,
    RPC_HANDSHAKE_REFUSED /* the error says why; the server's side has written
                             that to the peer, too */
};

/* Opaque: rpc_handshake.c. */
struct rpc_handshake;

/* The client's side; writes its first frame. */
struct rpc_handshake *rpc_handshake_client(const struct rpc_identity *me,
                                           const struct rpc_nonce *nonce,
                                           struct pack *out);
/* The server's side; what `gate` points to must outlive it. */
struct rpc_handshake *rpc_handshake_server(const struct rpc_gate *gate,
                                           const struct rpc_nonce *nonce);
/* Wipes its keys. NULL is fine. */
void rpc_handshake_free(struct rpc_handshake *h);

/* One frame of the peer; writes at most one to `out`, which is empty. Not to be
 * called once it is done or refused. */
enum rpc_handshake_state rpc_handshake_step(struct rpc_handshake *h,
                                            const void *frame, size_t size,
                                            struct pack *out, gale_err *error);

/* What a client is told instead of a challenge, before it has said anything. */
void rpc_handshake_refuse(struct pack *out, const char *why);

/* Of a server's side that is done. */
const struct rpc_peer *rpc_handshake_peer(const struct rpc_handshake *h);

#endif
