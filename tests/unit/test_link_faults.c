/*
 * test_link_faults.c - connections between workers break, bytes are damaged,
 * workers are replaced, strangers call: nothing that was acked was lost, and
 * all is acked in the end.
 */
#include "tests/support/cluster_run.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "worker/door.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { N = 20000 };

struct faulty {
    struct cluster_run c;
    struct number_source numbers;
};

static struct faulty all;
static _Atomic(uint32_t) seen[N];

/* Messages that are lost are emitted again soon. */
static int setup(void **state)
{
    memset(&all, 0, sizeof(all));
    memset((void *)(uintptr_t)seen, 0, sizeof(seen));
    cluster_run_begin(&all.c, "faulty", 2);
    gale_configure(all.c.r.builder, "topology.message.timeout.secs",
                   gale_int(1));
    gale_configure(all.c.r.builder, "topology.max.spout.pending",
                   gale_int(500));
    number_source_init(&all.numbers, N);
    all.numbers.replays = true;
    topology_run_spout(&all.c.r, "numbers", &all.numbers.probe, 1);
    *state = &all;
    return 0;
}

static int teardown(void **state)
{
    struct faulty *x = *state;

    cluster_run_end(&x->c);
    number_source_fini(&x->numbers);
    return 0;
}

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    atomic_fetch_add(&seen[gale_get_int(in, 0)], 1);
    return GALE_OK;
}

static const struct probe passer = {.streams = OUTPUT_N, .execute = pass_on};
static const struct probe taker = {.execute = take};

/* numbers (worker 0) → a (1) → b (0) */
static void add_bolts(struct faulty *x)
{
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &passer, 2), "numbers");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &taker, 2), "a", "n");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put(&x->c, "b", 0);
}

/* What was acked was executed; each message was acked once. */
static void assert_nothing_lost(struct faulty *x)
{
    for (uint32_t i = 0; i < N; i++)
        if (x->numbers.acks[i] != 1 || seen[i] == 0)
            fail_msg("%u: acked %u times, seen %u times", i, x->numbers.acks[i],
                     seen[i]);
}

static void after(struct faulty *x, uint64_t acks)
{
    tally_await(&x->numbers.acked, acks, "acks");
}

static uint64_t breaks(struct faulty *x, uint32_t worker, uint32_t peer)
{
    struct link_counts counts;

    member_link(x->c.members[worker], peer, &counts);
    return counts.breaks;
}

static void after_a_cut_all_is_acked_in_the_end(void **state)
{
    struct faulty *x = *state;

    add_bolts(x);
    cluster_run_start(&x->c);
    for (uint32_t i = 1; i <= 5; i++) {
        after(x, i * N / 8);
        cluster_run_cut(&x->c, i % 2);
    }
    cluster_run_until_complete(&x->c);
    assert_true(breaks(x, 0, 1) > 0);
    assert_true(breaks(x, 1, 0) > 0);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
}

static void a_damaged_frame_ends_the_connection_and_is_named(void **state)
{
    struct faulty *x = *state;

    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 4);
    atomic_store(&x->c.worlds[1].damages, true);
    after(x, N / 2);
    cluster_run_complete(&x->c);
    assert_true(breaks(x, 1, 0) > 0);
    assert_says(topology_run_log(&x->c.r), "link-0 worker 0 at 127.0.0.1:");
    assert_nothing_lost(x);
}

static void a_worker_that_was_killed_is_taken_up_again(void **state)
{
    struct faulty *x = *state;
    uint64_t before;

    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 4);
    before = cluster_run_report(&x->c, 1).incarnation;
    cluster_run_kill(&x->c, 1);
    cluster_run_start_one(&x->c, 1);
    assert_true(cluster_run_report(&x->c, 1).incarnation != before);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
}

/* The spout goes on while the other worker is away: it waits for room. */
static bool has_given_up(void *arg)
{
    return breaks(arg, 0, 1) > 0;
}

static bool something_waits(void *arg)
{
    struct faulty *x = arg;

    return !cluster_run_report(&x->c, 0).quiet;
}

