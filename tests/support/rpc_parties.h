/* rpc_parties.h - who meets in a handshake of RPC: tokens and nonces of one byte,
 * again and again, so that two are equal or are not. */
#ifndef GALE_RPC_PARTIES_H
#define GALE_RPC_PARTIES_H

#include "common/rpc_handshake.h"
#include <string.h>

static inline struct token token_of(uint8_t seed)
{
    struct token token;

    memset(token.secret.bytes, seed, DIGEST_BYTES);
    return token;
}

static inline struct rpc_nonce nonce_of(uint8_t seed)
{
    struct rpc_nonce nonce;

    memset(nonce.bytes, seed, RPC_NONCE_BYTES);
    return nonce;
}

/* Who has the key of that role of the token. */
static inline struct rpc_identity role_with(enum token_role role, uint8_t seed)
{
    struct token token = token_of(seed);

    return (struct rpc_identity){
        .role = role, .name = "test", .key = token_role_key(&token, role)};
}

#endif
