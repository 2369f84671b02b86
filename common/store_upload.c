/*
 * store_upload.c - how a file gets into the store; see store.h.
 *
 * An upload that comes to its end or fails has its place taken by the last one
 * of the list: who uploads names it by its id only.
 */
#include "common/store_files.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -- names ----------------------------------------------------------------- */

struct store_id store_new_id(struct store *s)
{
    struct store_id id;

    snprintf(id.text, sizeof(id.text), "%016" PRIx64 "%016" PRIx64,
             s->env->ops->entropy(s->env), s->env->ops->entropy(s->env));
    return id;
}

char *store_upload_path(const struct store *s, const char *directory,
                        const struct store_id *id)
{
    char name[sizeof(STORE_UPLOAD_PREFIX) + sizeof(id->text)];

    (void)s;
    snprintf(name, sizeof(name), STORE_UPLOAD_PREFIX "%s", id->text);
    return store_join(directory, name);
}

/* NULL with the error. An id is a secret of whoever began: all of it is
 * compared, as a text, with those that are there. */
static struct store_upload *find(struct store *s, const char *id,
                                 gale_err *error)
{
    for (uint32_t i = 0; i < s->n_uploads; i++)
        if (!strcmp(s->uploads[i].id.text, id))
            return &s->uploads[i];
    error_set(error,
              "there is no such upload; it was given up, or this process "
              "began anew: upload the file again");
    return NULL;
}

/* -- end of one ------------------------------------------------------------ */

/* Its file is closed, and what is of it in memory is gone. */
static struct digest end(struct store *s, struct store_upload *u)
{
    struct digest found = digest_end(u->digest);

    s->env->ops->file_close(s->env, u->handle);
    *u = s->uploads[--s->n_uploads];
    return found;
}

static void give_up(struct store *s, struct store_upload *u)
{
    char *path = store_upload_path(s, s->directory, &u->id);
    int saved = errno;

    end(s, u);
    s->env->ops->file_remove(s->env, path);
    free(path);
    errno = saved;
}

/* -- beginning ------------------------------------------------------------- */

int store_begin(struct store *s, const struct digest *hash, uint64_t size,
                uint64_t max, struct store_id *id, gale_err *error)
{
    struct store_upload *u = &s->uploads[s->n_uploads];
    char *path;

    if (size > max)
        return error_set(error,
                         "the file has %" PRIu64 " bytes, at most %" PRIu64
                         " are allowed",
                         size, max);
    if (s->n_uploads == STORE_UPLOADS_MAX)
        return error_set(error,
                         "%u files are being uploaded, which is the most at a "
                         "time; try again",
                         STORE_UPLOADS_MAX);
    *u = (struct store_upload){.hash = *hash, .size = size};
    u->id = store_new_id(s);
    path = store_upload_path(s, s->directory, &u->id);
    u->handle = s->env->ops->file_create(s->env, path);
    free(path);
    if (u->handle < 0)
        return store_failed("store a file", s->directory, error);
    u->digest = digest_begin();
    u->touched = s->env->ops->now(s->env);
    s->n_uploads++;
    *id = u->id;
    return 0;
}

/* -- its course ------------------------------------------------------------ */

static int check_part(const struct store_upload *u, uint64_t offset,
                      size_t size, gale_err *error)
{
    if (offset != u->written)
        return error_set(error,
                         "the upload has come to byte %" PRIu64
                         ", found bytes from %" PRIu64 " on",
                         u->written, offset);
    if (size > STORE_CHUNK_MAX)
        return error_set(error,
                         "found %zu bytes of a file at once, expected "
                         "at most %u",
                         size, STORE_CHUNK_MAX);
    if (size > u->size - u->written)
        return error_set(error,
                         "more comes than the %" PRIu64 " bytes that the file "
                         "was said to have",
                         u->size);
    return 0;
}

int store_append(struct store *s, const char *id, uint64_t offset,
                 const void *data, size_t size, gale_err *error)
{
    struct store_upload *u = find(s, id, error);

    if (u == NULL || check_part(u, offset, size, error))
        return -1;
    u->touched = s->env->ops->now(s->env);
    if (s->env->ops->file_write(s->env, u->handle, data, size) != 0) {
        give_up(s, u);
        return store_failed("store a file", s->directory, error);
    }
    FAULT_POINT("store_part");
    digest_add(u->digest, data, size);
    u->written += size;
    return 0;
}

static int wrong_hash(const struct store *s, const struct digest *hash,
                      const struct digest *found, gale_err *error)
{
    char expected_text[DIGEST_HEX], found_text[DIGEST_HEX];

    (void)s;
    digest_hex(hash, expected_text);
    digest_hex(found, found_text);
    return error_set(error,
                     "what has come has the SHA-256 %s, expected %s: it was "
                     "damaged on its way, or where it comes from",
                     found_text, expected_text);
}

/* It lies at `path`, whole and closed. */
static int settle(struct store *s, const char *path, const struct digest *hash,
                  const struct digest *found, gale_err *error)
{
    char *to = store_path(s, hash);
    int result;

    if (!digest_equal(hash, found))
        result = wrong_hash(s, hash, found, error);
    else if (s->env->ops->file_rename(s->env, path, to) != 0)
        result = store_failed("store a file", s->directory, error);
    else
        result = 0;
    if (result != 0)
        s->env->ops->file_remove(s->env, path);
    free(to);
    return result;
}

int store_finish(struct store *s, const char *id, gale_err *error)
{
    struct store_upload *u = find(s, id, error);
    struct digest hash, found;
    char *path;
    int result;

    if (u == NULL)
        return -1;
    if (u->written != u->size)
        return error_set(error,
                         "%" PRIu64 " bytes of the file have come, expected "
                         "%" PRIu64,
                         u->written, u->size);
    if (s->env->ops->file_sync(s->env, u->handle) != 0) {
        give_up(s, u);
        return store_failed("store a file", s->directory, error);
    }
    path = store_upload_path(s, s->directory, &u->id);
    hash = u->hash;
    found = end(s, u);
    FAULT_POINT("store_whole");
    result = settle(s, path, &hash, &found, error);
    FAULT_POINT("store_kept");
    free(path);
    return result;
}

void store_abort(struct store *s, const char *id)
{
    struct store_upload *u = find(s, id, NULL);

    if (u != NULL)
        give_up(s, u);
}

uint32_t store_expire(struct store *s, int64_t since)
{
    uint32_t n = 0;

    for (uint32_t i = s->n_uploads; i > 0; i--) {
        if (s->uploads[i - 1].touched >= since)
            continue;
        give_up(s, &s->uploads[i - 1]);
        n++;
    }
    return n;
}

int store_put(struct store *s, const void *data, size_t size,
              struct digest *hash, gale_err *error)
{
    struct store_id id;
    size_t n;

    *hash = digest_of(data, size);
    if (store_has(s, hash, NULL))
        return 0;
    if (store_begin(s, hash, size, size, &id, error))
        return -1;
    for (size_t at = 0; at < size; at += n) {
        n = size - at < STORE_CHUNK_MAX ? size - at : STORE_CHUNK_MAX;
        if (store_append(s, id.text, at, (const char *)data + at, n, error))
            return -1;
    }
    return store_finish(s, id.text, error);
}
