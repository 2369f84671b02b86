/*
 * store.h - files by their content, in a directory: plugins, data and
 * descriptions of topologies.
 *
 * A file is named by its SHA-256, 64 lower-case digits, and never changes. What
 * comes in is an upload: it is written under a name of its own, hashed while it
 * is written, and gets its place when all of it is there, is what was promised
 * and is on the disk. So a file of the store is whole or is not there, whenever
 * the process or the machine dies; and whoever uploads names no file.
 *
 * One process has a store at a time. Files go through env (env.h). One thread.
 */
#ifndef GALE_STORE_H
#define GALE_STORE_H

#include "common/digest.h"
#include "common/env.h"
#include <gale/local.h>

#define STORE_UPLOADS_MAX 64u      /* under way at once */
#define STORE_CHUNK_MAX (1u << 20) /* bytes of one step of an upload */

struct store;

/* With the directory, which is made if need be; removes what uploads have left
 * that did not end. NULL with the error, also if another process has it. */
struct store *store_open(struct env *env, const char *directory,
                         gale_err *error);
/* What is under way is given up. NULL is fine. */
void store_close(struct store *s);

/* What its files are read with. */
struct env *store_env(const struct store *s);

/* -- uploads --------------------------------------------------------------- */

/* Random, by whoever has the store: who uploads cannot choose it. */
struct store_id {
    char text[33];
};

/* Begin an upload of a file of so many bytes. 0, or -1 with the error: more
 * than max bytes, too many uploads, no room on the disk. */
int store_begin(struct store *s, const struct digest *hash, uint64_t size,
                uint64_t max, struct store_id *id, gale_err *error);

/*
 * The next bytes. -1 with the error: there is no such upload; `offset` is not
 * where it stands, more than were promised, more than STORE_CHUNK_MAX (the
 * upload goes on as if nothing had come); the disk is full or broken (it is
 * gone).
 */
int store_append(struct store *s, const char *id, uint64_t offset,
                 const void *data, size_t size, gale_err *error);

/* All has come: from now on the store has it. -1 with the error, and the upload
 * is gone, unless bytes are missing. */
int store_finish(struct store *s, const char *id, gale_err *error);

/* Give one up; no matter if there is none. */
void store_abort(struct store *s, const char *id);

/* Give those up of which nothing has come since that time (env's clock); how
 * many. */
uint32_t store_expire(struct store *s, int64_t since);

/* The whole at once: for what is in memory, as a description. */
int store_put(struct store *s, const void *data, size_t size,
              struct digest *hash, gale_err *error);

/* -- what is there --------------------------------------------------------- */

/* Whether it is there, and *size, unless that is NULL. */
bool store_has(struct store *s, const struct digest *hash, uint64_t *size);

/* Where it lies, to be read by path (topology-api/manifest.h); to be freed. */
char *store_path(const struct store *s, const struct digest *hash);

/* A part of it: how many bytes, less than asked for only at its end. -1 with
 * the error. */
int64_t store_read(struct store *s, const struct digest *hash, uint64_t offset,
                   void *to, size_t size, gale_err *error);

/* All of it, at most max bytes, and a NUL byte behind it, for the caller to
 * free. -1 with the error, also if it is not what it is called. */
int store_get(struct store *s, const struct digest *hash, size_t max,
              char **data, size_t *size, gale_err *error);

/* Nobody needs it any more; no matter if it is not there. */
void store_remove(struct store *s, const struct digest *hash);

/* Each file that is there; `each` may remove it. */
void store_each(struct store *s,
                void (*each)(void *arg, const struct digest *hash), void *arg);

/* -- whether it is still what it is called --------------------------------- */

/* A look at one file, a part at a time. */
struct store_check;

enum store_check_result {
    STORE_CHECK_GOES_ON,
    STORE_CHECK_SOUND,
    STORE_CHECK_DAMAGED,   /* or the disk cannot read it: see below */
    STORE_CHECK_NOT_THERE, /* somebody has removed it */
    STORE_CHECK_NOT_OPENED /* the system refuses that, for now perhaps */
};

struct store_check *store_check_begin(struct store *s,
                                      const struct digest *hash);
/*
 * Reads STORE_CHUNK_MAX bytes at most. A file that is damaged is put aside:
 * the store does not have it any more, what is left of it is `damaged-HASH`
 * beside it until the store is opened again, and the error names it. After
 * anything but GOES_ON, it is freed.
 */
enum store_check_result store_check_step(struct store_check *c,
                                         gale_err *error);
/* Before its end. NULL is fine. */
void store_check_free(struct store_check *c);

/* From now on other users may read what store_link_into() gives them, if they
 * can get to the directory: workers do not run as who has the store. */
void store_show(struct store *s);

/*
 * Let it be `name` in a directory, for a worker: in place of what is called so,
 * as a second name of the same file, or as a copy where the disk has no such
 * thing. The name is checked (file_name.h). 0, or -1 with the error.
 */
int store_link_into(struct store *s, const struct digest *hash,
                    const char *directory, const char *name, gale_err *error);

#endif
