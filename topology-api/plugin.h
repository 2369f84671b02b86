/*
 * plugin.h - shared objects in this process, and their descriptors.
 *
 * A file is read (manifest.h) before it is loaded, loaded once, and never
 * unloaded: threads, handles and descriptors of it may be anywhere. Which file
 * a name means is plugin_find.c's business; whether a descriptor can be run,
 * plugin_check.c's. Any thread may call these.
 */
#ifndef GALE_PLUGIN_H
#define GALE_PLUGIN_H

#include "topology-api/manifest.h"

struct plugin;

/* The plugin of this file; NULL with the error. */
struct plugin *plugin_load(const char *path, gale_err *error);

/* The path by which it was loaded first. */
const char *plugin_path(const struct plugin *plugin);
const struct manifest *plugin_manifest(const struct plugin *plugin);

/* The file that has this code, as it was loaded; NULL: none that gale has.
 * Also in a signal handler. */
const char *plugin_file_at(const void *address);

/*
 * The symbol gale_KIND_ID and how many bytes it has (0: not known); NULL with
 * the error.
 */
const void *plugin_symbol(struct plugin *plugin, enum manifest_kind kind,
                          const char *id, size_t *size, gale_err *error);

#endif
