/*
 * rpc_admission.h - who gets a place at a server, when there are only so many.
 *
 * Whoever has not yet proved who he is gives way: so a flood of connections
 * that say nothing keeps nobody out who proves it quickly. Pure.
 */
#ifndef GALE_RPC_ADMISSION_H
#define GALE_RPC_ADMISSION_H

#include <stdint.h>

struct rpc_places {
    uint32_t max, host_max; /* in all, of one host … */
    uint32_t unproved_max;  /* … and of those who have proved nothing */
    uint32_t taken, unproved;
    uint32_t host_taken, host_unproved; /* of the host that comes */
};

enum rpc_verdict {
    RPC_ADMIT,
    RPC_ADMIT_FOR_ANY,  /* in place of the oldest that has proved nothing */
    RPC_ADMIT_FOR_HOST, /* … of those from the same host */
    RPC_HOST_IS_FULL,
    RPC_SERVER_IS_FULL
};

static inline enum rpc_verdict rpc_admission(const struct rpc_places *p)
{
    if (p->host_taken >= p->host_max)
        return p->host_unproved > 0 ? RPC_ADMIT_FOR_HOST : RPC_HOST_IS_FULL;
    if (p->taken >= p->max && p->unproved == 0)
        return RPC_SERVER_IS_FULL;
    return p->taken >= p->max || p->unproved >= p->unproved_max
               ? RPC_ADMIT_FOR_ANY
               : RPC_ADMIT;
}

#endif
