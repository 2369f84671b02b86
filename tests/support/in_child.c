/* in_child.c - a test in a process of its own; see in_child.h. */
#include "tests/support/in_child.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* An assertion that fails aborts: there is no way back to cmocka from here. */
static void be_child(void (*fn)(void))
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    setenv("CMOCKA_TEST_ABORT", "1", true);
    fn();
    fflush(NULL);
    _exit(0);
}

void in_child(void (*fn)(void))
{
    int status = -1;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0)
        be_child(fn);
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
}

void in_child_run(void **state)
{
    in_child((void (*)(void))(uintptr_t)*state);
}
