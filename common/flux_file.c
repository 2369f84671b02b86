/* flux_file.c - a file of a topology in YAML, and those that it includes. */
#include "common/env.h"
#include "common/flux_in.h"
#include "common/flux_mask.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include "topology-api/names.h"

#include <errno.h>
#include <string.h>

/* -- reading --------------------------------------------------------------- */

/* The first file has no place where it is included. */
GALE_PRINTF(3, 4)
static void wrong_file(struct flux *f, struct flux_at at, const char *format,
                       ...)
{
    gale_err error;
    va_list args;

    va_start(args, format);
    vsnprintf(error.text, sizeof(error.text), format, args);
    va_end(args);
    if (at.node == NULL)
        flux_found(f, true, error.text);
    else
        flux_wrong(f, at, "%s", error.text);
}

static struct flux_file *add_file(struct flux *f, const char *path,
                                  const struct flux_file *includer)
{
    struct flux_file *file = flux_keep(f, xcalloc(1, sizeof(*file)));

    file->path = flux_keep(f, xstrdup(path));
    file->includer = includer;
    file->number = f->n_files;
    file->depth = includer == NULL ? 1 : includer->depth + 1;
    f->files[f->n_files++] = file;
    return file;
}

static void *read_bytes(struct flux *f, const char *path, struct flux_at at,
                        size_t *size)
{
    struct env *env = env_posix();
    void *text;

    if (env->ops->file_read(env, path, FLUX_SIZE_MAX, &text, size) == 0)
        return text;
    if (errno == EFBIG)
        wrong_file(f, at, "%s: larger than %d bytes", path, FLUX_SIZE_MAX);
    else
        wrong_file(f, at, "cannot read the topology %s: %s", path,
                   strerror(errno));
    return NULL;
}

static struct yaml_tree *read_tree(const char *path, const char *text,
                                   size_t size, gale_err *error)
{
    struct yaml_limits limits = {.size = FLUX_MASK_GROWTH * FLUX_SIZE_MAX,
                                 .depth = FLUX_DEPTH_MAX,
                                 .nodes = FLUX_NODES_MAX};
    char *masked = flux_mask(text, size, &size);
    struct yaml_tree *tree;

    limits.scalar = masked == NULL ? NULL : flux_unmask;
    tree = yaml_tree_read(path, masked == NULL ? text : masked, size, &limits,
                          error);
    free(masked);
    return tree;
}

static const struct yaml_node *count_nodes(struct flux *f, struct flux_at at,
                                           const char *path,
                                           const struct yaml_node *root)
{
    f->n_nodes += root->total;
    if (f->n_nodes <= FLUX_ALL_NODES_MAX)
        return root;
    wrong_file(f, at,
               "%s: the files of a topology have more than %d values in all",
               path, FLUX_ALL_NODES_MAX);
    return NULL;
}

/* The file as nodes; NULL if that is wrong, and has been said so. */
static const struct yaml_node *read_nodes(struct flux *f, const char *path,
                                          struct flux_at at,
                                          struct flux_file **file)
{
    size_t size;
    char *text = read_bytes(f, path, at, &size);
    struct yaml_tree *tree;
    gale_err error;

    if (text == NULL)
        return NULL;
    *file = add_file(f, path, at.file);
    tree = read_tree(path, text, size, &error);
    free(text);
    if (tree == NULL) {
        flux_found(f, true, error.text);
        return NULL;
    }
    f->trees[(*file)->number] = tree;
    if (tree->root != NULL && tree->root->kind == YAML_IS_MAP)
        return count_nodes(f, at, path, tree->root);
    wrong_file(f, at,
               "%s: found no map, expected that of a topology: name, spouts, "
               "bolts, streams",
               path);
    return NULL;
}

/* -- parts ----------------------------------------------------------------- */

static void read_name(struct flux *f, const struct flux_map *map,
                      struct flux_topology *to)
{
    struct flux_at at = flux_map_get(map, "name");
    gale_err error;

