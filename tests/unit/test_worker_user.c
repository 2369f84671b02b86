/* test_worker_user.c - who may be a worker's user, and that who has become it
 * stays it. */
#include "supervisor/worker_user.h"
#include "tests/support/cmocka_all.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void need_root(void)
{
    if (geteuid() == 0)
        return;
    print_message("skip: only root can become another user\n");
    skip();
}

static void some_users_are_refused(void **state)
{
    static const struct {
        const char *name, *expected;
    } cases[] = {
        {"no-such-user", "there is no user \"no-such-user\""},
        {"", "there is no user \"\""},
        {"root", "a worker may not run as \"root\", which is root"},
    };
    struct worker_user user;
    gale_err error;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(worker_user_find(&user, cases[i].name, &error), -1);
        assert_string_equal(error.text, cases[i].expected);
    }
}

/* What a child of this process says in one byte. */
static int in_a_child(int (*fn)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(fn());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int find_as_nobody(void)
{
    struct worker_user user;
    gale_err error = {""};

    return setuid(65534) != 0 ||
           worker_user_find(&user, "nobody", &error) == 0 ||
           strcmp(error.text, "only a supervisor that runs as root can start "
                              "workers as another user") != 0;
}

static void who_is_not_root_cannot_start_workers_as_others(void **state)
{
    (void)state;
    need_root();
    assert_int_equal(in_a_child(find_as_nobody), 0);
}

static int become_and_go_back(void)
{
    struct worker_user user;
    gid_t groups[8];
    gale_err error;

    if (worker_user_find(&user, "nobody", &error) != 0 ||
        worker_user_become(&user, &error) != 0)
        return 1;
    if (getuid() != user.user || geteuid() != user.user ||
        getgid() != user.group || getegid() != user.group)
        return 2;
    if (getgroups(8, groups) != 1 || groups[0] != user.group)
        return 3;
    return setuid(0) == 0 || setgid(0) == 0 ? 4 : 0;
}

static void who_has_become_another_user_stays_it(void **state)
{
    (void)state;
    need_root();
    assert_int_equal(in_a_child(become_and_go_back), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_users_are_refused),
        cmocka_unit_test(who_is_not_root_cannot_start_workers_as_others),
        cmocka_unit_test(who_has_become_another_user_stays_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
