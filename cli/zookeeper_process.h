/*
 * zookeeper_process.h - the process of a ZooKeeper server on loopback, for
 * development: its configuration, its command line.
 */
#ifndef GALE_ZOOKEEPER_PROCESS_H
#define GALE_ZOOKEEPER_PROCESS_H

#include "common/env.h"
#include "common/env_process.h"
#include <gale/local.h> /* gale_err */

struct zookeeper_process {
    const char *java, *class_path;
    const char *data; /* absolute: the directory of everything that it writes */
    uint16_t port;    /* at 127.0.0.1 */
};

/* Writes DATA/zoo.cfg and starts it, with `log` as its standard output and
 * error, and held (held_process.h); if go is NULL it runs at once, and ends
 * with its starter. NULL with the error. */
struct env_process *zookeeper_process_start(
    struct env *env, const struct zookeeper_process *what, int log, int *go,
    gale_err *error);

#endif
