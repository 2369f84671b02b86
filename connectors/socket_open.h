/*
 * socket_open.h - sockets that never block: connected, or listening.
 *
 * Only socket_lookup() blocks: it asks for a name, on a thread of its own.
 */
#ifndef CONNECTORS_SOCKET_OPEN_H
#define CONNECTORS_SOCKET_OPEN_H

#include "connectors/socket_address.h"
#include <sys/socket.h>
#include <sys/un.h>

enum { SOCKET_TARGETS_MAX = 16 };

/* What an address may mean. */
struct socket_targets {
    uint32_t n;
    socklen_t sizes[SOCKET_TARGETS_MAX];
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
        struct sockaddr_un unix_path;
    } items[SOCKET_TARGETS_MAX];
};

/* Blocks while a name is looked up. NULL, or why it is not found. */
const char *socket_lookup(const struct socket_address *address,
                          struct socket_targets *targets);

/* Begin to connect to the i-th: the socket, which is writable when it is
 * decided; -1 with errno. */
int socket_connect(const struct socket_targets *targets, uint32_t i);

/* What became of it: 0, or an errno. */
int socket_connected(int fd);

/* Listen at an address of this machine, as numbers or localhost; `shared`:
 * others of this user may listen there, too, and share who comes. A path that
 * nobody listens at any more is taken over. -1, and *why is the end of a
 * sentence. */
int socket_listen(const struct socket_address *address, bool shared,
                  const char **why);

#endif
