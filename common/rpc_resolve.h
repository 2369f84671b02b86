/*
 * rpc_resolve.h - hosts by name: "nimbus1", "nimbus1:6627", "10.0.0.7:6627",
 * "[::1]:6627", "localhost", or the path of a Unix socket.
 *
 * Names are looked up by the system, which may block for seconds: at the start
 * of a daemon, and in commands. In a simulated world there are none.
 */
#ifndef GALE_RPC_RESOLVE_H
#define GALE_RPC_RESOLVE_H

#include "common/env.h"
#include "common/rpc_address.h"

/* Addresses of the host, at most max (≥ 1), with `port` if the text has none.
 * How many; -1 and a sentence. */
int rpc_resolve(const struct env *env, const char *text, uint16_t port,
                struct rpc_address *addresses, uint32_t max, gale_err *error);

#endif
