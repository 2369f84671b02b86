/* store.c - files by their content: what is there; see store.h. */
#include "common/store.h"
#include "common/store_files.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"

#include <errno.h>
#include <string.h>

/* -- paths ----------------------------------------------------------------- */

char *store_join(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = xmalloc(size);

    snprintf(path, size, "%s/%s", directory, name);
    return path;
}

struct env *store_env(const struct store *s)
{
    return s->env;
}

char *store_path(const struct store *s, const struct digest *hash)
{
    char name[DIGEST_HEX];

    digest_hex(hash, name);
    return store_join(s->directory, name);
}

int store_failed(const char *what, const char *directory, gale_err *error)
{
    return error_set(
        error, "cannot %s in %s: %s%s", what, directory, strerror(errno),
        errno == ENOSPC || errno == EDQUOT ? "; make room there, and try again"
                                           : "");
}

/* -- opening --------------------------------------------------------------- */

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static void remove_leftover(void *arg, const char *name)
{
    struct store *s = arg;
    char *path;

    if (!begins_with(name, STORE_UPLOAD_PREFIX) &&
        !begins_with(name, STORE_DAMAGED_PREFIX))
        return;
    path = store_join(s->directory, name);
    s->env->ops->file_remove(s->env, path);
    free(path);
}

static int take(struct store *s, gale_err *error)
{
    const struct env_ops *ops = s->env->ops;
    char *path = store_join(s->directory, "lock");

    s->lock = ops->directory_make(s->env, s->directory) != 0
                  ? -1
                  : ops->file_lock(s->env, path);
    free(path);
    if (s->lock < 0 && errno == EWOULDBLOCK)
        return error_set(error,
                         "the store %s is in use by another process; each "
                         "daemon needs a directory of its own",
                         s->directory);
    if (s->lock < 0)
        return store_failed("keep a store", s->directory, error);
    if (ops->directory_each(s->env, s->directory, remove_leftover, s) == 0)
        return 0;
    store_failed("look what is", s->directory, error);
    ops->file_unlock(s->env, s->lock);
    return -1;
}

struct store *store_open(struct env *env, const char *directory,
                         gale_err *error)
{
    struct store *s = xcalloc(1, sizeof(*s));

    s->env = env;
    s->directory = xstrdup(directory);
    if (take(s, error) == 0)
        return s;
    free(s->directory);
    free(s);
    return NULL;
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    while (s->n_uploads > 0)
        store_abort(s, s->uploads[0].id.text);
    s->env->ops->file_unlock(s->env, s->lock);
    free(s->directory);
    free(s);
}

/* -- what is there --------------------------------------------------------- */

/* A handle, or -1 with the error. */
static int open_file(struct store *s, const struct digest *hash, uint64_t *size,
                     gale_err *error)
{
    char *path = store_path(s, hash);
    int handle = s->env->ops->file_open(s->env, path, false, size);

    if (handle < 0)
        error_set(error, "cannot read %s: %s", path, strerror(errno));
    free(path);
    return handle;
}

bool store_has(struct store *s, const struct digest *hash, uint64_t *size)
{
    uint64_t found;
    int handle = open_file(s, hash, size == NULL ? &found : size, NULL);

    if (handle >= 0)
        s->env->ops->file_close(s->env, handle);
    return handle >= 0;
}

/* Of a file that is open. */
static int64_t read_part(struct store *s, const struct digest *hash, int handle,
                         uint64_t offset, void *to, size_t size,
                         gale_err *error)
{
    int64_t n = s->env->ops->file_read_at(s->env, handle, offset, to, size);
    char name[DIGEST_HEX];

    digest_hex(hash, name);
    return n >= 0 ? n
                  : error_set(error, "cannot read %s/%s: %s", s->directory,
                              name, strerror(errno));
}

int64_t store_read(struct store *s, const struct digest *hash, uint64_t offset,
                   void *to, size_t size, gale_err *error)
{
    uint64_t whole;
    int handle = open_file(s, hash, &whole, error);
    int64_t n;

    if (handle < 0)
        return -1;
    n = read_part(s, hash, handle, offset, to, size, error);
    s->env->ops->file_close(s->env, handle);
    return n;
}

static bool is_sound(const struct store *s, const struct digest *hash,
                     const void *data, size_t size, gale_err *error)
{
    struct digest found = digest_of(data, size);
    char name[DIGEST_HEX];

    if (digest_equal(hash, &found))
        return true;
    digest_hex(hash, name);
    error_set(error, "%s/%s is damaged: its content has another SHA-256",
              s->directory, name);
    return false;
}

/* Of a file that is open. */
static int get(struct store *s, const struct digest *hash, int handle,
               size_t size, char **data, gale_err *error)
{
    int64_t n;

    *data = xmalloc(size + 1);
    n = read_part(s, hash, handle, 0, *data, size, error);
    if (n == (int64_t)size && is_sound(s, hash, *data, size, error)) {
        (*data)[size] = '\0';
        return 0;
    }
    free(*data);
    return n < 0 || n == (int64_t)size
               ? -1
               : error_set(error, "a file of the store %s is cut off",
                           s->directory);
}

int store_get(struct store *s, const struct digest *hash, size_t max,
              char **data, size_t *size, gale_err *error)
{
    uint64_t whole;
    int handle = open_file(s, hash, &whole, error), result;

    if (handle < 0)
        return -1;
    *size = (size_t)whole;
    result = whole > max ? error_set(error,
                                     "a file of the store %s has more than %zu "
                                     "bytes",
                                     s->directory, max)
                         : get(s, hash, handle, *size, data, error);
    s->env->ops->file_close(s->env, handle);
    return result;
}

void store_remove(struct store *s, const struct digest *hash)
{
    char *path = store_path(s, hash);

    s->env->ops->file_remove(s->env, path);
    free(path);
}

struct listing {
    void (*each)(void *arg, const struct digest *hash);
    void *arg;
};

static void list_one(void *arg, const char *name)
{
    const struct listing *l = arg;
    struct digest hash;
    char text[DIGEST_HEX];

    if (!digest_read_hex(name, strlen(name), &hash))
        return;
    digest_hex(&hash, text);
    if (!strcmp(text, name)) /* capitals are no name of ours */
        l->each(l->arg, &hash);
}

void store_each(struct store *s,
                void (*each)(void *arg, const struct digest *hash), void *arg)
{
    struct listing l = {each, arg};

    s->env->ops->directory_each(s->env, s->directory, list_one, &l);
}
