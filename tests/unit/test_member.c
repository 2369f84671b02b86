/*
 * test_member.c - one worker of a cluster: what it is told at its start, its
 * orders, its reports, and what others keep for it.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/crossing.h"
#include "worker/stats.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { N = 500 };

static struct crossing all;

static int setup(void **state)
{
    crossing_begin(&all, "told", 2, N);
    *state = &all;
    return 0;
}

static int teardown(void **state)
{
    crossing_end(*state);
    return 0;
}

/* numbers on worker 0, a on worker 1 */
static void add_taker(struct crossing *x, const struct probe *probe)
{
    gale_shuffle(topology_run_bolt(&x->c.r, "a", probe, 2), "numbers");
    cluster_run_put(&x->c, "numbers", 0);
    cluster_run_put(&x->c, "a", 1);
}

/* -- the plan -------------------------------------------------------------- */

struct bad_plan {
    const char *what;
    uint32_t n_workers, me, n_executors, home;
    const char *says;
};

static const struct bad_plan bad_plans[] = {
    {"there are no workers", 0, 0, 3, 0, "has 0 workers"},
    {"its number is beyond the last", 2, 2, 3, 0, "this one has number 2"},
    {"an executor is missing", 2, 0, 2, 0,
     "places 2 executors, and the topology has 3"},
    {"an executor is on a worker that is not there", 2, 0, 3, 2,
     "places executor 1 on a worker that is not there"},
};

static void a_plan_for_something_else_is_refused(void **state)
{
    struct crossing *x = *state;

    add_taker(x, &crossing_taker);
    for (uint32_t i = 0; i < sizeof(bad_plans) / sizeof(bad_plans[0]); i++) {
        const struct bad_plan *bad = &bad_plans[i];
        uint32_t homes[3] = {0, bad->home, 0};
        struct plan plan = x->c.plan;
        struct member_in in = {
            .env = env_posix(), .builder = x->c.r.builder, .plan = &plan};
        gale_err error;

        plan.n_workers = bad->n_workers;
        plan.me = bad->me;
        plan.n_executors = bad->n_executors;
        plan.homes = homes;
        if (member_start(&in, &error) != NULL)
            fail_msg("%s: it started", bad->what);
        assert_says(error.text, bad->says);
    }
}

static void a_port_in_use_is_named(void **state)
{
    struct crossing *x = *state;
    struct member_in in = {.env = env_posix(), .builder = x->c.r.builder};
    struct plan plan;
    gale_err error;

    add_taker(x, &crossing_taker);
    cluster_run_start(&x->c);
    plan = x->c.plan;
    plan.me = 0;
    in.plan = &plan;
    assert_null(member_start(&in, &error));
    assert_says(error.text, "worker 0 of told-1-0 cannot listen at 127.0.0.1:");
    assert_says(error.text, "Address already in use");
}

/* -- orders and reports ---------------------------------------------------- */

static bool is_inactive(void *arg)
{
    return !cluster_run_report(arg, 0).active;
}

static bool is_active(void *arg)
{
    return cluster_run_report(arg, 0).active;
}

static void spouts_are_active_as_they_are_told(void **state)
{
    struct crossing *x = *state;

    x->numbers.endless = true;
    add_taker(x, &crossing_taker);
    cluster_run_start(&x->c);
    tally_await(&x->numbers.acked, N, "acks");
    member_activate(x->c.members[0], false);
    topology_run_until(is_inactive, &x->c, "it is still active");
    member_activate(x->c.members[0], true);
    topology_run_until(is_active, &x->c, "it is not active");
    tally_await(&x->numbers.acked, tally_get(&x->numbers.emitted) + 100,
                "more acks");
}

