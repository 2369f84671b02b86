/*
 * test_spout_waits.c - what a spout may wait for, and that it is called again
 * when that has come.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include "worker/executor.h"
#include "worker/task_base.h"
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { N = 1000 };

static int setup(void **state)
{
    *state = setting_begin("spouts", N, 0);
    return 0;
}

/* -- acks and fails -------------------------------------------------------- */

/* -- waiting --------------------------------------------------------------- */

struct waiter {
    int fds[2];
    uint32_t limit;    /* exhausted after so many bytes */
    uint32_t expected; /* what the test waits for */
    _Atomic(uint32_t) calls, bytes;
    gale_task *_Atomic task;
};

/* One tuple a byte. */
static gale_result read_pipe(gale_task *task)
{
    struct waiter *w = probe_arg(task);
    char c;

    w->calls++;
    if (read(w->fds[0], &c, 1) != 1) {
        gale_wait_fd(task, w->fds[0], POLLIN);
        return GALE_OK;
    }
    if (++w->bytes == w->limit)
        gale_exhausted(task);
    return gale_emit_msg(task, ((gale_msgid){0, w->bytes}), gale_int(c));
}

static void open_pipe(struct waiter *w)
{
    assert_int_equal(pipe2(w->fds, O_NONBLOCK | O_CLOEXEC), 0);
}

static void close_pipe(struct waiter *w)
{
    close(w->fds[0]);
    close(w->fds[1]);
}

static bool all_read(void *arg)
{
    struct waiter *w = arg;

    return w->bytes == w->expected;
}

static void a_spout_wakes_when_its_descriptor_is_ready(void **state)
{
    static struct waiter w;
    static const struct probe spout = {
        .arg = &w, .streams = OUTPUT_N, .next = read_pipe};
    struct setting *s = *state;

    w.limit = 200;
    open_pipe(&w);
    setting_add(s, &spout, 1);
    topology_run_start(&s->r);
    for (uint32_t i = 0; i < w.limit; i++) {
        assert_int_equal(write(w.fds[1], "x", 1), 1);
        w.expected = i + 1;
        topology_run_until(all_read, &w, "the byte is read");
        assert_true(w.calls <= 2 * (i + 1) + 1); /* nobody asks in vain */
    }
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(setting_spout_stats(s).acked, 200);
    close_pipe(&w);
}

/* Two tasks of one executor wait for the same descriptor. */
static void tasks_may_wait_for_the_same_descriptor(void **state)
{
    static struct waiter w;
    static const struct probe spout = {
        .arg = &w, .streams = OUTPUT_N, .next = read_pipe};
    struct setting *s = *state;

    open_pipe(&w);
    gale_set_tasks(setting_add(s, &spout, 1), 3);
    topology_run_start(&s->r);
    for (uint32_t i = 1; i <= 100; i++) {
        assert_int_equal(write(w.fds[1], "x", 1), 1);
        w.expected = i;
        topology_run_until(all_read, &w, "the byte is read");
    }
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_balanced(&s->r);
    assert_int_equal(setting_spout_stats(s).acked, 100);
    close_pipe(&w);
}

/* The other end is closed: next learns it by reading. */
static gale_result read_to_end(gale_task *task)
{
    struct waiter *w = probe_arg(task);
    char c;
    ssize_t n = read(w->fds[0], &c, 1);

    w->calls++;
    if (n < 0)
        gale_wait_fd(task, w->fds[0], POLLIN);
    else if (n == 0)
        gale_exhausted(task);
    else
        return gale_emit(task, gale_int(c));
    return GALE_OK;
}

static void a_descriptor_that_hangs_up_wakes_too(void **state)
{
    static struct waiter w;
    static const struct probe spout = {
        .arg = &w, .streams = OUTPUT_N, .next = read_to_end};
    struct setting *s = *state;

    open_pipe(&w);
    assert_int_equal(write(w.fds[1], "abc", 3), 3);
    setting_add(s, &spout, 1);
    topology_run_start(&s->r);
    close(w.fds[1]);
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(setting_spout_stats(s).emitted, 3);
    close(w.fds[0]);
}

static gale_result read_file(gale_task *task)
{
    struct waiter *w = probe_arg(task);

    gale_wait_fd(task, w->fds[0], POLLIN);
    if (++w->calls == 50)
        gale_exhausted(task);
    return GALE_OK;
}

static void a_regular_file_is_always_ready(void **state)
{
    static struct waiter w;
    static const struct probe spout = {
        .arg = &w, .streams = OUTPUT_N, .next = read_file};
    struct setting *s = *state;

    w.fds[0] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(w.fds[0] >= 0);
    setting_add(s, &spout, 1);
    topology_run_complete(&s->r);
    assert_int_equal(w.calls, 50);
    close(w.fds[0]);
}

