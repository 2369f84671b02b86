/*
 * test_world_plugins.c - a topology is built from files that only the disk of a
 * simulated machine has.
 */
#include "simulator/world_plugins.h"
#include "simulator/world_machine.h"
#include "simulator/world_process.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/in_child.h"
#include "tests/support/shipment.h"
#include "topology-api/model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 64 << 20 };

static const struct shipment_topology words = {
    .name = "wordcount", .file = "wordcount", .args = {"/a file"}};

static struct description *description;

struct place {
    size_t torn; /* of split.so there are so many bytes only; 0: all */
    char real[64];
    gale_err error;
};

static char *real(void *arg, const char *path, gale_err *error)
{
    return world_plugin_real(arg, path, error);
}

/* As a supervisor's download puts it there. */
static void copy(struct env *env, const char *name, size_t torn)
{
    char path[128];
    void *data;
    size_t size;

    assert_int_equal(env_posix()->ops->file_read(env_posix(),
                                                 shipment_path(name), FILE_MAX,
                                                 &data, &size),
                     0);
    snprintf(path, sizeof(path), "/worker/%s", name);
    if (torn > 0 && strcmp(name, "split.so") == 0)
        size = torn;
    assert_int_equal(env->ops->file_replace(env, path, data, size), 0);
    free(data);
}

static int build(struct env *env, void *arg)
{
    struct place *p = arg;
    const struct description_files files = {"/worker", real, env};
    gale_builder *b;
    char *path;

    env->ops->directory_make(env, "/worker");
    for (uint32_t i = 0; i < description->n_files; i++)
        copy(env, description->files[i].name, p->torn);
    b = description_build_from(description, &files, &p->error);
    if (b == NULL)
        return 1;
    gale_builder_free(b);
    path = world_plugin_real(env, "/worker/split.so", &p->error);
    snprintf(p->real, sizeof(p->real), "%s", path);
    free(path);
    return 0;
}

static int build_on(struct world *world, struct place *p)
{
    const struct world_process_in in = {
        .name = "worker", .main = build, .arg = p};
    struct world_process *process =
        world_process_start(world_machine_new(world), &in);

    while (world_process_runs(process))
        env_point(world_env(world));
    return world_process_end(process).status;
}

static void a_topology_is_built_from_what_the_machines_disk_has(void)
{
    const struct world_options options = {.seed = 1, .n_cpus = 1};
    struct world *world = world_new(&options);
    struct place one = {.torn = 0}, other = {.torn = 0}, torn = {.torn = 5000};

    assert_int_equal(build_on(world, &torn), 1);
    assert_string_not_equal(torn.error.text, "");
    if (build_on(world, &one) != 0)
        fail_msg("%s", one.error.text);
    assert_int_equal(build_on(world, &other), 0);
    assert_string_equal(one.real, other.real); /* loaded once */
}

static void a_file_that_the_disk_has_not_is_named(void)
{
    const struct world_options options = {.seed = 1, .n_cpus = 1};
    struct world *world = world_new(&options);
    gale_err error;

    assert_null(world_plugin_real(world_env(world), "/worker/x.so", &error));
    assert_non_null(strstr(error.text, "/worker/x.so: cannot be read"));
    world_free(world);
}

static void in_a_child(void **state)
{
    gale_builder *b = shipment_build(&words);

    (void)state;
    shipment_ship(b);
    gale_builder_free(b);
    description = shipment_read();
    assert_non_null(description);
    in_child(a_topology_is_built_from_what_the_machines_disk_has);
    in_child(a_file_that_the_disk_has_not_is_named);
    description_free(description);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"a topology is built from what the machine's disk has", in_a_child,
         shipment_setup, shipment_teardown, NULL},
    };

    shipment_find_plugins();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
