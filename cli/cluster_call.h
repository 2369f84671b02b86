/*
 * cluster_call.h - one question to the leading nimbus, and its answer.
 *
 *     struct cluster *c = cluster_open(&options, TOKEN_READER);
 *     struct unpacked answer;
 *
 *     status = c == NULL ? EXIT_ERROR : cluster_call(c, "list", NULL, &answer);
 *     if (status == EXIT_OK) …
 *     cluster_close(c);
 *
 * What goes wrong is said on standard error, and the exit status tells programs
 * what kind it is.
 */
#ifndef GALE_CLUSTER_CALL_H
#define GALE_CLUSTER_CALL_H

#include "cli/cluster_options.h"
#include "common/pack.h"
#include "common/rpc_client.h"
#include "common/token.h"

struct cluster;

/* NULL after having said why: no such host, no token … */
struct cluster *cluster_open(const struct cluster_options *o,
                             enum token_role role);
void cluster_close(struct cluster *c); /* NULL is fine */

/*
 * EXIT_OK and the answer, which is the caller's to free (unpacked_free(); its
 * text lives as long as `c` is not asked again). Otherwise EXIT_ERROR: refused;
 * EXIT_AWAY: no nimbus answers, or none leads; EXIT_UNKNOWN: it may be done or
 * not.
 */
int cluster_call(struct cluster *c, const char *method,
                 const struct pack *params, struct unpacked *answer);

/* The same of a server that is no nimbus; the connection is kept. */
int cluster_call_at(struct cluster *c, const struct rpc_address *address,
                    const char *method, const struct pack *params,
                    struct unpacked *answer);

/* Whether a nimbus has ever answered, if only that it does not lead. */
bool cluster_was_answered(const struct cluster *c);

/* From now on a call that fails says nothing: cluster_why() says it. */
void cluster_be_quiet(struct cluster *c);
const char *cluster_why(const struct cluster *c);
/* The last call was refused because there is no such topology. */
bool cluster_has_no_topology(const struct cluster *c);
/* … or because what it is about, as a file, is not there. */
bool cluster_has_not_found(const struct cluster *c);

/* Without waiting and without a word: fn(arg, result) while the loop runs, as
 * leader_client_call(). */
void cluster_ask(struct cluster *c, const char *method,
                 const struct pack *params, int64_t timeout,
                 void (*fn)(void *arg, const struct rpc_result *result),
                 void *arg);
struct loop *cluster_loop(struct cluster *c);

/* Prints the answer as JSON, with a newline. */
void cluster_print_json(const msgpack_object *answer);

#endif
