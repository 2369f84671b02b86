/* rpc_error.c - words of errors; see rpc_error.h. */
#include "common/rpc_error.h"
#include "common/check.h"
#include <string.h>

static const char *const words[RPC_N_ERRORS] = {
#define RPC_ERROR_WORD(name, word) [name] = word,
    RPC_ERRORS(RPC_ERROR_WORD)
#undef RPC_ERROR_WORD
};

const char *rpc_error_word(enum rpc_error error)
{
    check(error < RPC_N_ERRORS);
    return words[error];
}

enum rpc_error rpc_error_of(const char *word, size_t size)
{
    for (uint32_t i = 0; i < RPC_N_ERRORS; i++)
        if (strlen(words[i]) == size && memcmp(words[i], word, size) == 0)
            return (enum rpc_error)i;
    return RPC_OTHER;
}
