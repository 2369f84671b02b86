/* test_log_components.c - which components a worker had, as it is kept beside
 * its log. */
#include "tests/support/cmocka_all.h"
#include "supervisor/log_components.h"
#include "tests/support/sample_topology.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct local_directory local;
static char directory[64];
static const struct slot_wanted second = {.topology = "a-1-9", .worker = 1};

static int setup(void **state)
{
    gale_err error;

    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/gale-logs-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_int_equal(
        local_directory_open(&local, env_posix(), directory, &error), 0);
    return local_directory_make(&local, &second, &error);
}

static int teardown(void **state)
{
    struct env *env = env_posix();

    (void)state;
    local_directory_close(&local);
    return env->ops->tree_remove(env, directory);
}

/* Of c0, c1 and c2: worker 1 has c0, and of c2 two ranges. */
static void keep(void)
{
    struct executor_range all = {.component = 1, .first = 0, .n = 4};
    struct executor_range ranges[] = {
        {.component = 0, .first = 0, .n = 1},
        {.component = 2, .first = 0, .n = 1},
        {.component = 2, .first = 3, .n = 2},
    };
    struct assigned_worker workers[] = {
        {.n_executors = 1, .executors = &all},
        {.n_executors = 3, .executors = ranges},
    };
    const struct assignment_record a = {.n_workers = 2, .workers = workers};
    struct topology_record t;

    sample_topology(&t, "a", 9, 2, 3, (uint32_t[]){1, 4, 5});
    assert_int_equal(log_components_keep(&local, &second, &t, &a), 0);
    topology_record_free(&t);
}

static void those_of_the_worker_are_known_and_no_others(void **state)
{
    static const struct {
        const char *id;
        bool has;
    } cases[] = {{"c0", true}, {"c1", false}, {"c2", true},
                 {"c", false}, {"", false},   {"c00", false}};

    (void)state;
    keep();
    keep(); /* each start does */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(log_components_has(&local, &second, cases[i].id),
                         cases[i].has);
}

static void what_is_not_kept_or_damaged_is_not_known(void **state)
{
    static const struct {
        const char *data;
        size_t size;
    } cases[] = {{"", 0},
                 {"\x91", 1},
                 {"\xa2"
                  "c0",
                  3},
                 {"\x92\xa2"
                  "c0",
                  4},
                 {"\xdd\xff\xff\xff\xff", 5},
                 {"\x91\x07", 2}};
    char *logs = local_directory_path(&local, &second, LOCAL_LOGS);
    char path[400];

    (void)state;
    assert_false(log_components_has(&local, &second, "c0"));
    snprintf(path, sizeof(path), "%s/components", logs);
    free(logs);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(local.env->ops->file_replace(
                             local.env, path, cases[i].data, cases[i].size),
                         0);
        assert_false(log_components_has(&local, &second, "c0"));
    }
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_false(log_components_has(&local, &second, "c0"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(those_of_the_worker_are_known_and_no_others),
        TEST(what_is_not_kept_or_damaged_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
