/*
 * test_own_threads.c - executors that keep waiting, though their components do
 * not say so, get carriers of their own; and nothing is lost, doubled or out of
 * order for that.
 *
 * What waits here waits in poll() for nothing, longer than a run may be taken
 * for a short one; however busy the machine is, that is a long run in which
 * nothing is computed.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include "worker/local_in.h"
#include "worker/worker.h"
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { N = 2000, EVERY = 20 };

static void wait_a_while(void)
{
    (void)poll(NULL, 0, 2);
}

/* What the bolts of a run have seen. */
struct seen {
    _Atomic(uint32_t) executed, naps, ticks, posts, works, wrong;
    _Atomic(bool) goes_on; /* a task of another thread is to */
};

/* One task's; numbers come in turn from each of its producers. */
struct own {
    int64_t last[64], sent;
    uint32_t n, works;
    const gale_tuple *kept;
};

static void check_order(gale_task *task, const gale_tuple *in)
{
    struct seen *seen = probe_arg(task);
    struct own *own = probe_state(task);
    int32_t from = gale_source_task(in);
    int64_t n = gale_get_int(in, 0);

    seen->wrong += from >= 64 || n + 1 <= own->last[from % 64];
    own->last[from % 64] = n + 1;
    seen->executed++;
}

/* Numbers of its own, since those of several producers mix. */
static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    struct own *own = probe_state(task);

    check_order(task, in);
    return gale_emit(task, gale_int(own->sent++));
}

static void nap_now_and_then(gale_task *task)
{
    struct seen *seen = probe_arg(task);
    struct own *own = probe_state(task);

    if (++own->n % EVERY != 0)
        return;
    seen->naps++;
    wait_a_while();
}

static gale_result nap_and_pass_on(gale_task *task, const gale_tuple *in)
{
    nap_now_and_then(task);
    return pass_on(task, in);
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    check_order(task, in);
    return GALE_OK;
}

static uint32_t n_carriers(struct setting *s)
{
    return local_worker(s->r.local)->n_carriers;
}

#define OWN .state_size = sizeof(struct own), .streams = OUTPUT_N

/* -- bolts ----------------------------------------------------------------- */

struct crew_case {
    uint32_t carriers;
    int spouts, naps, tasks, others;
};

/* numbers -> naps -> sink, and beside it numbers -> others -> sink. */
static void add_naps(struct setting *s, struct seen *seen,
                     const struct crew_case *k)
{
    static struct probe naps, others, sink;
    gale_declarer *d;

    naps = (struct probe){.arg = seen, OWN, .execute = nap_and_pass_on};
    others = (struct probe){.arg = seen, OWN, .execute = pass_on};
    sink = (struct probe){.arg = seen, OWN, .execute = take};
    gale_shuffle(
        gale_set_tasks(topology_run_bolt(&s->r, "naps", &naps, k->naps),
                       k->tasks),
        "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "others", &others, k->others),
                 "numbers");
    d = topology_run_bolt(&s->r, "sink", &sink, 1);
    gale_shuffle(d, "naps");
    gale_shuffle(d, "others");
}

