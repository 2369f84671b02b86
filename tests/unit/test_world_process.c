/*
 * test_world_process.c - processes of a simulated world: how they end, stand
 * still and hear signals.
 *
 * What ends a process loses its memory, so each test is a process of its own.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/in_child.h"
#include "tests/support/one_machine.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- ends ------------------------------------------------------------------ */

static int return_seven(struct env *of, void *arg)
{
    struct env **seen = arg;

    *seen = of;
    env_point(of);
    return 7;
}

static void what_main_returns_is_the_status(void)
{
    struct env *seen = NULL;
    struct world_process *p;
    struct env_process_end end;

    begin(1);
    p = start(return_seven, (void *)&seen);
    await_end(p);
    end = world_process_end(p);
    assert_int_equal(end.status, 7);
    assert_int_equal(end.signal, 0);
    assert_ptr_equal(seen, world_process_env(p));
    assert_ptr_equal(world_process_of(seen), p);
    assert_ptr_equal(world_machine_of(seen), machine);
    assert_string_equal(world_machine_address(machine), "10.0.0.1");
}

/* A process whose main thread waits for another of its threads, which is in a
 * monitor, and a third waits for the monitor. */
struct knot {
    struct env *env;
    struct env_monitor *monitor;
    uint64_t turns;
};

static void hold(void *arg)
{
    struct knot *k = arg;

    env_enter(k->env, k->monitor);
    for (;; k->turns++)
        env_point(k->env);
}

static void wait_for_it(void *arg)
{
    struct knot *k = arg;

    env_enter(k->env, k->monitor);
    k->turns = UINT64_MAX / 2;
}

static int tie(struct env *of, void *arg)
{
    struct knot *k = arg;

    k->env = of;
    k->monitor = of->ops->monitor_new(of);
    of->ops->thread_start(of, "waits", -1, wait_for_it, k);
    of->ops->thread_join(of, of->ops->thread_start(of, "holds", -1, hold, k));
    return 0;
}

static void none_of_the_threads_of_one_that_is_crashed_goes_on(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct knot k = {.turns = 0};
        struct world_process *p;
        uint64_t turns;

        begin(seed);
        p = start(tie, &k);
        let_pass(MS);
        world_process_crash(p);
        assert_false(world_process_runs(p));
        assert_int_equal(world_process_end(p).signal, SIGKILL);
        turns = k.turns;
        let_pass(10 * MS);
        assert_int_equal(k.turns, turns);
        world_free(world);
    }
}

static int exit_in_a_thread(struct env *of, void *arg);

static void leave(void *arg)
{
    world_process_exit(arg, 3);
}

static int exit_in_a_thread(struct env *of, void *arg)
{
    (void)arg;
    of->ops->thread_join(of, of->ops->thread_start(of, "exits", -1, leave, of));
    return 0;
}

static void exit_in_any_thread_ends_the_process(void)
{
    struct world_process *p;

    begin(2);
    p = start(exit_in_a_thread, NULL);
    await_end(p);
    assert_int_equal(world_process_end(p).status, 3);
    let_pass(MS);
}

/* -- a crash at each point ------------------------------------------------- */

static const char old_text[] = "the old text", new_text[] = "a newer one";

static int replace(struct env *of, void *arg)
{
    (void)arg;
    return of->ops->file_replace(of, "/f", new_text, strlen(new_text));
}

static int begin_file(struct env *of, void *arg)
{
    (void)arg;
    return of->ops->file_replace(of, "/f", old_text, strlen(old_text));
}

static bool file_is(const char *path, const char *text)
{
    size_t size = 0;
    const void *data = world_machine_file(machine, path, &size);

    return data != NULL && size == strlen(text) &&
           memcmp(data, text, size) == 0;
}

static int clean(struct env *of, void *arg)
{
    (void)arg;
    return of->ops->directory_clean(of, "/", "f");
}

static int look_at_temporaries(void)
{
    struct world_process *p = start(clean, NULL);

    await_end(p);
    return world_process_end(p).status;
}

/* Whether the process came to its end. */
static bool crash_at(uint64_t point, int (*run)(struct env *env, void *arg))
{
    struct world_process *p = start(begin_file, NULL);

    await_end(p);
    p = start(run, NULL);
    world_process_crash_after(p, point);
    await_end(p);
    return world_process_end(p).signal == 0;
}

static void a_file_that_is_replaced_is_the_old_or_the_new_one(void)
{
    int old = 0, new = 0, left = 0;

    for (uint64_t point = 1;; point++) {
        bool whole;

        begin(point);
        whole = crash_at(point, replace);
        assert_true(file_is("/f", old_text) || file_is("/f", new_text));
        old += file_is("/f", old_text);
        new += file_is("/f", new_text);
        left += look_at_temporaries();
        world_free(world);
        if (whole)
            break;
    }
    assert_true(old >= 3);
    assert_true(new >= 2);
    assert_true(left >= 3); /* temporary files, which are found by name */
}

static int append_line(struct env *of, void *arg)
{
    (void)arg;
    return of->ops->file_append(of, "/lines", "second\n", 7, 100);
}

static int append_both(struct env *of, void *arg)
{
    (void)arg;
    of->ops->file_append(of, "/lines", "first\n", 6, 100);
    return append_line(of, NULL);
}

static int append_third(struct env *of, void *arg)
{
    (void)arg;
    return of->ops->file_append(of, "/lines", "third\n", 6, 100);
}

