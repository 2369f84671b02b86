/* flux.c - a topology that is written in YAML; see flux.h. */
#include "common/flux.h"
#include "common/config.h"
#include "common/env.h"
#include "common/flux_in.h"
#include "common/flux_properties.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"

#include <errno.h>
#include <string.h>

bool flux_is_yaml(const char *path)
{
    size_t size = strlen(path);

    return (size > 5 && !strcmp(path + size - 5, ".yaml")) ||
           (size > 4 && !strcmp(path + size - 4, ".yml"));
}

/* -- the values of ${…} -------------------------------------------------- */

static struct settings *read_properties(const char *path, gale_err *error)
{
    struct env *env = env_posix();
    struct settings *properties;
    void *text;
    size_t size;

    if (*path == '\0') {
        error_set(error, "--filter: found \"\", expected a file");
        return NULL;
    }
    if (env->ops->file_read(env, path, FLUX_PROPERTIES_MAX, &text, &size)) {
        error_set(error, "--filter: cannot read %s: %s", path,
                  errno == EFBIG ? "it is larger than 1048576 bytes"
                                 : strerror(errno));
        return NULL;
    }
    properties = flux_properties_read(path, text, size, error);
    free(text);
    return properties;
}

static void take_filter(struct flux *f)
{
    gale_err error;

    if (f->options->filter == NULL)
        return;
    f->properties = read_properties(f->options->filter, &error);
    if (f->properties != NULL)
        return;
    f->filter_failed = true;
    flux_found(f, true, error.text);
}

/* -- reading --------------------------------------------------------------- */

static void flux_open(struct flux *f, gale_builder *b,
                      const struct flux_options *options)
{
    *f = (struct flux){.options = options, .builder = b};
    f->kept = xcalloc(1, sizeof(*f->kept));
}

static void flux_free(struct flux *f)
{
    for (uint32_t i = 0; i < f->n_findings; i++)
        free(f->findings[i].text);
    free(f->findings);
    for (uint32_t i = 0; i < f->n_files; i++)
        yaml_tree_free(f->trees[i]);
    yaml_tree_free(f->kept);
    settings_free(f->properties);
}

/* Whether there is something to be checked. */
static bool read_all(struct flux *f, const char *path)
{
    struct flux_topology t = {.name = NULL};
    bool read;

    take_filter(f);
    read = flux_read_file(f, path, (struct flux_at){NULL, NULL}, &t);
    if (read)
        flux_build(f, path, &t);
    flux_topology_free(&t);
    return read;
}

/* -- checking -------------------------------------------------------------- */

/* A builder_mistake_fn. */
static void hear_mistake(void *arg, const char *text)
{
    flux_found(arg, true, text);
}

/* A gale_warn_fn. */
static void hear_warning(void *arg, const char *text)
{
    flux_found(arg, false, text);
}

/* What only a whole model shows comes last. */
static void check_model(struct flux *f)
{
    const struct model *m;
    gale_err error;

    builder_listen(f->builder, hear_warning, f);
    builder_hear_all(f->builder, hear_mistake, f);
    m = model_of(f->builder, &error);
    builder_hear_all(f->builder, NULL, NULL);
    builder_listen(f->builder, NULL, NULL);
    if (f->n_errors == 0 && (m == NULL || config_check(m, &error) != 0))
        flux_found(f, true, error.text);
}

uint32_t flux_load(gale_builder *b, const char *path,
                   const struct flux_options *options, flux_found_fn *found,
                   void *arg)
{
    struct flux f;
    uint32_t n;

    flux_open(&f, b, options);
    if (read_all(&f, path))
        check_model(&f);
    flux_sort(&f);
    for (uint32_t i = 0; i < f.n_findings; i++)
        found(arg, f.findings[i].is_error, f.findings[i].text);
    n = f.n_errors;
    flux_free(&f);
    return n;
}