static void a_bolt_that_keeps_waiting_gets_a_carrier_of_its_own(void **state)
{
    static const struct crew_case cases[] = {
        {1, 1, 1, 1, 1}, {2, 1, 1, 1, 1}, {1, 2, 2, 5, 3},
        {2, 2, 3, 3, 2}, {4, 3, 2, 4, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct setting *s = setting_begin("own", N, cases[i].spouts);
        struct seen seen = {0};
        void *own = s;

        s->r.carriers = cases[i].carriers;
        add_naps(s, &seen, &cases[i]);
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(number_source_unacked(&s->numbers), 0);
        assert_int_equal(seen.wrong, 0);
        assert_int_equal(seen.executed, 4 * N);
        assert_int_equal(n_carriers(s),
                         cases[i].carriers + (uint32_t)cases[i].naps);
        assert_says(topology_run_log(&s->r), "naps-");
        assert_says(topology_run_log(&s->r), "GALE_BOLT_BLOCKING");
        setting_end(&own);
    }
}

struct sender {
    struct seen seen;
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
        wait_a_while();
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
            .arg = &sender, OWN, .execute = nap_or_await};
        const struct probe sink = {
            .arg = &sender, OWN, .execute = note_arrival};
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

static gale_result nap_in_tick(gale_task *task)
{
    struct seen *seen = probe_arg(task);

    if (seen->naps++ < 10)
        wait_a_while();
    else
        seen->goes_on = true;
    return GALE_OK;
}

static gale_result tick_often(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

static bool is_over(void *arg)
{
    return ((struct seen *)arg)->goes_on;
}

/* Ticks go on where the bolt is now. */
static void so_does_one_that_waits_in_its_ticks(void **state)
{
    struct setting *s = setting_begin("ticks", N, 1);
    struct seen seen = {0};
    const struct probe bolt = {.arg = &seen,
                               OWN,
                               .open = tick_often,
                               .execute = take,
                               .tick = nap_in_tick};

    *state = s;
    s->r.carriers = 1;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_start(&s->r);
    topology_run_until(is_over, &seen, "ticks");
    topology_run_complete(&s->r);
    assert_int_equal(n_carriers(s), 2);
    assert_balanced(&s->r);
    setting_end(state);
}

/* -- what hangs on it ------------------------------------------------------ */

static gale_result some_work(void *arg)
{
    (void)arg;
    return GALE_OK;
}

static void work_is_done(gale_task *task, gale_result result, void *arg)
{
    struct seen *seen = probe_arg(task);
    struct own *own = probe_state(task);

    seen->wrong += result != GALE_OK || arg != own || own->works-- == 0;
    seen->works++;
}

static gale_result count_tick(gale_task *task)
{
    struct seen *seen = probe_arg(task);

    seen->ticks++;
    return GALE_OK;
}

/* It keeps one input, and looks at it when the next one is kept. */
static void keep(gale_task *task, const gale_tuple *in)
{
    struct seen *seen = probe_arg(task);
    struct own *own = probe_state(task);

    if (own->kept != NULL) {
        seen->wrong += gale_get_int(own->kept, 0) >= gale_get_int(in, 0);
        gale_release(task, own->kept);
    }
    own->kept = gale_retain(task, in);
}

static gale_result do_everything(gale_task *task, const gale_tuple *in)
{
    struct own *own = probe_state(task);

    nap_now_and_then(task);
    if (own->n % 7 == 0 &&
        gale_async(task, some_work, work_is_done, own) == GALE_OK)
        own->works++;
    if (own->n % 5 == 0)
        keep(task, in);
    return pass_on(task, in);
}

static void let_go(gale_task *task)
{
    struct own *own = probe_state(task);

    if (own->kept != NULL)
        gale_release(task, own->kept);
}

static void ticks_work_and_what_is_kept_go_with_it(void **state)
{
    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        struct setting *s = setting_begin("all", N, 1);
        struct seen seen = {0};
        const struct probe bolt = {.arg = &seen,
                                   OWN,
                                   .open = tick_often,
                                   .close = let_go,
                                   .tick = count_tick,
                                   .execute = do_everything};
        const struct probe sink = {.arg = &seen, OWN, .execute = take};
        void *own = s;

        s->r.carriers = carriers;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 2), "bolt");
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(seen.wrong, 0);
        assert_int_equal(n_carriers(s), carriers + 1);
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
    struct own *own = probe_state(task);

    if (!r->waits || r->sleeps == 0)
        return wait_for_others(task);
    if (own->n == r->naps) {
        gale_exhausted(task);
        return GALE_OK;
    }
    wait_a_while();
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
        .arg = r, OWN, .next = next_of_three, .ack = hear_ack};

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
        assert_int_equal(n_carriers(s), carriers + 1);
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
    wait_a_while();
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
        assert_int_equal(n_carriers(s), 3);
        setting_end(&own);
    }
}

/* -- who stays ------------------------------------------------------------- */

