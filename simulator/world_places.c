/* world_places.c - which machine an address is of; see world_places.h. */
#include "simulator/world_places.h"
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#define HOSTS (UINT32_C(10) << 24) /* 10.0.0.0 */
#define PER_NET 250u

static uint32_t ip_of(uint32_t machine)
{
    return HOSTS + (machine / PER_NET << 8) + machine % PER_NET;
}

/* False: it is of none. */
static bool machine_of(uint32_t ip, uint32_t *machine)
{
    *machine = (ip >> 8 & 0xffff) * PER_NET + (ip & 0xff);
    return ip == ip_of(*machine);
}

static bool place_v4(const struct sockaddr_in *at, struct world_place *p)
{
    uint32_t ip = ntohl(at->sin_addr.s_addr);

    p->port = ntohs(at->sin_port);
    if (ip == INADDR_ANY || ip >> 24 == 127) {
        p->kind = ip == INADDR_ANY ? PLACE_ANY : PLACE_LOOPBACK;
        return true;
    }
    p->kind = PLACE_HOST;
    return machine_of(ip, &p->machine);
}

static bool place_v6(const struct sockaddr_in6 *at, struct world_place *p)
{
    bool any = IN6_IS_ADDR_UNSPECIFIED(&at->sin6_addr);

    p->port = ntohs(at->sin6_port);
    p->kind = any ? PLACE_ANY_V6 : PLACE_LOOPBACK_V6;
    return any || IN6_IS_ADDR_LOOPBACK(&at->sin6_addr);
}

/* A name without a path begins with a NUL byte, and here with an @, as no path
 * does. */
static void place_unix(const char *path, struct world_place *p)
{
    p->kind = PLACE_UNIX;
    memcpy(p->path, path, sizeof(p->path));
    if (path[0] == '\0' && path[1] != '\0')
        p->path[0] = '@';
}

bool world_place_of(uint32_t machine, const struct rpc_address *address,
                    struct world_place *p)
{
    *p = (struct world_place){.machine = machine};
    if (address->at.ss_family == AF_INET)
        return place_v4((const struct sockaddr_in *)&address->at, p);
    if (address->at.ss_family == AF_INET6)
        return place_v6((const struct sockaddr_in6 *)&address->at, p);
    place_unix(((const struct sockaddr_un *)&address->at)->sun_path, p);
    return true;
}

static void address_v4(const struct world_place *p, struct rpc_address *to)
{
    struct sockaddr_in *at = (struct sockaddr_in *)&to->at;

    *at =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(p->port)};
    if (p->kind == PLACE_HOST)
        at->sin_addr.s_addr = htonl(ip_of(p->machine));
    else if (p->kind == PLACE_LOOPBACK)
        at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to->size = sizeof(*at);
}

static void address_v6(const struct world_place *p, struct rpc_address *to)
{
    struct sockaddr_in6 *at = (struct sockaddr_in6 *)&to->at;

    *at = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                .sin6_port = htons(p->port)};
    if (p->kind == PLACE_LOOPBACK_V6)
        at->sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
    to->size = sizeof(*at);
}

static void address_unix(const struct world_place *p, struct rpc_address *to)
{
    struct sockaddr_un *at = (struct sockaddr_un *)&to->at;
    size_t size = strnlen(p->path, sizeof(p->path) - 1);

    if (p->path[0] == '@') {
        rpc_address_named(p->path + 1, to);
        return;
    }
    at->sun_family = AF_UNIX;
    memcpy(at->sun_path, p->path, sizeof(p->path));
    to->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                           (size > 0 ? size + 1 : 0));
}

void world_place_address(const struct world_place *p, struct rpc_address *to)
{
    memset(to, 0, sizeof(*to));
    switch (p->kind) {
    case PLACE_HOST:
    case PLACE_LOOPBACK:
    case PLACE_ANY:
        address_v4(p, to);
        break;
    case PLACE_LOOPBACK_V6:
    case PLACE_ANY_V6:
        address_v6(p, to);
        break;
    case PLACE_UNIX:
        address_unix(p, to);
        break;
    }
}

/* -- who is meant ---------------------------------------------------------- */

static bool includes(const struct world_place *any,
                     const struct world_place *one)
{
    if (any->kind == PLACE_ANY)
        return one->kind == PLACE_HOST || one->kind == PLACE_LOOPBACK ||
               one->kind == PLACE_ANY;
    if (any->kind == PLACE_ANY_V6)
        return one->kind == PLACE_LOOPBACK_V6 || one->kind == PLACE_ANY_V6;
    return any->kind == one->kind;
}

bool world_place_answers(const struct world_place *listener,
                         const struct world_place *called)
{
    return listener->machine == called->machine &&
           listener->port == called->port && includes(listener, called) &&
           (listener->kind != PLACE_UNIX ||
            strcmp(listener->path, called->path) == 0);
}

bool world_places_overlap(const struct world_place *a,
                          const struct world_place *b)
{
    return world_place_answers(a, b) || world_place_answers(b, a);
}
