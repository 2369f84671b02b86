/*
 * log_places.h - which logs there are of a topology's workers, and where:
 * nimbus knows the supervisors, and each of these the logs that it has. Of a
 * topology that is gone, of which nimbus knows nothing any more, supervisors
 * have the logs for a while; of several of that name the newest counts.
 */
#ifndef GALE_LOG_PLACES_H
#define GALE_LOG_PLACES_H

#include "cli/cluster_call.h"

enum { LOG_FILES_MAX = 100 };

/* The log of one worker on one supervisor. */
struct log_place {
    uint32_t worker;
    char *supervisor, *host;
    struct rpc_address address;
    uint32_t n_files; /* worker.log, worker.log.1 … */
    uint64_t sizes[LOG_FILES_MAX];
    int64_t rotated_us; /* the file that is followed is the one before which
                           the last was written then */

    uint64_t offset;  /* in that file: what was shown */
    uint32_t in_vain; /* it was looked for so often, and not found */
    bool followed;    /* the end was shown: what comes behind it is new */
    bool away;        /* it was said that its supervisor does not answer */
};

struct log_places {
    char *topology; /* its id */
    bool gone;      /* it is no more */
    int missed;     /* EXIT_OK, or the worst exit status of supervisors that
                       could not be asked in the last look */
    uint32_t n;
    struct log_place *list; /* by worker */
};

struct log_wish {
    const char *name;      /* of the topology, or its id */
    const char *component; /* NULL: of all */
    int64_t worker;        /* -1: all */
};

/* Those that are wished for; what is listed already stays as it is. EXIT_OK, or
 * another after having said why; a supervisor that does not answer costs what
 * it has (`missed`), and a sentence, unless `quiet`. */
int log_places_find(struct log_places *p, struct cluster *c,
                    const char *command, const struct log_wish *wish,
                    bool quiet);
void log_places_free(struct log_places *p);

#endif
