/* topology_file.c - the file of a topology: a shared object, or YAML. */
#include "cli/topology_file.h"
#include "cli/command.h"
#include "topology-api/builder.h"
#include <stdint.h>
#include <stdio.h>
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

/* -- loading --------------------------------------------------------------- */

static void say_warning(const char *command, const char *text)
{
    fprintf(stderr, "gale %s: warning: %s\n", command, text);
}

/* A gale_warn_fn. */
static void warn(void *arg, const char *text)
{
    say_warning(arg, text);
}

/* A flux_found_fn. */
static void say(void *arg, bool is_error, const char *text)
{
    if (is_error)
        command_error(arg, "%s", text);
    else
        say_warning(arg, text);
}

static int load_yaml(gale_builder *b, const char *command,
                     const struct flux_options *o, const char *file)
{
    uint32_t errors = flux_load(b, file, o, say, (void *)(uintptr_t)command);

    if (errors > 1)
        command_error(command, "%s has %u errors", file, errors);
    return errors == 0 ? 0 : -1;
}

static int load_code(gale_builder *b, const char *name, const char *file,
                     int argc, char **argv, gale_err *error)
{
    int loaded = gale_builder_load(b, file, argc, argv, error);

    if (loaded == 0 && name != NULL)
        gale_set_name(b, name);
    return loaded == 0 ? gale_builder_check(b, error) : loaded;
}

int topology_file_load(gale_builder *b, const char *command,
                       const struct flux_options *o, const char *file, int argc,
                       char **argv, gale_err *usage)
{
    int loaded;

    if (topology_file_fits(o, file, argc, argv, usage))
        return GALE_USAGE;
    if (flux_is_yaml(file)) {
        loaded = load_yaml(b, command, o, file);
    } else {
        builder_listen(b, warn, (void *)(uintptr_t)command);
        loaded = load_code(b, o->name, file, argc, argv, usage);
        if (loaded == -1)
            command_error(command, "%s", usage->text);
    }
    builder_listen(b, warn, (void *)(uintptr_t)command);
    return loaded;
}
