/*
 * token.h - the cluster's token, and the keys that are made of it.
 *
 * The token is 32 random bytes that every nimbus and supervisor has. Who holds
 * it may do everything; so it stays in its file and in the memory of daemons,
 * and is in no log, no argument list and no environment. A command or a worker
 * can be given the key of its role alone. Keys are one-way: from a key comes
 * neither the token nor another role's key.
 *
 * Deriving is pure; the file is token_file.h.
 */
#ifndef GALE_TOKEN_H
#define GALE_TOKEN_H

#include "common/digest.h"
#include "common/env.h"

struct token {
    struct digest secret;
};

/* What one may do with RPC, and whose key proves it. Each method says which
 * roles may call it; none contains another. */
enum token_role {
    TOKEN_READER,     /* looks: list, status */
    TOKEN_WORKER,     /* a worker process, about itself */
    TOKEN_SUPERVISOR, /* a machine: reports, fetches files */
    TOKEN_SUBMITTER,  /* submits, kills, rebalances: runs code */
    TOKEN_ADMIN,      /* all of it */
    TOKEN_N_ROLES
};

/* "reader", "worker" … */
const char *token_role_name(enum token_role role);
/* False if there is no such role. */
bool token_role_of(const char *name, size_t size, enum token_role *role);

/* 32 bytes of entropy. */
struct token token_make(struct env *env);

/*
 * The key of a role: HMAC(token, "gale role NAME v1").
 *
 * That of TOKEN_WORKER is no worker's: a worker proves itself with
 * token_worker_key().
 */
struct digest token_role_key(const struct token *token, enum token_role role);

/* Who a worker process is; see docs/cluster.md, "Workers have numbers". */
struct token_worker {
    const char *topology; /* its id */
    uint32_t number;
    uint64_t birth;
};

/* With which this worker, and no other, speaks to its supervisor and to
 * nimbus. */
struct digest token_worker_key(const struct token *token,
                               const struct token_worker *worker);

/* With which the workers of a topology know each other. */
struct digest token_links_key(const struct token *token, const char *topology);

/* Of the MACs in records of ZooKeeper. */
struct digest token_records_key(const struct token *token);

#endif
