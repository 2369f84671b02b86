/*
 * test_moving.c - an executor moves to another carrier, since it keeps waiting
 * and does not say so: all that hangs on it goes with it.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/naps.h"
#include "tests/support/remove_tree.h"
#include "worker/task_base.h"
#include "worker/worker.h"
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { N = 2000 };

/* -- bolts ----------------------------------------------------------------- */

struct sender {
    struct naps seen;
    pthread_t thread;
    struct tally emitted, arrived;
    bool moved;
};

/* Once it runs on another thread it waits in each call until all that it has
 * emitted has arrived. */
static gale_result nap_or_await(gale_task *task, const gale_tuple *in)
{
    struct sender *s = probe_arg(task);

    (void)in;
    if (tally_get(&s->emitted) == 0)
        s->thread = pthread_self();
    s->moved |= !pthread_equal(s->thread, pthread_self());
    if (s->moved)
        tally_await(&s->arrived, tally_get(&s->emitted), "what was emitted");
    else
        naps_wait();
    tally_add(&s->emitted, 1);
    return gale_emit(task, gale_int(1));
}

static gale_result note_arrival(gale_task *task, const gale_tuple *in)
{
    struct sender *s = probe_arg(task);

    (void)in;
    tally_add(&s->arrived, 1);
    return GALE_OK;
}

static void what_it_has_emitted_arrives_before_it_is_called_there(void **state)
{
    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        struct setting *s = setting_begin("sent", 200, 1);
        struct sender sender = {.emitted = TALLY_INIT, .arrived = TALLY_INIT};
        const struct probe bolt = {
            .arg = &sender, NAPS_TASK, .execute = nap_or_await};
        const struct probe sink = {
            .arg = &sender, NAPS_TASK, .execute = note_arrival};
        void *own = s;

        s->r.carriers = carriers;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "bolt");
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_true(sender.moved);
        setting_end(&own);
    }
}

static gale_result some_work(void *arg)
{
    (void)arg;
    return GALE_OK;
}

static void work_is_done(gale_task *task, gale_result result, void *arg)
{
    struct naps *seen = probe_arg(task);
    struct naps_task *own = probe_state(task);

    seen->wrong += result != GALE_OK || arg != own || own->works-- == 0;
    seen->works++;
}

static gale_result count_tick(gale_task *task)
{
    struct naps *seen = probe_arg(task);

    seen->ticks++;
    return GALE_OK;
}

/* It keeps one input, and looks at it when the next one is kept. */
static void keep(gale_task *task, const gale_tuple *in)
{
    struct naps *seen = probe_arg(task);
    struct naps_task *own = probe_state(task);

    if (own->kept != NULL) {
        seen->wrong += gale_get_int(own->kept, 0) >= gale_get_int(in, 0);
        gale_release(task, own->kept);
    }
    own->kept = gale_retain(task, in);
}

static gale_result do_everything(gale_task *task, const gale_tuple *in)
{
    struct naps_task *own = probe_state(task);

    naps_now_and_then(task);
    if (own->n % 7 == 0 &&
        gale_async(task, some_work, work_is_done, own) == GALE_OK)
        own->works++;
    if (own->n % 5 == 0)
        keep(task, in);
    return naps_pass_on(task, in);
}

static void let_go(gale_task *task)
{
    struct naps_task *own = probe_state(task);

    if (own->kept != NULL)
        gale_release(task, own->kept);
}

static void ticks_work_and_what_is_kept_go_with_it(void **state)
{
    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        struct setting *s = setting_begin("all", N, 1);
        struct naps seen = {0};
        const struct probe bolt = {.arg = &seen,
                                   NAPS_TASK,
                                   .open = naps_tick_often,
                                   .close = let_go,
                                   .tick = count_tick,
                                   .execute = do_everything};
        const struct probe sink = {
            .arg = &seen, NAPS_TASK, .execute = naps_take};
        void *own = s;

        s->r.carriers = carriers;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 2), "bolt");
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(seen.wrong, 0);
        assert_int_equal(naps_carriers(s), carriers + 1);
        assert_int_equal(seen.works, N / 7);
        assert_true(seen.ticks > 0);
        setting_end(&own);
    }
}

