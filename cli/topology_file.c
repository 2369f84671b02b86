/* topology_file.c - the file of a topology: a shared object, or YAML. */
#include "cli/topology_file.h"
#include "topology-api/model.h" /* error_set() */
#include <stdlib.h>

/* A flux_env_fn. */
static const char *variable(const char *name)
{
    return getenv(name);
}

bool topology_file_option(struct flux_options *o, int option)
{
    if (option == OPT_FILTER)
        o->filter = optarg;
    else if (option == OPT_ENV_FILTER)
        o->env = variable;
    return option == OPT_FILTER || option == OPT_ENV_FILTER;
}

int topology_file_fits(const struct flux_options *o, const char *file, int argc,
                       char **argv, gale_err *error)
{
    if (!flux_is_yaml(file))
        return o->filter == NULL && o->env == NULL
                   ? 0
                   : error_set(
                         error, "%s is of a topology in YAML, and %s is none",
                         o->filter != NULL ? "--filter" : "--env-filter", file);
    if (argc == 0)
        return 0;
    return error_set(error,
                     "found \"%s\" behind %s, a topology in YAML, which takes "
                     "no arguments: options stand before it, and --filter "
                     "FILE gives it values",
                     argv[0], file);
}

int topology_file_load(gale_builder *b, const struct flux_options *o,
                       const char *file, int argc, char **argv,
                       gale_warn_fn *warn, void *arg, gale_err *error)
{
    if (topology_file_fits(o, file, argc, argv, error))
        return GALE_USAGE;
    return flux_is_yaml(file) ? flux_load(b, file, o, warn, arg, error)
                              : gale_builder_load(b, file, argc, argv, error);
}
