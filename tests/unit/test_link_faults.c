/*
 * test_link_faults.c - connections between workers break, bytes are damaged,
 * workers are replaced, strangers call: nothing that was acked was lost, and
 * all is acked in the end.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/crossing.h"
#include "worker/door.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { N = 20000 };

static struct crossing all;
static const char *way; /* between its workers */

/* Messages that are lost are emitted again soon. */
static int setup_workers(void **state, uint32_t n)
{
    if (*state != &all)
        way = *state;
    crossing_begin(&all, "faulty", n, N);
    crossing_replays(&all, 500);
    crossing_goes_by(&all, way);
    *state = &all;
    return 0;
}

static int two(void **state)
{
    return setup_workers(state, 2);
}

static int three(void **state)
{
    return setup_workers(state, 3);
}

static int teardown(void **state)
{
    crossing_end(*state);
    return 0;
}

/* numbers (worker 0) → a (1) → b (0) */
static void add_bolts(struct crossing *x)
{
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &crossing_passer, 2),
                 "numbers");
    gale_by_fields(topology_run_bolt(&x->c.r, "b", &crossing_taker, 2), "a",
                   "n");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
    cluster_run_put(&x->c, "b", 0);
}

static void after_a_cut_all_is_acked_in_the_end(void **state)
{
    struct crossing *x = *state;

    add_bolts(x);
    cluster_run_start(&x->c);
    for (uint32_t i = 1; i <= 5; i++) {
        crossing_after(x, i * N / 8);
        cluster_run_cut(&x->c, i % 2);
    }
    cluster_run_until_complete(&x->c);
    assert_true(crossing_breaks(x, 0, 1) > 0);
    assert_true(crossing_breaks(x, 1, 0) > 0);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "cuts");
}

static void a_damaged_frame_ends_the_connection_and_is_named(void **state)
{
    struct crossing *x = *state;

    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 4);
    atomic_store(&x->c.worlds[1].damages, true);
    crossing_after(x, N / 2);
    cluster_run_complete(&x->c);
    assert_true(crossing_breaks(x, 1, 0) > 0);
    assert_says(topology_run_log(&x->c.r), "link-0 worker 0 at 127.0.0.1:");
    crossing_assert_nothing_lost(x, "a damaged frame");
}

static void a_worker_that_was_killed_is_taken_up_again(void **state)
{
    struct crossing *x = *state;
    uint64_t before;

    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 4);
    before = cluster_run_report(&x->c, 1).incarnation;
    cluster_run_kill(&x->c, 1);
    cluster_run_start_one(&x->c, 1);
    assert_true(cluster_run_report(&x->c, 1).incarnation != before);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "a worker that was killed");
}

/* The spout goes on while the other worker is away: it waits for room. */
static bool has_given_up(void *arg)
{
    return crossing_breaks(arg, 0, 1) > 0;
}

static bool something_waits(void *arg)
{
    struct crossing *x = arg;

    return !cluster_run_report(&x->c, 0).quiet;
}

static void while_the_other_is_away_spouts_stay_active(void **state)
{
    struct crossing *x = *state;

    add_bolts(x);
    x->numbers.endless = true; /* something is under way, whoever is slow */
    cluster_run_start(&x->c);
    crossing_after(x, N / 4);
    cluster_run_kill(&x->c, 1);
    /* what times out before that may still be lost with the connection */
    topology_run_until(has_given_up, x, "the connection stays");
    tally_await(&x->numbers.failed, tally_get(&x->numbers.failed) + 1,
                "a message that times out");
    /* but for what is pending it would be emitted again at once */
    topology_run_until(something_waits, x, "nothing waits for the other one");
    assert_true(cluster_run_report(&x->c, 0).active);
    assert_false(cluster_run_report(&x->c, 0).links_up);
    x->numbers.ends = true;
    cluster_run_start_one(&x->c, 1);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "a worker that was away");
}

static void a_connection_that_is_silent_is_made_again(void **state)
{
    struct crossing *x = *state;

    gale_configure(x->c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(0.2));
    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 4);
    atomic_store(&x->c.worlds[1].mute, true);
    topology_run_until(has_given_up, x, "the connection is not given up");
    atomic_store(&x->c.worlds[1].mute, false);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "silence");
}

