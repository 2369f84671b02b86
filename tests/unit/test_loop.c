/*
 * test_loop.c - timers, descriptors, signals and posts, one at a time: in the
 * real world, and the same in simulated ones.
 */
#include "tests/support/cmocka_all.h"
#include "common/loop.h"
#include "common/rpc_address.h"
#include "simulator/world_process.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t ms = 1000000, long_enough = INT64_C(30000000000);

enum { SEEDS = 20 };

static struct env *env;
static struct loop *loop;

/* What has happened, a letter for each. */
static char seen[64];

static void begin(struct env *its)
{
    seen[0] = '\0';
    env = its;
    loop = loop_new(env);
    assert_non_null(loop);
}

static int setup(void **state)
{
    (void)state;
    begin(env_posix());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

/* arg is a letter; that of the last ends the loop. */
static void note(void *arg)
{
    size_t n = strlen(seen);

    seen[n] = *(const char *)arg;
    seen[n + 1] = '\0';
    if (*(const char *)arg == '.')
        loop_end(loop);
}

#define LETTER(c_) (void *)(uintptr_t)(c_)

static void run(void)
{
    if (!loop_run_for(loop, long_enough))
        fail_msg("it was not ended; seen: %s", seen);
}

/* -- posts ----------------------------------------------------------------- */

static void what_is_posted_runs_in_order(void **state)
{
    (void)state;
    loop_post(loop, note, LETTER("a"));
    loop_post(loop, note, LETTER("b"));
    loop_post(loop, note, LETTER("."));
    assert_string_equal(seen, "");
    run();
    assert_string_equal(seen, "ab.");
}

static void post_more(void *arg)
{
    note(arg);
    loop_post(loop, note, LETTER("c"));
    loop_post(loop, note, LETTER("."));
}

static void a_post_may_post(void **state)
{
    (void)state;
    loop_post(loop, post_more, LETTER("a"));
    loop_post(loop, note, LETTER("b"));
    run();
    assert_string_equal(seen, "abc.");
}

static void what_is_left_when_it_is_ended_runs_next_time(void **state)
{
    (void)state;
    loop_post(loop, note, LETTER("."));
    loop_post(loop, note, LETTER("a"));
    loop_post(loop, note, LETTER("."));
    run();
    assert_string_equal(seen, ".");
    loop_post(loop, note, LETTER("b"));
    run();
    assert_string_equal(seen, ".a.");
    loop_post(loop, note, LETTER("."));
    run();
    assert_string_equal(seen, ".a.b.");
}

static void what_has_not_run_is_dropped_with_the_loop(void **state)
{
    (void)state;
    loop_post(loop, note, LETTER("a"));
    loop_free(loop);
    assert_string_equal(seen, "");
    loop = loop_new(env);
}

static void post_myself(void *arg)
{
    if (seen[0] == '\0')
        loop_post(loop, post_myself, arg);
}

static const char some[] = "xabc.";

static void drop_a_and_c(void *arg)
{
    note(arg);
    loop_unpost(loop, &some[1]);
    loop_unpost(loop, &some[3]);
}

/* Of what is next, and of what was posted meanwhile. */
static void what_is_taken_back_does_not_run(void **state)
{
    (void)state;
    loop_post(loop, drop_a_and_c, LETTER(&some[0]));
    for (int i = 1; i < 5; i++)
        loop_post(loop, note, LETTER(&some[i]));
    run();
    assert_string_equal(seen, "xb.");
    loop_post(loop, note, LETTER(&some[3]));
    loop_unpost(loop, &some[3]);
    loop_post(loop, note, LETTER(&some[4]));
    run();
    assert_string_equal(seen, "xb..");
}

static void who_posts_for_ever_keeps_no_timer_from_its_turn(void **state)
{
    struct loop_timer timer = {NULL};

    (void)state;
    loop_post(loop, post_myself, NULL);
    loop_timer_set(loop, &timer, loop_now(loop) + ms, note, LETTER("."));
    run();
    assert_string_equal(seen, ".");
    loop_timer_clear(&timer);
}

enum { POSTERS = 4, POSTS = 20000 };

struct poster {
    struct env_thread *thread;
    uint32_t next; /* expected */
    uint32_t n_ended;
};

struct numbered {
    struct poster *poster;
    uint32_t number;
    uint32_t *left;
};

static void in_turn(void *arg)
{
    struct numbered *n = arg;

    assert_int_equal(n->poster->next++, n->number);
    if (--*n->left == 0)
        loop_end(loop);
    free(n);
}

static uint32_t posts_left;

static void post_all(void *arg)
{
    for (uint32_t i = 0; i < POSTS; i++) {
        struct numbered *n = malloc(sizeof(*n));

        *n = (struct numbered){arg, i, &posts_left};
        loop_post(loop, in_turn, n);
    }
}

static void posts_of_each_thread_run_in_its_order(void **state)
{
    struct poster posters[POSTERS] = {{0}};

    (void)state;
    posts_left = POSTERS * POSTS;
    for (int i = 0; i < POSTERS; i++)
        posters[i].thread =
            env->ops->thread_start(env, "poster", -1, post_all, &posters[i]);
    run();
    for (int i = 0; i < POSTERS; i++) {
        env->ops->thread_join(env, posters[i].thread);
        assert_int_equal(posters[i].next, POSTS);
    }
}

/* -- timers ---------------------------------------------------------------- */

static void timers_fire_in_the_order_of_their_times_once_each(void **state)
{
    struct loop_timer a = {NULL}, b = {NULL}, c = {NULL};
    int64_t now = loop_now(loop);

    (void)state;
    loop_timer_set(loop, &c, now + 3 * ms, note, LETTER("."));
    loop_timer_set(loop, &a, now + ms, note, LETTER("a"));
    loop_timer_set(loop, &b, now + 2 * ms, note, LETTER("b"));
    assert_int_equal(a.at, now + ms);
    run();
    assert_string_equal(seen, "ab.");
    assert_int_equal(a.at, 0);
    assert_false(loop_run_for(loop, ms));
    assert_string_equal(seen, "ab.");
    loop_timer_clear(&a);
    loop_timer_clear(&b);
    loop_timer_clear(&c);
}

static int64_t not_before;

static void in_time(void *arg)
{
    (void)arg;
    assert_true(loop_now(loop) >= not_before);
    loop_end(loop);
}

static void a_timer_does_not_fire_too_early(void **state)
{
    struct loop_timer timer = {NULL};

    (void)state;
    for (int i = 0; i < 200; i++) {
        not_before = loop_now(loop) + i * 1000 + i;
        loop_timer_set(loop, &timer, not_before, in_time, NULL);
        run();
    }
    loop_timer_clear(&timer);
}

static void a_time_that_is_past_is_now(void **state)
{
    static const int64_t times[] = {INT64_MIN, -1, 0, 1};

    (void)state;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct loop_timer timer = {NULL};

        loop_timer_set(loop, &timer, times[i], note, LETTER("."));
        assert_int_not_equal(timer.at, 0);
        run();
        loop_timer_clear(&timer);
    }
    assert_string_equal(seen, "....");
}