static void while_the_other_is_away_spouts_stay_active(void **state)
{
    struct faulty *x = *state;

    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 4);
    cluster_run_kill(&x->c, 1);
    /* what times out before that may still be lost with the connection */
    topology_run_until(has_given_up, x, "the connection stays");
    tally_await(&x->numbers.failed, tally_get(&x->numbers.failed) + 1,
                "a message that times out");
    /* but for what is pending it would be emitted again at once */
    topology_run_until(something_waits, x, "nothing waits for the other one");
    assert_true(cluster_run_report(&x->c, 0).active);
    assert_false(cluster_run_report(&x->c, 0).links_up);
    cluster_run_start_one(&x->c, 1);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
}

static void a_connection_that_is_silent_is_made_again(void **state)
{
    struct faulty *x = *state;

    gale_configure(x->c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(0.2));
    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 4);
    atomic_store(&x->c.worlds[1].mute, true);
    topology_run_until(has_given_up, x, "the connection is not given up");
    atomic_store(&x->c.worlds[1].mute, false);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
}

/* With nothing to say, both say that they are there. */
static void a_connection_on_which_nothing_goes_stays(void **state)
{
    struct faulty *x = *state;
    struct env *env = env_posix();
    int64_t until;

    gale_configure(x->c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(0.4));
    add_bolts(x);
    cluster_run_until_complete(&x->c);
    until = env->ops->now(env) + 1200000000;
    while (env->ops->now(env) < until)
        assert_true(cluster_run_report(&x->c, 0).links_up);
    assert_int_equal(breaks(x, 0, 1), 0);
    cluster_run_complete(&x->c);
}

/* -- what waited there ----------------------------------------------------- */

static struct tally gate = TALLY_INIT, came = TALLY_INIT;

/* Takes nothing more until the test lets it. */
static gale_result wait_at_gate(gale_task *task, const gale_tuple *in)
{
    tally_add(&came, 1);
    tally_await(&gate, 1, "the gate");
    return take(task, in);
}

static bool is_up_again(void *arg)
{
    struct faulty *x = arg;

    return breaks(x, 0, 1) == 1 && cluster_run_report(&x->c, 0).links_up &&
           cluster_run_report(&x->c, 1).links_up;
}

/* The other side still has what came on the first connection: it is no credit
 * for the next one, and little more may come meanwhile. */
static void what_a_lost_connection_has_brought_earns_no_credit(void **state)
{
    static const struct probe slow = {.execute = wait_at_gate};
    struct faulty *x = *state;
    struct link_counts counts;

    tally_set(&gate, 0);
    tally_set(&came, 0);
    x->numbers.batch = 1;
    gale_shuffle(
        topology_run_bolt_as(&x->c.r, "a", "probe_bolt_blocking", &slow, 1),
        "numbers");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_start(&x->c);
    tally_await(&came, 1, "the first tuple");
    cluster_run_cut(&x->c, 0);
    topology_run_until(is_up_again, x, "the link does not come up again");
    tally_await(&x->numbers.failed, 8, "messages that time out");
    member_link(x->c.members[1], 0, &counts);
    assert_true(counts.received < 40); /* slices of a tuple or two */
    tally_set(&gate, 1);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
    assert_int_equal(breaks(x, 0, 1), 1);
}

/* -- replaced -------------------------------------------------------------- */

/* Another process in the place of worker 1; `old` is still there. */
static struct member *replace(struct faulty *x)
{
    struct member *old = x->c.members[1];

    x->c.members[1] = NULL;
    x->c.workers[1].birth++;
    cluster_run_start_one(&x->c, 1);
    return old;
}

static void who_was_replaced_is_called_by_nobody_any_more(void **state)
{
    struct faulty *x = *state;
    struct member_report r;
    struct member *old;

    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 4);
    old = replace(x);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
    member_report(old, &r);
    assert_false(r.links_up);
    member_free(old);
}

