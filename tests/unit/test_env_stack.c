/* test_env_stack.c - where another thread is. */
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include <stdatomic.h>
#include <unistd.h>

static atomic_bool ends;
static int ready[2];

/* Says that it is there, and is there until it is told. */
__attribute__((noinline)) static void busy(void *arg)
{
    volatile uint64_t n = 0;

    (void)arg;
    assert_int_equal(write(ready[1], "x", 1), 1);
    while (!ends)
        n = n + 1;
}

static void the_stack_of_a_thread_shows_its_function(void **state)
{
    struct env *env = env_posix();
    struct env_thread *thread;
    void *addresses[32];
    char byte;
    int n;
    bool found = false;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    thread = env->ops->thread_start(env, "busy", -1, busy, NULL);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    for (int again = 0; again < 3; again++) {
        n = env->ops->thread_stack(env, thread, addresses, 32);
        assert_true(n > 1);
    }
    for (int i = 0; i < n; i++) {
        const char *at = addresses[i], *from = (const char *)(uintptr_t)busy;

        found |= at > from && at < from + 4096;
    }
    assert_true(found);
    assert_int_equal(env->ops->thread_stack(env, thread, addresses, 1), 1);
    ends = true;
    env->ops->thread_join(env, thread);
    close(ready[0]);
    close(ready[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stack_of_a_thread_shows_its_function),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
