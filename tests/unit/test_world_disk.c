/*
 * test_world_disk.c - disks of a simulated world: what survives a loss of
 * power, and one that is full.
 */
#include "simulator/world_machine.h"
#include "simulator/world_process.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/in_child.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS = 200, MANY = 1000 };

static const char text[] = "all of these words";

static struct world *world;
static struct world_machine *machine;

static void begin(uint64_t seed)
{
    const struct world_options options = {.seed = seed, .n_cpus = 1};

    world = world_new(&options);
    machine = world_machine_new(world);
}

/* One after the other; the status of what it did. */
static int run(int (*fn)(struct env *env, void *arg))
{
    const struct world_process_in in = {.name = "one", .main = fn};
    struct env *env = world_env(world);
    struct world_process *p = world_process_start(machine, &in);

    while (world_process_runs(p))
        env_point(env);
    assert_int_equal(world_process_end(p).signal, 0);
    return world_process_end(p).status;
}

/* As it is on the machine's disk; NULL: it is not there. */
static const char *file(const char *path)
{
    size_t size;

    return world_machine_file(machine, path, &size);
}

/* Whether it is there, and if so, it is some first part of the text. */
static bool is_a_part(const char *path, size_t at_least)
{
    const char *found = file(path);

    if (found == NULL)
        return false;
    assert_true(strlen(found) >= at_least);
    assert_memory_equal(found, text, strlen(found));
    return true;
}

/* -- what survives --------------------------------------------------------- */

static int write_half_safely(struct env *env, void *arg)
{
    int handle = env->ops->file_create(env, "/f");

    (void)arg;
    env->ops->file_write(env, handle, text, 9);
    env->ops->file_sync(env, handle);
    env->ops->file_write(env, handle, text + 9, strlen(text) - 9);
    env->ops->file_close(env, handle);
    return env->ops->file_rename(env, "/f", "/g");
}

static void what_was_synced_is_there_and_some_of_the_rest(void)
{
    int whole = 0, torn = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        assert_int_equal(run(write_half_safely), 0);
        assert_string_equal(file("/g"), text);
        world_machine_lose_power(machine);
        assert_true(is_a_part("/g", 9));
        whole += strcmp(file("/g"), text) == 0;
        torn += strlen(file("/g")) < strlen(text);
        world_free(world);
    }
    assert_true(whole > 0 && torn > SEEDS / 2);
}

static int make_without_a_sync(struct env *env, void *arg)
{
    int handle = env->ops->file_create(env, "/f");

    (void)arg;
    env->ops->file_write(env, handle, text, strlen(text));
    env->ops->file_sync(env, handle);
    env->ops->file_close(env, handle);
    return env->ops->file_link(env, "/f", "/g");
}

static void a_name_that_was_not_synced_may_be_gone_and_the_later_one_first(void)
{
    int none = 0, first = 0, both = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        assert_int_equal(run(make_without_a_sync), 0);
        world_machine_lose_power(machine);
        none += file("/f") == NULL && file("/g") == NULL;
        first += file("/f") != NULL && file("/g") == NULL;
        both += file("/f") != NULL && file("/g") != NULL;
        world_free(world);
    }
    assert_true(none > 0 && first > 0 && both > 0);
    assert_int_equal(none + first + both, SEEDS);
}

static int replace_twice_and_append(struct env *env, void *arg)
{
    (void)arg;
    return env->ops->directory_make(env, "/a/b") |
           env->ops->file_replace(env, "/a/b/f", "old", 3) |
           env->ops->file_replace(env, "/a/b/f", text, strlen(text)) |
           env->ops->file_append(env, "/a/b/lines", "one\n", 4, 100) |
           env->ops->file_append(env, "/a/b/lines", "two\n", 4, 100);
}

