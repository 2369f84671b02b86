/*
 * test_groupings.c - in running topologies every grouping that looks at no key
 * chooses the right tasks; see test_key_groupings.c for those that do.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "tests/support/seen_keys.h"
#include "worker/task_base.h"
#include <stdatomic.h>
#include <string.h>

static gale_result emit_one(gale_task *task, int64_t number)
{
    return gale_emit_msg(task, ((gale_msgid){0, (uint64_t)number}),
                         gale_int(number));
}

/* -- all, global ----------------------------------------------------------- */

static void all_gives_everyone_each_tuple_once(void **state)
{
    static struct numbers numbers = {1, emit_one};
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("number"));
    const struct probe sink = {.arg = &s, .execute = seen_note};
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "all");
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_all(
        gale_set_tasks(topology_run_bolt(&r, "sink", &sink, EXECUTORS), TASKS),
        "numbers");
    topology_run_complete(&r);
    assert_balanced(&r);
    assert_int_equal(topology_run_stats(&r, "numbers").emitted, KEYS);
    assert_int_equal(topology_run_stats(&r, "numbers").transferred,
                     KEYS * TASKS);
    assert_int_equal(topology_run_stats(&r, "numbers").acked, KEYS);
    topology_run_end(&r);
    for (uint32_t t = 0; t < TASKS; t++)
        for (uint32_t k = 0; k < KEYS; k++)
            assert_int_equal(s.by[t][k], 1);
}

static void global_gives_all_to_the_lowest_task_id(void **state)
{
    static struct numbers numbers = {1, emit_one};
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("number"));
    const struct probe sink = {.arg = &s, .execute = seen_note};
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "global");
    topology_run_spout(&r, "numbers", &spout, 3);
    gale_global(
        gale_set_tasks(topology_run_bolt(&r, "sink", &sink, EXECUTORS), TASKS),
        "numbers");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    for (uint32_t k = 0; k < KEYS; k++)
        assert_int_equal(s.by[0][k], 3);
    assert_int_equal(seen_by(&s, 0), 3 * KEYS);
}

/* -- shuffle --------------------------------------------------------------- */

/*
 * On one carrier, where no consumer can fall behind another and be passed over:
 * in the long run each task has its share.
 */
static void shares_are_even_of(uint32_t rounds, uint32_t kind, bool exact,
                               uint32_t percent)
{
    struct numbers numbers = {rounds, emit_one};
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("number"));
    const struct probe sink = {.arg = &s, .execute = seen_note};
    gale_input input = {.size = sizeof(input), .kind = kind, .from = "numbers"};
    uint32_t share = rounds * KEYS / TASKS;
    struct topology_run r;

    memset(&s, 0, sizeof(s));
    topology_run_begin(&r, "shares");
    r.carriers = 1;
    gale_configure(r.builder, "gale.topology.shuffle.exact", gale_bool(exact));
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_subscribe(
        gale_set_tasks(topology_run_bolt(&r, "sink", &sink, EXECUTORS), TASKS),
        &input);
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    for (uint32_t t = 0; t < TASKS; t++)
        assert_in_range(seen_by(&s, t), share * (100 - percent) / 100,
                        share * (100 + percent) / 100 + 1);
}

static void shares_are_even(uint32_t kind, bool exact, uint32_t percent)
{
    shares_are_even_of(400, kind, exact, percent);
}

static void few_tuples_are_even_too(void **state)
{
    (void)state;
    shares_are_even_of(1, GALE_SHUFFLE, false, 25);
    shares_are_even_of(4, GALE_SHUFFLE, false, 20);
}

/* What the shuffle of the task's first stream thinks that its targets got. */
static uint64_t counted(gale_task *task)
{
    const struct route *r = &task_of(task)->streams[0].routes[0];
    uint64_t n = r->taken;

    for (uint32_t i = 0; i < r->to->n_tasks; i++)
        n += r->used[i];
    return n;
}

