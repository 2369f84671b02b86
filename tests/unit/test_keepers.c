/*
 * test_keepers.c - who waits for room keeps what it has begun for others, and
 * they get it all the same.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/outlet.h"
#include <stdatomic.h>
#include <string.h>

/* -- the list -------------------------------------------------------------- */

enum { MANY = KEEPERS_MAX + 1 };

static struct carrier carrier;
static struct executor executors[MANY];
static struct outlet outlets[MANY];
static struct gate full;

/* All wait for room at the same gate, each with a slice of one tuple. */
static int setup(void **state)
{
    (void)state;
    memset(&carrier, 0, sizeof(carrier));
    memset(executors, 0, sizeof(executors));
    memset(outlets, 0, sizeof(outlets));
    gate_init(&full, NULL, (struct credit){.tuples = 1, .bytes = 1});
    for (uint32_t i = 0; i < MANY; i++) {
        outlets[i].n = 1;
        executors[i].dirty = &outlets[i];
        executors[i].stalled = &full;
    }
    return 0;
}

static void who_waits_with_a_thin_slice_may_keep_it(void **state)
{
    (void)state;
    assert_true(keepers_may(&carrier, &executors[0]));
}

static void what_is_thick_is_sent(void **state)
{
    (void)state;
    outlets[0].n = 1000;
    assert_false(keepers_may(&carrier, &executors[0]));
}

static void who_waits_for_nothing_sends(void **state)
{
    (void)state;
    executors[0].stalled = NULL;
    assert_false(keepers_may(&carrier, &executors[0]));
}

static void what_blocks_sends(void **state)
{
    (void)state;
    executors[0].blocking = true;
    assert_false(keepers_may(&carrier, &executors[0]));
}

static void who_waits_for_a_slow_one_sends(void **state)
{
    (void)state;
    gate_limit(&full, (struct credit){
                          .tuples = 1, .bytes = 1, .cost_ns = KEEPERS_WORK_NS});
    assert_true(keepers_may(&carrier, &executors[0]));
    atomic_fetch_add(&full.sent, gate_load(1, 100));
    assert_false(keepers_may(&carrier, &executors[0]));
}

static void so_many_keep_something_and_no_more(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < KEEPERS_MAX; i++) {
        assert_true(keepers_may(&carrier, &executors[i]));
        keepers_add(&carrier, &executors[i]);
    }
    assert_false(keepers_may(&carrier, &executors[KEEPERS_MAX]));
    assert_true(keepers_may(&carrier, &executors[7])); /* it does already */
    keepers_remove(&carrier, &executors[7]);
    assert_true(keepers_may(&carrier, &executors[KEEPERS_MAX]));
}

/* The executors on the list, as a text; forwards and backwards alike. */
static const char *listed(void)
{
    static char text[64];
    const struct executor *e, *before = NULL;
    size_t n = 0;

    for (e = carrier.keepers.first; e != NULL; before = e, e = e->keeps_next) {
        assert_ptr_equal(e->keeps_before, before);
        assert_true(e->keeps);
        text[n++] = (char)('a' + (e - executors));
    }
    assert_ptr_equal(carrier.keepers.last, before);
    assert_int_equal(carrier.keepers.n, n);
    text[n] = '\0';
    return text;
}

static void the_list_is_in_the_order_in_which_they_came(void **state)
{
    /* Small letters come, capital ones go. */
    static const struct {
        const char *what, *left;
    } cases[] = {
        {"", ""},           {"a", "a"},         {"abc", "abc"}, {"abcA", "bc"},
        {"abcB", "ac"},     {"abcC", "ab"},     {"abcABC", ""}, {"abcCBA", ""},
        {"aaba", "ab"},     {"abA", "b"},       {"abAa", "ba"}, {"AabB", "a"},
        {"abcdBDCbA", "b"}, {"abBcCbdA", "bd"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(state);
        for (const char *p = cases[i].what; *p; p++)
            if (*p >= 'a')
                keepers_add(&carrier, &executors[*p - 'a']);
            else
                keepers_remove(&carrier, &executors[*p - 'A']);
        assert_string_equal(listed(), cases[i].left);
    }
}

static void after_many_runs_it_is_late(void **state)
{
    (void)state;
    assert_false(keepers_are_late(&carrier));
    carrier.runs = 5;
    keepers_add(&carrier, &executors[0]);
    carrier.runs = 5 + KEEPERS_RUNS;
    assert_false(keepers_are_late(&carrier));
    keepers_add(&carrier, &executors[0]); /* since then, not since now */
    carrier.runs++;
    assert_true(keepers_are_late(&carrier));
    keepers_remove(&carrier, &executors[0]);
    assert_false(keepers_are_late(&carrier));
}

/* -- in a running topology ------------------------------------------------- */

/*
 * One call of `next` fills what a bolt may have, and then sends one tuple to
 * another bolt. The first bolt returns only when the second one has got it.
 */
enum { MORE_THAN_FITS = 5000 };

static struct tally got;
static _Atomic(bool) is_out;

static const gale_stream two_streams[] = {GALE_STREAM("default", "n"),
                                          GALE_STREAM("aside", "n")};

static gale_result fill_and_send(gale_task *task)
{
    gale_result result = GALE_OK;

    if (atomic_exchange(&is_out, true)) {
        gale_exhausted(task);
        return GALE_OK;
    }
    for (int64_t i = 0; i < MORE_THAN_FITS && result == GALE_OK; i++)
        result = gale_emit(task, gale_int(i));
    return result == GALE_OK ? gale_emit_to(task, 1, gale_int(0)) : result;
}

static gale_result wait_for_the_other(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    tally_await(&got, 1, "the other bolt has got what was kept for it");
    return GALE_OK;
}

static gale_result get_it(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    tally_add(&got, 1);
    return GALE_OK;
}

static void what_was_kept_comes_although_nobody_makes_room(void **state)
{
    static const struct probe spout = {
        .streams = {two_streams, 2, sizeof(two_streams[0])},
        .next = fill_and_send};
    static const struct probe slow = {.execute = wait_for_the_other};
    static const struct probe other = {.execute = get_it};
    gale_input aside = {.size = sizeof(aside),
                        .kind = GALE_SHUFFLE,
                        .from = "spout",
                        .stream = "aside"};
    struct topology_run r;

    (void)state;
    got = (struct tally)TALLY_INIT;
    atomic_store(&is_out, false);
    topology_run_begin(&r, "kept");
    r.carriers = 1;
    topology_run_spout(&r, "spout", &spout, 1);
    gale_shuffle(
        topology_run_bolt_as(&r, "slow", "probe_bolt_blocking", &slow, 1),
        "spout");
    gale_subscribe(topology_run_bolt(&r, "other", &other, 1), &aside);
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
}

#define LIST_TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIST_TEST(who_waits_with_a_thin_slice_may_keep_it),
        LIST_TEST(what_is_thick_is_sent),
        LIST_TEST(who_waits_for_nothing_sends),
        LIST_TEST(what_blocks_sends),
        LIST_TEST(who_waits_for_a_slow_one_sends),
        LIST_TEST(so_many_keep_something_and_no_more),
        LIST_TEST(the_list_is_in_the_order_in_which_they_came),
        LIST_TEST(after_many_runs_it_is_late),
        cmocka_unit_test(what_was_kept_comes_although_nobody_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
