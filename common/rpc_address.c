/* rpc_address.c - numeric addresses and Unix sockets; see rpc_address.h. */
#include "common/rpc_address.h"
#include "common/check.h"
#include "topology-api/model.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* -- from a text ----------------------------------------------------------- */

static int parse_path(const char *text, struct rpc_address *address,
                      gale_err *error)
{
    struct sockaddr_un *at = (struct sockaddr_un *)&address->at;
    size_t size = strlen(text);

    if (size >= sizeof(at->sun_path))
        return error_set(error,
                         "the path of a socket %s has %zu bytes, expected at "
                         "most %zu",
                         text, size, sizeof(at->sun_path) - 1);
    at->sun_family = AF_UNIX;
    memcpy(at->sun_path, text, size + 1);
    address->size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1);
    return 0;
}

/* 0 … 65535 in digits alone. */
static bool parse_port(const char *text, in_port_t *port)
{
    uint32_t n = 0;
    size_t size = strlen(text);

    if (size < 1 || size > 5)
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return false;
        n = n * 10 + (uint32_t)(*c - '0');
    }
    *port = htons((uint16_t)n);
    return n <= UINT16_MAX;
}

static bool parse_ipv4(const char *host, in_port_t port,
                       struct rpc_address *address)
{
    struct sockaddr_in *at = (struct sockaddr_in *)&address->at;

    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    address->size = sizeof(*at);
    return inet_pton(AF_INET, host, &at->sin_addr) == 1;
}

static bool parse_ipv6(const char *host, in_port_t port,
                       struct rpc_address *address)
{
    struct sockaddr_in6 *at = (struct sockaddr_in6 *)&address->at;

    *at = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
    address->size = sizeof(*at);
    return inet_pton(AF_INET6, host, &at->sin6_addr) == 1;
}

/* HOST:PORT, the host of IPv6 in brackets. */
static bool parse_host_port(const char *text, struct rpc_address *address)
{
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN + 2];
    in_port_t port;
    size_t size;

    if (colon == NULL || !parse_port(colon + 1, &port))
        return false;
    size = (size_t)(colon - text);
    if (size < 2 || size >= sizeof(host))
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    if (host[0] != '[')
        return parse_ipv4(host, port, address);
    if (host[size - 1] != ']')
        return false;
    host[size - 1] = '\0';
    return parse_ipv6(host + 1, port, address);
}

int rpc_address_parse(const char *text, struct rpc_address *address,
                      gale_err *error)
{
    memset(address, 0, sizeof(*address));
    if (text[0] == '/')
        return parse_path(text, address, error);
    if (parse_host_port(text, address))
        return 0;
    return error_set(error,
                     "\"%s\" is no address, expected one such as "
                     "127.0.0.1:6627, [::1]:6627 or /path/of/a/socket",
                     text);
}

int rpc_address_of(const char *host, uint16_t port, struct rpc_address *address,
                   gale_err *error)
{
    bool is_ipv6 = strchr(host, ':') != NULL;
    char text[INET6_ADDRSTRLEN + 10];

    snprintf(text, sizeof(text), is_ipv6 ? "[%s]:%u" : "%s:%u", host, port);
    if (host[0] != '/' && strlen(host) < INET6_ADDRSTRLEN)
        return rpc_address_parse(text, address, error);
    return error_set(error, "\"%s\" is no numeric address", host);
}

void rpc_address_named(const char *name, struct rpc_address *address)
{
    struct sockaddr_un *at = (struct sockaddr_un *)&address->at;
    size_t size = strlen(name);

    check(size > 0 && size <= 100);
    memset(address, 0, sizeof(*address));
    at->sun_family = AF_UNIX;
    memcpy(at->sun_path + 1, name, size);
    address->size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
}

/* -- and back -------------------------------------------------------------- */

static void path_text(const struct sockaddr_un *at, socklen_t size,
                      char text[RPC_ADDRESS_TEXT])
{
    size_t from = offsetof(struct sockaddr_un, sun_path);

    if (size <= from + 1)
        snprintf(text, RPC_ADDRESS_TEXT, "a client");
    else if (at->sun_path[0] == '\0')
        snprintf(text, RPC_ADDRESS_TEXT, "@%.*s", (int)(size - from - 1),
                 at->sun_path + 1);
    else
        snprintf(text, RPC_ADDRESS_TEXT, "%.*s", (int)sizeof(at->sun_path),
                 at->sun_path);
}

void rpc_address_text(const struct rpc_address *address,
                      char text[RPC_ADDRESS_TEXT])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at;
    char host[INET6_ADDRSTRLEN] = "";

    switch (address->at.ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
        snprintf(text, RPC_ADDRESS_TEXT, "%s:%u", host, ntohs(v4->sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
        snprintf(text, RPC_ADDRESS_TEXT, "[%s]:%u", host, ntohs(v6->sin6_port));
        break;
    default:
        path_text((const struct sockaddr_un *)&address->at, address->size,
                  text);
    }
}

uint16_t rpc_address_port(const struct rpc_address *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at;

    if (address->at.ss_family == AF_INET)
        return ntohs(v4->sin_port);
    return address->at.ss_family == AF_INET6 ? ntohs(v6->sin6_port) : 0;
}

/* -- whose it is ----------------------------------------------------------- */

/* An IPv4 address within IPv6 is what it stands for; 0: none. */
static uint32_t ipv4_of(const struct rpc_address *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at;
    uint32_t ip;

    if (address->at.ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr);
    if (address->at.ss_family != AF_INET6 ||
        !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        return 0;
    memcpy(&ip, v6->sin6_addr.s6_addr + 12, sizeof(ip));
    return ntohl(ip);
}

bool rpc_address_is_loopback(const struct rpc_address *address)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->at;

    if (address->at.ss_family == AF_UNIX)
        return true;
    if (address->at.ss_family == AF_INET6 &&
        IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr))
        return true;
    return ipv4_of(address) >> 24 == 127;
}

bool rpc_address_same_host(const struct rpc_address *a,
                           const struct rpc_address *b)
{
    const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)&a->at;
    const struct sockaddr_in6 *y = (const struct sockaddr_in6 *)&b->at;

    if (ipv4_of(a) != 0 || ipv4_of(b) != 0)
        return ipv4_of(a) == ipv4_of(b);
    if (a->at.ss_family != b->at.ss_family)
        return false;
    return a->at.ss_family != AF_INET6 ||
           memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr)) == 0;
}
