/*
 * kept_workers.h - what a supervisor writes down, to find it after its own
 * restart: who it is, the number of what it was told last, and which process
 * runs in which slot as which worker.
 *
 * Two kinds of files have this form: the state of the whole supervisor, and a
 * small one in each worker's directory, written by the process itself before it
 * becomes a worker, with one entry. A checksum says whether one is whole. Pure.
 */
#ifndef GALE_KEPT_WORKERS_H
#define GALE_KEPT_WORKERS_H

#include "common/env_process.h"
#include "common/pack.h"
#include "supervisor/slot.h"

enum { KEPT_ID_MAX = 63, KEPT_WORKERS_MAX = 4096 };
#define KEPT_BYTES_MAX ((size_t)4 << 20)

struct kept_worker {
    uint16_t port;
    struct slot_wanted as;
    int pid;        /* 0: the slot has none, but wants `as` */
    uint64_t start; /* of that process */
    char boot[ENV_BOOT_MAX +
              1]; /* the start of the system that both belong to */
};

/* All zero: nothing is known. */
struct kept {
    char supervisor[KEPT_ID_MAX + 1]; /* its id; "": not known */
    uint64_t change; /* of the slots that it has acted by; 0: none */
    uint32_t n;
    struct kept_worker *workers;
};

/* p is initialized, and is appended to. */
void kept_write(struct pack *p, const struct kept *kept);

/*
 * The opposite. 0, or -1 with the error, as in "LOCAL/supervisor/state is
 * damaged (its checksum is wrong)", and nothing is known; `what` names it.
 */
int kept_read(struct kept *kept, const void *data, size_t size,
              const char *what, gale_err *error);
void kept_free(struct kept *kept);

/* Appends a copy. */
void kept_add(struct kept *kept, const struct kept_worker *worker);

/* Letters, digits, '-' and '_', not beginning with one of these two: an id of a
 * topology that may become part of a path. */
bool kept_is_topology(const char *id);

#endif
