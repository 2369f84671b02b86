/*
 * flux_plugin.c - paths in a topology in YAML, and names of plugins, as seen
 * from the file that says them.
 *
 * A plugin with a directory is relative to that of the file, as an include is.
 * FILE.so is searched for beside it first. A name is left to the search of all
 * plugins, which looks beside the first file; beside one that is included, it
 * is looked for here.
 */
#include "common/flux_in.h"
#include "topology-api/memory.h"
#include "topology-api/plugin_places.h"

#include <string.h>

/* With the '/' behind it; 0: the file is in this directory. */
static size_t directory_size(const struct flux_file *file)
{
    const char *slash = strrchr(file->path, '/');

    return slash == NULL ? 0 : (size_t)(slash - file->path) + 1;
}

const char *flux_beside(struct flux *f, const struct flux_file *file,
                        const char *name)
{
    size_t size = directory_size(file);
    char *path;

    while (!strncmp(name, "./", 2))
        name += 2;
    if (name[0] == '/')
        size = 0;
    path = xmalloc(size + strlen(name) + 1);
    memcpy(path, file->path, size);
    memcpy(path + size, name, strlen(name) + 1);
    return flux_keep(f, path);
}

/* Bytes of the name before ":ID". */
static size_t file_size(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon == NULL || strchr(colon, '/') != NULL ? strlen(name)
                                                       : (size_t)(colon - name);
}

/* FILE.so, if it is there. */
static bool is_there(struct flux *f, const struct flux_file *file,
                     const char *name, size_t size)
{
    const char *base = flux_keep(f, xstrndup(name, size));

    return plugin_places_is_file(flux_beside(f, file, base));
}

/* NULL, or where a name is found, if that is beside the file. */
static const char *found_beside(struct flux *f, const struct flux_file *file,
                                const char *name, size_t size)
{
    const char *stem = flux_keep(f, xstrndup(name, size));
    size_t directory = directory_size(file);
    struct plugin_places places;
    char *path;

    plugin_places_init(&places, file->path);
    path = plugin_places_search(&places, stem);
    plugin_places_fini(&places);
    if (path == NULL)
        return NULL;
    flux_keep(f, path);
    return !strncmp(path, file->path, directory) &&
                   strlen(path) == directory + size + 3
               ? path
               : NULL;
}

static const char *with_id(struct flux *f, const char *path, const char *id)
{
    char *whole = xmalloc(strlen(path) + strlen(id) + 1);

    memcpy(whole, path, strlen(path));
    memcpy(whole + strlen(path), id, strlen(id) + 1);
    return flux_keep(f, whole);
}

const char *flux_plugin(struct flux *f, const struct flux_file *file,
                        const char *name)
{
    size_t size = file_size(name);
    const char *path;

    if (directory_size(file) == 0)
        return name;
    if (memchr(name, '/', size) != NULL)
        return flux_beside(f, file, name);
    if (size > 3 && !memcmp(name + size - 3, ".so", 3))
        return is_there(f, file, name, size) ? flux_beside(f, file, name)
                                             : name;
    if (file->includer == NULL)
        return name;
    path = found_beside(f, file, name, size);
    return path == NULL ? name : with_id(f, path, name + size);
}

/* A text, or a list of texts; anything else is the check's to refuse. */
gale_value flux_plugins(struct flux *f, const struct flux_file *file,
                        gale_value names)
{
    gale_value *items;

    if (names.kind == GALE_STRING && memchr(names.as.data, 0, names.size) == 0)
        return gale_cstr(flux_plugin(f, file, names.as.data));
    if (names.kind != GALE_LIST)
        return names;
    items = flux_keep(f, xcalloc(names.size, sizeof(*items)));
    for (uint32_t i = 0; i < names.size; i++)
        items[i] = names.as.items[i].kind == GALE_STRING
                       ? flux_plugins(f, file, names.as.items[i])
                       : names.as.items[i];
    return gale_list(items, names.size);
}
