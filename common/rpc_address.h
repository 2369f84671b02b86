/*
 * rpc_address.h - where somebody listens: "127.0.0.1:6627", "[::1]:6627", or
 * the path of a Unix socket, which begins with '/'. Numeric: names are looked
 * up elsewhere. Pure.
 */
#ifndef GALE_RPC_ADDRESS_H
#define GALE_RPC_ADDRESS_H

#include <gale/local.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct rpc_address {
    struct sockaddr_storage at;
    socklen_t size;
};

#define RPC_ADDRESS_TEXT (sizeof(struct sockaddr_un) + 1)

/* 0, or -1 and a sentence. */
int rpc_address_parse(const char *text, struct rpc_address *address,
                      gale_err *error);
/* The same of a numeric host alone, "127.0.0.1" or "::1", and a port. */
int rpc_address_of(const char *host, uint16_t port, struct rpc_address *address,
                   gale_err *error);
/* A Unix socket by a name that is in no directory (of the abstract namespace):
 * it is the network namespace's, anybody there may call it, and it goes with
 * who listens. Of at most 100 bytes. */
void rpc_address_named(const char *name, struct rpc_address *address);
/* As it is parsed; "@NAME" for such a name; "a client" for a Unix socket
 * without any. */
void rpc_address_text(const struct rpc_address *address,
                      char text[RPC_ADDRESS_TEXT]);

/* 0 of a Unix socket. */
uint16_t rpc_address_port(const struct rpc_address *address);

/* Only processes of this machine reach it: 127.0.0.0/8, ::1, a Unix socket. Who
 * listens elsewhere warns that what is said can be read there. */
bool rpc_address_is_loopback(const struct rpc_address *address);
/* Both are of the same machine; ports do not count, Unix sockets are all the
 * same. */
bool rpc_address_same_host(const struct rpc_address *a,
                           const struct rpc_address *b);

#endif
