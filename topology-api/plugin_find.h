/*
 * plugin_find.h - which descriptor of which file a name means.
 *
 *   NAME        the descriptor NAME of the topology's own file; else NAME.so,
 *               searched for in the directories of GALE_PLUGIN_PATH (colons
 *               between, empty ones skipped), then beside gale: ../lib/gale as
 *               seen from the program, gale/ beside libgale.so
 *   FILE.so     this path; without a '/' and if there is no such file here,
 *               searched for as above
 *   …:ID        the descriptor ID of that file
 *
 * Without ID it is the descriptor that is named as the file (not so for
 * topologies), else the only one of its kind.
 */
#ifndef GALE_PLUGIN_FIND_H
#define GALE_PLUGIN_FIND_H

#include "topology-api/plugin.h"

struct plugin_found {
    struct plugin *plugin;
    const char *id; /* lives as long as the process */
};

/* own: the topology's file, or NULL. 0, or -1 with what was searched, and the
 * nearest known name. */
int plugin_find(struct plugin *own, enum manifest_kind kind, const char *name,
                struct plugin_found *found, gale_err *error);

/* The same for a topology that is written in a file, which may be NULL: its
 * directory is searched as that of the topology's own file is. */
int plugin_find_beside(const char *file, enum manifest_kind kind,
                       const char *name, struct plugin_found *found,
                       gale_err *error);

/*
 * The file alone, whatever it holds; *id is what stands behind the ':', or
 * NULL, and points into name. NULL with the error.
 */
struct plugin *plugin_find_file(const char *name, const char **id,
                                gale_err *error);

#endif
