/*
 * launch_plan.h - how a supervisor tells `gale launch` (launcher.c) what to
 * become: its arguments and its environment. Pure.
 *
 *     launch OPTION=VALUE … -- worker …
 *
 * Everybody on the machine can read a process's arguments: there is no secret
 * among them. The worker's key comes by a descriptor (inherited.h).
 */
#ifndef GALE_LAUNCH_PLAN_H
#define GALE_LAUNCH_PLAN_H

#include <gale/local.h>
#include <stdbool.h>
#include <stdint.h>

enum { LAUNCH_CGROUPS_MAX = 4, LAUNCH_ARGUMENTS_MAX = 256 };

/* Texts are borrowed. */
struct launch {
    const char
        *record; /* kept_workers.h: it enters which process it is; NULL: none */
    const char *directory; /* where it works; NULL: where it is */
    int parent;            /* its supervisor's; 0: whoever it is */
    const char *user;      /* NULL: as the supervisor */
    const char *reach;    /* a socket that this user must be able to speak to */
    uint64_t descriptors; /* limits of the process; 0: as they are */
    uint64_t processes;
    uint64_t memory_bytes;                   /* of addresses */
    uint64_t file_bytes;                     /* of one file */
    const char *cgroups[LAUNCH_CGROUPS_MAX]; /* directories; NULL: no more */
    const char *const *arguments; /* from "worker" on, ends with NULL */
};

/* An array that ends with NULL, from "gale" on; launch_free_texts(). */
char **launch_argv(const struct launch *launch);

/* argv[0] is "launch"; texts point into argv. 0, or -1 with the error. */
int launch_parse(struct launch *launch, int argc, char **argv, gale_err *error);

/* What of an environment goes on to a worker: PATH, HOME, LANG, LC_…, TZ,
 * GALE_…, and nothing else, nor the mark of another worker (worker_mark.h);
 * launch_free_texts(). */
char **launch_environment(char *const *environment);

/* The same with one more in front, which is then freed with it. */
char **launch_marked(const char *const *environment, char *mark);

void launch_free_texts(char **texts);

#endif