struct tally_of_shuffle {
    uint64_t emitted, wrong; /* written by the spout's task */
};

static gale_result emit_and_compare(gale_task *task)
{
    struct tally_of_shuffle *c = probe_arg(task);

    if (c->emitted == 100000) {
        gale_exhausted(task);
        return GALE_OK;
    }
    c->emitted++;
    if (gale_emit(task, gale_int((int64_t)c->emitted)) != GALE_OK)
        return GALE_FATAL;
    c->wrong += counted(task) != c->emitted;
    return GALE_OK;
}

/* Also those for which a new slice has to begin. */
static void a_shuffle_counts_each_tuple_once(void **state)
{
    static struct tally_of_shuffle c;
    const struct probe spout = {
        .arg = &c, .streams = OUTPUT_N, .next = emit_and_compare};
    static struct seen s;
    const struct probe sink = {.arg = &s, .execute = seen_note};
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "counts");
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_shuffle(topology_run_bolt(&r, "sink", &sink, 3), "numbers");
    topology_run_complete(&r);
    topology_run_end(&r);
    assert_int_equal(c.emitted, 100000);
    assert_int_equal(c.wrong, 0);
}

static void shuffle_none_and_local_or_shuffle_are_even(void **state)
{
    (void)state;
    shares_are_even(GALE_SHUFFLE, false, 10);
    shares_are_even(GALE_NONE, false, 10);
    shares_are_even(GALE_LOCAL_OR_SHUFFLE, false, 10);
}

static void exact_shuffle_is_exact(void **state)
{
    (void)state;
    shares_are_even(GALE_SHUFFLE, true, 1);
}

/* -- direct ---------------------------------------------------------------- */

/* Task number % tasks of the component that the number names. */
static gale_result emit_direct(gale_task *task, int64_t number)
{
    const char *to = number % 2 ? "odd" : "even";
    gale_emit_opts opts = {.size = sizeof(opts)};
    gale_msgid id = {0, (uint64_t)number};
    int32_t ids[TASKS], told[2] = {0, 0};
    gale_result result;

    if (gale_tasks_of(task, to, ids, TASKS) != TASKS)
        return gale_error(task, GALE_FATAL, "not %d tasks", TASKS);
    opts.id = &id;
    opts.direct_task = ids[number / 2 % TASKS];
    opts.tasks = told;
    opts.tasks_max = 2;
    result = gale_emit_with(task, &opts, gale_int(number));
    if (result == GALE_OK &&
        (opts.n_tasks != 1 || told[0] != opts.direct_task || told[1] != 0))
        return gale_error(task, GALE_FATAL, "went to %u tasks", opts.n_tasks);
    return result;
}

#define DIRECT_OUTPUTS GALE_STREAMS(GALE_DIRECT_STREAM("default", "number"))

static void direct_goes_where_the_producer_says(void **state)
{
    static struct numbers numbers = {2, emit_direct};
    static struct seen even, odd;
    const struct probe spout = NUMBERS(numbers, DIRECT_OUTPUTS);
    const struct probe sinks[2] = {{.arg = &even, .execute = seen_note},
                                   {.arg = &odd, .execute = seen_note}};
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "direct");
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_direct(gale_set_tasks(
                    topology_run_bolt(&r, "even", &sinks[0], EXECUTORS), TASKS),
                "numbers");
    gale_direct(topology_run_bolt(&r, "odd", &sinks[1], TASKS), "numbers");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    for (uint32_t k = 0; k < KEYS; k++) {
        struct seen *right = k % 2 ? &odd : &even,
                    *wrong = k % 2 ? &even : &odd;

        assert_int_equal(right->by[k / 2 % TASKS][k], 2);
        assert_int_equal(seen_tasks_with(right, k), 1);
        assert_int_equal(seen_tasks_with(wrong, k), 0);
    }
}

/* -- custom ---------------------------------------------------------------- */

