/*
 * unfinished.h - files that were begun and are to be finished: cut to what is
 * known to be good, and renamed.
 *
 * A file lies here when a write to it has failed, when it could not be renamed,
 * or when a task that died has left it. Meanwhile others are written.
 */
#ifndef CONNECTORS_UNFINISHED_H
#define CONNECTORS_UNFINISHED_H

#include "connectors/file_rotation.h"
#include "connectors/file_store.h"

enum {
    UNFINISHED_MAX = 64,
    UNFINISHED_UNKNOWN = -1, /* good up to the end of its last whole line */
};

struct unfinished_file {
    char name[FILE_NAME_SIZE]; /* with the underscore */
    int64_t good;              /* bytes, or UNFINISHED_UNKNOWN */
};

/* Starts zeroed. */
struct unfinished {
    struct unfinished_file files[UNFINISHED_MAX];
    uint32_t n;
};

/* False: there are too many; the next start finds it. */
bool unfinished_add(struct unfinished *u, const char *name, int64_t good);

enum unfinished_end {
    UNFINISHED_NOT = 0, /* not now: the store has the problem */
    UNFINISHED_DONE,
    UNFINISHED_EMPTY, /* it had nothing good, and is removed */
    UNFINISHED_GONE,  /* somebody else has removed it */
};

/* Finish the first one, which is no longer here then; *missing is how many of
 * its good bytes are not there. Or it is last in the row. */
enum unfinished_end unfinished_finish(struct unfinished *u, struct store *store,
                                      int64_t *missing);

#endif
