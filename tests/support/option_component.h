/*
 * option_component.h - a bolt "c" of the plugin "painter" with a table of
 * options, and all layers of configuration, which are empty.
 */
#ifndef TESTS_OPTION_COMPONENT_H
#define TESTS_OPTION_COMPONENT_H

#include "topology-api/option_table.h"

struct option_component {
    struct model model;
    struct component component;
    struct option_texts texts;
};

/* The rows are borrowed. */
struct option_component *option_component_new(const gale_option *rows,
                                              uint32_t n,
                                              uint32_t instance_size);

/* A teardown of cmocka; the state is a struct option_component. */
int option_component_free(void **state);

#endif