/* With nothing to say, both say that they are there. */
static void a_connection_on_which_nothing_goes_stays(void **state)
{
    struct crossing *x = *state;
    struct env *env = env_posix();
    int64_t until;

    gale_configure(x->c.r.builder, "gale.worker.link.timeout.secs",
                   gale_float(0.4));
    add_bolts(x);
    cluster_run_until_complete(&x->c);
    until = env->ops->now(env) + 1200000000;
    while (env->ops->now(env) < until)
        assert_true(cluster_run_report(&x->c, 0).links_up);
    assert_int_equal(crossing_breaks(x, 0, 1), 0);
    cluster_run_complete(&x->c);
}

/* -- what waited there ----------------------------------------------------- */

static struct tally gate = TALLY_INIT, came = TALLY_INIT;

/* Takes nothing more until the test lets it. */
static gale_result wait_at_gate(gale_task *task, const gale_tuple *in)
{
    tally_add(&came, 1);
    tally_await(&gate, 1, "the gate");
    return crossing_take(task, in);
}

static bool is_up_again(void *arg)
{
    struct crossing *x = arg;

    return crossing_breaks(x, 0, 1) == 1 &&
           cluster_run_report(&x->c, 0).links_up &&
           cluster_run_report(&x->c, 1).links_up;
}

/* The other side still has what came on the first connection: it is no credit
 * for the next one, and little more may come meanwhile. */
static void what_a_lost_connection_has_brought_earns_no_credit(void **state)
{
    static const struct probe slow = {.execute = wait_at_gate};
    struct crossing *x = *state;
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
    crossing_assert_nothing_lost(x, "what a lost connection has brought");
    assert_int_equal(crossing_breaks(x, 0, 1), 1);
}

/* -- replaced -------------------------------------------------------------- */

/* Another process in the place of worker 1; `old` is still there. */
static struct member *replace(struct crossing *x)
{
    struct member *old = x->c.members[1];

    x->c.members[1] = NULL;
    x->c.workers[1].birth++;
    cluster_run_start_one(&x->c, 1);
    return old;
}

/* As when a Unix socket was called by its name before the port was known. */
static void who_is_spoken_to_is_not_called_anew_at_another_port(void **state)
{
    struct crossing *x = *state;
    uint16_t port;

    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 8);
    port = x->c.workers[1].port;
    x->c.workers[1].port = port == 1 ? 2 : 1;
    x->c.plan.me = 0;
    assert_int_equal(member_replan(x->c.members[0], &x->c.plan, &x->c.r.error),
                     0);
    crossing_after(x, N / 2);
    x->c.workers[1].port = port;
    cluster_run_complete(&x->c);
    assert_int_equal(crossing_breaks(x, 0, 1), 0);
    assert_int_equal(crossing_breaks(x, 1, 0), 0);
    crossing_assert_nothing_lost(x, "another port");
}

static void who_was_replaced_is_called_by_nobody_any_more(void **state)
{
    struct crossing *x = *state;
    struct member_report r;
    struct member *old;

    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 4);
    old = replace(x);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "a worker that was replaced");
    member_report(old, &r);
    assert_false(r.links_up);
    member_free(old);
}

/* Worker 1 opens to worker 2: so it hears what that one was told. */
static void who_calls_although_it_was_replaced_hears_so(void **state)
{
    struct cluster_run *c = &((struct crossing *)*state)->c;
    struct member_report r;
    struct member *old;

    add_bolts(*state);
    cluster_run_start(c);
    crossing_after(*state, N / 4);
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
    struct crossing *x = *state;
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
    struct crossing *x = *state;
    gale_err error;

    add_bolts(x);
    cluster_run_start(&x->c);
    cluster_run_put_one(&x->c, "a", 0, 0);
    x->c.plan.me = 1;
    assert_int_equal(member_replan(x->c.members[1], &x->c.plan, &error), -1);
    assert_says(error.text, "gives this worker other executors");
    cluster_run_put_one(&x->c, "a", 0, 1);
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "a plan that was refused");
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
    struct crossing *x = *state;

    gale_configure(x->c.r.builder, "gale.topology.max.tuple.bytes",
                   gale_int(1024));
    gale_shuffle(topology_run_bolt(&x->c.r, "a", &some_text, 1), "numbers");
    gale_shuffle(topology_run_bolt(&x->c.r, "b", &text_taker, 1), "a");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 0);
    cluster_run_put(&x->c, "b", 1);
    cluster_run_until_complete(&x->c);
    assert_int_equal(crossing_breaks(x, 0, 1), 0);
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
    struct crossing *x = *state;
    char answer[1000];
    uint16_t port;

    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 8);
    port = x->c.workers[1].port;
    assert_int_equal(say(port, http, sizeof(http), answer, sizeof(answer)), 0);
    assert_int_equal(say(port, ones, sizeof(ones), answer, sizeof(answer)), 0);
    for (uint32_t i = 0; i < 100; i++) /* a port scan */
        close(call(port));
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "strangers");
    assert_says(topology_run_log(&x->c.r),
                "somebody called who is no worker of this topology");
}

