/*
 * plugin_places.h - the directories in which plugins are searched for.
 *
 * Those of GALE_PLUGIN_PATH (colons between, empty ones skipped), the directory
 * of the file that names the plugin, then beside gale: ../lib/gale as seen
 * from the program's directory, and gale/ beside libgale.so.
 */
#ifndef GALE_PLUGIN_PLACES_H
#define GALE_PLUGIN_PLACES_H

#include "topology-api/names.h"
#include "topology-api/text_buffer.h"

struct plugin_places {
    uint32_t n;
    struct plugin_place {
        char *directory;
        const char *why; /* for messages */
    } * items;           /* in the order of the search */
};

/* own: the file that names the plugin, or NULL. */
void plugin_places_init(struct plugin_places *places, const char *own);
void plugin_places_fini(struct plugin_places *places);

bool plugin_places_is_file(const char *path);
bool plugin_places_is_directory(const char *path);

/* The path of stem.so in the first place that has it; NULL if none has. The
 * caller frees it. */
char *plugin_places_search(const struct plugin_places *places,
                           const char *stem);

/* The path of stem.so if that comes with gale, whatever other places have; or
 * NULL. The caller frees it. */
char *plugin_places_shipped(const char *stem);

/* Every plugin in a place, by its file's name. */
void plugin_places_consider(const struct plugin_places *places,
                            struct names_nearest *nearest);

/* `plugins (GALE_PLUGIN_PATH), /usr/lib/gale` */
void plugin_places_put(const struct plugin_places *places,
                       struct text_buffer *text);

#endif
