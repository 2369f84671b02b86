/*
 * config_file.c - what a user writes into files and behind -c, into the
 * builder's layers.
 *
 * Implements gale_builder_config_file() and gale_builder_override() of
 * gale/local.h. Whether a key that is not in the table is an option of some
 * component, the check of the topology knows.
 */
#include "common/config.h"
#include "common/config_layer.h"
#include "topology-api/builder.h"
#include "topology-api/topology_check.h"

void config_register(void)
{
    topology_check_keys(config_layer_known);
}

int gale_builder_config_file(gale_builder *b, const char *path,
                             gale_warn_fn *warn, void *arg, gale_err *error)
{
    struct config_listener listener = {
        .warn = warn, .arg = arg, .of_topology = true};
    struct settings **to = builder_file(b, error);

    if (!to)
        return -1;
    if (warn)
        builder_listen(b, warn, arg);
    return config_layer_file(*to, path, &listener, error);
}

int gale_builder_override(gale_builder *b, const char *text, gale_warn_fn *warn,
                          void *arg, gale_err *error)
{
    struct config_listener listener = {
        .warn = warn, .arg = arg, .of_topology = true};
    struct settings **to = builder_overrides(b, error);

    if (!to)
        return -1;
    if (warn)
        builder_listen(b, warn, arg);
    return config_layer_override(*to, text, &listener, error);
}
