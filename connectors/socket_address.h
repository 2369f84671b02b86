/*
 * socket_address.h - where a socket is, as people write it:
 *
 *     HOST:PORT      a name, or an address as numbers
 *     [HOST]:PORT    the same, for addresses with colons
 *     unix:PATH      a socket in the file system
 *
 * Pure: nothing is looked up or opened.
 */
#ifndef CONNECTORS_SOCKET_ADDRESS_H
#define CONNECTORS_SOCKET_ADDRESS_H

#include <gale/value.h>

enum {
    SOCKET_HOST_MAX = 253, /* bytes of a name, as DNS has it */
    SOCKET_PATH_MAX = 107, /* of a path, as the kernel takes it */
};

struct socket_address {
    char host[SOCKET_HOST_MAX + 1]; /* "": it is a path */
    char port[6];
    char path[SOCKET_PATH_MAX + 1];
};

/* NULL, or what is wrong with the text: the end of a sentence. */
const char *socket_address_read(gale_str text, struct socket_address *address);

#endif