/* Worker 1 opens to worker 2: so it hears what that one was told. */
static void who_calls_although_it_was_replaced_hears_so(void **state)
{
    struct cluster_run *c = &((struct faulty *)*state)->c;
    struct member_report r;
    struct member *old;

    c->n = 1; /* of setup; nothing has started */
    cluster_run_end(c);
    cluster_run_begin(c, "three", 3);
    topology_run_spout(&c->r, "numbers", &all.numbers.probe, 1);
    add_bolts(*state);
    cluster_run_start(c);
    after(*state, N / 4);
    old = c->members[1];
    c->members[1] = NULL;
    c->workers[1].birth++;
    cluster_run_start_one(c, 1);
    if (!member_await_end(old, TOPOLOGY_RUN_PATIENCE * 1000))
        fail_msg("it does not end");
    member_report(old, &r);
    assert_true(r.replaced);
    assert_says(r.error, "another worker was started in place of this one");
    member_free(old);
}

static void a_new_plan_with_ones_own_number_elsewhere_ends_it(void **state)
{
    struct faulty *x = *state;
    struct member_report r;
    gale_err error;

    add_bolts(x);
    cluster_run_start(&x->c);
    x->c.workers[1].birth = 9;
    x->c.plan.me = 1;
    assert_int_equal(member_replan(x->c.members[1], &x->c.plan, &error), 0);
    if (!member_await_end(x->c.members[1], TOPOLOGY_RUN_PATIENCE * 1000))
        fail_msg("it does not end");
    member_report(x->c.members[1], &r);
    assert_true(r.replaced);
}

static void a_plan_with_other_executors_for_oneself_is_refused(void **state)
{
    struct faulty *x = *state;
    gale_err error;

    add_bolts(x);
    cluster_run_start(&x->c);
    cluster_run_put_one(&x->c, "a", 0, 0);
    x->c.plan.me = 1;
    assert_int_equal(member_replan(x->c.members[1], &x->c.plan, &error), -1);
    assert_says(error.text, "gives this worker other executors");
    cluster_run_put_one(&x->c, "a", 0, 1);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
}

/* -- what is emitted is taken ---------------------------------------------- */

/* More than the limit, and less than what is measured at every emit. */
static gale_result emit_some_text(gale_task *task, const gale_tuple *in)
{
    static const char text[1500];

    (void)in;
    return gale_emit(task, gale_string(text, sizeof(text)));
}

static gale_result take_some_text(gale_task *task, const gale_tuple *in)
{
    return gale_get_str(in, 0).size == 1500
               ? GALE_OK
               : gale_error(task, GALE_FATAL, "another text");
}

static const struct probe some_text = {.streams = OUTPUT_N,
                                       .execute = emit_some_text};
static const struct probe text_taker = {.execute = take_some_text};

static void a_tuple_that_was_not_measured_ends_no_connection(void **state)
{
    struct faulty *x = *state;

    gale_configure(x->c.r.builder, "gale.topology.max.tuple.bytes",
                   gale_int(1024));
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &some_text, 1), "numbers");
    gale_shuffle(topology_run_bolt(&x->c.r, "b", &text_taker, 1), "a");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 0);
    cluster_run_put(&x->c, "b", 1);
    cluster_run_until_complete(&x->c);
    assert_int_equal(breaks(x, 0, 1), 0);
    cluster_run_complete(&x->c);
    assert_int_equal(number_source_unacked(&x->numbers), 0);
}

/* -- strangers ------------------------------------------------------------- */

static int call(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

/* Says it, and waits until the other side hangs up; what it has said. */
static size_t say(uint16_t port, const void *data, size_t size, char *answer,
                  size_t max)
{
    int fd = call(port);
    size_t n = 0;
    ssize_t got;

    assert_true(send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size);
    while ((got = recv(fd, answer + n, max - n, 0)) > 0)
        n += (size_t)got;
    close(fd);
    return n;
}

static void strangers_are_told_nothing_and_harm_nobody(void **state)
{
    static const char http[] =
        "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: somebody else who "
        "has "
        "a lot to say before it waits for an answer\r\n\r\n";
    static const uint8_t ones[200] = {0xff, 0xff, 0xff, 0xff};
    struct faulty *x = *state;
    char answer[1000];
    uint16_t port;

    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 8);
    port = x->c.workers[1].port;
    assert_int_equal(say(port, http, sizeof(http), answer, sizeof(answer)), 0);
    assert_int_equal(say(port, ones, sizeof(ones), answer, sizeof(answer)), 0);
    for (uint32_t i = 0; i < 100; i++) /* a port scan */
        close(call(port));
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
    assert_says(topology_run_log(&x->c.r),
                "somebody called who is no worker of this topology");
}

