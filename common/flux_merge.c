/* flux_merge.c - the parts of a topology in YAML, of one file and of more. */
#include "common/flux_in.h"
#include "topology-api/memory.h"

#include <string.h>

struct flux_component *flux_find(const struct flux_topology *t, const char *id)
{
    for (uint32_t i = 0; i < t->n_components; i++)
        if (!strcmp(t->components[i].id, id))
            return &t->components[i];
    return NULL;
}

void flux_add_component(struct flux_topology *t, struct flux_component c)
{
    t->components = xreallocarray(t->components, (size_t)t->n_components + 1,
                                  sizeof(*t->components));
    t->components[t->n_components++] = c;
}

void flux_add_stream(struct flux_topology *t, struct flux_stream s)
{
    t->streams = xreallocarray(t->streams, (size_t)t->n_streams + 1,
                               sizeof(*t->streams));
    t->streams[t->n_streams++] = s;
}

void flux_add_setting(struct flux_settings *to, struct flux_setting s,
                      bool override_)
{
    for (uint32_t i = 0; i < to->n; i++) {
        if (strcmp(to->items[i].key, s.key))
            continue;
        if (override_)
            to->items[i] = s;
        return;
    }
    to->items = xreallocarray(to->items, (size_t)to->n + 1, sizeof(*to->items));
    to->items[to->n++] = s;
}

static void merge_component(struct flux_topology *to, struct flux_component c,
                            bool override_)
{
    struct flux_component *other = flux_find(to, c.id);

    if (other == NULL) {
        flux_add_component(to, c);
    } else if (override_) {
        free(other->settings.items);
        *other = c;
    } else {
        free(c.settings.items);
    }
}

/* Streams have no names: all of both are there. */
void flux_merge(struct flux_topology *to, struct flux_topology *from,
                bool override_)
{
    if (from->name != NULL && (override_ || to->name == NULL))
        to->name = from->name;
    to->has_name |= from->has_name;
    to->lacks_parts |= from->lacks_parts;
    for (uint32_t i = 0; i < from->config.n; i++)
        flux_add_setting(&to->config, from->config.items[i], override_);
    for (uint32_t i = 0; i < from->n_components; i++)
        merge_component(to, from->components[i], override_);
    for (uint32_t i = 0; i < from->n_streams; i++)
        flux_add_stream(to, from->streams[i]);
    from->n_components = 0;
    flux_topology_free(from);
}

void flux_topology_free(struct flux_topology *t)
{
    for (uint32_t i = 0; i < t->n_components; i++)
        free(t->components[i].settings.items);
    free(t->components);
    free(t->streams);
    free(t->config.items);
    *t = (struct flux_topology){.name = NULL};
}
