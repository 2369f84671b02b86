/*
 * test_env_disk.c - what env.h promises of files and directories: the same
 * cases on the real disk and on that of a machine of a simulated world.
 */
#include "common/env.h"
#include "simulator/world_machine.h"
#include "simulator/world_process.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/in_child.h"
#include "tests/support/remove_tree.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char top[PATH_MAX - 512]; /* where each case begins: it is empty */

static const char *at(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned last;
    char *path = paths[++last % 4];

    snprintf(path, PATH_MAX, "%s/%s", top, name);
    return path;
}

#define assert_fails(call, error)                                              \
    do {                                                                       \
        errno = 0;                                                             \
        assert_int_equal(call, -1);                                            \
        assert_int_equal(errno, error);                                        \
    } while (0)

static void put(struct env *env, const char *name, const char *text)
{
    assert_int_equal(env->ops->file_replace(env, at(name), text, strlen(text)),
                     0);
}

static void expect(struct env *env, const char *name, const char *text)
{
    void *data;
    size_t size;

    if (env->ops->file_read(env, at(name), 1000, &data, &size) != 0)
        fail_msg("%s is not there", name);
    assert_string_equal(data, text);
    free(data);
}

static bool is_there(struct env *env, const char *name)
{
    return env->ops->file_written(env, at(name)) >= 0;
}

static void make(struct env *env, const char *name)
{
    assert_int_equal(env->ops->directory_make(env, at(name)), 0);
}

/* -- directories ----------------------------------------------------------- */

static void directories_have_parents_and_nothing_is_where_none_is(
    struct env *env)
{
    const struct env_ops *ops = env->ops;
    char **names;
    uint32_t n;

    make(env, "a/b/c");
    make(env, "a/b");
    put(env, "a/b/c/f", "text");
    assert_fails(ops->directory_make(env, at("a/b/c/f")), ENOTDIR);
    assert_fails(ops->directory_make(env, at("a/b/c/f/g")), ENOTDIR);
    assert_fails(ops->file_create(env, at("x/f")), ENOENT);
    assert_fails(ops->file_create(env, at("a/b/c/f/g")), ENOTDIR);
    assert_fails(ops->file_replace(env, at("x/f"), "", 0), ENOENT);
    assert_fails(ops->file_append(env, at("x/f"), "\n", 1, 10), ENOENT);
    assert_fails(ops->file_lock(env, at("x/f")), ENOENT);
    assert_fails(ops->file_link(env, at("a/b/c/f"), at("x/f")), ENOENT);
    assert_fails(ops->file_rename(env, at("a/b/c/f"), at("x/f")), ENOENT);
    assert_fails(ops->directory_private(env, at("x/p")), ENOENT);
    assert_fails(ops->directory_list(env, at("x"), 1, &names, &n), ENOENT);
    assert_null(names);
    assert_fails(ops->directory_clean(env, at("x"), "f"), ENOENT);
    assert_false(is_there(env, "x"));
}

static void a_private_one_is_made_once_and_is_no_file(struct env *env)
{
    put(env, "f", "");
    assert_int_equal(env->ops->directory_private(env, at("p")), 0);
    assert_int_equal(env->ops->directory_private(env, at("p")), 0);
    assert_fails(env->ops->directory_private(env, at("f")), ENOTDIR);
}

static void one_that_is_given_away_is_not_ours(struct env *env)
{
    if (geteuid() != 0)
        return; /* nobody else can give one away */
    assert_int_equal(env->ops->directory_give(env, at("g"), 65534, 65534), 0);
    assert_int_equal(env->ops->directory_give(env, at("g"), 65534, 65534), 0);
    assert_fails(env->ops->directory_give(env, at("g"), 1, 1), EPERM);
    assert_fails(env->ops->directory_private(env, at("g")), EPERM);
    assert_fails(env->ops->path_share(env, at("g"), 1), EPERM);
}

static void directories_are_shared_and_files_are_not(struct env *env)
{
    make(env, "d");
    put(env, "f", "");
    assert_int_equal(env->ops->path_share(env, at("d"), getegid()), 0);
    assert_fails(env->ops->path_share(env, at("f"), getegid()), EINVAL);
    assert_fails(env->ops->path_share(env, at("x"), getegid()), ENOENT);
}

static void count(void *arg, const char *name)
{
    assert_true(name[0] == 'a');
    ++*(uint32_t *)arg;
}

static void names_are_listed_up_to_a_limit_and_visible_ones_told(
    struct env *env)
{
    char **names;
    uint32_t n;

