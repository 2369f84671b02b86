/* submission_parts.c - looks into the files of a submission; see
 * submission_parts.h. */
#include "nimbus/submission_parts.h"
#include "topology-api/elf_file.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <string.h>

struct handle {
    struct env *env;
    int number;
};

static int64_t read_at(void *arg, uint64_t offset, void *to, size_t size)
{
    const struct handle *h = arg;

    return h->env->ops->file_read_at(h->env, h->number, offset, to, size);
}

static void read_manifest(struct store *store,
                          const struct description_file *file,
                          struct submission_part *part)
{
    struct env *env = store_env(store);
    char *path = store_path(store, &file->hash);
    struct elf_source source = {.read_at = read_at};
    struct handle handle = {
        env, env->ops->file_open(env, path, false, &source.size)};

    source.arg = &handle;
    free(path);
    if (handle.number < 0) {
        error_set(&part->defect, "cannot open %s: %s", file->name,
                  strerror(errno));
        return;
    }
    manifest_read_from(&source, file->name, &part->manifest, &part->defect);
    env->ops->file_close(env, handle.number);
}

static void read_part(struct store *store, const struct description_file *file,
                      struct submission_part *part)
{
    part->there = store_has(store, &file->hash, &part->size);
    if (part->there && file->plugin)
        read_manifest(store, file, part);
}

struct submission_part *submission_parts_read(struct store *store,
                                              const struct description *d)
{
    struct submission_part *parts = xcalloc(d->n_files, sizeof(*parts));

    for (uint32_t i = 0; i < d->n_files; i++)
        read_part(store, &d->files[i], &parts[i]);
    return parts;
}

void submission_parts_free(struct submission_part *parts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        manifest_fini(&parts[i].manifest);
    free(parts);
}
