/*
 * position_store.h - durable positions: one small file per spout task, or
 * somebody who keeps them elsewhere.
 *
 * DIR/TOPOLOGY/COMPONENT-INDEX.position holds a magic line, the splits with
 * their positions, and a checksum. Files are replaced whole (written, synced,
 * renamed), by a thread of the store's own, so that no carrier waits for a
 * disk; of several positions saved meanwhile the last one is written. While a
 * store is open, DIR/TOPOLOGY/lock keeps other runs out.
 */
#ifndef GALE_POSITION_STORE_H
#define GALE_POSITION_STORE_H

#include "common/env.h"
#include "worker/position.h"
#include <gale/local.h>

struct log;
struct position_store;
struct task;

/* Makes the directory and locks it. NULL with the error. */
struct position_store *position_store_open(struct env *env, const char *dir,
                                           const char *topology,
                                           struct log *log, gale_err *error);

/*
 * Who keeps positions elsewhere: by component, index of the task in it, and
 * split, as the files do. Tasks are fixed, so in every assignment a task finds
 * what it has left itself.
 */
struct position_keeper {
    void *arg;
    /* The position of a split from now on; all text is borrowed. By any
     * carrier, several at a time; it must not wait. */
    void (*save)(void *arg, const char *component, uint32_t index,
                 gale_str split, gale_str position);
    /* Calls each(to, …) for every split of the task that has one, until it
     * says false. */
    void (*load)(void *arg, const char *component, uint32_t index,
                 bool (*each)(void *to, gale_str split, gale_str position),
                 void *to);
};

/* The keeper stays the caller's, and outlives the store. */
struct position_store *position_store_over(
    const struct position_keeper *keeper);

/* What an earlier run left for the task, if anything; -1 with the error if the
 * file is there and cannot be read or is damaged, or if it is too much. */
int position_store_load(struct position_store *s, const struct task *t,
                        struct positions *to, gale_err *error);

/* Copies the durable positions and returns at once. */
void position_store_save(struct position_store *s, const struct task *t,
                         const struct positions *p);

/* Writes what is left. -1 with the error (which may be NULL) if the last
 * positions of a task could not be written; NULL is fine. */
int position_store_close(struct position_store *s, gale_err *error);

#endif
