/* supervisor.h - `gale supervisor`: the daemon that runs the workers of one
 * machine. */
#ifndef GALE_SUPERVISOR_H
#define GALE_SUPERVISOR_H

#include "common/daemon.h"
#include "common/env_process.h"
#include "common/token.h"

struct supervisor;

/* A worker that is to be started; all of it is the caller's. */
struct supervisor_worker {
    struct token_worker me;
    const char *directory;    /* which has its files */
    const char *words;        /* a file that is not there, for its last words */
    const char *socket;       /* of its supervisor */
    const struct digest *key; /* NULL: the cluster is insecure */
};

/* Who starts workers, if they are not processes of their own; the handle is for
 * place->env->ops->processes. NULL with the error. */
struct supervisor_hands {
    void *arg;
    struct env_process *(*spawn)(void *arg,
                                 const struct supervisor_worker *worker,
                                 gale_err *error);
};

/* It registers as the loop runs. place (see daemon.h) and hands are both given
 * or both NULL; they and config outlive it. NULL with the error. */
struct supervisor *supervisor_begin(const struct daemon_config *config,
                                    const struct daemon_place *place,
                                    const struct supervisor_hands *hands,
                                    gale_err *error);
/* Workers go on without it. Not in a callback of its own. NULL is fine. */
void supervisor_end(struct supervisor *s);

/* Runs until SIGTERM or SIGINT; workers go on without it. 0, or -1 with the
 * error if it cannot begin, or if its directory was removed. */
int supervisor_run(const struct daemon_config *config, gale_err *error);

#endif
