/*
 * store_files.h - what store*.c share. Private to these.
 */
#ifndef GALE_STORE_FILES_H
#define GALE_STORE_FILES_H

#include "common/store.h"

#define STORE_PART_BYTES (64u << 10) /* of a file, in memory at a time */

struct store_upload {
    struct store_id id;
    struct digest hash; /* as it was promised */
    uint64_t size;
    uint64_t written;
    int handle;
    struct digest_stream *digest;
    int64_t touched; /* env's clock */
};

struct store {
    struct env *env;
    char *directory;
    int lock;
    bool shown; /* what workers get may be read by another user */
    uint32_t n_uploads;
    struct store_upload uploads[STORE_UPLOADS_MAX];
};

/* directory/name; to be freed. */
char *store_join(const char *directory, const char *name);

/* Where an upload lies while it is under way; to be freed. */
char *store_upload_path(const struct store *s, const char *directory,
                        const struct store_id *id);
#define STORE_UPLOAD_PREFIX "upload-"

struct store_id store_new_id(struct store *s);

/* Says what errno means: -1 with `cannot DO NAME in DIRECTORY: why`. */
int store_failed(const char *what, const char *directory, gale_err *error);

#endif
