/* flux_parts.c - a spout or bolt of a topology in YAML. */
#include "common/flux_in.h"
#include "topology-api/model.h"
#include "topology-api/names.h"

#include <string.h>

/* Its id, or NULL: without one, nothing else can be said of it. */
static const char *read_id(struct flux *f, const struct flux_map *map)
{
    struct flux_at at = flux_map_get(map, "id");
    const char *id;
    gale_err error;

    if (at.node == NULL || flux_text(f, at, "id", &id))
        return NULL;
    if (names_check_component(id, &error)) {
        flux_wrong(f, at, "%s", error.text);
        return NULL;
    }
    return id;
}

static void read_number(struct flux *f, const struct flux_map *map,
                        const char *key, int *number)
{
    struct flux_at at = flux_map_get(map, key);

    if (at.node != NULL)
        flux_number(f, at, key, 1, (int)MODEL_TASKS_MAX, number);
}

static void read_options(struct flux *f, const struct flux_map *map,
                         struct flux_settings *to)
{
    struct flux_at config = flux_map_get(map, "config");
    struct flux_at properties = flux_map_get(map, "properties");

    if (config.node != NULL)
        flux_read_settings(f, config, true, to);
    if (properties.node != NULL)
        flux_read_properties(f, properties, to);
}

static void add(struct flux *f, struct flux_topology *to,
                const struct flux_map *map, struct flux_component c)
{
    const struct flux_component *other = flux_find(to, c.id);

    if (other == NULL) {
        flux_add_component(to, c);
        return;
    }
    flux_wrong(f, flux_map_get(map, "id"),
               "the id \"%s\" is there twice, first at %s", c.id, other->place);
    free(c.settings.items);
}

void flux_read_component(struct flux *f, struct flux_at at, bool is_spout,
                         struct flux_topology *to)
{
    struct flux_component c = {.is_spout = is_spout, .executors = 1};
    struct flux_at plugin;
    struct flux_map map;

    if (flux_map_read(f, at, FLUX_IN_COMPONENT, is_spout ? "a spout" : "a bolt",
                      &map)) {
        to->lacks_parts = true;
        return;
    }
    c.id = read_id(f, &map);
    c.place = flux_place(f, at);
    plugin = flux_map_get(&map, "plugin");
    if (plugin.node != NULL && flux_text(f, plugin, "plugin", &c.plugin) == 0)
        c.plugin = flux_plugin(f, at.file, c.plugin);
    else
        c.plugin = NULL;
    if (plugin.node != NULL)
        c.place = flux_place(f, plugin);
    read_number(f, &map, "parallelism", &c.executors);
    read_number(f, &map, "tasks", &c.tasks);
    read_options(f, &map, &c.settings);
    if (c.id != NULL) {
        add(f, to, &map, c);
        return;
    }
    to->lacks_parts = true;
    free(c.settings.items);
}