/* -- time, wake-ups, posts */

struct timed {
    int64_t due;
    uint32_t n, early;
};

static gale_result emit_when_due(gale_task *task)
{
    struct timed *t = probe_state(task);
    _Atomic(uint32_t) *early = probe_arg(task);
    int64_t now = gale_now(task);

    if (now < t->due)
        ++*early;
    if (t->n == 20) {
        gale_exhausted(task);
        return GALE_OK;
    }
    t->n++;
    t->due = now + 1000000;
    gale_wait_until(task, t->due + 3600 * INT64_C(1000000000));
    gale_wait_until(task, t->due); /* the first that comes counts */
    gale_wait_wakeup(task);
    return gale_emit(task, gale_int(t->n));
}

static void a_spout_sleeps_until_the_first_of_its_times(void **state)
{
    static _Atomic(uint32_t) early;
    static const struct probe spout = {.arg = &early,
                                       .state_size = sizeof(struct timed),
                                       .streams = OUTPUT_N,
                                       .next = emit_when_due};
    struct setting *s = *state;

    setting_add(s, &spout, 2);
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(early, 0);
    assert_int_equal(setting_spout_stats(s).emitted, 2 * 20);
}

static gale_result note_task(gale_task *task)
{
    struct waiter *w = probe_arg(task);

    w->task = task;
    return GALE_OK;
}

/* One tuple each time it is woken. */
static gale_result emit_when_woken(gale_task *task)
{
    struct waiter *w = probe_arg(task);
    uint32_t *mine = probe_state(task);

    w->calls++;
    if (*mine == w->limit)
        gale_exhausted(task);
    else if (*mine == w->bytes)
        gale_wait_wakeup(task);
    else
        return gale_emit(task, gale_int(++*mine));
    return GALE_OK;
}

static bool has_emitted(void *arg)
{
    struct setting *s = arg;

    return setting_spout_stats(s).emitted ==
           ((struct waiter *)s->numbers.probe.arg)->bytes;
}

static void a_foreign_thread_wakes_a_spout(void **state)
{
    static struct waiter w;
    static const struct probe spout = {.arg = &w,
                                       .state_size = sizeof(uint32_t),
                                       .streams = OUTPUT_N,
                                       .open = note_task,
                                       .next = emit_when_woken};
    struct setting *s = *state;

    w.limit = 500;
    s->numbers.probe.arg = &w;
    setting_add(s, &spout, 1);
    topology_run_start(&s->r);
    for (uint32_t i = 1; i <= w.limit; i++) {
        w.bytes = i;
        gale_wakeup(w.task);
        if (i % 7 == 0) /* also when it sleeps for sure */
            topology_run_until(has_emitted, s, "the tuple is emitted");
    }
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(setting_spout_stats(s).emitted, 500);
}

/* Wakes the spout for each piece of work that it gives it. */
static void *give_work(void *arg)
{
    struct waiter *w = arg;

    for (uint32_t i = 0; i < N; i++) {
        w->bytes++;
        gale_wakeup(w->task);
    }
    return NULL;
}

static void no_wakeup_of_several_threads_is_lost(void **state)
{
    static struct waiter w = {.limit = 3 * N};
    static const struct probe spout = {.arg = &w,
                                       .state_size = sizeof(uint32_t),
                                       .streams = OUTPUT_N,
                                       .open = note_task,
                                       .next = emit_when_woken};
    struct setting *s = *state;
    pthread_t threads[3];

    setting_add(s, &spout, 1);
    topology_run_start(&s->r);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, give_work, &w), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    topology_run_complete(&s->r); /* it ends when it has emitted the last */
    assert_int_equal(setting_spout_stats(s).emitted, 3 * N);
}

struct sleeper {
    struct tally asleep, woken;
    gale_task *_Atomic task;
    _Atomic(uint32_t) messages;
};

/* Of the executor whose callback this is called from: nobody else pops. */
static uint32_t control_messages(gale_task *task)
{
    struct inbox *q = &task_of(task)->executor->control;
    struct inbox_node *node = q->tail;
    uint32_t n = 0;

    for (; node != NULL; node = atomic_load(&node->next))
        n += node != &q->stub;
    return n;
}

static gale_result count_messages(gale_task *task)
{
    struct sleeper *sl = probe_arg(task);

    sl->task = task;
    tally_add(&sl->asleep, 1);
    tally_await(&sl->woken, 1, "all wake-ups");
    if (sl->messages == 0) /* the wake-up calls it once more */
        sl->messages = control_messages(task);
    gale_exhausted(task);
    return GALE_OK;
}

