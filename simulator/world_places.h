/*
 * world_places.h - addresses of a simulated world: which machine, and where
 * there. Private to world*.c.
 *
 * A machine has what world_machine_address() says, 127.0.0.1 and ::1, and Unix
 * sockets by their paths.
 */
#ifndef GALE_WORLD_PLACES_H
#define GALE_WORLD_PLACES_H

#include "common/rpc_address.h"

enum world_place_kind {
    PLACE_HOST, /* as others reach it */
    PLACE_LOOPBACK,
    PLACE_LOOPBACK_V6,
    PLACE_ANY, /* of those of its family */
    PLACE_ANY_V6,
    PLACE_UNIX,
};

struct world_place {
    enum world_place_kind kind;
    uint32_t machine;
    uint16_t port;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* PLACE_UNIX */
};

/* As the machine sees it; false: no machine has such an address. */
bool world_place_of(uint32_t machine, const struct rpc_address *address,
                    struct world_place *place);
void world_place_address(const struct world_place *place,
                         struct rpc_address *address);

/* Nobody can listen at both. */
bool world_places_overlap(const struct world_place *a,
                          const struct world_place *b);
/* Who listens there is reached by who calls that. */
bool world_place_answers(const struct world_place *listener,
                         const struct world_place *called);

#endif