static void a_timer_is_moved_and_cleared(void **state)
{
    struct loop_timer moved = {NULL}, cleared = {NULL}, never = {NULL};
    struct loop_timer last = {NULL};
    int64_t now = loop_now(loop);

    (void)state;
    loop_timer_set(loop, &moved, now + 1000 * long_enough, note, LETTER("x"));
    loop_timer_set(loop, &moved, now + ms, note, LETTER("m"));
    loop_timer_set(loop, &cleared, now + ms, note, LETTER("c"));
    loop_timer_clear(&cleared);
    loop_timer_clear(&cleared);
    loop_timer_set(loop, &never, now + ms, note, LETTER("n"));
    loop_timer_set(loop, &never, INT64_MAX, note, LETTER("n"));
    assert_int_equal(never.at, 0);
    loop_timer_set(loop, &last, now + 3 * ms, note, LETTER("."));
    run();
    assert_string_equal(seen, "m.");
    loop_timer_clear(&moved);
    loop_timer_clear(&last);
}

static struct loop_timer moved;

static void move_it(void *arg)
{
    (void)arg;
    note(LETTER("a"));
    loop_timer_set(loop, &moved, loop_now(loop) + 5 * ms, note, LETTER("."));
}

/* Both are due in the same turn. */
static void a_timer_that_another_has_moved_fires_at_its_new_time(void **state)
{
    struct loop_timer mover = {NULL}, last = {NULL};
    int64_t now = loop_now(loop);

    (void)state;
    loop_timer_set(loop, &mover, now, move_it, NULL);
    loop_timer_set(loop, &moved, now + ms / 2, note, LETTER("x"));
    loop_timer_set(loop, &last, now + 3 * ms, note, LETTER("b"));
    while (loop_now(loop) < now + ms)
        continue;
    run();
    assert_string_equal(seen, "ab.");
    loop_timer_clear(&mover);
    loop_timer_clear(&moved);
    loop_timer_clear(&last);
}