static void reports_count_what_has_happened(void **state)
{
    struct crossing *x = *state;
    struct member_report spout, bolt;

    add_taker(x, &crossing_taker);
    cluster_run_until_complete(&x->c);
    spout = cluster_run_report(&x->c, 0);
    bolt = cluster_run_report(&x->c, 1);
    assert_int_equal(spout.acked, N);
    assert_int_equal(spout.failed, 0);
    assert_int_equal(spout.pending, 0);
    assert_int_equal(spout.executed, 0);
    assert_int_equal(bolt.acked, 0);
    assert_int_equal(bolt.executed, N);
    assert_true(spout.sent > 0 && spout.sent == bolt.received);
    assert_int_equal(spout.received, bolt.sent);
    assert_true(spout.exhausted && bolt.exhausted);
    assert_true(spout.incarnation != bolt.incarnation);
    assert_int_equal(spout.phase, RUNNING);
    assert_int_equal(spout.n_turns, 2);
    cluster_run_complete(&x->c);
    assert_int_equal(cluster_run_report(&x->c, 0).phase, ENDED);
    assert_int_equal(cluster_run_report(&x->c, 1).turn, 2);
}

static gale_result refuse(gale_task *task)
{
    return gale_error(task, GALE_FATAL, "there is no fuel");
}

static void one_that_cannot_open_ends_and_says_why(void **state)
{
    static const struct probe refuser = {.open = refuse,
                                         .execute = crossing_take};
    struct crossing *x = *state;

    add_taker(x, &refuser);
    cluster_run_start(&x->c);
    if (!member_await_end(x->c.members[1], TOPOLOGY_RUN_PATIENCE * 1000))
        fail_msg("it does not end");
    assert_says(cluster_run_report(&x->c, 1).error, "there is no fuel");
    assert_int_equal(tally_get(&x->numbers.emitted), 0);
}

/* Tuples of the first call wait until it has been seen that it hangs. */
static _Atomic(bool) go_on;

static gale_result wait_in_execute(gale_task *task, const gale_tuple *in)
{
    while (!go_on)
        sched_yield();
    return crossing_take(task, in);
}

static gale_result wait_in_prepare(gale_task *task)
{
    (void)task;
    while (!go_on)
        sched_yield();
    return GALE_OK;
}

static bool hangs(void *arg)
{
    return cluster_run_report(arg, 1).hangs[0] != '\0';
}

static bool hangs_no_more(void *arg)
{
    return !hangs(arg);
}

static void reports_name_who_does_not_return(struct crossing *x,
                                             const struct probe *probe)
{
    struct recent_errors errors = {.n = 0};

    go_on = false;
    gale_configure(x->c.r.builder, "gale.worker.hang.secs", gale_float(0.02));
    add_taker(x, probe);
    cluster_run_start(&x->c);
    topology_run_until(hangs, &x->c, "nobody hangs");
    assert_says(cluster_run_report(&x->c, 1).hangs, "a-");
    assert_says(cluster_run_report(&x->c, 1).hangs, "has been in one call for");
    stats_errors(member_worker(x->c.members[1]), 1, &errors);
    assert_true(errors.n >= 1);
    assert_says(errors.list[0].text, "has been in one call for longer than");
    recent_errors_free(&errors);
    go_on = true;
    topology_run_until(hangs_no_more, &x->c, "it still hangs");
    cluster_run_complete(&x->c);
}

static void reports_name_who_does_not_return_from_execute(void **state)
{
    static const struct probe waiter = {.execute = wait_in_execute};

    reports_name_who_does_not_return(*state, &waiter);
}

static void reports_name_who_does_not_return_from_prepare(void **state)
{
    static const struct probe waiter = {.open = wait_in_prepare,
                                        .execute = crossing_take};

    reports_name_who_does_not_return(*state, &waiter);
}

/* -- dead letters ---------------------------------------------------------- */

static gale_result sour(gale_task *task, const gale_tuple *in)
{
    return gale_error(task, GALE_RETRY, "%d is sour", (int)gale_get_int(in, 0));
}

static _Atomic(uint32_t) letters, odd_letters;

static gale_result read_letter(gale_task *task, const gale_tuple *in)
{
    gale_str text = gale_str_of(in, "error");
    gale_str component = gale_str_of(in, "component");

    (void)task;
    atomic_fetch_add(&letters, 1);
    if (text.size < 8 ||
        memcmp(text.data + text.size - 8, " is sour", 8) != 0 ||
        component.size != 1 || component.data[0] != 'a' ||
        gale_int_of(in, "failed_task") < 2)
        atomic_fetch_add(&odd_letters, 1);
    return GALE_OK;
}