static void what_is_durable_by_contract_survives(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        assert_int_equal(run(replace_twice_and_append), 0);
        world_machine_lose_power(machine);
        assert_string_equal(file("/a/b/f"), text);
        assert_string_equal(file("/a/b/lines"), "one\ntwo\n");
        world_free(world);
    }
}

static int remove_and_make_anew(struct env *env, void *arg)
{
    (void)arg;
    return env->ops->tree_remove(env, "/a") |
           env->ops->directory_make(env, "/a/b") |
           env->ops->file_replace(env, "/a/b/f", "new", 3);
}

static void a_directory_that_took_the_place_of_another_is_that_one(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        assert_int_equal(run(replace_twice_and_append), 0);
        assert_int_equal(run(remove_and_make_anew), 0);
        world_machine_lose_power(machine);
        assert_string_equal(file("/a/b/f"), "new");
        assert_null(file("/a/b/lines"));
        world_free(world);
    }
}

static int remove_all(struct env *env, void *arg)
{
    (void)arg;
    return env->ops->tree_remove(env, "/a");
}

static void what_was_removed_may_be_there_again_and_whole(void)
{
    int there = 0, gone = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        assert_int_equal(run(replace_twice_and_append), 0);
        assert_int_equal(run(remove_all), 0);
        assert_null(file("/a/b/f"));
        world_machine_lose_power(machine);
        there += file("/a/b/f") != NULL;
        gone += file("/a/b/f") == NULL;
        if (file("/a/b/f") != NULL)
            assert_string_equal(file("/a/b/f"), text);
        world_free(world);
    }
    assert_true(there > 0 && gone > 0);
}

static int make_safely(struct env *env, void *arg)
{
    (void)arg;
    return env->ops->directory_make(env, "/a") |
           env->ops->file_replace(env, "/f", text, strlen(text));
}

static int rename_it(struct env *env, void *arg)
{
    (void)arg;
    return env->ops->file_rename(env, "/f", "/a/g");
}

/* The process ends at that point, and the machine with it; whether it came to
 * its end before. */
static bool lose_power_at(uint64_t point, int (*fn)(struct env *env, void *arg))
{
    const struct world_process_in in = {.name = "one", .main = fn};
    struct world_process *p = world_process_start(machine, &in);

    world_process_crash_after(p, point);
    while (world_process_runs(p))
        env_point(world_env(world));
    world_machine_lose_power(machine);
    return world_process_end(p).signal == 0;
}

static void a_file_that_is_renamed_has_one_of_its_names(void)
{
    int old = 0, new = 0;
    bool whole = false;

    for (uint64_t point = 1; !whole; point++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            begin(seed);
            assert_int_equal(run(make_safely), 0);
            whole = lose_power_at(point, rename_it);
            old += is_a_part("/f", strlen(text));
            new += is_a_part("/a/g", strlen(text));
            assert_int_equal(file("/f") != NULL, file("/a/g") == NULL);
            world_free(world);
        }
    assert_true(old > 0 && new > 0);
}

/* A crash alone loses nothing. */
static int write_and_stay(struct env *env, void *arg)
{
    int handle = env->ops->file_create(env, "/f");

    (void)arg;
    env->ops->file_write(env, handle, text, strlen(text));
    return 0; /* not closed, not synced */
}

static void a_process_that_ends_loses_nothing_that_was_written(void)
{
    begin(1);
    assert_int_equal(run(write_and_stay), 0);
    assert_string_equal(file("/f"), text);
}

static int read_boot(struct env *env, void *arg)
{
    char boot[ENV_BOOT_MAX + 1];

    (void)arg;
    assert_int_equal(env->ops->processes->boot(env, boot), 0);
    return boot[strlen(boot) - 1];
}

static int stay(struct env *env, void *arg)
{
    (void)arg;
    for (;;)
        env_point(env);
    return 0;
}

