/*
 * env_net.h - connections of the real world: what env_ops says of them.
 */
#ifndef GALE_ENV_NET_H
#define GALE_ENV_NET_H

#include "common/env.h"

int env_net_listen(struct env *env, struct rpc_address *address);
void env_net_unlisten(struct env *env, int listener,
                      const struct rpc_address *address);
int env_net_accept(struct env *env, int listener, struct rpc_address *from);
bool env_net_is_own(struct env *env, int fd);
int env_net_connect(struct env *env, const struct rpc_address *address);
int env_net_connected(struct env *env, int fd);
int64_t env_net_send(struct env *env, int fd, const void *data, size_t size);
int64_t env_net_receive(struct env *env, int fd, void *data, size_t size);
void env_net_close(struct env *env, int fd);
void env_net_close_heard(struct env *env, int fd);

#endif
