/*
 * test_env_handle.c - files piece by piece: on the real disk, and on that of a
 * simulated world, which must do the same.
 */
#include "common/env.h"
#include "simulator/world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/remove_tree.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/gale-test-XXXXXX";
static struct world *world;

static int setup(void **state)
{
    const struct world_options options = {.seed = 1, .n_cpus = 1};

    (void)state;
    memcpy(strrchr(top, '-') + 1, "XXXXXX", 6);
    world = world_new(&options);
    return mkdtemp(top) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    world_free(world);
    return remove_tree(top);
}

static const char *in_top(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned last;
    char *path = paths[++last % 4];

    snprintf(path, PATH_MAX, "%s/%s", top, name);
    return path;
}

static void make(struct env *env, const char *name, const char *text)
{
    int handle = env->ops->file_create(env, in_top(name));

    assert_true(handle >= 0);
    assert_int_equal(env->ops->file_write(env, handle, text, strlen(text)), 0);
    env->ops->file_close(env, handle);
}

static void expect(struct env *env, const char *name, const char *text)
{
    char found[64] = "";
    uint64_t size;
    int handle = env->ops->file_open(env, in_top(name), false, &size);

    if (handle < 0)
        fail_msg("%s is not there", name);
    assert_int_equal(size, strlen(text));
    assert_int_equal(env->ops->file_read_at(env, handle, 0, found, 63), size);
    assert_string_equal(found, text);
    env->ops->file_close(env, handle);
}

#define assert_fails(call, error)                                              \
    do {                                                                       \
        errno = 0;                                                             \
        assert_int_equal(call, -1);                                            \
        assert_int_equal(errno, error);                                        \
    } while (0)

/* -- both worlds ----------------------------------------------------------- */

static void write_and_read(struct env *env)
{
    const struct env_ops *ops = env->ops;
    int handle = ops->file_create(env, in_top("f"));
    uint64_t size;
    char part[8];

    assert_true(handle >= 0);
    assert_int_equal(ops->file_write(env, handle, "some ", 5), 0);
    assert_int_equal(ops->file_write(env, handle, "", 0), 0);
    assert_int_equal(ops->file_write(env, handle, "words", 5), 0);
    assert_int_equal(ops->file_sync(env, handle), 0);
    ops->file_close(env, handle);
    assert_fails(ops->file_create(env, in_top("f")), EEXIST);
    handle = ops->file_open(env, in_top("f"), false, &size);
    assert_int_equal(size, 10);
    assert_int_equal(ops->file_read_at(env, handle, 5, part, 3), 3);
    assert_memory_equal(part, "wor", 3);
    assert_int_equal(ops->file_read_at(env, handle, 8, part, 8), 2);
    assert_int_equal(ops->file_read_at(env, handle, 10, part, 8), 0);
    assert_int_equal(ops->file_read_at(env, handle, 1u << 30, part, 8), 0);
    ops->file_close(env, handle);
}

static void name_and_forget(struct env *env)
{
    const struct env_ops *ops = env->ops;
    uint64_t size;

    make(env, "a", "first");
    make(env, "b", "second");
    assert_fails(ops->file_link(env, in_top("a"), in_top("b")), EEXIST);
    assert_fails(ops->file_link(env, in_top("none"), in_top("c")), ENOENT);
    assert_int_equal(ops->file_link(env, in_top("a"), in_top("c")), 0);
    assert_int_equal(ops->file_rename(env, in_top("b"), in_top("a")), 0);
    expect(env, "a", "second");
    expect(env, "c", "first");
    assert_fails(ops->file_open(env, in_top("b"), false, &size), ENOENT);
    assert_fails(ops->file_rename(env, in_top("b"), in_top("a")), ENOENT);
    assert_int_equal(ops->file_remove(env, in_top("a")), 0);
    assert_fails(ops->file_open(env, in_top("a"), false, &size), ENOENT);
    assert_int_equal(ops->file_remove(env, in_top("c")), 0);
    assert_fails(ops->file_remove(env, in_top("c")), ENOENT);
}

/* Who has it open reads on. */
static void remove_what_is_open(struct env *env)
{
    char found[6] = "";
    uint64_t size;
    int handle;

    make(env, "open", "still");
    handle = env->ops->file_open(env, in_top("open"), false, &size);
    assert_int_equal(env->ops->file_remove(env, in_top("open")), 0);
    assert_int_equal(env->ops->file_read_at(env, handle, 0, found, 5), 5);
    assert_string_equal(found, "still");
    env->ops->file_close(env, handle);
}

struct listing {
    struct env *env;
    unsigned n;
};

static void list_one(void *arg, const char *name)
{
    struct listing *l = arg;

    if (name[0] != 'l')
        return;
    l->n++;
    assert_int_equal(l->env->ops->file_remove(l->env, in_top(name)), 0);
}

static void list(struct env *env)
{
    struct listing l = {env, 0};

    make(env, "l1", "");
    make(env, "l2", "");
    make(env, ".l3", "");
    assert_int_equal(env->ops->directory_each(env, top, list_one, &l), 0);
    assert_int_equal(l.n, 2);
    assert_int_equal(env->ops->directory_each(env, top, list_one, &l), 0);
    assert_int_equal(l.n, 2);
}

#define IN_BOTH(name, what)                                                    \
    static void name(void **state)                                             \
    {                                                                          \
        (void)state;                                                           \
        what(env_posix());                                                     \
        what(world_env(world));                                                \
    }

IN_BOTH(a_file_is_written_and_read_piece_by_piece, write_and_read)
IN_BOTH(names_are_given_taken_over_and_removed, name_and_forget)
IN_BOTH(a_file_that_is_removed_is_there_for_who_has_it_open,
        remove_what_is_open)
IN_BOTH(names_in_a_directory_are_listed_but_hidden_ones, list)

/* -- the real one ---------------------------------------------------------- */

static void only_regular_files_are_opened(void **state)
{
    struct env *env = env_posix();
    uint64_t size;
    int handle;

    (void)state;
    make(env, "f", "text");
    assert_int_equal(symlink("f", in_top("link")), 0);
    assert_int_equal(mkfifo(in_top("fifo"), 0600), 0);
    assert_fails(env->ops->file_open(env, in_top("link"), false, &size), ELOOP);
    assert_fails(env->ops->file_open(env, in_top("fifo"), true, &size), EINVAL);
    assert_fails(env->ops->file_open(env, top, true, &size), EISDIR);
    handle = env->ops->file_open(env, in_top("link"), true, &size);
    assert_int_equal(size, 4);
    env->ops->file_close(env, handle);
    assert_fails(env->ops->file_create(env, in_top("link")), EEXIST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_written_and_read_piece_by_piece),
        TEST(names_are_given_taken_over_and_removed),
        TEST(a_file_that_is_removed_is_there_for_who_has_it_open),
        TEST(names_in_a_directory_are_listed_but_hidden_ones),
        TEST(only_regular_files_are_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
