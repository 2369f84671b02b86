/* submission_parts.c - looks into the files of a submission; see
 * submission_parts.h. */
#include "nimbus/submission_parts.h"
#include "topology-api/memory.h"

static void read_part(struct store *store, const struct description_file *file,
                      struct submission_part *part)
{
    char *path;

    part->there = store_has(store, &file->hash, &part->size);
    if (!part->there || !file->plugin)
        return;
    path = store_path(store, &file->hash);
    manifest_read_as(path, file->name, &part->manifest, &part->defect);
    free(path);
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