static void run_custom(struct seen *s, const char *grouping, int producers)
{
    static struct numbers numbers = {1, emit_one};
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("number"));
    const struct probe sink = {.arg = s, .execute = seen_note};
    struct topology_run r;

    memset(s, 0, sizeof(*s));
    topology_run_begin(&r, "custom");
    topology_run_spout(&r, "numbers", &spout, producers);
    gale_custom(
        gale_set_tasks(topology_run_bolt(&r, "sink", &sink, EXECUTORS), TASKS),
        "numbers", grouping);
    topology_run_complete(&r);
    assert_balanced(&r);
    assert_int_equal(topology_run_stats(&r, "numbers").acked, producers * KEYS);
    topology_run_end(&r);
}

static void a_custom_grouping_chooses_one(void **state)
{
    static struct seen s;

    (void)state;
    run_custom(&s, "probe_grouping.so:by_value", 2);
    for (uint32_t k = 0; k < KEYS; k++) {
        assert_int_equal(s.by[k % TASKS][k], 2);
        assert_int_equal(seen_tasks_with(&s, k), 1);
    }
}

static void a_custom_grouping_chooses_none_some_or_all(void **state)
{
    static struct seen s;

    (void)state;
    run_custom(&s, "probe_grouping.so:some", 1);
    for (uint32_t k = 0; k < KEYS; k++)
        for (uint32_t t = 0; t < TASKS; t++)
            assert_int_equal(s.by[t][k], TASKS - 1 - t < k % (TASKS + 1));
}

static void each_producer_has_a_router_that_remembers(void **state)
{
    static struct seen s;

    (void)state;
    run_custom(&s, "probe_grouping.so:turns", 2);
    for (uint32_t k = 0; k < KEYS; k++)
        assert_int_equal(s.by[k % TASKS][k], 2);
}

static void fails_with(const char *grouping, const char *part)
{
    static struct numbers numbers = {1, emit_one};
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("number"));
    const struct probe sink = {.arg = &s, .execute = seen_note};
    struct topology_run r;

    topology_run_begin(&r, "custom");
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_custom(topology_run_bolt(&r, "sink", &sink, 2), "numbers", grouping);
    assert_says(topology_run_fails(&r), part);
    topology_run_end(&r);
}

static void bad_choices_stop_the_topology_with_a_sentence(void **state)
{
    (void)state;
    fails_with("probe_grouping.so:outside",
               "spout \"numbers\" (task 1), emit: grouping "
               "\"probe_grouping.so:outside\" of bolt \"sink\" for stream "
               "\"default\" chose target 2; expected targets from 0 to 1, each "
               "at most once");
    fails_with("probe_grouping.so:too_many",
               "\"probe_grouping.so:too_many\" of bolt \"sink\" for stream "
               "\"default\" chose 3 targets; expected targets from 0 to 1");
    fails_with("probe_grouping.so:twice", "chose target 1 twice; expected");
    fails_with("probe_grouping.so:refused", "\"refused\"");
    fails_with("probe_grouping.so:refused", "\"sink\"");
}

static void a_grouping_that_refuses_may_say_why(void **state)
{
    (void)state;
    fails_with("probe_grouping.so:says_why",
               "grouping \"says_why\" of bolt \"sink\" refused to prepare for "
               "stream \"default\" of \"numbers\": 2 targets, expected a power "
               "of two");
    fails_with("probe_grouping.so:below_zero",
               "emit: grouping \"probe_grouping.so:below_zero\" of bolt "
               "\"sink\" for stream \"default\" chose no target: 0 is not "
               "below zero");
    fails_with("probe_grouping.so:gives_up", "\"default\" chose no target");
}

/* -- several streams, several subscribers ---------------------------------- */

static gale_result emit_three(gale_task *task, int64_t number)
{
    uint32_t two = gale_stream_of(task, "two");
    uint32_t three = gale_stream_of(task, "three");

    if (gale_stream_of(task, "four") != GALE_NO_STREAM)
        return GALE_FATAL;
    gale_emit(task, gale_int(number));
    if (number % 2 == 0)
        gale_emit_to(task, two, gale_int(number), gale_cstr("even"));
    return gale_emit_to(task, three, gale_nil(), gale_nil(), gale_int(number));
}

