/* rpc_resolve.c - hosts by name; see rpc_resolve.h. */
#include "common/rpc_resolve.h"
#include "topology-api/model.h"
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

struct parts {
    char host[256];
    char port[8];
};

static bool is_port(const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    return *text >= '0' && *text <= '9' && *end == '\0' && port >= 1 &&
           port <= 65535;
}

/* "HOST", "HOST:PORT", "[ADDRESS]:PORT", or an IPv6 address alone. */
static bool take_apart(const char *text, uint16_t port, struct parts *p)
{
    const char *begin = text, *end = text + strlen(text), *colon;

    snprintf(p->port, sizeof(p->port), "%u", port);
    colon = strrchr(text, ':');
    if (*text == '[') {
        begin++;
        end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        colon = end[1] == ':' ? end + 1 : NULL;
    } else if (colon != NULL && strchr(text, ':') != colon) {
        colon = NULL; /* more than one */
    } else if (colon != NULL) {
        end = colon;
    }
    if (colon != NULL && !is_port(colon + 1))
        return false;
    if (colon != NULL)
        snprintf(p->port, sizeof(p->port), "%s", colon + 1);
    snprintf(p->host, sizeof(p->host), "%.*s", (int)(end - begin), begin);
    return end > begin && (size_t)(end - begin) < sizeof(p->host);
}

int rpc_resolve(const struct env *env, const char *text, uint16_t port,
                struct rpc_address *addresses, uint32_t max, gale_err *error)
{
    const struct addrinfo hints = {.ai_flags =
                                       env->simulated ? AI_NUMERICHOST : 0,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found, *a;
    struct parts p;
    uint32_t n = 0;
    int result;

    if (*text == '/')
        return rpc_address_parse(text, addresses, error) == 0 ? 1 : -1;
    if (!take_apart(text, port, &p))
        return error_set(
            error, "\"%s\" is no address, expected HOST or HOST:PORT", text);
    result = getaddrinfo(p.host, p.port, &hints, &found);
    if (result != 0)
        return error_set(error, "the host \"%s\" is not found: %s", p.host,
                         gai_strerror(result));
    for (a = found; a != NULL && n < max; a = a->ai_next) {
        memset(&addresses[n], 0, sizeof(addresses[n]));
        memcpy(&addresses[n].at, a->ai_addr, a->ai_addrlen);
        addresses[n++].size = a->ai_addrlen;
    }
    freeaddrinfo(found);
    return (int)n;
}
