/*
 * transport.h - by which way two workers speak, and where a worker can be
 * called by others of its host. docs/transports.md says why. Pure.
 */
#ifndef GALE_TRANSPORT_H
#define GALE_TRANSPORT_H

#include <gale/value.h>
#include <stdbool.h>
#include <stdint.h>

struct plan;
struct rpc_address;

/* As in gale.worker.transport. A connection is of one of the latter. */
enum transport {
    TRANSPORT_AUTO, /* whichever is the best */
    TRANSPORT_TCP,
    TRANSPORT_UNIX,
    TRANSPORT_SHARED, /* memory, beside a Unix socket */
    TRANSPORT_N
};

/* One that config_keys_accepts(). */
enum transport transport_of(gale_value word);
/* "TCP", for who reads a log. */
const char *transport_name(enum transport transport);

/* Which connections are to be tried, if one or the other is asked for. */
static inline bool transport_takes_unix(enum transport asked)
{
    return asked != TRANSPORT_TCP;
}

static inline bool transport_takes_tcp(enum transport asked)
{
    return asked == TRANSPORT_AUTO || asked == TRANSPORT_TCP;
}

static inline bool transport_takes_shared(enum transport asked)
{
    return asked == TRANSPORT_AUTO || asked == TRANSPORT_SHARED;
}

/*
 * Where the worker of that number, which listens at that port, is called by
 * others of its host: a name that no other worker has, and that nobody can
 * guess who does not have the key of the topology.
 */
void transport_unix_address(const struct plan *plan, uint32_t worker,
                            uint16_t port, struct rpc_address *address);

#endif
