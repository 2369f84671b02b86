/* shipment.c - a topology that is built here, and shipped; see shipment.h. */
#include "tests/support/shipment.h"
#include "tests/support/remove_tree.h"
#include "cli/submission_files.h"
#include "common/env.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/builder.h"

#include <limits.h>

#define DESCRIPTION "description"

/* -- the directory --------------------------------------------------------- */

static char directory[] = "/tmp/gale-test-XXXXXX";

int shipment_setup(void **state)
{
    (void)state;
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
    return mkdtemp(directory) == NULL;
}

int shipment_teardown(void **state)
{
    (void)state;
    return remove_tree(directory);
}

void shipment_take_directory(const char *path)
{
    snprintf(directory, sizeof(directory), "%s", path);
}

const char *shipment_directory(void)
{
    return directory;
}

const char *shipment_path(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void write_file(const char *name, const void *data, size_t size)
{
    struct env *env = env_posix();

    assert_int_equal(
        env->ops->file_replace(env, shipment_path(name), data, size), 0);
}

void shipment_write(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

void shipment_copy(const char *from, const char *name)
{
    struct env *env = env_posix();
    void *data;
    size_t size;

    assert_int_equal(env->ops->file_read(env, from, 1u << 30, &data, &size), 0);
    write_file(name, data, size);
    free(data);
}

/* -- plugins --------------------------------------------------------------- */

const char *shipment_build_directory(void)
{
    const char *build = getenv("GALE_BUILD");

    return build == NULL ? "build/release" : build;
}

void shipment_find_plugins(void)
{
    static char path[2 * PATH_MAX];

    snprintf(path, sizeof(path), "%s:%s/lib/gale", plugin_files_directory(),
             shipment_build_directory());
    setenv("GALE_PLUGIN_PATH", path, 1);
}

/* -- the topology ---------------------------------------------------------- */

static void configure(gale_builder *b, const struct shipment_topology *t)
{
    gale_err error = {""};

    if (t->config != NULL) {
        shipment_write("gale.yaml", t->config);
        assert_ok(gale_builder_config_file(b, shipment_path("gale.yaml"), NULL,
                                           NULL, &error),
                  error);
    }
    for (int i = 0; i < SHIPMENT_ARGS_MAX && t->overrides[i] != NULL; i++)
        assert_ok(gale_builder_override(b, t->overrides[i], NULL, NULL, &error),
                  error);
}

gale_builder *shipment_build(const struct shipment_topology *t)
{
    gale_builder *b = gale_builder_new();
    gale_err error = {""};
    int argc = 0;

    configure(b, t);
    while (argc < SHIPMENT_ARGS_MAX && t->args[argc] != NULL)
        argc++;
    if (t->file != NULL)
        assert_ok(gale_builder_load(b, t->file, argc, (char **)t->args, &error),
                  error);
    if (t->make != NULL)
        t->make(b);
    assert_ok(gale_builder_check(b, &error), error);
    return b;
}

void shipment_ship(gale_builder *b)
{
    const struct model *m = model_of(b, NULL);
    struct submission_files files;
    gale_err error = {""};
    struct pack p;

    assert_ok(submission_files_collect(&files, m, NULL, 0, &error), error);
    for (uint32_t i = 0; i < files.n; i++)
        shipment_copy(files.paths[i], files.files[i].name);
    pack_init(&p);
    assert_ok(description_pack(m, files.files, files.n, &p, &error), error);
    write_file(DESCRIPTION, p.buffer.data, p.buffer.size);
    pack_free(&p);
    submission_files_free(&files);
}

void *shipment_bytes(size_t *size)
{
    struct env *env = env_posix();
    void *data;

    if (env->ops->file_read(env, shipment_path(DESCRIPTION), 1u << 20, &data,
                            size) != 0)
        abort();
    return data;
}

struct description *shipment_read(void)
{
    struct description *d;
    gale_err error = {""};
    size_t size;
    void *data = shipment_bytes(&size);

    d = description_read(data, size, &error);
    free(data);
    if (d == NULL)
        printf("%s\n", error.text);
    return d;
}
