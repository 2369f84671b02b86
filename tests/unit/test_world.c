/* test_world.c - a world in which everything follows from a seed. */
#include "simulator/world.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/death.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 3, ROUNDS = 50, HOUR_S = 3600 };

/* Threads that write their numbers down, in the order in which they come. */
struct scribes {
    struct env *env;
    char text[THREADS * ROUNDS + 1];
    uint32_t n;
};

struct scribe {
    struct scribes *all;
    char letter;
};

static void write_letters(void *arg)
{
    struct scribe *s = arg;

    for (int i = 0; i < ROUNDS; i++) {
        s->all->text[s->all->n++] = s->letter;
        env_point(s->all->env);
    }
}

/* What they have written is in `s`; returns the hash. */
static uint64_t let_them_write(uint64_t seed, struct scribes *s)
{
    struct world_options options = {.seed = seed, .n_cpus = 2};
    struct world *w = world_new(&options);
    struct env_thread *threads[THREADS];
    struct scribe scribes[THREADS];
    uint64_t hash;

    memset(s, 0, sizeof(*s));
    s->env = world_env(w);
    for (int i = 0; i < THREADS; i++) {
        scribes[i] = (struct scribe){s, (char)('a' + i)};
        threads[i] = s->env->ops->thread_start(s->env, "scribe", -1,
                                               write_letters, &scribes[i]);
    }
    for (int i = 0; i < THREADS; i++)
        s->env->ops->thread_join(s->env, threads[i]);
    hash = world_hash(w);
    world_free(w);
    assert_int_equal(s->n, THREADS * ROUNDS);
    return hash;
}

static void a_seed_makes_the_same_run_again(void **state)
{
    struct scribes first, again;

    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t hash = let_them_write(seed, &first);

        assert_true(hash == let_them_write(seed, &again));
        assert_string_equal(first.text, again.text);
    }
}

static void seeds_make_different_runs(void **state)
{
    struct scribes a, b;
    int different = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        assert_true(let_them_write(seed, &a) != let_them_write(seed + 1, &b));
        different += strcmp(a.text, b.text) != 0;
    }
    assert_true(different > 45);
}

static bool is_mixed(const struct scribes *s)
{
    for (uint32_t i = 0; i + 1 < s->n; i++)
        if (s->text[i] > s->text[i + 1])
            return true;
    return false;
}

static void threads_take_turns_at_points(void **state)
{
    struct scribes s;
    int mixed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        let_them_write(seed, &s);
        mixed += is_mixed(&s);
    }
    assert_true(mixed > 40);
}

/* -- one world ------------------------------------------------------------- */