    make(env, "l/a1");
    put(env, "l/a2", "");
    put(env, "l/.b", "");
    for (uint32_t max = 0; max <= 4; max++) {
        assert_int_equal(
            env->ops->directory_list(env, at("l"), max, &names, &n), 0);
        assert_int_equal(n, max < 3 ? max : 3);
        for (uint32_t i = 0; i < n; i++)
            free(names[i]);
        free(names);
    }
    n = 0;
    assert_int_equal(env->ops->directory_each(env, at("l"), count, &n), 0);
    assert_int_equal(n, 2);
    assert_fails(env->ops->directory_each(env, at("l/a2"), count, &n), ENOTDIR);
    assert_fails(env->ops->directory_list(env, at("l/a2"), 1, &names, &n),
                 ENOTDIR);
}

static void a_tree_is_removed_with_all_that_is_in_it(struct env *env)
{
    char deep[2 * 100 + 1];

    make(env, "t/a/b");
    put(env, "t/a/b/c", "");
    put(env, "t/a/.d", "");
    put(env, "keep", "me");
    assert_int_equal(env->ops->tree_remove(env, at("t")), 0);
    assert_int_equal(env->ops->tree_remove(env, at("t")), 0);
    assert_int_equal(env->ops->tree_remove(env, at("t/a")), 0);
    assert_false(is_there(env, "t"));
    expect(env, "keep", "me");
    assert_int_equal(env->ops->tree_remove(env, at("keep")), 0);
    assert_false(is_there(env, "keep"));
    for (int i = 0; i < 100; i++)
        memcpy(deep + 2 * i, "d/", 3);
    make(env, deep);
    assert_fails(env->ops->tree_remove(env, at("d")), ELOOP);
    deep[2 * 50] = '\0';
    assert_int_equal(env->ops->tree_remove(env, at(deep)), 0);
}

/* -- files ----------------------------------------------------------------- */

static void reading_says_what_is_there(struct env *env)
{
    const struct env_ops *ops = env->ops;
    uint64_t length;
    size_t size;
    void *data;

    make(env, "d");
    put(env, "f", "text");
    expect(env, "f", "text");
    assert_fails(ops->file_read(env, at("f"), 3, &data, &size), EFBIG);
    assert_fails(ops->file_read(env, at("x"), 3, &data, &size), ENOENT);
    assert_fails(ops->file_read(env, at("d"), 3, &data, &size), EISDIR);
    assert_int_equal(ops->file_read_regular(env, at("f"), 4, &data, &size), 0);
    assert_int_equal(size, 4);
    free(data);
    assert_fails(ops->file_read_regular(env, at("d"), 3, &data, &size), EINVAL);
    assert_fails(ops->file_read_regular(env, at("x"), 3, &data, &size), ENOENT);
    assert_fails(ops->file_open(env, at("d"), true, &length), EISDIR);
    assert_fails(ops->file_replace(env, at("d"), "", 0), EISDIR);
}

static void it_is_known_when_a_file_was_written(struct env *env)
{
    int64_t before;

    put(env, "f", "one");
    before = env->ops->file_written(env, at("f"));
    assert_true(before > INT64_C(1000000000000));
    assert_true(before <= env->ops->wall_us(env));
    put(env, "f", "two");
    assert_true(env->ops->file_written(env, at("f")) >= before);
    assert_fails((int)env->ops->file_written(env, at("x")), ENOENT);
}

static void whole_lines_are_appended_up_to_a_limit(struct env *env)
{
    const struct env_ops *ops = env->ops;

    assert_int_equal(ops->file_append(env, at("l"), "one\n", 4, 10), 0);
    assert_int_equal(ops->file_append(env, at("l"), "two\n", 4, 10), 0);
    assert_fails(ops->file_append(env, at("l"), "six\n", 4, 11), EOVERFLOW);
    expect(env, "l", "one\ntwo\n");
    put(env, "h", "one\nha");
    assert_int_equal(ops->file_append(env, at("h"), "two\n", 4, 8), 0);
    expect(env, "h", "one\ntwo\n");
    put(env, "h", "half");
    assert_int_equal(ops->file_append(env, at("h"), "two\n", 4, 4), 0);
    expect(env, "h", "two\n");
}

static void one_at_a_time_has_a_lock(struct env *env)
{
    int handle = env->ops->file_lock(env, at("l"));

    assert_true(handle >= 0);
    assert_true(is_there(env, "l"));
    assert_fails(env->ops->file_lock(env, at("l")), EWOULDBLOCK);
    env->ops->file_unlock(env, handle);
    handle = env->ops->file_lock(env, at("l"));
    assert_true(handle >= 0);
    env->ops->file_unlock(env, handle);
}