struct again {
    struct loop_timer timer;
    int left;
};

static void fire_again(void *arg)
{
    struct again *a = arg;

    note(LETTER("a"));
    if (--a->left > 0) {
        loop_timer_set(loop, &a->timer, loop_now(loop), fire_again, a);
        return;
    }
    loop_timer_clear(&a->timer);
    free(a); /* its owner goes with it */
    loop_end(loop);
}

static void a_timer_may_be_set_or_freed_by_its_own_callback(void **state)
{
    struct again *a = calloc(1, sizeof(*a));

    (void)state;
    a->left = 3;
    loop_timer_set(loop, &a->timer, loop_now(loop), fire_again, a);
    run();
    assert_string_equal(seen, "aaa");
}

static void a_run_for_some_time_says_whether_it_was_ended(void **state)
{
    (void)state;
    assert_false(loop_run_for(loop, 0));
    assert_false(loop_run_for(loop, ms));
    loop_post(loop, note, LETTER("."));
    assert_true(loop_run_for(loop, long_enough));
    loop_post(loop, note, LETTER("."));
    loop_run(loop);
    assert_string_equal(seen, "..");
}

/* -- descriptors ----------------------------------------------------------- */

struct line {
    int near, far;
    struct loop_watch watch; /* of what comes to the near end */
    struct line *other;      /* that is cleared by this one's callback */
    const char *letter;
};

static void take_one(void *arg)
{
    struct line *l = arg;
    char byte;

    assert_int_equal(env->ops->net_receive(env, l->near, &byte, 1), 1);
    if (l->other != NULL)
        loop_watch_clear(&l->other->watch);
    note(byte == '.' ? LETTER(".") : LETTER(l->letter));
}

static void await(int fd, uint32_t events)
{
    struct env_waiter *waiter = env->ops->waiter_new(env);
    struct env_ready ready[1];

    assert_int_equal(env->ops->waiter_watch(env, waiter, fd, events, ready), 0);
    assert_int_equal(env->ops->waiter_wait(env, waiter, INT64_MAX, ready, 1),
                     1);
    env->ops->waiter_free(env, waiter);
}

static void line_open(struct line *l, const char *letter)
{
    struct rpc_address at;
    gale_err error;
    int listener;

    *l = (struct line){.letter = letter};
    assert_int_equal(rpc_address_of("127.0.0.1", 0, &at, &error), 0);
    listener = env->ops->net_listen(env, &at);
    l->near = env->ops->net_connect(env, &at);
    await(listener, POLLIN);
    l->far = env->ops->net_accept(env, listener, NULL);
    assert_true(l->near >= 0 && l->far >= 0);
    env->ops->net_close(env, listener);
    assert_int_equal(loop_watch_set(loop, &l->watch, l->near, take_one, l), 0);
}

static void line_close(struct line *l)
{
    loop_watch_clear(&l->watch);
    env->ops->net_close(env, l->near);
    env->ops->net_close(env, l->far);
}

/* They are there. */
static void say(const struct line *l, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        assert_int_equal(env->ops->net_send(env, l->far, c, 1), 1);
    await(l->near, POLLIN);
}

static void what_can_be_read_is_told_until_it_is_read(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, "a");
    say(&l, "xx.");
    run();
    assert_string_equal(seen, "aa.");
    loop_watch_clear(&l.watch);
    say(&l, "x");
    assert_false(loop_run_for(loop, ms));
    assert_string_equal(seen, "aa.");
    line_close(&l);
}

