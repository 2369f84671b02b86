/*
 * file_checks.h - whether files of the store are still what they are called:
 * each after a start, and again when somebody fetches it. One at a time and a
 * part at a time, so that nobody waits for it; a file that is fetched all the
 * time is looked at for a tenth of the time. On the loop's thread.
 */
#ifndef GALE_FILE_CHECKS_H
#define GALE_FILE_CHECKS_H

#include "common/log.h"
#include "common/loop.h"
#include "common/store.h"

struct file_checks;

struct file_checks_options {
    struct loop *loop;
    struct log *log;
    struct store *store;
    void *arg;
    /* The store does not have it, or not any more: it was damaged, which the
     * log says, or somebody has removed it. */
    void (*lost)(void *arg, const struct digest *hash);
};

struct file_checks *file_checks_new(const struct file_checks_options *options);
/* NULL is fine. */
void file_checks_free(struct file_checks *f);

/* It is looked at when its turn comes. */
void file_checks_add(struct file_checks *f, const struct digest *hash);
/* It has gone, or is new: what was seen of it is of no interest. */
void file_checks_forget(struct file_checks *f, const struct digest *hash);

#endif