static void many_wakeups_at_a_time_are_one_message(void **state)
{
    static struct sleeper sl = {.asleep = TALLY_INIT, .woken = TALLY_INIT};
    static const struct probe spout = {
        .arg = &sl, .streams = OUTPUT_N, .next = count_messages};
    struct setting *s = *state;

    setting_add(s, &spout, 1);
    topology_run_start(&s->r);
    tally_await(&sl.asleep, 1, "a next that takes long");
    for (int i = 0; i < N; i++)
        gale_wakeup(sl.task);
    tally_add(&sl.woken, 1);
    topology_run_complete(&s->r);
    assert_int_equal(sl.messages, 1);
}

struct posted {
    struct tally done;
    _Atomic(uint32_t) wrong;
    uint64_t next; /* only the task looks at it */
    gale_task *_Atomic task;
};

static void run_post(gale_task *task, void *arg)
{
    struct posted *p = probe_arg(task);

    if ((uint64_t)(uintptr_t)arg != p->next++)
        p->wrong++;
    if (gale_emit(task, gale_int((intptr_t)arg)) != GALE_OK)
        p->wrong++;
    tally_add(&p->done, 1);
}

static gale_result note_poster(gale_task *task)
{
    struct posted *p = probe_arg(task);

    p->task = task;
    return GALE_OK;
}

static gale_result wait_for_posts(gale_task *task)
{
    struct posted *p = probe_arg(task);

    if (p->next == N)
        gale_exhausted(task);
    else
        gale_wait_wakeup(task);
    return GALE_OK;
}

static void posts_of_a_foreign_thread_run_in_the_task_in_order(void **state)
{
    static struct posted p = {.done = TALLY_INIT};
    static const struct probe spout = {.arg = &p,
                                       .streams = OUTPUT_N,
                                       .open = note_poster,
                                       .next = wait_for_posts};
    struct setting *s = *state;

    setting_add(s, &spout, 1);
    topology_run_start(&s->r);
    for (uintptr_t i = 0; i < N; i++)
        gale_post(p.task, run_post, (void *)i);
    tally_await(&p.done, N, "posts");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(p.wrong, 0);
    assert_int_equal(setting_spout_stats(s).emitted, N);
}

/* -- exhausted ------------------------------------------------------------- */

static gale_result count_calls(gale_task *task)
{
    struct waiter *w = probe_arg(task);

    w->calls++;
    gale_exhausted(task);
    return GALE_OK;
}

static bool called_again(void *arg)
{
    struct waiter *w = arg;

    return w->calls > w->bytes;
}

static void nothing(gale_task *task, void *arg)
{
    (void)task;
    (void)arg;
}

static void an_exhausted_spout_is_called_again_when_something_happens(
    void **state)
{
    static struct waiter w;
    static const struct probe spout = {
        .arg = &w, .streams = OUTPUT_N, .open = note_task, .next = count_calls};
    struct setting *s = *state;

    setting_add(s, &spout, 1);
    topology_run_until_complete(&s->r);
    assert_int_equal(w.calls, 1);
    w.bytes = w.calls;
    gale_wakeup(w.task);
    topology_run_until(called_again, &w, "next after a wake-up");
    w.bytes = w.calls;
    gale_post(w.task, nothing, NULL);
    topology_run_until(called_again, &w, "next after a post");
}

/* Says nothing at all for a while, and is asked again and again. */
static gale_result say_nothing(gale_task *task)
{
    struct waiter *w = probe_arg(task);

    if (++w->calls < 20)
        return GALE_OK;
    gale_exhausted(task);
    return GALE_OK;
}

static void a_next_that_says_nothing_is_called_again(void **state)
{
    static struct waiter w;
    static const struct probe spout = {
        .arg = &w, .streams = OUTPUT_N, .next = say_nothing};
    struct setting *s = *state;

    setting_add(s, &spout, 1);
    topology_run_complete(&s->r);
    assert_int_equal(w.calls, 20);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_spout_wakes_when_its_descriptor_is_ready),
        TEST(tasks_may_wait_for_the_same_descriptor),
        TEST(a_descriptor_that_hangs_up_wakes_too),
        TEST(a_regular_file_is_always_ready),
        TEST(a_spout_sleeps_until_the_first_of_its_times),
        TEST(a_foreign_thread_wakes_a_spout),
        TEST(no_wakeup_of_several_threads_is_lost),
        TEST(many_wakeups_at_a_time_are_one_message),
        TEST(posts_of_a_foreign_thread_run_in_the_task_in_order),
        TEST(an_exhausted_spout_is_called_again_when_something_happens),
        TEST(a_next_that_says_nothing_is_called_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
