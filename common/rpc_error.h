/*
 * rpc_error.h - why a call was refused, as a word that programs compare.
 *
 * On the wire an error is [word, sentence, detail]: the word is one of these,
 * the sentence is for people, and detail is a text or nil. A new one is a row
 * here.
 */
#ifndef GALE_RPC_ERROR_H
#define GALE_RPC_ERROR_H

#include <stddef.h>

/* clang-format off */
#define RPC_ERRORS(row) \
    /* no word of this list: a newer peer says it */ \
    row(RPC_OTHER, "other") \
    /* params are not what the method expects, or there is no such method */ \
    row(RPC_BAD_REQUEST, "bad-request") \
    /* the role may not call it; a failed handshake ends calls with it, too */ \
    row(RPC_FORBIDDEN, "forbidden") \
    /* more calls or bytes under way than are allowed: later */ \
    row(RPC_BUSY, "busy") \
    /* detail: the leader's address, nil if there is none at the moment */ \
    row(RPC_NOT_LEADER, "not-leader") \
    row(RPC_NO_SUCH_TOPOLOGY, "no-such-topology") \
    row(RPC_NAME_IN_USE, "name-in-use") \
    /* not in this state: a topology that is killed is not activated */ \
    row(RPC_WRONG_STATE, "wrong-state") \
    /* a file of the store, a log, an error that is not there */ \
    row(RPC_NOT_FOUND, "not-found") \
    /* what the caller acts upon is older than what is known here */ \
    row(RPC_OUTDATED, "outdated") \
    /* disk full, ZooKeeper away …: nothing is wrong with the request */ \
    row(RPC_UNABLE, "unable")
/* clang-format on */

enum rpc_error {
#define RPC_ERROR_ENUM(name, word) name,
    RPC_ERRORS(RPC_ERROR_ENUM)
#undef RPC_ERROR_ENUM
        RPC_N_ERRORS
};

const char *rpc_error_word(enum rpc_error error);
/* RPC_OTHER if there is none. */
enum rpc_error rpc_error_of(const char *word, size_t size);

#endif