static gale_result compute(gale_task *task, const gale_tuple *in)
{
    struct own *own = probe_state(task);
    int64_t end = gale_now(task) + 1500000;

    if (++own->n <= 10)
        while (gale_now(task) < end)
            ;
    return take(task, in);
}

static void who_computes_for_long_stays_where_it_is(void **state)
{
    struct setting *s = setting_begin("computes", N, 1);
    struct seen seen = {0};
    const struct probe bolt = {.arg = &seen, OWN, .execute = compute};

    *state = s;
    s->r.carriers = 1;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(n_carriers(s), 1);
    setting_end(state);
}

static void no_more_of_them_move_than_may_and_that_is_said_once(void **state)
{
    static const struct crew_case three = {1, 1, 3, 3, 1};

    (void)state;
    for (uint32_t max = 0; max <= 2; max++) {
        struct setting *s = setting_begin("few", N, 1);
        struct seen seen = {0};
        const char *said;
        void *own = s;

        s->r.carriers = 1;
        gale_configure(s->r.builder, "gale.worker.own.threads", gale_int(max));
        add_naps(s, &seen, &three);
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        assert_int_equal(seen.wrong, 0);
        assert_int_equal(n_carriers(s), 1 + max);
        said = strstr(topology_run_log(&s->r), "gale.worker.own.threads");
        assert_int_equal(said != NULL, max > 0);
        if (said != NULL)
            assert_null(strstr(said + 1, "gale.worker.own.threads"));
        setting_end(&own);
    }
}

/* -- meanwhile ------------------------------------------------------------- */

static void count_post(gale_task *task, void *arg)
{
    struct seen *seen = probe_arg(task);

    (void)arg;
    seen->posts++;
}

struct poster {
    struct seen *seen;
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
    nap_now_and_then(task);
    return take(task, in);
}

/* The next post is sent when the last one was heard: the first one that is lost
 * ends it. */
static void notes_of_other_threads_follow_it(void **state)
{
    (void)state;
    for (uint32_t carriers = 1; carriers <= 2; carriers++) {
        struct setting *s = setting_begin("posts", N, 1);
        struct seen seen = {0};
        const struct probe bolt = {
            .arg = &seen, OWN, .open = show_task, .execute = nap_and_take};
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
        assert_int_equal(n_carriers(s), carriers + 1);
        assert_balanced(&s->r);
        setting_end(&own);
    }
}

/* Ends it somewhere about the move, at each of many places. */
static void stop_under_way(uint32_t round, gale_stop how)
{
    const struct crew_case crew = {1 + round % 2, 2, 2, 2, 1};
    struct setting *s = setting_begin("stopped", N, crew.spouts);
    struct seen seen = {0};
    gale_local_state end;
    void *own = s;

    s->r.carriers = crew.carriers;
    add_naps(s, &seen, &crew);
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, round * 13, "acks");
    end = topology_run_stop(&s->r, how);
    assert_int_equal(end, GALE_LOCAL_STOPPED);
    assert_int_equal(seen.wrong, 0);
    if (how == GALE_STOP_DRAIN)
        assert_balanced(&s->r);
    setting_end(&own);
}

static void a_stop_meanwhile_is_as_any_other(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 24; round++)
        stop_under_way(round, round % 3 == 0 ? GALE_STOP_NOW : GALE_STOP_DRAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bolt_that_keeps_waiting_gets_a_carrier_of_its_own),
        cmocka_unit_test(what_it_has_emitted_arrives_before_it_is_called_there),
        cmocka_unit_test(so_does_one_that_waits_in_its_ticks),
        cmocka_unit_test(ticks_work_and_what_is_kept_go_with_it),
        cmocka_unit_test(a_spout_that_keeps_waiting_gets_one_too),
        cmocka_unit_test(acks_and_fails_that_are_under_way_follow_it),
        cmocka_unit_test(who_computes_for_long_stays_where_it_is),
        cmocka_unit_test(no_more_of_them_move_than_may_and_that_is_said_once),
        cmocka_unit_test(notes_of_other_threads_follow_it),
        cmocka_unit_test(a_stop_meanwhile_is_as_any_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
