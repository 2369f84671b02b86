/* token.c - keys of roles, workers and records from one token; see token.h. */
#include "common/token.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <string.h>

static const char *const names[TOKEN_N_ROLES] = {
    [TOKEN_READER] = "reader",         [TOKEN_WORKER] = "worker",
    [TOKEN_SUPERVISOR] = "supervisor", [TOKEN_SUBMITTER] = "submitter",
    [TOKEN_ADMIN] = "admin",
};

const char *token_role_name(enum token_role role)
{
    check(role < TOKEN_N_ROLES);
    return names[role];
}

bool token_role_of(const char *name, size_t size, enum token_role *role)
{
    for (uint32_t i = 0; i < TOKEN_N_ROLES; i++) {
        if (strlen(names[i]) != size || memcmp(names[i], name, size) != 0)
            continue;
        *role = (enum token_role)i;
        return true;
    }
    return false;
}

struct token token_make(struct env *env)
{
    struct token token;

    env_random(env, token.secret.bytes, sizeof(token.secret.bytes));
    return token;
}

static struct digest derive(const struct digest *from, const char *label)
{
    return digest_mac(from->bytes, DIGEST_BYTES, label, strlen(label));
}

struct digest token_role_key(const struct token *token, enum token_role role)
{
    char label[64];

    snprintf(label, sizeof(label), "gale role %s v1", token_role_name(role));
    return derive(&token->secret, label);
}

/* The label has the topology's id last, so that no two say the same. */
static struct digest derive_from_worker_role(const struct token *token,
                                             const char *label)
{
    struct digest role = token_role_key(token, TOKEN_WORKER);
    struct digest key = derive(&role, label);

    digest_wipe(&role, sizeof(role));
    return key;
}

struct digest token_worker_key(const struct token *token,
                               const struct token_worker *worker)
{
    char *label;
    struct digest key;

    check(asprintf(&label, "gale worker v1 %u %llu %s", worker->number,
                   (unsigned long long)worker->birth, worker->topology) >= 0);
    key = derive_from_worker_role(token, label);
    free(label);
    return key;
}

struct digest token_links_key(const struct token *token, const char *topology)
{
    char *label;
    struct digest key;

    check(asprintf(&label, "gale links v1 %s", topology) >= 0);
    key = derive_from_worker_role(token, label);
    free(label);
    return key;
}

struct digest token_records_key(const struct token *token)
{
    return derive(&token->secret, "gale records v1");
}
