/*
 * kit_setup.h - for tests that are written with gale/testing.h, as an author
 * writes them: the plugins of this build are found.
 */
#ifndef KIT_SETUP_H
#define KIT_SETUP_H

#include "tests/support/cmocka_all.h"
#include <gale/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* BUILD/tests/unit/test_x knows BUILD, so that it also runs by hand. */
static inline int kit_setup(void **state)
{
    char path[4096], plugins[9000];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

    (void)state;
    if (size < 0)
        return -1;
    path[size] = '\0';
    for (int up = 0; up < 3; up++)
        *strrchr(path, '/') = '\0';
    snprintf(plugins, sizeof(plugins), "%s/tests/plugins:%s/lib/gale", path,
             path);
    return setenv("GALE_PLUGIN_PATH", plugins, 1);
}

#endif