/* What a subscriber got, by stream. */
struct by_stream {
    _Atomic(uint32_t) one, two, three, wrong;
};

static gale_result note_stream(gale_task *task, const gale_tuple *in)
{
    struct by_stream *b = probe_arg(task);
    const char *stream = gale_source_stream(in);
    uint32_t n = gale_n_fields(in);

    if (strcmp(gale_source_component(in), "numbers") != 0)
        b->wrong++;
    if (strcmp(stream, "default") == 0 && n == 1)
        b->one++;
    else if (strcmp(stream, "two") == 0 && n == 2 &&
             strcmp(gale_field_name(in, 1), "parity") == 0)
        b->two++;
    else if (strcmp(stream, "three") == 0 && n == 3 &&
             gale_index_of(in, "number") == 2)
        b->three++;
    else
        b->wrong++;
    return GALE_OK;
}

static void each_subscriber_gets_its_streams_and_no_other(void **state)
{
    static struct numbers numbers = {1, emit_three};
    static struct by_stream a, b, c;
    const struct probe spout =
        NUMBERS(numbers, GALE_STREAMS(GALE_STREAM("default", "number"),
                                      GALE_STREAM("two", "number", "parity"),
                                      GALE_STREAM("three", "a", "b", "number"),
                                      GALE_STREAM("nobody", "number")));
    const struct probe sinks[3] = {{.arg = &a, .execute = note_stream},
                                   {.arg = &b, .execute = note_stream},
                                   {.arg = &c, .execute = note_stream}};
    struct topology_run r;
    gale_declarer *d;

    (void)state;
    topology_run_begin(&r, "streams");
    topology_run_spout(&r, "numbers", &spout, 2);
    d = topology_run_bolt(&r, "a", &sinks[0], 3);
    gale_shuffle(d, "numbers");
    gale_by_fields_stream(d, "numbers", "two", "parity");
    d = topology_run_bolt(&r, "b", &sinks[1], 3);
    gale_all_stream(d, "numbers", "two");
    gale_global_stream(d, "numbers", "three");
    d = topology_run_bolt(&r, "c", &sinks[2], 1);
    gale_shuffle(d, "numbers");
    topology_run_complete(&r);
    assert_balanced(&r);
    assert_int_equal(topology_run_input(&r, "b", "numbers", "two").emitted,
                     3 * KEYS);
    topology_run_end(&r);
    assert_int_equal(a.one, 2 * KEYS);
    assert_int_equal(a.two, KEYS);
    assert_int_equal(a.three, 0);
    assert_int_equal(b.one, 0);
    assert_int_equal(b.two, 3 * KEYS);
    assert_int_equal(b.three, 2 * KEYS);
    assert_int_equal(c.one, 2 * KEYS);
    assert_int_equal(c.two + c.three, 0);
    assert_int_equal(a.wrong + b.wrong + c.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_gives_everyone_each_tuple_once),
        cmocka_unit_test(global_gives_all_to_the_lowest_task_id),
        cmocka_unit_test(a_shuffle_counts_each_tuple_once),
        cmocka_unit_test(shuffle_none_and_local_or_shuffle_are_even),
        cmocka_unit_test(few_tuples_are_even_too),
        cmocka_unit_test(exact_shuffle_is_exact),
        cmocka_unit_test(direct_goes_where_the_producer_says),
        cmocka_unit_test(a_custom_grouping_chooses_one),
        cmocka_unit_test(a_custom_grouping_chooses_none_some_or_all),
        cmocka_unit_test(each_producer_has_a_router_that_remembers),
        cmocka_unit_test(bad_choices_stop_the_topology_with_a_sentence),
        cmocka_unit_test(a_grouping_that_refuses_may_say_why),
        cmocka_unit_test(each_subscriber_gets_its_streams_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
