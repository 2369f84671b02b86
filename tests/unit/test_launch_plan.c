/* test_launch_plan.c - what a launch is told, and what environment goes on. */
#include "tests/support/cmocka_all.h"
#include "supervisor/launch_plan.h"
#include <string.h>

static const char *const worker[] = {"worker", "--id", "a-1-1", NULL};

static int count(char **texts)
{
    int n = 0;

    while (texts[n] != NULL)
        n++;
    return n;
}

static void what_was_told_is_understood(void **state)
{
    const struct launch told = {
        .record = "/l/process",
        .directory = "/l/work = here",
        .parent = 4711,
        .user = "nobody",
        .reach = "/l/socket",
        .descriptors = 1024,
        .processes = 100,
        .memory_bytes = UINT64_C(1) << 40,
        .file_bytes = 5,
        .cgroups = {"/sys/a", "/sys/b"},
        .arguments = worker,
    };
    char **argv = launch_argv(&told);
    struct launch got;
    gale_err error;

    (void)state;
    assert_string_equal(argv[0], "gale");
    assert_string_equal(argv[1], "launch");
    assert_int_equal(launch_parse(&got, count(argv) - 1, argv + 1, &error), 0);
    assert_string_equal(got.record, told.record);
    assert_string_equal(got.directory, told.directory);
    assert_int_equal(got.parent, 4711);
    assert_string_equal(got.user, "nobody");
    assert_string_equal(got.reach, "/l/socket");
    assert_int_equal(got.descriptors, 1024);
    assert_int_equal(got.processes, 100);
    assert_int_equal(got.memory_bytes, UINT64_C(1) << 40);
    assert_int_equal(got.file_bytes, 5);
    assert_string_equal(got.cgroups[0], "/sys/a");
    assert_string_equal(got.cgroups[1], "/sys/b");
    assert_null(got.cgroups[2]);
    for (int i = 0; i < 4; i++)
        if (worker[i] != NULL)
            assert_string_equal(got.arguments[i], worker[i]);
        else
            assert_null(got.arguments[i]);
    launch_free_texts(argv);
}

static void what_is_not_told_is_not_there(void **state)
{
    const struct launch told = {.arguments = worker};
    char **argv = launch_argv(&told);
    struct launch got;
    gale_err error;

    (void)state;
    assert_int_equal(count(argv), 6); /* gale launch -- and the three */
    assert_int_equal(launch_parse(&got, 5, argv + 1, &error), 0);
    assert_null(got.record);
    assert_null(got.user);
    assert_int_equal(got.memory_bytes, 0);
    launch_free_texts(argv);
}

static void what_makes_no_sense_is_refused(void **state)
{
    static const struct {
        const char *argv[8];
        const char *expected;
    } cases[] = {
        {{"launch", NULL}, "expected OPTION=VALUE … -- worker …"},
        {{"launch", "--", NULL}, "expected OPTION=VALUE … -- worker …"},
        {{"launch", "user", "--", "worker", NULL},
         "\"user\" is no OPTION=VALUE"},
        {{"launch", "shell=sh", "--", "worker", NULL},
         "there is no option \"shell\""},
        {{"launch", "use=x", "--", "worker", NULL},
         "there is no option \"use\""},
        {{"launch", "memory=1e9", "--", "worker", NULL},
         "\"1e9\" is no number from 0 to 18446744073709551615"},
        {{"launch", "memory=-1", "--", "worker", NULL},
         "\"-1\" is no number from 0 to 18446744073709551615"},
        {{"launch", "parent=2147483648", "--", "worker", NULL},
         "\"2147483648\" is no number from 0 to 2147483647"},
        {{"launch", "cgroup=1", "cgroup=2", "cgroup=3", "cgroup=4", "cgroup=5",
          "--", NULL},
         "there are more than 4 cgroups"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char **argv = (char **)(uintptr_t)cases[i].argv;
        struct launch got;
        gale_err error;

        assert_int_equal(launch_parse(&got, count(argv), argv, &error), -1);
        assert_string_equal(error.text, cases[i].expected);
    }
}

static void only_what_a_worker_may_have_of_an_environment_goes_on(void **state)
{
    static const struct {
        const char *text;
        bool goes_on;
    } cases[] = {
        {"PATH=/bin", true},
        {"HOME=/", true},
        {"LANG=C", true},
        {"LC_ALL=C", true},
        {"TZ=UTC", true},
        {"GALE_PLUGIN_PATH=/p", true},
        {"GALE_WORKER=/of/another", false},
        {"LD_PRELOAD=/x.so", false},
        {"LD_LIBRARY_PATH=/x", false},
        {"LANGUAGE=de", false},
        {"PATHS=/x", false},
        {"AWS_SECRET=1", false},
        {"XGALE_A=1", false},
        {"GLIBC_TUNABLES=x", false},
        {"", false},
    };
    enum { N = sizeof(cases) / sizeof(cases[0]) };
    char *environment[N + 1];
    char **clean;
    int n = 0;

    (void)state;
    for (int i = 0; i < N; i++)
        environment[i] = (char *)(uintptr_t)cases[i].text;
    environment[N] = NULL;
    clean = launch_environment(environment);
    for (int i = 0; i < N; i++)
        if (cases[i].goes_on)
            assert_string_equal(clean[n++], cases[i].text);
    assert_null(clean[n]);
    launch_free_texts(clean);
    clean = launch_environment(environment + N);
    assert_null(clean[0]);
    launch_free_texts(clean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_told_is_understood),
        cmocka_unit_test(what_is_not_told_is_not_there),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(only_what_a_worker_may_have_of_an_environment_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