/* It knows all names, but not the key: it gets a challenge, and no more. */
static void without_the_key_the_door_stays_closed(void **state)
{
    struct faulty *x = *state;
    struct digest key;
    struct greeting g;
    struct greeting_name me = {0, 1, 99}, to = {1, 1, 0};
    struct greeting_out out;
    uint8_t nonce[GREETING_NONCE] = {1};
    char answer[1000];
    uint8_t all_said[300];

    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 8);
    memset(&key, 8, sizeof(key));
    greeting_open(&g, &key, &me, &to, nonce, &out);
    memcpy(all_said, out.bytes, out.size);
    memset(all_said + out.size, 5, sizeof(all_said) - out.size); /* no proof */
    assert_int_equal(say(x->c.workers[1].port, all_said, out.size + 36, answer,
                         sizeof(answer)),
                     greeting_wants(&g)); /* one ANSWER */
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
    assert_says(topology_run_log(&x->c.r), "does not have the key");
}

/* Each place is given to who comes next, and so to the other worker. */
static void a_crowd_that_says_nothing_keeps_no_worker_out(void **state)
{
    struct faulty *x = *state;
    int fds[3 * DOOR_GUESTS];
    uint32_t n_fds = sizeof(fds) / sizeof(fds[0]);

    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 8);
    for (uint32_t i = 0; i < n_fds; i++)
        fds[i] = call(x->c.workers[1].port);
    cluster_run_cut(&x->c, 1);
    cluster_run_complete(&x->c);
    for (uint32_t i = 0; i < n_fds; i++)
        close(fds[i]);
    assert_nothing_lost(x);
    assert_says(topology_run_log(&x->c.r),
                "somebody proved nothing while others waited");
}

static int64_t now(void)
{
    return env_posix()->ops->now(env_posix());
}

static bool is_past(void *time)
{
    return now() >= *(const int64_t *)time;
}

/* Who calls waits in the queue meanwhile, which would wake it at once. */
static void without_descriptors_the_door_rests_between_two_looks(void **state)
{
    struct faulty *x = *state;
    struct cluster_world *world = &x->c.worlds[1];
    int64_t began, until;
    uint64_t refused;

    add_bolts(x);
    cluster_run_start(&x->c);
    after(x, N / 8);
    began = now();
    atomic_store(&world->full, true);
    cluster_run_cut(&x->c, 1);
    until = began + 5 * DOOR_PAUSE_NS;
    topology_run_until(is_past, &until, "the clock stands still");
    refused = atomic_load(&world->refused);
    assert_true(refused > 0);
    assert_true(refused <= 1 + (uint64_t)((now() - began) / DOOR_PAUSE_NS));
    atomic_store(&world->full, false);
    cluster_run_complete(&x->c);
    assert_nothing_lost(x);
    assert_says(topology_run_log(&x->c.r),
                "cannot take a connection: Too many open files");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(after_a_cut_all_is_acked_in_the_end),
        TEST(a_damaged_frame_ends_the_connection_and_is_named),
        TEST(a_worker_that_was_killed_is_taken_up_again),
        TEST(a_connection_that_is_silent_is_made_again),
        TEST(a_connection_on_which_nothing_goes_stays),
        TEST(what_a_lost_connection_has_brought_earns_no_credit),
        TEST(while_the_other_is_away_spouts_stay_active),
        TEST(who_was_replaced_is_called_by_nobody_any_more),
        TEST(who_calls_although_it_was_replaced_hears_so),
        TEST(a_new_plan_with_ones_own_number_elsewhere_ends_it),
        TEST(a_plan_with_other_executors_for_oneself_is_refused),
        TEST(a_tuple_that_was_not_measured_ends_no_connection),
        TEST(strangers_are_told_nothing_and_harm_nobody),
        TEST(without_the_key_the_door_stays_closed),
        TEST(a_crowd_that_says_nothing_keeps_no_worker_out),
        TEST(without_descriptors_the_door_rests_between_two_looks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