    to->has_name = flux_map_has(map, "name");
    if (at.node == NULL || flux_text(f, at, "name", &to->name))
        return;
    if (names_check_topology(to->name, &error) == 0)
        return;
    flux_wrong(f, at, "%s", error.text);
    to->name = NULL;
}

static void read_components(struct flux *f, struct flux_at list, bool is_spout,
                            struct flux_topology *to)
{
    for (uint32_t i = 0; list.node != NULL && i < list.node->n; i++)
        flux_read_component(
            f, (struct flux_at){list.file, &list.node->items[i]}, is_spout, to);
}

static void read_streams(struct flux *f, struct flux_at list,
                         struct flux_topology *to)
{
    for (uint32_t i = 0; list.node != NULL && i < list.node->n; i++)
        flux_read_stream(f, (struct flux_at){list.file, &list.node->items[i]},
                         to);
}

/* -- includes -------------------------------------------------------------- */

static int check_include(struct flux *f, struct flux_at at, const char *path)
{
    for (const struct flux_file *i = at.file; i != NULL; i = i->includer)
        if (!strcmp(i->path, path))
            return i == at.file
                       ? flux_wrong(f, at, "%s includes itself", path)
                       : flux_wrong(f, at, "%s includes itself by way of %s",
                                    path, at.file->path);
    if (at.file->depth == FLUX_INCLUDES_MAX)
        return flux_wrong(f, at, "files include each other deeper than %d",
                          FLUX_INCLUDES_MAX);
    if (f->n_files == FLUX_FILES_MAX)
        return flux_wrong(f, at, "more than %d files", FLUX_FILES_MAX);
    return 0;
}

static void read_include(struct flux *f, struct flux_at at,
                         struct flux_topology *to)
{
    struct flux_topology included = {.name = NULL};
    bool override_ = false, resource = false;
    struct flux_at file, flag;
    struct flux_map map;
    const char *name;

    if (flux_map_read(f, at, FLUX_IN_INCLUDE, "an include", &map))
        return;
    file = flux_map_get(&map, "file");
    flag = flux_map_get(&map, "resource");
    if (flag.node != NULL && flux_bool(f, flag, "resource", &resource) == 0 &&
        resource)
        flux_wrong(f, flag,
                   "\"resource\": there are no resources of a jar: "
                   "name a file, and leave it out");
    flag = flux_map_get(&map, "override");
    if (flag.node != NULL)
        flux_bool(f, flag, "override", &override_);
    if (file.node == NULL || flux_text(f, file, "file", &name))
        return;
    name = flux_beside(f, file.file, name);
    if (check_include(f, file, name))
        return;
    if (!flux_read_file(f, name, file, &included))
        to->lacks_parts = true;
    flux_merge(to, &included, override_);
}

bool flux_read_file(struct flux *f, const char *path, struct flux_at at,
                    struct flux_topology *to)
{
    struct flux_file *file;
    const struct yaml_node *root = read_nodes(f, path, at, &file);
    struct flux_at config, includes;
    struct flux_map map;

    if (root == NULL)
        return false;
    flux_map_read(f, (struct flux_at){file, root}, FLUX_IN_TOPOLOGY,
                  "a topology", &map);
    to->lacks_parts = to->lacks_parts || map.has_unknown;
    read_name(f, &map, to);
    config = flux_map_get(&map, "config");
    if (config.node != NULL)
        flux_read_settings(f, config, false, &to->config);
    read_components(f, flux_map_get(&map, "spouts"), true, to);
    read_components(f, flux_map_get(&map, "bolts"), false, to);
    read_streams(f, flux_map_get(&map, "streams"), to);
    includes = flux_map_get(&map, "includes");
    for (uint32_t i = 0; includes.node != NULL && i < includes.node->n; i++)
        read_include(f, (struct flux_at){file, &includes.node->items[i]}, to);
    return true;
}
