/*
 * dev_zookeeper.h - the server of `gale dev-zookeeper`: its configuration, its
 * process, and its end.
 */
#ifndef GALE_DEV_ZOOKEEPER_H
#define GALE_DEV_ZOOKEEPER_H

#include <gale/local.h> /* gale_err */
#include <stdint.h>

struct dev_zookeeper {
    const char *java, *class_path;
    const char *data; /* the directory of everything that it writes */
    uint16_t port;    /* at 127.0.0.1 */
};

/* Says on standard output when it answers. 0 after SIGINT or SIGTERM, when the
 * server has ended; -1 with the error. */
int dev_zookeeper_run(const struct dev_zookeeper *what, gale_err *error);

#endif
