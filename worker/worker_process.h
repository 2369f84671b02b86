/* worker_process.h - `gale worker`: the process that a supervisor starts for a
 * slot; and the same without a process, for a thread of another one. */
#ifndef GALE_WORKER_PROCESS_H
#define GALE_WORKER_PROCESS_H

#include "common/digest.h"
#include "common/env.h"
#include "common/token.h"
#include <gale/local.h> /* gale_err */
#include <gale/task.h>  /* gale_log_level */

/*
 * Arguments: --topology ID --number N --birth B --supervisor SOCKET; the key
 * comes by a descriptor (common/inherited.h), the working directory holds the
 * description and the files. Returns the exit status: 0 if it was told to end
 * and all is closed.
 */
int worker_process_main(int argc, char **argv);

/* -- in a thread ----------------------------------------------------------- */

struct process;
struct worker;

/* Texts and key live as long as the process. */
struct process_in {
    struct env *env;
    struct token_worker me;
    const char *directory;    /* with its description and plugins */
    const char *socket;       /* of its supervisor */
    const struct digest *key; /* NULL: the cluster is insecure */
    gale_log_level log_level;
    void *arg;
    void (*say)(void *arg, const char *text); /* its last words */
    /* As in description_files, for an env whose files are not the system's;
     * NULL: they are. */
    char *(*real)(void *arg, const char *path, gale_err *error);
    /* Its engine is wired, and nothing of it runs yet; NULL: nobody wants to
     * see it. */
    void (*wired)(void *arg, struct worker *w);
};

/* NULL after having said why. */
struct process *process_new(const struct process_in *in);
/* Until it ends: the exit status. What still runs then is closed at once,
 * without a word to anybody. */
int process_run(struct process *p);
/* What its tasks did, when it has been run: tuples, and messages of spouts. */
struct process_counts {
    uint64_t executed, acked, failed;
};
void process_count(const struct process *p, struct process_counts *counts);
/* When it has been run, or never was. NULL is fine. */
void process_free(struct process *p);

/* TERM and INT do what process_terminate() does; one process at a time. */
void process_take_signals(struct process *p);

/* Any thread, until it is freed. As TERM: it drains for two seconds at most. */
void process_terminate(struct process *p);
/* process_run() returns as soon as it can. */
void process_kill(struct process *p);

#endif
