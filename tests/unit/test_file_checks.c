/*
 * test_file_checks.c - files of a store on a real disk, looked at in a real
 * loop: which are found to be damaged, and when they are looked at again.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/remove_tree.h"
#include "nimbus/file_checks.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define FILES 5u
#define FILE_BYTES (STORE_CHUNK_MAX + 7u) /* in two parts */

static char top[] = "/tmp/gale-checks-XXXXXX";
static struct loop *loop;
static struct store *store;
static struct file_checks *checks;
static struct log *quiet;
static FILE *devnull;
static struct digest files[FILES];
static uint32_t n_lost[FILES];

static void lost(void *arg, const struct digest *hash)
{
    (void)arg;
    for (uint32_t i = 0; i < FILES; i++)
        n_lost[i] += digest_equal(&files[i], hash);
    loop_end(loop);
}

static void put(uint32_t i)
{
    char *data = malloc(FILE_BYTES);

    memset(data, 'a' + (int)i, FILE_BYTES);
    assert_int_equal(store_put(store, data, FILE_BYTES, &files[i], NULL), 0);
    free(data);
}

static int setup(void **state)
{
    struct file_checks_options options = {.lost = lost};

    (void)state;
    memcpy(strrchr(top, '-') + 1, "XXXXXX", 6);
    if (mkdtemp(top) == NULL)
        return -1;
    devnull = fopen("/dev/null", "w");
    quiet = log_new(env_posix(), devnull, "nimbus");
    loop = loop_new(env_posix());
    store = store_open(env_posix(), top, NULL);
    options.loop = loop;
    options.log = quiet;
    options.store = store;
    checks = file_checks_new(&options);
    memset(n_lost, 0, sizeof(n_lost));
    for (uint32_t i = 0; i < FILES; i++)
        put(i);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    file_checks_free(checks);
    store_close(store);
    loop_free(loop);
    log_free(quiet);
    fclose(devnull);
    return remove_tree(top);
}

static void cut(uint32_t i)
{
    char *path = store_path(store, &files[i]);

    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, FILE_BYTES / 2), 0);
    free(path);
}

static void add(uint32_t i)
{
    file_checks_add(checks, &files[i]);
}

/* The loop runs until somebody is lost: false if nobody is. */
static bool somebody_is_lost(int64_t ms)
{
    return loop_run_for(loop, ms * MS);
}

static void expect_lost(uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < FILES; i++)
        assert_int_equal(n_lost[i], i == a || i == b);
}

static void of_all_files_those_that_are_damaged_are_found(void **state)
{
    (void)state;
    cut(1);
    cut(4);
    for (uint32_t i = 0; i < FILES; i++)
        add(i);
    assert_true(somebody_is_lost(20000));
    assert_true(somebody_is_lost(20000));
    assert_false(somebody_is_lost(50));
    expect_lost(1, 4);
    for (uint32_t i = 0; i < FILES; i++)
        assert_int_equal(store_has(store, &files[i], NULL), i != 1 && i != 4);
}

static void what_somebody_has_removed_is_lost_too(void **state)
{
    (void)state;
    store_remove(store, &files[2]);
    add(2);
    assert_true(somebody_is_lost(20000));
    expect_lost(2, 2);
}

static void a_file_that_was_seen_to_be_sound_is_looked_at_again_when_asked_for(
    void **state)
{
    (void)state;
    add(3);
    assert_false(somebody_is_lost(50));
    cut(3);
    assert_false(somebody_is_lost(50)); /* nobody asks */
    add(3);
    assert_true(somebody_is_lost(20000));
    expect_lost(3, 3);
}

static void what_was_forgotten_is_not_looked_at(void **state)
{
    (void)state;
    cut(0);
    add(0);
    file_checks_forget(checks, &files[0]);
    assert_false(somebody_is_lost(50));
    expect_lost(FILES, FILES);
}

static void a_file_that_came_anew_is_sound(void **state)
{
    (void)state;
    cut(0);
    add(0);
    assert_true(somebody_is_lost(20000));
    put(0);
    add(0);
    assert_false(somebody_is_lost(50));
    expect_lost(0, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(of_all_files_those_that_are_damaged_are_found),
        test(what_somebody_has_removed_is_lost_too),
        test(
            a_file_that_was_seen_to_be_sound_is_looked_at_again_when_asked_for),
        test(what_was_forgotten_is_not_looked_at),
        test(a_file_that_came_anew_is_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