static void half_a_line_is_cut_off_by_the_next(void)
{
    int halves = 0;

    for (uint64_t point = 1;; point++) {
        bool whole;
        size_t size = 0;
        const char *data;

        begin(point);
        whole = crash_at(point, append_both);
        data = world_machine_file(machine, "/lines", &size);
        halves += size > 0 && data[size - 1] != '\n';
        await_end(start(append_third, NULL));
        assert_true(file_is("/lines", "third\n") ||
                    file_is("/lines", "first\nthird\n") ||
                    file_is("/lines", "first\nsecond\nthird\n"));
        world_free(world);
        if (whole)
            break;
    }
    assert_int_equal(halves, 2);
}

/* -- standing still -------------------------------------------------------- */

struct ticker {
    struct env *env;
    int64_t last;
    uint64_t n;
};

static int tick(struct env *of, void *arg)
{
    struct ticker *t = arg;

    for (;; t->n++) {
        world_sleep(of, world_now(world) + MS);
        t->last = world_now(world);
    }
    return 0;
}

struct turns {
    char text[16]; /* a letter each */
    size_t n;
};

static void told(void *arg, enum world_process_turn turn)
{
    struct turns *t = arg;

    t->text[t->n++] = "PGE"[turn];
}

static void one_that_is_paused_goes_on_when_its_time_comes(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct ticker t = {.n = 0};
        struct turns turns = {.n = 0};
        struct world_process_witness witness = {.turn = told, .arg = &turns};
        struct world_process *p;
        int64_t until;
        uint64_t n;

        begin(seed);
        p = start(tick, &t);
        world_process_tell(p, &witness);
        let_pass(100 * MS);
        assert_true(t.n > 0);
        until = world_now(world) + 5000 * MS;
        n = t.n;
        world_process_pause(p, until);
        world_sleep(env, until - MS);
        assert_int_equal(t.n, n);
        let_pass(200 * MS);
        assert_true(t.n > n);
        assert_string_equal(turns.text, "PG");
        assert_int_equal(world_process_signal(p, SIGSTOP), 0);
        n = t.n;
        let_pass(1000 * MS);
        assert_int_equal(t.n, n);
        assert_int_equal(world_process_signal(p, SIGCONT), 0);
        let_pass(200 * MS);
        assert_true(t.n > n);
        world_process_crash(p);
        assert_string_equal(turns.text, "PGPGE");
        world_free(world);
    }
}

static int wait_for_ever(struct env *of, void *arg)
{
    (void)arg;
    world_sleep(of, INT64_MAX);
    return 0;
}

static void note_time(void *arg, enum world_process_turn turn)
{
    if (turn == WORLD_PROCESS_GOES_ON)
        *(int64_t *)arg = world_now(world);
}

static void its_witnesses_are_told_at_that_time_though_nobody_else_wakes(void)
{
    int64_t at = 0, until;
    struct world_process_witness witness = {.turn = note_time, .arg = &at};
    struct world_process *p;

    begin(8);
    p = start(wait_for_ever, NULL);
    let_pass(100 * MS);
    world_process_tell(p, &witness);
    until = world_now(world) + 5000 * MS;
    world_process_pause(p, until);
    let_pass(100000 * MS);
    assert_int_equal(at, until);
}

static void a_slow_one_does_less(void)
{
    struct ticker fast = {.n = 0}, slow = {.n = 0};
    struct world_process *p;

    begin(3);
    start(tick, &fast);
    p = start(tick, &slow);
    world_process_slow(p, 1000 * MS, world_now(world) + 10000 * MS);
    let_pass(10000 * MS);
    assert_true(slow.n > 0);
    assert_true(fast.n > 20 * slow.n);
    fast.n = slow.n = 0;
    let_pass(10000 * MS);
    assert_true(fast.n < 2 * slow.n);
}

/* -- signals --------------------------------------------------------------- */

static void heard(void *arg, int signal)
{
    *(int *)arg = signal;
}

static void a_signal_is_handled_or_ends_the_process(void)
{
    struct ticker t = {.n = 0};
    struct world_process *p;
    int signal = 0;

    begin(7);
    p = start(tick, &t);
    world_process_handle(p, heard, &signal);
    assert_int_equal(world_process_signal(p, SIGTERM), 0);
    assert_int_equal(signal, SIGTERM);
    assert_true(world_process_runs(p));
    world_process_handle(p, NULL, NULL);
    assert_int_equal(world_process_signal(p, SIGCHLD), 0);
    assert_true(world_process_runs(p));
    assert_int_equal(world_process_signal(p, SIGTERM), 0);
    assert_int_equal(world_process_end(p).signal, SIGTERM);
    assert_int_equal(world_process_signal(p, SIGTERM), -1);
    assert_int_equal(errno, ESRCH);
}

int main(void)
{
#define TEST(name) in_child_test(name)
    const struct CMUnitTest tests[] = {
        TEST(what_main_returns_is_the_status),
        TEST(none_of_the_threads_of_one_that_is_crashed_goes_on),
        TEST(exit_in_any_thread_ends_the_process),
        TEST(a_file_that_is_replaced_is_the_old_or_the_new_one),
        TEST(half_a_line_is_cut_off_by_the_next),
        TEST(one_that_is_paused_goes_on_when_its_time_comes),
        TEST(its_witnesses_are_told_at_that_time_though_nobody_else_wakes),
        TEST(a_slow_one_does_less),
        TEST(a_signal_is_handled_or_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
