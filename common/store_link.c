/*
 * store_link.c - a file of the store under a name in a worker's directory; see
 * store.h.
 */
#include "common/file_name.h"
#include "common/store_files.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"

#include <errno.h>
#include <string.h>

/* All that is in `from`. */
static int copy_content(struct env *env, int from, int to)
{
    char *part = xmalloc(STORE_PART_BYTES);
    uint64_t offset = 0;
    int64_t n;

    while ((n = env->ops->file_read_at(env, from, offset, part,
                                       STORE_PART_BYTES)) > 0) {
        if (env->ops->file_write(env, to, part, (size_t)n) != 0) {
            n = -1;
            break;
        }
        offset += (uint64_t)n;
    }
    free(part);
    return n < 0 ? -1 : 0;
}

void store_show(struct store *s)
{
    s->shown = true;
}

/* The file of the store itself, which only its owner gets to by that name. */
static int show(struct env *env, const char *path)
{
    uint64_t size;
    int handle = env->ops->file_open(env, path, false, &size), result;

    if (handle < 0)
        return -1;
    result = env->ops->file_show(env, handle);
    env->ops->file_close(env, handle);
    return result;
}

/* A new file, which may be there in part if it fails. */
static int copy(struct env *env, const char *from, const char *to, bool shown)
{
    uint64_t size;
    int in = env->ops->file_open(env, from, false, &size), out, result, saved;

    if (in < 0)
        return -1;
    out = env->ops->file_create(env, to);
    result = out < 0 ? -1 : copy_content(env, in, out);
    if (result == 0 && shown)
        result = env->ops->file_show(env, out);
    saved = errno;
    env->ops->file_close(env, in);
    if (out >= 0)
        env->ops->file_close(env, out);
    errno = saved;
    return result;
}

/* `to` is not there yet. */
static int link_or_copy(struct env *env, const char *from, const char *to,
                        bool shown)
{
    if (shown && show(env, from) != 0)
        return -1;
    if (env->ops->file_link(env, from, to) == 0)
        return 0;
    return errno == ENOENT || errno == EEXIST ? -1 : copy(env, from, to, shown);
}

/* First beside it: so a reader of `to` sees a whole file at any time. */
static int place(struct store *s, const struct digest *hash,
                 const char *directory, const char *name)
{
    struct store_id id = store_new_id(s);
    char *from = store_path(s, hash), *to = store_join(directory, name);
    char *beside = store_upload_path(s, directory, &id);
    int result = link_or_copy(s->env, from, beside, s->shown), saved;

    if (result == 0)
        result = s->env->ops->file_rename(s->env, beside, to);
    saved = errno;
    /* What failed, and what stays where both names are those of one file. */
    s->env->ops->file_remove(s->env, beside);
    errno = saved;
    free(from);
    free(to);
    free(beside);
    return result;
}

int store_link_into(struct store *s, const struct digest *hash,
                    const char *directory, const char *name, gale_err *error)
{
    char shown[128], text[DIGEST_HEX];

    value_text(gale_cstr(name), shown, sizeof(shown));
    if (!file_name_valid(name))
        return error_set(error,
                         "a file is to be called %s, expected " FILE_NAME_RULE,
                         shown);
    if (place(s, hash, directory, name) == 0)
        return 0;
    digest_hex(hash, text);
    return error_set(error, "cannot place %s (%s) in %s: %s", name, text,
                     directory, strerror(errno));
}