static void why_a_message_failed_comes_to_its_spout(void **state)
{
    static const struct probe failer = {.execute = sour};
    static const struct probe reader = {.execute = read_letter};
    struct crossing *x = *state;

    letters = odd_letters = 0;
    x->numbers.replays = true;
    gale_configure(x->c.r.builder, "gale.topology.max.replays", gale_int(1));
    gale_configure(x->c.r.builder, "gale.topology.dead.letter",
                   gale_cstr("letters"));
    topology_run_bolt(&x->c.r, "letters", &reader, 1);
    add_taker(x, &failer);
    cluster_run_put(&x->c, "letters", 1);
    cluster_run_complete(&x->c);
    assert_int_equal(letters, N);
    assert_int_equal(odd_letters, 0);
    assert_int_equal(number_source_unacked(&x->numbers), 0);
}

/* -- positions ------------------------------------------------------------- */

/* Keeps the last position of one split. */
struct keeping {
    pthread_mutex_t lock;
    uint64_t position;
    uint32_t saves;
};

static void save(void *arg, const char *component, uint32_t index,
                 gale_str split, gale_str position)
{
    struct keeping *k = arg;

    assert_string_equal(component, "counter");
    assert_int_equal(index, 0);
    assert_int_equal(split.size, 3);
    assert_int_equal(position.size, 8);
    pthread_mutex_lock(&k->lock);
    memcpy(&k->position, position.data, 8);
    k->saves++;
    pthread_mutex_unlock(&k->lock);
}

static void load(void *arg, const char *component, uint32_t index,
                 bool (*each)(void *to, gale_str split, gale_str position),
                 void *to)
{
    struct keeping *k = arg;

    if (strcmp(component, "counter") == 0 && index == 0 && k->saves > 0)
        each(to, gale_str_make("all", 3),
             gale_str_make((const char *)&k->position, 8));
}

static _Atomic(uint64_t) began_at;

static gale_result open_counter(gale_task *task)
{
    gale_str position = gale_position_get(task, gale_str_make("all", 3));
    uint64_t *next = probe_state(task);

    if (position.size == 8)
        memcpy(next, position.data, 8);
    began_at = *next;
    return GALE_OK;
}

static gale_result next_number(gale_task *task)
{
    uint64_t *next = probe_state(task);

    if (*next % N == 0 && *next > began_at) {
        gale_exhausted(task);
        return GALE_OK;
    }
    gale_emit_msg(task, ((gale_msgid){1, *next}), gale_int((int64_t)*next));
    ++*next;
    return gale_position_set(task, gale_str_make("all", 3),
                             gale_str_make((const char *)next, 8));
}

static void run_with_keeper(struct keeping *k)
{
    static const struct probe counter = {.state_size = 8,
                                         .streams = OUTPUT_N,
                                         .open = open_counter,
                                         .next = next_number};
    const struct position_keeper keeper = {k, save, load};
    struct cluster_run c;

    cluster_run_begin(&c, "kept", 2);
    c.keeper = &keeper;
    topology_run_spout(&c.r, "counter", &counter, 1);
    gale_shuffle(topology_run_bolt(&c.r, "a", &crossing_taker, 1), "counter");
    cluster_run_put(&c, "counter", 0);
    cluster_run_put(&c, "a", 1);
    cluster_run_complete(&c);
    cluster_run_end(&c);
}

static void somebody_else_keeps_the_positions_of_spouts(void **state)
{
    struct keeping k = {PTHREAD_MUTEX_INITIALIZER, 0, 0};

    (void)state;
    run_with_keeper(&k);
    assert_int_equal(began_at, 0);
    assert_int_equal(k.position, N);
    run_with_keeper(&k);
    assert_int_equal(began_at, N);
    assert_int_equal(k.position, 2 * N);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_for_something_else_is_refused),
        TEST(a_port_in_use_is_named),
        TEST(spouts_are_active_as_they_are_told),
        TEST(reports_count_what_has_happened),
        TEST(reports_name_who_does_not_return_from_execute),
        TEST(reports_name_who_does_not_return_from_prepare),
        TEST(one_that_cannot_open_ends_and_says_why),
        TEST(why_a_message_failed_comes_to_its_spout),
        cmocka_unit_test(somebody_else_keeps_the_positions_of_spouts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
