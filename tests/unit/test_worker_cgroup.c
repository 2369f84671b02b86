/*
 * test_worker_cgroup.c - control groups of workers, as the kernel has them:
 * made, limited, found, removed. And where it does not let us, a sentence.
 */
#include "supervisor/worker_cgroup.h"
#include "tests/support/cmocka_all.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MB (UINT64_C(1) << 20)

static struct cgroup_home home;
static char prefix[64];

static int setup(void **state)
{
    gale_err error;

    (void)state;
    snprintf(prefix, sizeof(prefix), CGROUP_PREFIX "test%d-", (int)getpid());
    if (cgroup_home_open(&home, env_posix(), &error) != 0) {
        print_message("skip: no cgroup can be made here: %s\n", error.text);
        home.places.n = 0;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cgroup_home_sweep(&home, prefix, NULL, 0);
    cgroup_home_close(&home);
    return 0;
}

static struct worker_cgroup make(const char *name,
                                 const struct cgroup_limits *limits)
{
    struct worker_cgroup group;
    char whole[128];
    gale_err error;

    if (home.places.n == 0)
        skip();
    snprintf(whole, sizeof(whole), "%s%s", prefix, name);
    if (worker_cgroup_make(&group, &home, whole, limits, &error) != 0)
        fail_msg("%s", error.text);
    return group;
}

/* A process in the group, as a launch is. */
static pid_t join(const struct worker_cgroup *group)
{
    pid_t child = fork();

    if (child != 0)
        return child;
    for (uint32_t i = 0; i < group->places.n; i++) {
        char path[4200];
        FILE *file;

        snprintf(path, sizeof(path), "%s/cgroup.procs",
                 group->places.list[i].path);
        file = fopen(path, "w");
        if (file == NULL || fputs("0", file) < 0 || fclose(file) != 0)
            _exit(1);
    }
    return 0;
}

static bool is_there(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

/* Waits for it. */
static int end_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void a_process_that_takes_too_much_is_killed_and_that_is_seen(void **s)
{
    const struct cgroup_limits limits = {.memory_bytes = 32 * MB};
    struct worker_cgroup group = make("memory", &limits);
    pid_t child;
    bool own;

    (void)s;
    assert_false(worker_cgroup_lacks(&group, &own));
    child = join(&group);
    if (child == 0)
        for (;;)
            memset(malloc(MB), 1, MB);
    assert_int_equal(end_of(child), SIGKILL);
    assert_true(worker_cgroup_lacks(&group, &own));
    assert_true(own);
    worker_cgroup_remove(&group);
}

static void processes_are_counted(void **state)
{
    const struct cgroup_limits limits = {.processes = 16};
    struct worker_cgroup group = make("pids", &limits);
    pid_t child;

    (void)state;
    child = join(&group);
    if (child == 0) {
        int n = 1;

        for (; n < 100; n++) {
            pid_t more = fork();

            if (more == 0)
                for (;;)
                    pause();
            if (more < 0)
                break;
        }
        _exit(n);
    }
    assert_int_equal(WEXITSTATUS(end_of(child)), 16);
    worker_cgroup_remove(&group); /* and all that are left in it */
}

static void what_is_left_in_it_is_killed_when_it_is_removed(void **state)
{
    const struct cgroup_limits limits = {.processes = 0};
    struct worker_cgroup group = make("left", &limits);
    char *path = strdup(group.places.list[0].path);
    int ready[2];
    char byte;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    child = join(&group);
    if (child == 0) {
        setsid();
        if (write(ready[1], "x", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    worker_cgroup_remove(&group);
    assert_false(worker_cgroup_is_there(&group));
    assert_int_equal(end_of(child), SIGKILL);
    /* It may have been there until then: a sweep has the rest. */
    cgroup_home_sweep(&home, prefix, NULL, 0);
    assert_false(is_there(path));
    free(path);
}

static void the_group_of_a_process_is_found_and_limited_anew(void **state)
{
    struct cgroup_limits limits = {.memory_bytes = 64 * MB, .processes = 100};
    struct worker_cgroup group = make("found", &limits), found;
    int ready[2];
    char byte;
    pid_t child;
    gale_err error;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    child = join(&group);
    if (child == 0) {
        if (write(ready[1], "x", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    worker_cgroup_find(&found, env_posix(), child);
    assert_string_equal(worker_cgroup_name(&found), worker_cgroup_name(&group));
    assert_int_equal(found.places.n, group.places.n);
    limits.memory_bytes = 96 * MB;
    assert_int_equal(worker_cgroup_limit(&found, &limits, &error), 0);
    limits.memory_bytes = 0;
    assert_int_equal(worker_cgroup_limit(&found, &limits, &error), 0);
    worker_cgroup_remove(&found);
    assert_int_equal(end_of(child), SIGKILL);
    worker_cgroup_remove(&group);
}

static void a_process_of_no_worker_is_in_no_group(void **state)
{
    struct worker_cgroup found;
    bool own;

    (void)state;
    worker_cgroup_find(&found, env_posix(), (int)getpid());
    assert_false(worker_cgroup_is_there(&found));
    assert_string_equal(worker_cgroup_name(&found), "");
    assert_false(worker_cgroup_lacks(&found, &own));
    worker_cgroup_remove(&found);
}

static void a_sweep_takes_what_is_empty_and_not_in_use(void **state)
{
    const struct cgroup_limits limits = {.processes = 0};
    struct worker_cgroup used = make("used", &limits);
    struct worker_cgroup stale = make("stale", &limits);
    const char *in_use[] = {worker_cgroup_name(&used)};

    (void)state;
    cgroup_home_sweep(&home, "gale-worker-other-", NULL, 0);
    assert_true(is_there(stale.places.list[0].path));
    cgroup_home_sweep(&home, prefix, in_use, 1);
    assert_true(is_there(used.places.list[0].path));
    assert_false(is_there(stale.places.list[0].path));
    worker_cgroup_free(&stale);
    worker_cgroup_remove(&used);
}

static void one_that_cannot_be_made_leaves_nothing(void **state)
{
    const struct cgroup_limits limits = {.processes = 0};
    struct cgroup_home nowhere = {.env = env_posix()};
    struct worker_cgroup group;
    gale_err error;

    (void)state;
    cgroup_places_add(&nowhere.places, "/nowhere", true, CGROUP_MEMORY);
    assert_int_equal(
        worker_cgroup_make(&group, &nowhere, "gale-worker-1", &limits, &error),
        -1);
    assert_string_equal(error.text,
                        "cannot make the cgroup /nowhere/gale-worker-1: No "
                        "such file or directory");
    assert_false(worker_cgroup_is_there(&group));
    cgroup_home_close(&nowhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_process_that_takes_too_much_is_killed_and_that_is_seen),
        cmocka_unit_test(processes_are_counted),
        cmocka_unit_test(what_is_left_in_it_is_killed_when_it_is_removed),
        cmocka_unit_test(the_group_of_a_process_is_found_and_limited_anew),
        cmocka_unit_test(a_process_of_no_worker_is_in_no_group),
        cmocka_unit_test(a_sweep_takes_what_is_empty_and_not_in_use),
        cmocka_unit_test(one_that_cannot_be_made_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
