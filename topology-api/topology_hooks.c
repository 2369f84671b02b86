/* topology_hooks.c - finds the hooks that are named; see topology_hooks.h. */
#include "topology-api/topology_hooks.h"
#include "topology-api/memory.h"
#include "topology-api/plugin_check.h"
#include "topology-api/topology_plugins.h"

static const char key[] = TOPOLOGY_HOOKS_KEY;

static int add(const struct builder *b, struct model *m, gale_value name,
               gale_err *error)
{
    struct plugin_found found;
    gale_err cause;

    if (name.kind != GALE_STRING)
        return error_set(error, "%s: found %s, expected names of hooks", key,
                         value_kind_name(name.kind));
    m->hooks = xrealloc(m->hooks, (m->n_hooks + 1) * sizeof(*m->hooks));
    if (topology_plugin(b, m, MANIFEST_HOOK, name.as.data, &found, &cause) ||
        plugin_check_hook(found.plugin, found.id, &m->hooks[m->n_hooks],
                          &cause))
        return error_set(error, "%s: %s", key, cause.text);
    m->n_hooks++;
    return 0;
}

int topology_hooks(const struct builder *b, struct model *m, gale_err *error)
{
    const gale_value *value = model_config(m, NULL, key);

    if (value == NULL || value->kind == GALE_NIL)
        return 0;
    if (value->kind != GALE_LIST)
        return add(b, m, *value, error);
    for (uint32_t i = 0; i < value->size; i++)
        if (add(b, m, value->as.items[i], error))
            return -1;
    return 0;
}
