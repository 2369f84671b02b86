/* cluster_up.h - `gale cluster up`: a cluster on one machine, of processes that
 * go on when the command has ended. */
#ifndef GALE_CLUSTER_UP_H
#define GALE_CLUSTER_UP_H

#include <stdint.h>

struct cluster_up {
    const char *directory;
    const char *jars; /* of ZooKeeper; NULL: Debian's */
    /* 0: as many as usual, or as the directory's cluster has. */
    uint32_t supervisors, slots, nimbuses;
    int64_t timeout_ns; /* until it can be used */
};

/* The exit status; what is to be said is said. Of a cluster of which a part
 * runs the rest is started again. When it fails, all is ended, unless some of
 * it ran before. */
int cluster_up(const struct cluster_up *what);

#endif
