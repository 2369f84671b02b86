/*
 * zookeeper_options.h - where ZooKeeper is and who we are there, from the keys
 * storm.zookeeper.…
 */
#ifndef GALE_ZOOKEEPER_OPTIONS_H
#define GALE_ZOOKEEPER_OPTIONS_H

#include "common/daemon_config.h"

struct zookeeper_options {
    char *hosts;           /* "one:2181,10.0.0.2:2181", for messages, too */
    char *root;            /* "/gale"; "" is ZooKeeper's own */
    char *secret;          /* USER:PASSWORD; NULL: none */
    int64_t session_ns;    /* that is asked for; servers may give another */
    int64_t connection_ns; /* for the check at the start */
};

/* 0, or -1 with the key, what was found and what was expected. Freed in any
 * case. */
int zookeeper_options_read(struct zookeeper_options *o,
                           const struct daemon_config *config, gale_err *error);
void zookeeper_options_copy(struct zookeeper_options *to,
                            const struct zookeeper_options *from);
void zookeeper_options_free(struct zookeeper_options *o);

#endif
