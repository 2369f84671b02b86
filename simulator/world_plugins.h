/*
 * world_plugins.h - how a simulated worker loads the plugins that are on the
 * disk of its machine.
 *
 * The system's loader opens files of the system. So what the machine's disk has
 * under a path is read there, whole or torn, and put into a sealed file in
 * memory, one for each content; it is never closed, since code is never
 * unloaded. All workers of a run share that code, and what it keeps in globals.
 */
#ifndef GALE_WORLD_PLUGINS_H
#define GALE_WORLD_PLUGINS_H

#include "common/env.h"
#include <gale/local.h>

/* A path of the system, to be freed; NULL with the error. */
char *world_plugin_real(struct env *env, const char *path, gale_err *error);

#endif
