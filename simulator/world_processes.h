/*
 * world_processes.h - how the processes of a simulated world see each other:
 * what env_process.h promises, on one machine. Private to world*.c.
 */
#ifndef GALE_WORLD_PROCESSES_H
#define GALE_WORLD_PROCESSES_H

#include "common/env_process.h"

extern const struct env_process_ops world_processes;

#endif