static void names_change_and_what_they_stand_for_does_not(struct env *env)
{
    const struct env_ops *ops = env->ops;

    make(env, "d/e");
    put(env, "d/e/f", "text");
    make(env, "empty");
    put(env, "g", "more");
    assert_int_equal(ops->file_rename(env, at("d"), at("empty")), 0);
    expect(env, "empty/e/f", "text");
    assert_false(is_there(env, "d"));
    make(env, "d");
    assert_fails(ops->file_rename(env, at("d"), at("empty")), ENOTEMPTY);
    assert_fails(ops->file_rename(env, at("g"), at("d")), EISDIR);
    assert_fails(ops->file_rename(env, at("d"), at("g")), ENOTDIR);
    assert_int_equal(ops->file_rename(env, at("g"), at("g")), 0);
    assert_int_equal(ops->file_rename(env, at("g"), at("empty/e/f")), 0);
    expect(env, "empty/e/f", "more");
    assert_fails(ops->file_remove(env, at("d")), EISDIR);
}

static void two_names_stand_for_one_file(struct env *env)
{
    const struct env_ops *ops = env->ops;
    int handle = ops->file_create(env, at("f"));

    assert_int_equal(ops->file_write(env, handle, "one", 3), 0);
    assert_int_equal(ops->file_link(env, at("f"), at("g")), 0);
    assert_int_equal(ops->file_write(env, handle, " two", 4), 0);
    assert_int_equal(ops->file_show(env, handle), 0);
    ops->file_close(env, handle);
    expect(env, "g", "one two");
    assert_int_equal(ops->file_remove(env, at("f")), 0);
    expect(env, "g", "one two");
    make(env, "d");
    assert_fails(ops->file_link(env, at("d"), at("e")), EPERM);
    assert_fails(ops->file_link(env, at("g"), at("d")), EEXIST);
}

static void what_was_left_by_a_replacement_is_cleaned_away(struct env *env)
{
    put(env, "a.yaml.Ab01cd", "");
    put(env, "a.yaml", "");
    put(env, "a.text.Ab01cd", "");
    put(env, "a.yaml.Ab01c", "");
    assert_int_equal(env->ops->directory_clean(env, top, ".yaml"), 1);
    assert_false(is_there(env, "a.yaml.Ab01cd"));
    assert_true(is_there(env, "a.yaml"));
    assert_true(is_there(env, "a.text.Ab01cd"));
    assert_int_equal(env->ops->directory_clean(env, top, ".yaml"), 0);
}

/* -- both worlds ----------------------------------------------------------- */

static void on_the_real_disk(void (*act)(struct env *env))
{
    const char *tmp = getenv("TMPDIR");

    snprintf(top, sizeof(top), "%s/gale-disk-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(top));
    act(env_posix());
    remove_tree(top);
}

struct act {
    void (*act)(struct env *env);
};

static int be_process(struct env *env, void *arg)
{
    const struct act *a = arg;

    assert_int_equal(env->ops->directory_make(env, top), 0);
    a->act(env);
    return 7;
}

static void on_a_simulated_disk(void (*act)(struct env *env))
{
    const struct world_options options = {.seed = 1, .n_cpus = 1};
    struct world *world = world_new(&options);
    struct act a = {act};
    const struct world_process_in in = {
        .name = "one", .main = be_process, .arg = &a};
    struct world_process *p;

    snprintf(top, sizeof(top), "/a/top");
    p = world_process_start(world_machine_new(world), &in);
    while (world_process_runs(p))
        env_point(world_env(world));
    assert_int_equal(world_process_end(p).status, 7);
    world_free(world);
}

#define IN_BOTH(X)                                                             \
    X(directories_have_parents_and_nothing_is_where_none_is)                   \
    X(a_private_one_is_made_once_and_is_no_file)                               \
    X(one_that_is_given_away_is_not_ours)                                      \
    X(directories_are_shared_and_files_are_not)                                \
    X(names_are_listed_up_to_a_limit_and_visible_ones_told)                    \
    X(a_tree_is_removed_with_all_that_is_in_it)                                \
    X(reading_says_what_is_there)                                              \
    X(it_is_known_when_a_file_was_written)                                     \
    X(whole_lines_are_appended_up_to_a_limit)                                  \
    X(one_at_a_time_has_a_lock)                                                \
    X(names_change_and_what_they_stand_for_does_not)                           \
    X(two_names_stand_for_one_file)                                            \
    X(what_was_left_by_a_replacement_is_cleaned_away)

#define DEFINE(name)                                                           \
    static void real_##name(void)                                              \
    {                                                                          \
        on_the_real_disk(name);                                                \
    }                                                                          \
    static void simulated_##name(void)                                         \
    {                                                                          \
        on_a_simulated_disk(name);                                             \
    }

IN_BOTH(DEFINE)

int main(void)
{
#define TEST(name) in_child_test(real_##name), in_child_test(simulated_##name),
    const struct CMUnitTest tests[] = {IN_BOTH(TEST)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
