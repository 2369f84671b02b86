/* candidate_in.h - private to candidate.c and candidate_methods.c. */
#ifndef GALE_CANDIDATE_IN_H
#define GALE_CANDIDATE_IN_H

#include "nimbus/candidate.h"
#include "nimbus/copies.h"
#include "nimbus/election.h"
#include "nimbus/reign.h"

struct candidate {
    struct candidate_options options;
    struct zookeeper *zookeeper; /* NULL: it has not begun */
    struct copies *copies;       /* the same */
    struct election *election;   /* once it is known which files are lacked */
    struct reign *reign;         /* while it leads */
    int64_t connected_at;        /* to ZooKeeper, for the last time */
    char leader[RECORD_HOST_SIZE + 8]; /* another's; "": nobody's is known */
};

#endif
