/* socket_address.c - where a socket is, as people write it. */
#include "connectors/socket_address.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "unix:"
#define SHAPE "expected HOST:PORT, [HOST]:PORT or unix:PATH"

/* A port is 1 to 65535, in digits alone. */
static bool is_port(const char *text)
{
    size_t n = strlen(text);

    if (n == 0 || n > 5 || strspn(text, "0123456789") != n)
        return false;
    return strtol(text, NULL, 10) >= 1 && strtol(text, NULL, 10) <= 65535;
}

static const char *read_path(const char *path, struct socket_address *address)
{
    if (*path == '\0')
        return "has no path, " SHAPE;
    if (strlen(path) > SOCKET_PATH_MAX)
        return "has a path that is too long: a socket's has at most 107 bytes";
    snprintf(address->path, sizeof(address->path), "%s", path);
    return NULL;
}

/* `size` bytes of a name or of numbers. */
static const char *read_host(const char *host, size_t size,
                             struct socket_address *address)
{
    if (size == 0)
        return "has no host, " SHAPE;
    if (size > SOCKET_HOST_MAX)
        return "has a host that is longer than 253 bytes";
    for (size_t i = 0; i < size; i++)
        if (!isgraph((unsigned char)host[i]))
            return "has a host with blanks or odd bytes";
    memcpy(address->host, host, size);
    return NULL;
}

static const char *read_port(const char *port, struct socket_address *address)
{
    if (!is_port(port))
        return "has no port from 1 to 65535, " SHAPE;
    snprintf(address->port, sizeof(address->port), "%s", port);
    return NULL;
}

const char *socket_address_read(gale_str text, struct socket_address *address)
{
    const char *colon, *wrong;

    memset(address, 0, sizeof(*address));
    if (memchr(text.data, '\0', text.size) != NULL)
        return "has a NUL byte, " SHAPE;
    if (!strncmp(text.data, PREFIX, strlen(PREFIX)))
        return read_path(text.data + strlen(PREFIX), address);
    colon = strrchr(text.data, ':');
    if (colon == NULL)
        return "has no port, " SHAPE;
    if (text.data[0] == '[' && colon[-1] == ']')
        wrong =
            read_host(text.data + 1, (size_t)(colon - text.data) - 2, address);
    else if (memchr(text.data, ':', (size_t)(colon - text.data)) != NULL)
        return "has colons in its host: write [HOST]:PORT";
    else
        wrong = read_host(text.data, (size_t)(colon - text.data), address);
    return wrong != NULL ? wrong : read_port(colon + 1, address);
}
