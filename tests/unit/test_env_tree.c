/* test_env_tree.c - directories: private ones, what is in them, their end. */
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct env_ops *ops;
static struct env *env;
static char root[128], path[512];

static const char *at(const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    env = env_posix();
    ops = env->ops;
    snprintf(root, sizeof(root), "%s/treeXXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(root) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return ops->tree_remove(env, root);
}

static void make_file(const char *name)
{
    FILE *f = fopen(at(name), "w");

    assert_non_null(f);
    fclose(f);
}

static bool exists(const char *name)
{
    struct stat status;

    return lstat(at(name), &status) == 0;
}

static void a_private_one_is_its_owners_alone(void **state)
{
    struct stat status;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ops->directory_private(env, at("p")), 0);
        assert_int_equal(stat(at("p"), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
        assert_int_equal(chmod(at("p"), 0777), 0); /* and is again */
    }
}

static void neither_a_file_nor_a_link_is_a_private_directory(void **state)
{
    (void)state;
    make_file("file");
    assert_int_equal(ops->directory_private(env, at("file")), -1);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(symlink("/tmp", at("link")), 0);
    assert_int_equal(ops->directory_private(env, at("link")), -1);
    assert_true(errno == ENOTDIR || errno == ELOOP);
    assert_int_equal(ops->directory_private(env, at("no/where")), -1);
    assert_int_equal(errno, ENOENT);
}

static void one_of_somebody_else_is_none_of_ours(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skip: only root can give a directory away\n");
        skip();
    }
    assert_int_equal(mkdir(at("other"), 0700), 0);
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(ops->directory_private(env, at("other")), -1);
    assert_int_equal(errno, EPERM);
}

/* -- what another user has a part of --------------------------------------- */

static void expect_mode(const char *name, unsigned mode, unsigned user,
                        unsigned group)
{
    struct stat status;

    assert_int_equal(lstat(at(name), &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
    assert_int_equal(status.st_uid, user);
    assert_int_equal(status.st_gid, group);
}

static void a_directory_is_given_to_a_user_again_and_again(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("skip: only root can give a directory away\n");
        skip();
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ops->directory_give(env, at("g"), 65534, 65534), 0);
        expect_mode("g", 0700, 65534, 65534);
        assert_int_equal(chmod(at("g"), 0777), 0);
    }
    assert_int_equal(ops->directory_give(env, at("g"), 1, 1), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(symlink("/tmp", at("link")), 0);
    assert_int_equal(ops->directory_give(env, at("link"), 1, 1), -1);
    assert_true(errno == ENOTDIR || errno == ELOOP);
}

static void a_group_passes_through_a_directory_and_has_nothing_else(void **s)
{
    gid_t group = geteuid() == 0 ? 65534 : getegid();

    (void)s;
    assert_int_equal(mkdir(at("p"), 0700), 0);
    assert_int_equal(ops->path_share(env, at("p"), group), 0);
    expect_mode("p", 0710, geteuid(), group);
    make_file("file");
    assert_int_equal(chmod(at("file"), 0600), 0);
    assert_int_equal(ops->path_share(env, at("file"), group), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(symlink("p", at("link")), 0);
    assert_int_equal(ops->path_share(env, at("link"), group), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(ops->path_share(env, at("nowhere"), group), -1);
    assert_int_equal(errno, ENOENT);
}

static void a_file_that_is_shown_can_be_read_and_not_written(void **state)
{
    int handle = ops->file_create(env, at("f"));

    (void)state;
    assert_true(handle >= 0);
    expect_mode("f", 0400, geteuid(), getegid());
    assert_int_equal(ops->file_show(env, handle), 0);
    expect_mode("f", 0444, geteuid(), getegid());
    ops->file_close(env, handle);
}

static void what_is_in_one_is_listed_up_to_a_limit(void **state)
{
    char **names;
    uint32_t n;

    (void)state;
    assert_int_equal(mkdir(at("l"), 0700), 0);
    assert_int_equal(ops->directory_list(env, at("l"), 10, &names, &n), 0);
    assert_int_equal(n, 0);
    make_file("l/a");
    make_file("l/.b");
    make_file("l/c");
    for (uint32_t max = 2; max <= 3; max++) {
        assert_int_equal(ops->directory_list(env, at("l"), max, &names, &n), 0);
        assert_int_equal(n, max);
        for (uint32_t i = 0; i < n; i++)
            free(names[i]);
        free(names);
    }
    assert_int_equal(ops->directory_list(env, at("l/x"), 1, &names, &n), -1);
    assert_int_equal(errno, ENOENT);
    assert_null(names);
}

static void all_of_one_goes_and_nothing_behind_a_link(void **state)
{
    (void)state;
    assert_int_equal(mkdir(at("keep"), 0700) | mkdir(at("t"), 0700), 0);
    make_file("keep/me");
    assert_int_equal(mkdir(at("t/a"), 0700) | mkdir(at("t/a/b"), 0700), 0);
    make_file("t/a/b/c");
    assert_int_equal(mkfifo(at("t/fifo"), 0600), 0);
    assert_int_equal(symlink("../keep", at("t/link")), 0);
    assert_int_equal(chmod(at("t/a"), 0000), 0);
    assert_int_equal(ops->tree_remove(env, at("t")), 0);
    assert_false(exists("t"));
    assert_true(exists("keep/me"));
}

static void a_link_itself_and_a_file_can_be_removed(void **state)
{
    (void)state;
    make_file("f");
    assert_int_equal(symlink("f", at("s")), 0);
    assert_int_equal(ops->tree_remove(env, at("s")), 0);
    assert_true(exists("f"));
    assert_int_equal(ops->tree_remove(env, at("f")), 0);
    assert_false(exists("f"));
    assert_int_equal(ops->tree_remove(env, at("f")), 0);
}

static void one_that_is_too_deep_is_an_error(void **state)
{
    char deep[2 * 100 + 1];

    (void)state;
    for (int i = 0; i < 100; i++)
        memcpy(deep + 2 * i, "d/", 3);
    assert_int_equal(ops->directory_make(env, at(deep)), 0);
    assert_int_equal(ops->tree_remove(env, at("d")), -1);
    assert_int_equal(errno, ELOOP);
    deep[2 * 50] = '\0';
    assert_int_equal(ops->tree_remove(env, at(deep)), 0); /* for teardown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_private_one_is_its_owners_alone,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            neither_a_file_nor_a_link_is_a_private_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(one_of_somebody_else_is_none_of_ours,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_directory_is_given_to_a_user_again_and_again, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_group_passes_through_a_directory_and_has_nothing_else, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            a_file_that_is_shown_can_be_read_and_not_written, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_in_one_is_listed_up_to_a_limit,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            all_of_one_goes_and_nothing_behind_a_link, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_itself_and_a_file_can_be_removed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_too_deep_is_an_error, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