static int setup(void **state)
{
    struct world_options options = {.seed = 7, .n_cpus = 2, .keep_notes = true};

    *state = world_new(&options);
    return 0;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

static void hours_pass_when_nothing_else_happens(void **state)
{
    struct env *env = world_env(*state);
    struct env_waiter *waiter = env->ops->waiter_new(env);
    struct env_ready ready[1];
    int64_t begin = env->ops->now(env), wall = env->ops->wall_us(env);
    int64_t until = begin + (int64_t)HOUR_S * 1000000000;

    assert_int_equal(env->ops->waiter_wait(env, waiter, until, ready, 1), 0);
    assert_true(env->ops->now(env) >= until);
    assert_true(env->ops->wall_us(env) - wall >= (int64_t)HOUR_S * 1000000);
    env->ops->waiter_free(env, waiter);
}

static void to_look_at_the_clock_takes_time(void **state)
{
    struct env *env = world_env(*state);
    int64_t before = env->ops->now(env);

    for (int i = 0; i < 1000; i++) {
        int64_t now = env->ops->now(env);

        assert_true(now > before);
        before = now;
    }
}

struct woken {
    struct env *env;
    struct env_waiter *waiter;
    int n;
};

static void wait_to_be_woken(void *arg)
{
    struct woken *w = arg;
    struct env_ready ready[1];

    w->env->ops->waiter_wait(w->env, w->waiter, INT64_MAX, ready, 1);
    w->n++;
}

static void a_wake_up_is_kept_for_who_waits_later(void **state)
{
    struct env *env = world_env(*state);
    struct woken w = {env, env->ops->waiter_new(env), 0};
    struct env_thread *thread;

    env->ops->waiter_wake(env, w.waiter);
    thread = env->ops->thread_start(env, "sleeper", -1, wait_to_be_woken, &w);
    env->ops->thread_join(env, thread);
    assert_int_equal(w.n, 1);
    env->ops->waiter_free(env, w.waiter);
}

/* Several count what is there, a point in between: without the monitor some of
 * it would be lost. */
struct counting {
    struct env *env;
    struct env_monitor *monitor;
    int n;
};

static void count(void *arg)
{
    struct counting *c = arg;

    for (int i = 0; i < ROUNDS; i++) {
        int n;

        env_enter(c->env, c->monitor);
        env_enter(c->env, c->monitor);
        n = c->n;
        env_point(c->env);
        c->n = n + 1;
        env_leave(c->env, c->monitor);
        env_notify(c->env, c->monitor);
        env_leave(c->env, c->monitor);
    }
}

static void one_thread_is_in_a_monitor_at_a_time(void **state)
{
    struct env *env = world_env(*state);
    struct counting c = {env, env->ops->monitor_new(env), 0};
    struct env_thread *threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        threads[i] = env->ops->thread_start(env, "counter", -1, count, &c);
    env_enter(env, c.monitor);
    while (c.n < THREADS * ROUNDS)
        assert_true(env_wait(env, c.monitor, INT64_MAX));
    env_leave(env, c.monitor);
    for (int i = 0; i < THREADS; i++)
        env->ops->thread_join(env, threads[i]);
    assert_int_equal(c.n, THREADS * ROUNDS);
    env->ops->monitor_free(env, c.monitor);
}

static void a_wait_in_a_monitor_ends_in_time(void **state)
{
    struct env *env = world_env(*state);
    struct env_monitor *m = env->ops->monitor_new(env);
    int64_t until = env->ops->now(env) + 1000000;

    env_enter(env, m);
    assert_false(env_wait(env, m, until));
    assert_true(env->ops->now(env) >= until);
    env_leave(env, m);
    env->ops->monitor_free(env, m);
}

static void files_are_replaced_and_read_whole(void **state)
{
    struct env *env = world_env(*state);
    void *data;
    size_t size;

    assert_int_equal(env->ops->file_read(env, "d/f", 10, &data, &size), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(env->ops->file_replace(env, "d/f", "first", 5), 0);
    assert_int_equal(env->ops->file_replace(env, "d/f", "again", 5), 0);
    assert_int_equal(env->ops->file_read(env, "d/f", 4, &data, &size), -1);
    assert_int_equal(errno, EFBIG);
    assert_int_equal(env->ops->file_read(env, "d/f", 5, &data, &size), 0);
    assert_int_equal(size, 5);
    assert_string_equal(data, "again");
    free(data);
}

struct writer {
    struct env *env;
    bool done;
    int result, why;
};

static void replace_once(void *arg)
{
    struct writer *w = arg;

    w->result = w->env->ops->file_replace(w->env, "d/f.position", "new", 3);
    w->why = errno;
    w->done = true;
}

/* How many leftovers there were while somebody replaced the file; after that it
 * is as if he had died. */
static int clean_while(struct writer *w)
{
    const struct env_ops *ops = w->env->ops;
    struct env_thread *thread;
    int n = 0;

    ops->file_replace(w->env, "d/f.position", "old", 3);
    assert_int_equal(ops->directory_clean(w->env, "d", ".position"), 0);
    w->done = false;
    thread = ops->thread_start(w->env, "writer", -1, replace_once, w);
    while (n == 0 && !w->done) {
        assert_int_equal(ops->directory_clean(w->env, "d", ".letters"), 0);
        assert_int_equal(ops->directory_clean(w->env, "e", ".position"), 0);
        n = ops->directory_clean(w->env, "d", ".position");
        env_point(w->env);
    }
    ops->thread_join(w->env, thread);
    return n;
}

static void what_a_replacing_left_behind_can_be_removed(void **state)
{
    struct writer w = {.env = world_env(*state)};
    void *data;
    size_t size;

    while (clean_while(&w) == 0)
        assert_int_equal(w.result, 0); /* it was quicker */
    assert_int_equal(w.result, -1);
    assert_int_equal(w.why, ENOENT);
    assert_int_equal(
        w.env->ops->file_read(w.env, "d/f.position", 9, &data, &size), 0);
    assert_string_equal(data, "old");
    free(data);
}

static void lines_are_appended_up_to_a_limit(void **state)
{
    struct env *env = world_env(*state);
    void *data;
    size_t size;

    assert_int_equal(env->ops->file_append(env, "d/f", "one\n", 4, 8), 0);
    assert_int_equal(env->ops->file_append(env, "d/f", "two!\n", 5, 8), -1);
    assert_int_equal(errno, EOVERFLOW);
    assert_int_equal(env->ops->file_append(env, "d/f", "two\n", 4, 8), 0);
    assert_int_equal(env->ops->file_read(env, "d/f", 8, &data, &size), 0);
    assert_string_equal(data, "one\ntwo\n");
    free(data);
}

static void a_lock_is_held_by_one(void **state)
{
    struct env *env = world_env(*state);
    int handle = env->ops->file_lock(env, "d/lock");

    assert_true(handle >= 0);
    assert_int_equal(env->ops->file_lock(env, "d/lock"), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    env->ops->file_unlock(env, handle);
    assert_int_equal(env->ops->file_lock(env, "d/lock"), handle);
}

static void only_regular_files_can_be_watched(void **state)
{
    struct env *env = world_env(*state);
    FILE *file = tmpfile();
    int ends[2];

    assert_int_equal(env->ops->waiter_watch(env, NULL, fileno(file), 0, NULL),
                     1);
    assert_int_equal(env->ops->waiter_watch(env, NULL, -1, 0, NULL), -1);
    assert_false(world_refused_watch(*state));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(env->ops->waiter_watch(env, NULL, ends[0], 0, NULL), -1);
    assert_int_equal(errno, ENOTSUP);
    assert_true(world_refused_watch(*state));
    close(ends[0]);
    close(ends[1]);
    fclose(file);
}

static void notes_are_hashed_and_kept(void **state)
{
    struct world *w = *state;
    uint64_t before = world_hash(w);
    const struct world_note *notes;
    size_t n;

    world_note(w, WORLD_NOTE_OWN, 3, 4);
    assert_true(world_hash(w) != before);
    notes = world_notes(w, &n);
    assert_int_equal(n, 1);
    assert_int_equal(notes[0].kind, WORLD_NOTE_OWN);
    assert_int_equal(notes[0].a, 3);
    assert_int_equal(notes[0].b, 4);
    assert_string_equal(world_thread_name(w, notes[0].thread), "main");
}

static void wait_for_ever(void *arg)
{
    struct world_options options = {.seed = 1, .n_cpus = 1};
    struct env *env = world_env(world_new(&options));
    struct env_ready ready[1];

    (void)arg;
    env->ops->waiter_wait(env, env->ops->waiter_new(env), INT64_MAX, ready, 1);
}

static void that_nothing_will_ever_happen_is_said(void **state)
{
    (void)state;
    assert_dies(wait_for_ever, NULL, "nothing will ever happen");
}

/* Notes something now and then, for as long as it is told to, and then no
 * more. */
static void go_round(void *arg)
{
    struct world_options options = {.seed = 1, .n_cpus = 1, .points_max = 100};
    struct world *w = world_new(&options);
    const int *noted = arg;

    for (int i = 0;; i++) {
        if (i < *noted && i % 50 == 0)
            world_note(w, WORLD_NOTE_OWN, 0, 0);
        if (i == *noted)
            fprintf(stderr, "no more, ");
        env_point(world_env(w));
    }
}

static void threads_that_go_round_and_round_are_said(void **state)
{
    int noted = 10000;

    (void)state;
    assert_dies(go_round, &noted,
                "no more, gale: the simulated world stands "
                "still: threads go on and on");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_makes_the_same_run_again),
        cmocka_unit_test(seeds_make_different_runs),
        cmocka_unit_test(threads_take_turns_at_points),
        TEST(hours_pass_when_nothing_else_happens),
        TEST(to_look_at_the_clock_takes_time),
        TEST(a_wake_up_is_kept_for_who_waits_later),
        TEST(one_thread_is_in_a_monitor_at_a_time),
        TEST(a_wait_in_a_monitor_ends_in_time),
        TEST(files_are_replaced_and_read_whole),
        TEST(what_a_replacing_left_behind_can_be_removed),
        TEST(lines_are_appended_up_to_a_limit),
        TEST(a_lock_is_held_by_one),
        TEST(only_regular_files_can_be_watched),
        TEST(notes_are_hashed_and_kept),
        cmocka_unit_test(that_nothing_will_ever_happen_is_said),
        cmocka_unit_test(threads_that_go_round_and_round_are_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