/* Both are ready in the same turn. */
static void a_watch_that_another_has_cleared_is_not_called(void **state)
{
    struct line a, b;

    (void)state;
    line_open(&a, "x");
    line_open(&b, "x");
    a.other = &b;
    b.other = &a;
    say(&a, "x");
    say(&b, "x");
    assert_false(loop_run_for(loop, ms));
    assert_string_equal(seen, "x");
    line_close(&a);
    line_close(&b);
}

static void what_can_be_written_is_told(void **state)
{
    struct loop_watch writable = {NULL};
    struct line l;
    char much[4096] = {0};
    int64_t n = 0, sent = 0;

    (void)state;
    line_open(&l, "x");
    loop_watch_clear(&l.watch);
    for (; n >= 0; n = env->ops->net_send(env, l.far, much, sizeof(much)))
        sent += n;
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(
        loop_watch_set_writable(loop, &writable, l.far, note, LETTER(".")), 0);
    assert_false(loop_run_for(loop, ms));
    assert_string_equal(seen, "");
    for (; sent > 0; sent -= n) {
        await(l.near, POLLIN);
        n = env->ops->net_receive(env, l.near, much, sizeof(much));
        assert_true(n > 0);
    }
    run();
    loop_watch_clear(&writable);
    line_close(&l);
}

static void what_cannot_be_watched_says_why(void **state)
{
    struct loop_watch watch = {NULL};

    (void)state;
    assert_int_equal(loop_watch_set(loop, &watch, 1000, note, LETTER(".")), -1);
    assert_null(watch.event);
}

/* -- signals --------------------------------------------------------------- */

static void signalled(void *arg, int signal)
{
    (void)arg;
    note(signal == SIGUSR1 ? LETTER("1") : LETTER("."));
}

static void raise_here(int signal)
{
    if (env->simulated)
        assert_int_equal(world_process_signal(world_process_of(env), signal),
                         0);
    else
        assert_int_equal(kill(getpid(), signal), 0);
}

static void a_signal_is_a_callback_like_any_other(void **state)
{
    static const int signals[] = {SIGUSR1, SIGUSR2};

    (void)state;
    assert_int_equal(loop_signals(loop, signals, 2, signalled, NULL), 0);
    raise_here(SIGUSR1);
    assert_string_equal(seen, "");
    assert_false(loop_run_for(loop, ms));
    assert_string_equal(seen, "1");
    raise_here(SIGUSR2);
    run();
    assert_string_equal(seen, "1.");
}

/* -- the worlds ------------------------------------------------------------ */

static void in_worlds(void **state)
{
    const CMUnitTestFunction *test = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world_options options = {.seed = seed, .n_cpus = 2};
        struct world *w = world_new(&options);

        begin(world_env(w));
        (*test)(state);
        loop_free(loop);
        world_free(w);
    }
}

#define REAL(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)
#define BOTH(name_)                                                            \
    REAL(name_),                                                               \
    {                                                                          \
        .name = #name_ " (simulated)", .test_func = in_worlds,                 \
        .initial_state = &(CMUnitTestFunction)                                 \
        {                                                                      \
            name_                                                              \
        }                                                                      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(what_is_posted_runs_in_order),
        BOTH(a_post_may_post),
        BOTH(what_is_left_when_it_is_ended_runs_next_time),
        BOTH(what_has_not_run_is_dropped_with_the_loop),
        BOTH(what_is_taken_back_does_not_run),
        BOTH(who_posts_for_ever_keeps_no_timer_from_its_turn),
        BOTH(posts_of_each_thread_run_in_its_order),
        BOTH(timers_fire_in_the_order_of_their_times_once_each),
        BOTH(a_timer_does_not_fire_too_early),
        BOTH(a_time_that_is_past_is_now),
        BOTH(a_timer_is_moved_and_cleared),
        BOTH(a_timer_that_another_has_moved_fires_at_its_new_time),
        BOTH(a_timer_may_be_set_or_freed_by_its_own_callback),
        BOTH(a_run_for_some_time_says_whether_it_was_ended),
        BOTH(what_can_be_read_is_told_until_it_is_read),
        BOTH(a_watch_that_another_has_cleared_is_not_called),
        BOTH(what_can_be_written_is_told),
        BOTH(what_cannot_be_watched_says_why),
        BOTH(a_signal_is_a_callback_like_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