/* -- spouts ---------------------------------------------------------------- */

/* A spout of three tasks and one executor: the first one waits in its calls,
 * the second for a pipe, and the third for a time. */
enum { NAPPER, READER, SLEEPER, TASKS };

struct reader {
    int pipe[2];
    uint32_t naps; /* of the first one; after them it is exhausted */
    _Atomic(uint32_t) got, acked, sleeps;
    _Atomic(bool) waits;
};

static gale_result wait_for_others(gale_task *task)
{
    gale_wait_until(task, gale_now(task) + 1000000);
    return GALE_OK;
}

/* Not before the others wait. */
static gale_result nap_and_emit(gale_task *task)
{
    struct reader *r = probe_arg(task);
    struct naps_task *own = probe_state(task);

    if (!r->waits || r->sleeps == 0)
        return wait_for_others(task);
    if (own->n == r->naps) {
        gale_exhausted(task);
        return GALE_OK;
    }
    naps_wait();
    return gale_emit_msg(task, ((gale_msgid){1, own->n++}), gale_int(0));
}

static gale_result read_on(gale_task *task)
{
    struct reader *r = probe_arg(task);
    char byte;

    if (read(r->pipe[0], &byte, 1) != 1) {
        r->waits = true;
        gale_wait_fd(task, r->pipe[0], POLLIN);
        return GALE_OK;
    }
    if (byte == 'x') {
        gale_exhausted(task);
        return GALE_OK;
    }
    return gale_emit_msg(task, ((gale_msgid){2, r->got++}), gale_int(1));
}

static gale_result sleep_once(gale_task *task)
{
    struct reader *r = probe_arg(task);

    if (r->sleeps++ == 0)
        gale_wait_until(task, gale_now(task) + 50000000);
    else
        gale_exhausted(task);
    return GALE_OK;
}

static gale_result next_of_three(gale_task *task)
{
    switch (gale_task_index(task)) {
    case NAPPER:
        return nap_and_emit(task);
    case READER:
        return read_on(task);
    default:
        return sleep_once(task);
    }
}

static void hear_ack(gale_task *task, gale_msgid id)
{
    struct reader *r = probe_arg(task);

    (void)id;
    r->acked++;
}

static bool all_naps_are_acked(void *arg)
{
    struct reader *r = arg;

    return r->acked == r->naps;
}

static void run_reader(struct setting *s, struct reader *r)
{
    struct probe probe = {
        .arg = r, NAPS_TASK, .next = next_of_three, .ack = hear_ack};

    assert_int_equal(pipe2(r->pipe, O_NONBLOCK), 0);
    gale_set_tasks(setting_add(s, &probe, 1), TASKS);
    topology_run_start(&s->r);
    topology_run_until(all_naps_are_acked, r, "acks");
    assert_int_equal(write(r->pipe[1], "abcx", 4), 4);
    topology_run_complete(&s->r);
}

/* Acks find it there, and what it waits for wakes it there. */
static void a_spout_that_keeps_waiting_gets_one_too(void **state)
{
    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        struct setting *s = setting_begin("reader", 0, 0);
        struct reader r = {.naps = 10};
        void *own = s;

        s->r.carriers = carriers;
        run_reader(s, &r);
        assert_balanced(&s->r);
        assert_int_equal(r.acked, r.naps + 3);
        assert_int_equal(r.sleeps, 2);
        assert_int_equal(naps_carriers(s), carriers + 1);
        assert_says(topology_run_log(&s->r), "GALE_SPOUT_BLOCKING");
        setting_end(&own);
        close(r.pipe[0]);
        close(r.pipe[1]);
    }
}

/* Everything goes to the second task of the bolt, which is on another carrier
 * than the spout and fails some numbers once. */
