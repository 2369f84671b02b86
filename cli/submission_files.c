/* submission_files.c - the files that a topology needs on other machines; see
 * submission_files.h. */
#include "cli/submission_files.h"
#include "common/env.h"
#include "common/file_name.h"
#include "topology-api/memory.h"

#include <errno.h>
#include <string.h>

#define PART_BYTES (256u << 10)

/* -- hashing --------------------------------------------------------------- */

static int hash_of(struct env *env, int handle, struct description_file *file)
{
    struct digest_stream *digest = digest_begin();
    char *part = xmalloc(PART_BYTES);
    int64_t n;

    file->size = 0;
    while ((n = env->ops->file_read_at(env, handle, file->size, part,
                                       PART_BYTES)) > 0) {
        digest_add(digest, part, (size_t)n);
        file->size += (uint64_t)n;
    }
    file->hash = digest_end(digest);
    free(part);
    return n < 0 ? -1 : 0;
}

/* Size and hash of what is at the path now. */
static int look_at(const char *path, struct description_file *file,
                   gale_err *error)
{
    struct env *env = env_posix();
    int handle = env->ops->file_open(env, path, true, &file->size);
    int result = handle < 0 ? -1 : hash_of(env, handle, file);

    if (result != 0 && errno == EISDIR)
        error_set(error,
                  "%s is a directory; expected a file, whose content is "
                  "shipped: name each file",
                  path);
    else if (result != 0)
        error_set(error, "cannot read %s, which is to be shipped: %s", path,
                  errno == EINVAL ? "it is no regular file" : strerror(errno));
    if (handle >= 0)
        env->ops->file_close(env, handle);
    return result;
}

/* -- the list -------------------------------------------------------------- */

static uint32_t called(const struct submission_files *s, const char *name)
{
    uint32_t i = 0;

    while (i < s->n && strcmp(s->files[i].name, name) != 0)
        i++;
    return i;
}

static void add(struct submission_files *s, const char *path,
                struct description_file file)
{
    s->paths = xreallocarray(s->paths, s->n + 1, sizeof(*s->paths));
    s->files = xreallocarray(s->files, s->n + 1, sizeof(*s->files));
    s->paths[s->n] = xstrdup(path);
    file.name = xstrdup(file_name_of(path));
    s->files[s->n++] = file;
}

/* The same content under the same name is the same file. */
static int take(struct submission_files *s, const char *path, bool plugin,
                gale_err *error)
{
    const char *name = file_name_of(path);
    uint32_t i = called(s, name);
    struct description_file file = {.plugin = plugin};

    if (i < s->n && !strcmp(s->paths[i], path))
        return 0;
    if (!file_name_valid(name))
        return error_set(
            error,
            "%s cannot be shipped under its name; expected " FILE_NAME_RULE,
            path);
    if (!strcmp(name, DESCRIPTION_NAME))
        return error_set(error,
                         "%s cannot be shipped under its name, by which a "
                         "worker has gale's own file; give it another",
                         path);
    if (look_at(path, &file, error))
        return -1;
    if (i == s->n)
        add(s, path, file);
    else if (!digest_equal(&s->files[i].hash, &file.hash))
        return error_set(error,
                         "%s and %s differ and have the same name, by which a "
                         "worker has its files; give one another name",
                         s->paths[i], path);
    return 0;
}

int submission_files_collect(struct submission_files *s, const struct model *m,
                             const char *const *data, uint32_t n_data,
                             gale_err *error)
{
    *s = (struct submission_files){0, NULL, NULL};
    if (m->own_file != NULL && take(s, m->own_file, true, error))
        return -1;
    for (uint32_t i = 0; i < m->n_plugins; i++)
        if (take(s, m->plugins[i].file, true, error))
            return -1;
    for (uint32_t i = 0; i < n_data; i++)
        if (take(s, data[i], false, error))
            return -1;
    return 0;
}

void submission_files_free(struct submission_files *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        free(s->paths[i]);
        free(s->files[i].name);
    }
    free(s->paths);
    free(s->files);
    *s = (struct submission_files){0, NULL, NULL};
}
