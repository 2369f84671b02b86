/* option_component.c - a bolt with a table of options; see
 * option_component.h. */
#include "tests/support/option_component.h"
#include "topology-api/memory.h"
#include <stdlib.h>

struct option_component *option_component_new(const gale_option *rows,
                                              uint32_t n,
                                              uint32_t instance_size)
{
    struct option_component *o = xcalloc(1, sizeof(*o));

    o->model.topology = settings_new();
    o->model.file = settings_new();
    o->model.overrides = settings_new();
    o->component.settings = settings_new();
    o->component.overrides = settings_new();
    o->component.id = "c";
    o->component.plugin = "painter";
    o->component.bolt.instance_size = instance_size;
    o->component.bolt.options = (gale_options){rows, n, sizeof(rows[0])};
    return o;
}

int option_component_free(void **state)
{
    struct option_component *o = *state;

    settings_free(o->model.topology);
    settings_free(o->model.file);
    settings_free(o->model.overrides);
    settings_free(o->component.settings);
    settings_free(o->component.overrides);
    option_texts_free(&o->texts);
    free(o);
    return 0;
}
