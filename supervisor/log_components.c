/* log_components.c - which components a worker had; see log_components.h. */
#include "supervisor/log_components.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (RECORD_COMPONENTS_MAX * (NAMES_MAX + 5)) /* bytes */

/* To be freed. */
static char *path_of(const struct local_directory *d,
                     const struct slot_wanted *worker)
{
    static const char name[] = "/components";
    char *directory = local_directory_path(d, worker, LOCAL_LOGS);
    size_t size = strlen(directory);
    char *path = xmalloc(size + sizeof(name));

    memcpy(path, directory, size);
    memcpy(path + size, name, sizeof(name));
    free(directory);
    return path;
}

/* Ranges of a component follow each other. */
static bool is_first(const struct assigned_worker *w, uint32_t i)
{
    return i == 0 || w->executors[i].component != w->executors[i - 1].component;
}

static void pack_ids(const struct topology_record *t,
                     const struct assigned_worker *w, struct pack *p)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n_executors; i++)
        n += is_first(w, i);
    pack_array(p, n);
    for (uint32_t i = 0; i < w->n_executors; i++) {
        uint32_t component = w->executors[i].component;

        if (is_first(w, i))
            pack_text(p, component < t->n_components
                             ? t->components[component].id
                             : NULL);
    }
}

int log_components_keep(const struct local_directory *d,
                        const struct slot_wanted *worker,
                        const struct topology_record *t,
                        const struct assignment_record *a)
{
    char *path = path_of(d, worker);
    struct pack p;
    int result;

    pack_init(&p);
    pack_ids(t, &a->workers[worker->worker], &p);
    result =
        d->env->ops->file_replace(d->env, path, p.buffer.data, p.buffer.size);
    pack_free(&p);
    free(path);
    return result;
}

static bool lists(const void *data, size_t size, const char *id)
{
    const struct pack_limits limits = {FILE_MAX, RECORD_COMPONENTS_MAX};
    struct unpacked u;
    bool found = false;

    if (unpack(&u, data, size, limits, "the list", NULL) != 0)
        return false;
    for (uint32_t i = 0; i < unpack_n(u.root) && !found; i++) {
        gale_str text = unpack_str(unpack_at(u.root, i));

        found =
            text.size == strlen(id) && memcmp(text.data, id, text.size) == 0;
    }
    unpacked_free(&u);
    return found;
}

bool log_components_has(const struct local_directory *d,
                        const struct slot_wanted *worker, const char *id)
{
    char *path = path_of(d, worker);
    void *data = NULL;
    size_t size;
    bool has = d->env->ops->file_read_regular(d->env, path, FILE_MAX, &data,
                                              &size) == 0 &&
               lists(data, size, id);

    free(data);
    free(path);
    return has;
}
