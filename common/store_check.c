/*
 * store_check.c - whether a file of the store is still what it is called; see
 * store.h.
 *
 * A disk may lose a bit, and a file system that was not unmounted the end of a
 * file, long after it was written and read back.
 */
#include "common/store_files.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct store_check {
    struct store *store;
    struct digest hash;
    int handle; /* -1: it cannot be opened … */
    int error;  /* … for this reason */
    uint64_t offset;
    struct digest_stream *digest;
};

struct store_check *store_check_begin(struct store *s,
                                      const struct digest *hash)
{
    struct store_check *c = xcalloc(1, sizeof(*c));
    char *path = store_path(s, hash);
    uint64_t size;

    c->store = s;
    c->hash = *hash;
    c->handle = s->env->ops->file_open(s->env, path, false, &size);
    c->error = errno;
    c->digest = digest_begin();
    free(path);
    return c;
}

void store_check_free(struct store_check *c)
{
    if (c == NULL)
        return;
    if (c->handle >= 0)
        c->store->env->ops->file_close(c->store->env, c->handle);
    if (c->digest != NULL)
        digest_end(c->digest);
    free(c);
}

/* What is wrong with it, for the error. */
static enum store_check_result put_aside(struct store_check *c,
                                         const char *wrong, gale_err *error)
{
    struct store *s = c->store;
    char name[sizeof(STORE_DAMAGED_PREFIX) + DIGEST_HEX];
    char *from = store_path(s, &c->hash), *to;

    memcpy(name, STORE_DAMAGED_PREFIX, sizeof(STORE_DAMAGED_PREFIX));
    digest_hex(&c->hash, name + strlen(STORE_DAMAGED_PREFIX));
    to = store_join(s->directory, name);
    error_set(error, "%s is damaged (%s); it is put aside as %s", from, wrong,
              name);
    if (s->env->ops->file_rename(s->env, from, to) != 0)
        s->env->ops->file_remove(s->env, from);
    free(from);
    free(to);
    return STORE_CHECK_DAMAGED;
}

/* All of it was read. */
static enum store_check_result judge(struct store_check *c, gale_err *error)
{
    struct digest found = digest_end(c->digest);

    c->digest = NULL;
    return digest_equal(&found, &c->hash)
               ? STORE_CHECK_SOUND
               : put_aside(c, "its content has another SHA-256", error);
}

static enum store_check_result read_on(struct store_check *c, gale_err *error)
{
    struct env *env = c->store->env;
    char *part = xmalloc(STORE_CHUNK_MAX);
    int64_t n = env->ops->file_read_at(env, c->handle, c->offset, part,
                                       STORE_CHUNK_MAX);

    if (n > 0)
        digest_add(c->digest, part, (size_t)n);
    free(part);
    if (n < 0)
        return put_aside(c, strerror(errno), error);
    c->offset += (uint64_t)n;
    return n > 0 ? STORE_CHECK_GOES_ON : judge(c, error);
}

enum store_check_result store_check_step(struct store_check *c, gale_err *error)
{
    enum store_check_result result = c->handle >= 0 ? read_on(c, error)
                                     : c->error == ENOENT
                                         ? STORE_CHECK_NOT_THERE
                                         : STORE_CHECK_NOT_OPENED;

    if (result != STORE_CHECK_GOES_ON)
        store_check_free(c);
    return result;
}