struct sent {
    _Atomic(int32_t) to;
    _Atomic(uint32_t) again; /* the spout's: have failed */
    _Atomic(uint32_t) failed, acked;
    uint32_t n, n_again;
};

enum { SENT = 12, AGAIN = 1000 };

static gale_result nap_and_send(gale_task *task)
{
    struct sent *s = probe_arg(task);
    gale_msgid id = {3, s->n_again < s->again ? AGAIN + s->n_again++ : s->n};
    gale_emit_opts opts = {
        .size = sizeof(opts), .id = &id, .direct_task = s->to};

    if (id.lo < AGAIN && s->n++ == SENT) {
        s->n = SENT;
        gale_exhausted(task);
        return GALE_OK;
    }
    naps_wait();
    return gale_emit_with(task, &opts, gale_int((int64_t)id.lo));
}

static void count_sent(gale_task *task, gale_msgid id)
{
    struct sent *s = probe_arg(task);

    (void)id;
    s->acked++;
}

static void send_again(gale_task *task, gale_msgid id)
{
    struct sent *s = probe_arg(task);

    (void)id;
    s->failed++;
    s->again++;
}

static gale_result show_second(gale_task *task)
{
    struct sent *s = probe_arg(task);

    if (gale_task_index(task) == 1)
        s->to = gale_task_id(task);
    return GALE_OK;
}

static gale_result fail_some(gale_task *task, const gale_tuple *in)
{
    return gale_get_int(in, 0) < AGAIN && gale_random(task) % 2 == 0
               ? GALE_RETRY
               : GALE_OK;
}

/* What is settled while the spout waits comes to the carrier that it leaves
 * then, and there is nothing else to do. */
static void acks_and_fails_that_are_under_way_follow_it(void **state)
{
    static const char *const fields[] = {"n"};
    static const gale_stream direct = {
        "default", GALE_STREAM_DIRECT, 0, {fields, 1, sizeof(char *)}, NULL};

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        struct setting *s = setting_begin("sent", 0, 0);
        struct sent sent = {0};
        const struct probe spout = {.arg = &sent,
                                    .streams = {&direct, 1, sizeof(direct)},
                                    .next = nap_and_send,
                                    .ack = count_sent,
                                    .fail = send_again};
        const struct probe bolt = {
            .arg = &sent, .open = show_second, .execute = fail_some};
        void *own = s;

        topology_run_spout(&s->r, "spout", &spout, 1);
        gale_direct(topology_run_bolt(&s->r, "bolt", &bolt, 2), "spout");
        topology_run_complete(&s->r);
        assert_int_equal(sent.failed, sent.n_again);
        assert_int_equal(sent.acked, SENT);
        assert_int_equal(naps_carriers(s), 3);
        setting_end(&own);
    }
}

/* -- positions ------------------------------------------------------------- */

struct tape {
    _Atomic(int64_t) begun, next;
};

static gale_result open_tape(gale_task *task)
{
    struct tape *t = probe_arg(task);
    gale_str position = gale_position_get(task, gale_str_make("tape", 4));

    t->begun = t->next = (int64_t)position.size;
    return GALE_OK;
}

/* The position has as many bytes. */
static gale_result nap_and_play(gale_task *task)
{
    static const char bytes[64];
    struct tape *t = probe_arg(task);
    int64_t n = t->next;
    gale_result result;

    if (n == sizeof(bytes)) {
        gale_exhausted(task);
        return GALE_OK;
    }
    naps_wait();
    t->next++;
    result = gale_emit_msg(task, ((gale_msgid){4, (uint64_t)n}), gale_int(n));
    if (result != GALE_OK)
        return result;
    return gale_position_set(task, gale_str_make("tape", 4),
                             gale_str_make(bytes, (size_t)t->next));
}