/* It knows all names, but not the key: it gets a challenge, and no more. */
static void without_the_key_the_door_stays_closed(void **state)
{
    struct crossing *x = *state;
    struct digest key;
    struct greeting g;
    struct greeting_name me = {0, 1, 99}, to = {1, 1, 0};
    struct greeting_out out;
    uint8_t nonce[GREETING_NONCE] = {1};
    char answer[1000];
    uint8_t all_said[300];

    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 8);
    memset(&key, 8, sizeof(key));
    greeting_open(&g, &key, &me, &to, nonce, &out);
    memcpy(all_said, out.bytes, out.size);
    memset(all_said + out.size, 5, sizeof(all_said) - out.size); /* no proof */
    assert_int_equal(say(x->c.workers[1].port, all_said, out.size + 36, answer,
                         sizeof(answer)),
                     greeting_wants(&g)); /* one ANSWER */
    cluster_run_complete(&x->c);
    crossing_assert_nothing_lost(x, "a stranger without the key");
    assert_says(topology_run_log(&x->c.r), "does not have the key");
}

/* Each place is given to who comes next, and so to the other worker. */
static void a_crowd_that_says_nothing_keeps_no_worker_out(void **state)
{
    struct crossing *x = *state;
    int fds[3 * DOOR_GUESTS];
    uint32_t n_fds = sizeof(fds) / sizeof(fds[0]);

    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 8);
    for (uint32_t i = 0; i < n_fds; i++)
        fds[i] = call(x->c.workers[1].port);
    cluster_run_cut(&x->c, 1);
    cluster_run_complete(&x->c);
    for (uint32_t i = 0; i < n_fds; i++)
        close(fds[i]);
    crossing_assert_nothing_lost(x, "a crowd");
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
    struct crossing *x = *state;
    struct cluster_world *world = &x->c.worlds[1];
    int64_t began, until;
    uint64_t refused;

    add_bolts(x);
    cluster_run_start(&x->c);
    crossing_after(x, N / 8);
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
    crossing_assert_nothing_lost(x, "no descriptors");
    assert_says(topology_run_log(&x->c.r),
                "cannot take a connection: Too many open files");
}

#define BY(name_, way_, setup_)                                                \
    {                                                                          \
        .name = #name_ " by " way_, .test_func = name_, .setup_func = setup_,  \
        .teardown_func = teardown, .initial_state = (void *)way_               \
    }
#define TEST(name_) BY(name_, "tcp", two)
#define TEST_3(name_) BY(name_, "auto", three)
#define EACH(name_)                                                            \
    BY(name_, "tcp", two), BY(name_, "unix", two),                             \
        BY(name_, "shared-memory", two)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(after_a_cut_all_is_acked_in_the_end),
        TEST(a_damaged_frame_ends_the_connection_and_is_named),
        EACH(a_worker_that_was_killed_is_taken_up_again),
        TEST(a_connection_that_is_silent_is_made_again),
        EACH(a_connection_on_which_nothing_goes_stays),
        EACH(what_a_lost_connection_has_brought_earns_no_credit),
        TEST(while_the_other_is_away_spouts_stay_active),
        EACH(who_is_spoken_to_is_not_called_anew_at_another_port),
        TEST(who_was_replaced_is_called_by_nobody_any_more),
        TEST_3(who_calls_although_it_was_replaced_hears_so),
        TEST(a_new_plan_with_ones_own_number_elsewhere_ends_it),
        TEST(a_plan_with_other_executors_for_oneself_is_refused),
        EACH(a_tuple_that_was_not_measured_ends_no_connection),
        TEST(strangers_are_told_nothing_and_harm_nobody),
        TEST(without_the_key_the_door_stays_closed),
        TEST(a_crowd_that_says_nothing_keeps_no_worker_out),
        TEST(without_descriptors_the_door_rests_between_two_looks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
