/*
 * fake_zookeeper.h - a ZooKeeper server that has manners of its own: a process
 * that speaks its protocol, knows a node wherever it is asked for one, and does
 * what no real server would do when it is wanted.
 */
#ifndef GALE_FAKE_ZOOKEEPER_H
#define GALE_FAKE_ZOOKEEPER_H

#include <sys/types.h>

struct fake_zookeeper {
    const char *create_path; /* which it says that it has created */
    int syncs; /* so many are answered in all; then the leader of its ensemble
                  is away, and it answers nothing that was asked behind a
                  sync. 0: any number */
    int create_error; /* or the number of an error */

    int port; /* of 127.0.0.1; set by fake_zookeeper_start() */
    pid_t pid;
};

void fake_zookeeper_start(struct fake_zookeeper *z);
void fake_zookeeper_stop(const struct fake_zookeeper *z);

#endif