static void all_that_runs_on_a_machine_ends_with_its_power(void)
{
    const struct world_process_in in = {.name = "stays", .main = stay};
    struct world_process *here, *there;
    int before;

    begin(1);
    before = run(read_boot);
    here = world_process_start(machine, &in);
    there = world_process_start(world_machine_new(world), &in);
    world_machine_lose_power(machine);
    assert_false(world_process_runs(here));
    assert_true(world_process_runs(there));
    assert_int_not_equal(run(read_boot), before);
}

/* -- full ------------------------------------------------------------------ */

static int replace_on_a_full_disk(struct env *env, void *arg)
{
    (void)arg;
    if (env->ops->file_replace(env, "/f", text, strlen(text)) == 0)
        return 0;
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(env->ops->file_append(env, "/lines", "two\n", 4, 100), -1);
    assert_int_equal(errno, ENOSPC);
    return 1;
}

static int replace_and_append(struct env *env, void *arg)
{
    (void)arg;
    return env->ops->file_replace(env, "/f", "old", 3) |
           env->ops->file_append(env, "/lines", "one\n", 4, 100);
}

static void count(void *arg, const char *name)
{
    (void)name;
    ++*(int *)arg;
}

static void a_full_disk_leaves_the_old_file_and_whole_lines(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        int names = 0;

        begin(seed);
        assert_int_equal(run(replace_and_append), 0);
        world_machine_fill(machine, 0, INT64_MAX);
        assert_int_equal(run(replace_on_a_full_disk), 1);
        assert_string_equal(file("/f"), "old");
        assert_string_equal(file("/lines"), "one\n");
        assert_int_equal(world_machine_each(machine, "/", count, &names), 0);
        assert_int_equal(names, 2);
        world_machine_fill(machine, 0, world_now(world));
        assert_int_equal(run(replace_on_a_full_disk), 0);
        assert_string_equal(file("/f"), text);
        world_free(world);
    }
}

/* Every second one is gone, and every third stands for what another one was. */
static int make_many(struct env *env, void *arg)
{
    char path[32], other[32];

    (void)arg;
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "/%d", i);
        assert_int_equal(env->ops->file_replace(env, path, path, strlen(path)),
                         0);
    }
    for (int i = 0; i + 1 < MANY; i += 2) {
        snprintf(path, sizeof(path), "/%d", i);
        snprintf(other, sizeof(other), "/%d", i + 1);
        if (i % 3 == 0)
            assert_int_equal(env->ops->file_rename(env, path, other), 0);
        else
            assert_int_equal(env->ops->file_remove(env, path), 0);
    }
    return 0;
}

static void a_directory_of_many_names_knows_each(void)
{
    char path[32], was[32];
    int names = 0;

    begin(1);
    assert_int_equal(run(make_many), 0);
    for (int i = 0; i + 1 < MANY; i += 2) {
        snprintf(path, sizeof(path), "/%d", i);
        assert_null(file(path));
        snprintf(was, sizeof(was), "/%d", i % 3 == 0 ? i : i + 1);
        snprintf(path, sizeof(path), "/%d", i + 1);
        assert_string_equal(file(path), was);
    }
    assert_int_equal(world_machine_each(machine, "/", count, &names), 0);
    assert_int_equal(names, MANY / 2);
    world_free(world);
}

int main(void)
{
#define TEST(name) in_child_test(name)
    const struct CMUnitTest tests[] = {
        TEST(what_was_synced_is_there_and_some_of_the_rest),
        TEST(a_name_that_was_not_synced_may_be_gone_and_the_later_one_first),
        TEST(what_is_durable_by_contract_survives),
        TEST(a_directory_that_took_the_place_of_another_is_that_one),
        TEST(what_was_removed_may_be_there_again_and_whole),
        TEST(a_file_that_is_renamed_has_one_of_its_names),
        TEST(a_process_that_ends_loses_nothing_that_was_written),
        TEST(all_that_runs_on_a_machine_ends_with_its_power),
        TEST(a_full_disk_leaves_the_old_file_and_whole_lines),
        TEST(a_directory_of_many_names_knows_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
