/* submission.c - whether a topology may run; see submission.h. */
#include "nimbus/submission.h"
#include "common/config.h"
#include "common/config_keys.h"

#include <inttypes.h>
#include <string.h>

/* -- its files ------------------------------------------------------------- */

static int check_file(const struct description_file *file,
                      const struct submission_part *part, gale_err *error)
{
    if (!part->there)
        return error_set(error,
                         "the file %s of the topology was not uploaded; submit "
                         "it again",
                         file->name);
    if (part->size != file->size)
        return error_set(error,
                         "the file %s has %" PRIu64 " bytes, expected %" PRIu64
                         " as described; submit it again",
                         file->name, part->size, file->size);
    if (file->plugin && part->manifest.n == 0)
        return error_set(error, "%s", part->defect.text);
    return 0;
}

static int check_plugin(const struct submission *s,
                        const struct model_plugin *plugin, gale_err *error)
{
    const struct description *d = s->description;
    const struct description_file *file = description_find(d, plugin->file);
    const struct manifest *manifest = &s->parts[file - d->files].manifest;
    char holds[512];

    if (manifest_find(manifest, (enum manifest_kind)plugin->kind, plugin->id))
        return 0;
    return error_set(
        error, "%s has no %s \"%s\", but %s; submit the topology again",
        plugin->file, manifest_kind_name((enum manifest_kind)plugin->kind),
        plugin->id,
        manifest_text(manifest, MANIFEST_ALL_KINDS, holds, sizeof(holds)));
}

static int check_files(const struct submission *s, gale_err *error)
{
    const struct description *d = s->description;

    if (d->abi != GALE_ABI)
        return error_set(error,
                         "the topology was built by gale %.32s with ABI %u, "
                         "expected ABI %u of gale " GALE_VERSION
                         "; submit it with the gale of this cluster",
                         d->gale, d->abi, GALE_ABI);
    for (uint32_t i = 0; i < d->n_files; i++)
        if (check_file(&d->files[i], &s->parts[i], error))
            return -1;
    for (uint32_t i = 0; i < d->model->n_plugins; i++)
        if (check_plugin(s, &d->model->plugins[i], error))
            return -1;
    return 0;
}

/* -- its size -------------------------------------------------------------- */

static uint32_t n_executors(const struct model *m)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++)
        n += m->components[i].executors;
    return n;
}

/* As it says; 1 if it says nothing that is a number of workers. */
static int64_t wanted_workers(const struct model *m)
{
    gale_value v = config_value(m, NULL, "topology.workers");

    return v.kind == GALE_INT && v.as.i > 0 ? v.as.i : 1;
}

uint32_t submission_workers(const struct model *m)
{
    int64_t wanted = wanted_workers(m);
    uint32_t executors = n_executors(m);

    return wanted < executors ? (uint32_t)wanted : executors;
}

static int check_size(const struct submission *s, gale_err *error)
{
    const struct model *m = s->description->model;

    if (s->description->conf_bytes > SUBMISSION_CONF_MAX)
        return error_set(error,
                         "the topology's configuration has %zu bytes, at most "
                         "%u are allowed; let a file that is shipped with it "
                         "hold what is large (--files)",
                         s->description->conf_bytes, SUBMISSION_CONF_MAX);
    if (s->limits.executors != 0 && n_executors(m) > s->limits.executors)
        return error_set(error,
                         "the topology has %u executors, at most %u are "
                         "allowed (nimbus.executors.perTopology)",
                         n_executors(m), s->limits.executors);
    if (s->limits.workers != 0 && wanted_workers(m) > s->limits.workers)
        return error_set(error,
                         "the topology asks for %" PRId64 " workers, at most "
                         "%u are allowed (nimbus.slots.perTopology)",
                         wanted_workers(m), s->limits.workers);
    return 0;
}

/* -- all of it ------------------------------------------------------------- */

int submission_check(const struct submission *s, gale_err *error)
{
    return check_files(s, error) ||
                   config_check(s->description->model, error) ||
                   check_size(s, error)
               ? -1
               : 0;
}
