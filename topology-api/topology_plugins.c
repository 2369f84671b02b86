/* topology_plugins.c - what names of plugins mean; see topology_plugins.h. */
#include "topology-api/topology_plugins.h"
#include "topology-api/memory.h"

static const struct model_plugin *among(const struct model_plugin *plugins,
                                        uint32_t n, enum manifest_kind kind,
                                        const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (plugins[i].kind == kind && !strcmp(plugins[i].name, name))
            return &plugins[i];
    return NULL;
}

const struct model_plugin *topology_plugin_of(const struct model *m,
                                              enum manifest_kind kind,
                                              const char *name)
{
    return among(m->plugins, m->n_plugins, kind, name);
}

static void add(struct model_plugin **plugins, uint32_t *n,
                enum manifest_kind kind, const char *name,
                struct plugin_found found)
{
    *plugins = xreallocarray(*plugins, *n + 1, sizeof(**plugins));
    (*plugins)[(*n)++] =
        (struct model_plugin){.kind = kind,
                              .name = xstrdup(name),
                              .file = xstrdup(plugin_path(found.plugin)),
                              .id = xstrdup(found.id),
                              .plugin = found.plugin};
}

void topology_plugin_give(struct builder *b, enum manifest_kind kind,
                          const char *name, struct plugin_found found)
{
    add(&b->given, &b->n_given, kind, name, found);
}

/* By the builder's list, if it has one, or as names are found. */
static int find(const struct builder *b, enum manifest_kind kind,
                const char *name, struct plugin_found *found, gale_err *error)
{
    const struct model_plugin *given = among(b->given, b->n_given, kind, name);

    if (!b->described && b->own == NULL)
        return plugin_find_beside(b->file_name, kind, name, found, error);
    if (!b->described)
        return plugin_find(b->own, kind, name, found, error);
    if (given == NULL)
        return error_set(error,
                         "the topology's description does not say which file "
                         "the %s \"%.200s\" is in; submit the topology again",
                         manifest_kind_name(kind), name);
    *found = (struct plugin_found){given->plugin, given->id};
    return 0;
}

int topology_plugin(const struct builder *b, struct model *m,
                    enum manifest_kind kind, const char *name,
                    struct plugin_found *found, gale_err *error)
{
    const struct model_plugin *known = topology_plugin_of(m, kind, name);

    if (known != NULL) {
        *found = (struct plugin_found){known->plugin, known->id};
        return 0;
    }
    if (find(b, kind, name, found, error))
        return -1;
    add(&m->plugins, &m->n_plugins, kind, name, *found);
    return 0;
}

void topology_plugins_free(struct model_plugin *plugins, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        free(plugins[i].name);
        free(plugins[i].file);
        free(plugins[i].id);
    }
    free(plugins);
}