/* A second run begins where the first one has ended. */
static void positions_are_saved_there(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct tape tape = {0};
    const struct probe spout = {.arg = &tape,
                                .streams = OUTPUT_N,
                                .open = open_tape,
                                .next = nap_and_play};
    char dir[200];

    (void)state;
    snprintf(dir, sizeof(dir), "%s/movingXXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    for (int run = 0; run < 2; run++) {
        struct setting *s = setting_begin("tape", 0, 0);
        void *own = s;

        s->r.carriers = 1;
        s->r.state_dir = dir;
        setting_add(s, &spout, 1);
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(tape.begun, run == 0 ? 0 : 64);
        assert_int_equal(naps_carriers(s), run == 0 ? 2 : 1);
        setting_end(&own);
    }
    assert_int_equal(remove_tree(dir), 0);
}

/* -- notes ----------------------------------------------------------------- */

static void count_post(gale_task *task, void *arg)
{
    struct naps *seen = probe_arg(task);

    (void)arg;
    seen->posts++;
}

struct poster {
    struct naps *seen;
    _Atomic(gale_task *) task;
    uint32_t n;
    pthread_t thread;
};

static struct poster poster;

/* It stands still for nobody. */
static void *post_on(void *arg)
{
    struct poster *p = arg;

    while (!p->seen->goes_on) {
        if (p->task == NULL)
            continue;
        gale_post(p->task, count_post, NULL);
        p->n++;
        while (p->seen->posts < p->n && !p->seen->goes_on)
            ;
    }
    return NULL;
}

static gale_result show_task(gale_task *task)
{
    poster.task = task;
    return GALE_OK;
}

static gale_result nap_and_take(gale_task *task, const gale_tuple *in)
{
    naps_now_and_then(task);
    return naps_take(task, in);
}

/* The next post is sent when the last one was heard: the first one that is lost
 * ends it. */
static void notes_of_other_threads_follow_it(void **state)
{
    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        struct setting *s = setting_begin("posts", N, 1);
        struct naps seen = {0};
        const struct probe bolt = {.arg = &seen,
                                   NAPS_TASK,
                                   .open = show_task,
                                   .execute = nap_and_take};
        void *own = s;

        poster = (struct poster){.seen = &seen};
        s->r.carriers = carriers;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        topology_run_start(&s->r);
        pthread_create(&poster.thread, NULL, post_on, &poster);
        topology_run_until_complete(&s->r);
        seen.goes_on = true;
        pthread_join(poster.thread, NULL);
        topology_run_complete(&s->r);
        assert_int_equal(seen.posts, poster.n);
        assert_true(poster.n > 0);
        assert_int_equal(naps_carriers(s), carriers + 1);
        assert_balanced(&s->r);
        setting_end(&own);
    }
}

static bool has_posted(void *arg)
{
    return ((struct naps *)arg)->posts > 0;
}

/* From a thread that has looked where it is before it moved. */
static void a_note_that_comes_where_it_was_goes_on(void **state)
{
    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        struct setting *s = setting_begin("late", N, 1);
        struct naps seen = {0};
        const struct probe bolt = {.arg = &seen,
                                   NAPS_TASK,
                                   .open = show_task,
                                   .execute = nap_and_take};
        struct executor *e;
        void *own = s;

        s->r.carriers = carriers;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        topology_run_until_complete(&s->r);
        e = task_of(poster.task)->executor;
        assert_ptr_not_equal(e->carrier, e->worker->carriers[0]);
        e->at = e->worker->carriers[0];
        gale_post(poster.task, count_post, NULL);
        topology_run_until(has_posted, &seen, "the post");
        topology_run_complete(&s->r);
        setting_end(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_has_emitted_arrives_before_it_is_called_there),
        cmocka_unit_test(ticks_work_and_what_is_kept_go_with_it),
        cmocka_unit_test(a_spout_that_keeps_waiting_gets_one_too),
        cmocka_unit_test(acks_and_fails_that_are_under_way_follow_it),
        cmocka_unit_test(positions_are_saved_there),
        cmocka_unit_test(notes_of_other_threads_follow_it),
        cmocka_unit_test(a_note_that_comes_where_it_was_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
