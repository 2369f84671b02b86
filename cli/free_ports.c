/* free_ports.c - ports that nobody listens at; see free_ports.h. */
#include "cli/free_ports.h"
#include "common/rpc_address.h"

#define HOST "127.0.0.1"
#define LOWEST 10000u
#define N_PORTS (32768u - LOWEST)
#define TRIES_MAX (4u * N_PORTS)

bool free_ports_is_free(struct env *env, uint16_t port)
{
    struct rpc_address at;
    gale_err error;
    int fd = -1;

    if (rpc_address_of(HOST, port, &at, &error) == 0)
        fd = env->ops->net_listen(env, &at);
    if (fd < 0)
        return false;
    env->ops->net_close(env, fd);
    return true;
}

static bool is_before(const uint16_t *ports, uint32_t n, uint16_t port)
{
    for (uint32_t i = 0; i < n; i++)
        if (ports[i] == port)
            return true;
    return false;
}

int free_ports_choose(struct env *env, uint16_t *ports, uint32_t n)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < TRIES_MAX && found < n; i++) {
        uint16_t port = (uint16_t)(LOWEST + env->ops->entropy(env) % N_PORTS);

        if (!is_before(ports, found, port) && free_ports_is_free(env, port))
            ports[found++] = port;
    }
    return found == n ? 0 : -1;
}
