/*
 * worker_config.h - what the engine needs of the configuration, read once.
 */
#ifndef GALE_WORKER_CONFIG_H
#define GALE_WORKER_CONFIG_H

#include "worker/worker.h"

/* A key of the topology that may be null. */
int64_t worker_config_int_or(const struct model *m, const char *key,
                             int64_t otherwise);

/* Sets the worker's config, but for inbox_bytes and block_bytes, and its budget
 * of memory. */
void worker_config_read(struct worker *w);

#endif
