/*
 * flux_files.h - what tests of topologies in YAML share: files in a directory
 * of their own, builders that find the plugins of tests/plugins/bad/parts.c.
 */
#ifndef FLUX_FILES_H
#define FLUX_FILES_H

#include "common/config.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "topology-api/plugin.h"

static struct plugin *flux_files_parts;

/* Tests run in an empty directory. */
static inline int flux_files_here(void **state)
{
    static char directory[] = "/tmp/flux.XXXXXX";
    const char *tmp = getenv("TMPDIR");

    (void)state;
    config_register();
    flux_files_parts = plugin_load(plugin_files_path("parts.so"), NULL);
    assert_non_null(flux_files_parts);
    if (tmp == NULL)
        tmp = mkdtemp(directory);
    return chdir(tmp);
}

static inline void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A builder that finds the parts as its own file's. */
static inline gale_builder *builder_new(void)
{
    gale_builder *b = gale_builder_new();

    builder_of(b)->own = flux_files_parts;
    return b;
}

#endif
