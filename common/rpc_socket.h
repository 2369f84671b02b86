/*
 * rpc_socket.h - what RPC asks the system for: sockets that never block, are
 * not inherited, and raise no signal.
 */
#ifndef GALE_RPC_SOCKET_H
#define GALE_RPC_SOCKET_H

#include "common/rpc_address.h"
#include <stddef.h>
#include <sys/types.h>

/* Listens; `address` becomes the one that it has got. -1 and a sentence. */
int rpc_socket_listen(struct rpc_address *address, gale_err *error);
/* Closes it, and removes the name of a Unix socket. */
void rpc_socket_unlisten(int fd, const struct rpc_address *address);

/* The next one; -1 and errno: EAGAIN: none. */
int rpc_socket_accept(int fd, struct rpc_address *from);
/* Whether accept has failed because the system has no more to give: then the
 * next one fails, too. */
bool rpc_socket_is_short(int error);
/* Begins to; how it ends is what the first send says. -1 and errno. */
int rpc_socket_connect(const struct rpc_address *address);

/* -1 and errno: EAGAIN: not now. 0 of receive: the end. */
ssize_t rpc_socket_receive(int fd, void *data, size_t size);
ssize_t rpc_socket_send(int fd, const void *data, size_t size);
void rpc_socket_close(int fd);
/* What was sent last is to be read by the other side: TCP throws it away if
 * something is closed before all that has come was taken. That is taken first,
 * 8 MiB of it at most, without waiting for more. */
void rpc_socket_close_heard(int fd);

#endif
