/* plugin_places.c - the directories in which plugins are searched for. */
#include "topology-api/plugin_places.h"
#include "topology-api/memory.h"
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_place(struct plugin_places *places, char *directory,
                      const char *why)
{
    places->items =
        xreallocarray(places->items, places->n + 1, sizeof(*places->items));
    places->items[places->n++] = (struct plugin_place){directory, why};
}

static void add_plugin_path(struct plugin_places *places)
{
    const char *at = getenv("GALE_PLUGIN_PATH");

    while (at != NULL && *at != '\0') {
        size_t size = strcspn(at, ":");

        if (size > 0)
            add_place(places, xstrndup(at, size), " (GALE_PLUGIN_PATH)");
        at += size + (at[size] == ':');
    }
}

/* The first n bytes of start, then end. */
static char *join(const char *start, size_t n, const char *end)
{
    char *path = xmalloc(n + strlen(end) + 1);

    memcpy(path, start, n);
    memcpy(path + n, end, strlen(end) + 1);
    return path;
}

/* `DIRECTORY/lib/gale` for the program DIRECTORY/bin/gale. */
static void add_beside_program(struct plugin_places *places)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

    if (n <= 0)
        return;
    for (int up = 0; up < 2; up++)
        while (n > 0 && path[--n] != '/')
            ;
    add_place(places, join(path, (size_t)n, "/lib/gale"), "");
}

/* `DIRECTORY/gale` for DIRECTORY/libgale.so, if that is where this code is. */
static void add_beside_library(struct plugin_places *places)
{
    static const char here;
    Dl_info info;
    const char *base;

    if (!dladdr(&here, &info) || info.dli_fname == NULL)
        return;
    base = strrchr(info.dli_fname, '/');
    if (base == NULL || strncmp(base + 1, "libgale.so", 10))
        return;
    add_place(places,
              join(info.dli_fname, (size_t)(base - info.dli_fname), "/gale"),
              "");
}

static void add_beside_file(struct plugin_places *places, const char *own)
{
    const char *base = own == NULL ? NULL : strrchr(own, '/');

    if (own != NULL)
        add_place(places,
                  base == NULL ? xstrdup(".")
                               : join(own, (size_t)(base - own), ""),
                  "");
}

void plugin_places_init(struct plugin_places *places, const char *own)
{
    *places = (struct plugin_places){0, NULL};
    add_plugin_path(places);
    add_beside_file(places, own);
    add_beside_program(places);
    add_beside_library(places);
}

void plugin_places_fini(struct plugin_places *places)
{
    for (uint32_t i = 0; i < places->n; i++)
        free(places->items[i].directory);
    free(places->items);
}

bool plugin_places_is_file(const char *path)
{
    struct stat stat_;

    return stat(path, &stat_) == 0 && !S_ISDIR(stat_.st_mode);
}

bool plugin_places_is_directory(const char *path)
{
    struct stat stat_;

    return stat(path, &stat_) == 0 && S_ISDIR(stat_.st_mode);
}

char *plugin_places_search(const struct plugin_places *places, const char *stem)
{
    for (uint32_t i = 0; i < places->n; i++) {
        const char *directory = places->items[i].directory;
        char *base = join(directory, strlen(directory), "/");
        char *with_stem = join(base, strlen(base), stem);
        char *path = join(with_stem, strlen(with_stem), ".so");

        free(base);
        free(with_stem);
        if (plugin_places_is_file(path))
            return path;
        free(path);
    }
    return NULL;
}

char *plugin_places_shipped(const char *stem)
{
    struct plugin_places places = {0, NULL};
    char *path;

    add_beside_program(&places);
    add_beside_library(&places);
    path = plugin_places_search(&places, stem);
    plugin_places_fini(&places);
    return path;
}

static void consider_directory(const char *directory,
                               struct names_nearest *nearest)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        size_t n = strlen(entry->d_name);

        if (n <= 3 || strcmp(entry->d_name + n - 3, ".so"))
            continue;
        entry->d_name[n - 3] = '\0';
        names_consider(nearest, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

void plugin_places_consider(const struct plugin_places *places,
                            struct names_nearest *nearest)
{
    for (uint32_t i = 0; i < places->n; i++)
        consider_directory(places->items[i].directory, nearest);
}

void plugin_places_put(const struct plugin_places *places,
                       struct text_buffer *text)
{
    for (uint32_t i = 0; i < places->n; i++)
        text_buffer_put(text, "%s%s%s", i > 0 ? ", " : "",
                        places->items[i].directory, places->items[i].why);
}
