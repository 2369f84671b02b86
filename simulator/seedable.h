/*
 * seedable.h - whether a topology can run in the world of a seed.
 *
 * What a component declares is looked at; what it asks for while it runs is
 * refused there (world_waits.c).
 */
#ifndef GALE_SEEDABLE_H
#define GALE_SEEDABLE_H

#include "topology-api/model.h"

/* 0; or -1 with the first component that needs what no such world has. */
int seedable_check(const struct model *m, gale_err *error);

#endif
