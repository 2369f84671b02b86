/*
 * ending.h - processes are ended: told to, waited for, and killed if they do
 * not hear.
 */
#ifndef GALE_ENDING_H
#define GALE_ENDING_H

#include "common/env_process.h"
#include "common/loop.h"

/*
 * SIGTERM to each of n, SIGKILL (and to its group) for those that run `grace`
 * nanoseconds later. Returns when all have ended: how many have not, even so,
 * after some seconds more. Frees them; entries may be NULL.
 */
uint32_t ending_of_all(struct loop *loop, struct env_process **processes,
                       uint32_t n, int64_t grace);

#endif
