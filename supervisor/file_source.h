/*
 * file_source.h - files of topologies, from whichever nimbus has them: the
 * leader first, then the others that are known. On the loop's thread.
 */
#ifndef GALE_FILE_SOURCE_H
#define GALE_FILE_SOURCE_H

#include "common/file_fetch.h"

/* All of it outlives sources. */
struct file_source_from {
    struct loop *loop;
    struct store *store;
    struct rpc_identity me;
    const struct rpc_address *nimbuses; /* the leader first … */
    const uint32_t *n_nimbuses;         /* … as they are known at the time */
};

struct file_source;

/* done(arg, failed) for each file, never from within file_source_fetch();
 * failed: NULL, or a sentence. */
struct file_source *file_source_new(const struct file_source_from *from,
                                    void (*done)(void *arg, const char *failed),
                                    void *arg);
/* Also from `done`. NULL is fine. */
void file_source_free(struct file_source *s);

/* Into the store; one file at a time. */
void file_source_fetch(struct file_source *s, const struct digest *hash);

#endif
