/* free_ports.h - ports of this machine that nobody listens at. */
#ifndef GALE_FREE_PORTS_H
#define GALE_FREE_PORTS_H

#include "common/env.h"

/*
 * n ports of 127.0.0.1, all different, from 10000 up to below 32768, where the
 * system hands out none by itself. 0, or -1: there are too few. Somebody may
 * take one before its user does.
 */
int free_ports_choose(struct env *env, uint16_t *ports, uint32_t n);

/* Whether somebody could listen there now. */
bool free_ports_is_free(struct env *env, uint16_t port);

#endif
