/*
 * test_groupings.c - in running topologies every grouping chooses the right
 * tasks, the same ones for ever, and nothing is overtaken on its way.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "tests/support/topology_run.h"
#include <stdatomic.h>
#include <string.h>

enum { TASKS = 7, EXECUTORS = 3, KEYS = 500 };

/* How often a task of a sink got a key. */
struct seen {
    _Atomic(uint32_t) by[TASKS][KEYS];
};

static uint32_t tasks_with(struct seen *s, uint32_t key)
{
    uint32_t n = 0;

    for (uint32_t t = 0; t < TASKS; t++)
        n += s->by[t][key] > 0;
    return n;
}

static uint32_t got(struct seen *s, uint32_t task)
{
    uint32_t sum = 0;

    for (uint32_t k = 0; k < KEYS; k++)
        sum += s->by[task][k];
    return sum;
}

static gale_result note_key(gale_task *task, const gale_tuple *in)
{
    struct seen *s = probe_arg(task);
    int64_t key = gale_int_of(in, "number");

    s->by[gale_task_index(task)][key]++;
    return GALE_OK;
}

/* -- a spout of numbers ---------------------------------------------------- */

struct numbers {
    uint64_t rounds; /* 0 … KEYS - 1, so many times */
    gale_result (*emit)(gale_task *task, int64_t number);
};

static gale_result next_number(gale_task *task)
{
    const struct numbers *n = probe_arg(task);
    uint64_t *k = probe_state(task);

    if (*k == n->rounds * KEYS) {
        gale_exhausted(task);
        return GALE_OK;
    }
    return n->emit(task, (int64_t)((*k)++ % KEYS));
}

static gale_result emit_one(gale_task *task, int64_t number)
{
    return gale_emit_msg(task, ((gale_msgid){0, (uint64_t)number}),
                         gale_int(number));
}

/* A key of each kind and length, and beside it the number that it stands
 * for. */
static gale_value key_of(int64_t number, char *room, size_t size)
{
    static const char stuffing[] = "and some more bytes to make it long";

    switch (number % 4) {
    case 0:
        return gale_int(number);
    case 1:
        return gale_float((double)number / 8);
    case 2:
        snprintf(room, size, "%d", (int)number);
        return gale_cstr(room);
    default:
        snprintf(room, size, "%s %d %s", stuffing, (int)number, stuffing);
        return gale_cstr(room);
    }
}

static gale_result emit_keyed(gale_task *task, int64_t number)
{
    char room[100];

    return gale_emit(task, key_of(number, room, sizeof(room)),
                     gale_int(number));
}

#define NUMBERS(n_, streams_)                                                  \
    {                                                                          \
        .arg = &(n_), .state_size = sizeof(uint64_t), .next = next_number,     \
        .streams = streams_                                                    \
    }

/* -- fields ---------------------------------------------------------------- */

static void run_fields(struct seen *s, const char *name)
{
    static struct numbers numbers = {3, emit_keyed};
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("key", "number"));
    const struct probe sink = {.arg = s, .execute = note_key};
    struct topology_run r;
    gale_declarer *d;

    memset(s, 0, sizeof(*s));
    topology_run_begin(&r, name);
    topology_run_spout(&r, "a", &spout, 2);
    topology_run_spout(&r, "b", &spout, 1);
    d = gale_set_tasks(topology_run_bolt(&r, "sink", &sink, EXECUTORS), TASKS);
    gale_by_fields(d, "a", "key");
    gale_by_fields(d, "b", "key");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
}

static void the_same_key_goes_to_the_same_task_whoever_sends_it(void **state)
{
    static struct seen s;
    uint32_t sent = 0;

    (void)state;
    run_fields(&s, "fields");
    for (uint32_t k = 0; k < KEYS; k++)
        assert_int_equal(tasks_with(&s, k), 1);
    for (uint32_t t = 0; t < TASKS; t++) {
        assert_true(got(&s, t) > 0);
        sent += got(&s, t);
    }
    assert_int_equal(sent, 3 * 3 * KEYS);
}

static void a_key_goes_to_the_same_task_in_every_run(void **state)
{
    static struct seen first, second;

    (void)state;
    run_fields(&first, "fields");
    run_fields(&second, "fields");
    assert_memory_equal(&first, &second, sizeof(first));
}

static void another_topology_deals_its_keys_differently(void **state)
{
    static struct seen first, second;

    (void)state;
    run_fields(&first, "fields");
    run_fields(&second, "other-fields");
    assert_memory_not_equal(&first, &second, sizeof(first));
}

/* One number as the text, the int and the float, and two fields of a key. */
static gale_result emit_shapes(gale_task *task, int64_t number)
{
    char text[20];

    snprintf(text, sizeof(text), "%d", (int)(number % 10));
    return gale_emit(task, gale_cstr(text), gale_int(number / 10),
                     gale_int(number));
}

static void several_fields_are_one_key(void **state)
{
    static struct numbers numbers = {3, emit_shapes};
    static struct seen s;
    const struct probe spout =
        NUMBERS(numbers, GALE_OUTPUTS("digit", "rest", "number"));
    const struct probe sink = {.arg = &s, .execute = note_key};
    struct topology_run r;
    uint32_t tasks_of_digit_0 = 0;

    (void)state;
    topology_run_begin(&r, "several");
    topology_run_spout(&r, "numbers", &spout, 2);
    gale_by_fields(
        gale_set_tasks(topology_run_bolt(&r, "sink", &sink, EXECUTORS), TASKS),
        "numbers", "rest", "digit");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    for (uint32_t k = 0; k < KEYS; k++)
        assert_int_equal(tasks_with(&s, k), 1);
    for (uint32_t t = 0; t < TASKS; t++)
        for (uint32_t k = 0; k < KEYS; k += 10)
            if (s.by[t][k] > 0) {
                tasks_of_digit_0++;
                break;
            }
    assert_true(tasks_of_digit_0 > 1); /* the other field counts, too */
}

/* A sink that notes by the index of the key among `words`. */
static const char *const words[] = {
    "cow",  "jumped", "over", "the", "moon", "", "a longer key than 14",
    "apple"};
enum { N_WORDS = sizeof(words) / sizeof(*words) };

static gale_result next_word(gale_task *task)
{
    uint32_t *k = probe_state(task);

    if (*k == N_WORDS) {
        gale_exhausted(task);
        return GALE_OK;
    }
    gale_emit_to(task, 0, gale_cstr(words[*k]));
    gale_emit_to(task, 1, gale_int(0), gale_cstr(words[*k]));
    ++*k;
    return GALE_OK;
}

static gale_result note_word(gale_task *task, const gale_tuple *in)
{
    struct seen *s = probe_arg(task);
    gale_str word = gale_str_of(in, "word");

    for (uint32_t k = 0; k < N_WORDS; k++)
        if (gale_str_eq(word, gale_str_make(words[k], strlen(words[k]))))
            s->by[gale_task_index(task)][k]++;
    return GALE_OK;
}

/* Frozen, as are the vectors of test_grouper.c: a new version of gale must send
 * a key where the last one sent it. */
static const uint32_t word_owners[N_WORDS] = {3, 4, 2, 3, 5, 1, 3, 6};

static void the_way_of_a_key_is_frozen_for_streams_of_all_shapes(void **state)
{
    static struct seen s;
    const struct probe spout = {
        .state_size = sizeof(uint32_t),
        .next = next_word,
        .streams = GALE_STREAMS(GALE_STREAM("alone", "word"),
                                GALE_STREAM("second", "zero", "word"))};
    const struct probe sink = {.arg = &s, .execute = note_word};
    struct topology_run r;
    gale_declarer *d;

    (void)state;
    topology_run_begin(&r, "frozen");
    topology_run_spout(&r, "words", &spout, 1);
    d = topology_run_bolt(&r, "sink", &sink, TASKS);
    gale_by_fields_stream(d, "words", "alone", "word");
    gale_by_fields_stream(d, "words", "second", "word");
    topology_run_complete(&r);
    topology_run_end(&r);
    for (uint32_t k = 0; k < N_WORDS; k++)
        if (s.by[word_owners[k]][k] != 2)
            for (uint32_t t = 0; t < TASKS; t++)
                if (s.by[t][k] > 0)
                    fail_msg("\"%s\" went to task %u, not %u", words[k], t,
                             word_owners[k]);
}

/* Key {1}, then {1.0}, {"1"}, {-0.0}, {0.0}: number says which. */
static gale_result emit_look_alikes(gale_task *task, int64_t number)
{
    const gale_value values[] = {gale_float(0.0), gale_float(-0.0)};

    return gale_emit(task, values[number % 2], gale_int(number % 2));
}

static void zero_and_minus_zero_are_the_same_key(void **state)
{
    static struct numbers numbers = {1, emit_look_alikes};
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("key", "number"));
    const struct probe sink = {.arg = &s, .execute = note_key};
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "zero");
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_by_fields(topology_run_bolt(&r, "sink", &sink, TASKS), "numbers",
                   "key");
    topology_run_complete(&r);
    topology_run_end(&r);
    for (uint32_t t = 0; t < TASKS; t++)
        assert_int_equal(s.by[t][0], s.by[t][1]);
}

static gale_result next_bad_key(gale_task *task)
{
    return gale_emit(task, gale_list(NULL, 0), gale_int(1));
}

static void a_list_as_a_key_stops_the_topology_with_a_sentence(void **state)
{
    static struct seen s;
    const struct probe spout = {.next = next_bad_key,
                                .streams = GALE_OUTPUTS("key", "number")};
    const struct probe sink = {.arg = &s, .execute = note_key};
    struct topology_run r;
    const char *why;

    (void)state;
    topology_run_begin(&r, "list");
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_by_fields(topology_run_bolt(&r, "sink", &sink, 2), "numbers", "key");
    why = topology_run_fails(&r);
    assert_says(why, "\"numbers\"");
    assert_says(why, "\"key\"");
    assert_says(why, "\"sink\"");
    assert_says(why, "list");
    topology_run_end(&r);
}

/* As many key fields as a stream may have fields. */
static gale_result next_wide(gale_task *task)
{
    gale_value values[255];
    uint32_t *k = probe_state(task);

    if ((*k)++ == 10) {
        gale_exhausted(task);
        return GALE_OK;
    }
    for (uint32_t i = 0; i < 255; i++)
        values[i] = gale_int(i);
    return gale_emit_values(task, values, 255);
}

static gale_result note_first(gale_task *task, const gale_tuple *in)
{
    struct seen *s = probe_arg(task);

    s->by[gale_task_index(task)][gale_get_int(in, 0)]++;
    return GALE_OK;
}

static void a_key_of_very_many_fields_works_or_is_refused(void **state)
{
    static struct seen s;
    static char names[255][8];
    const char *fields[255];
    gale_stream stream = {
        "default", 0, 0, {fields, 255, sizeof(*fields)}, NULL};
    const struct probe spout = {.state_size = sizeof(uint32_t),
                                .next = next_wide,
                                .streams = {&stream, 1, sizeof(stream)}};
    const struct probe sink = {.arg = &s, .execute = note_first};
    gale_input input = {.size = sizeof(input),
                        .kind = GALE_BY_FIELDS,
                        .from = "wide",
                        .fields = fields,
                        .n_fields = 255};
    struct topology_run r;

    (void)state;
    for (int i = 0; i < 255; i++) {
        snprintf(names[i], sizeof(names[i]), "f%u", (unsigned)i % 1000);
        fields[i] = names[i];
    }
    topology_run_begin(&r, "wide");
    topology_run_spout(&r, "wide", &spout, 1);
    gale_subscribe(topology_run_bolt(&r, "sink", &sink, TASKS), &input);
    if (topology_run_tries(&r)) {
        topology_run_complete(&r);
        assert_int_equal(tasks_with(&s, 0), 1);
    } else {
        assert_says(r.error.text, "sink");
        assert_says(r.error.text, "255");
    }
    topology_run_end(&r);
}

/* -- partial key ----------------------------------------------------------- */

static gale_result emit_any_key(gale_task *task, int64_t number)
{
    (void)number;
    return emit_keyed(task, (int64_t)(gale_random(task) % KEYS));
}

static void a_key_has_two_candidates_and_both_work(void **state)
{
    static struct numbers numbers = {40, emit_any_key};
    uint32_t with_two = 0;
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("key", "number"));
    const struct probe sink = {.arg = &s, .execute = note_key};
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "partial");
    topology_run_spout(&r, "numbers", &spout, 2);
    gale_partial_key(
        gale_set_tasks(topology_run_bolt(&r, "sink", &sink, EXECUTORS), TASKS),
        "numbers", "key");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    for (uint32_t k = 0; k < KEYS; k++) {
        assert_in_range(tasks_with(&s, k), 1, 2);
        with_two += tasks_with(&s, k) == 2;
    }
    assert_true(with_two > KEYS * 9 / 10);
    for (uint32_t t = 0; t < TASKS; t++) /* evenly, for so many keys */
        assert_in_range(got(&s, t), 2 * 40 * KEYS / TASKS * 8 / 10,
                        2 * 40 * KEYS / TASKS * 12 / 10);
}

static gale_result emit_same_key(gale_task *task, int64_t number)
{
    (void)number;
    return gale_emit(task, gale_cstr("hot"), gale_int(1));
}

static void one_hot_key_is_halved(void **state)
{
    static struct numbers numbers = {2, emit_same_key};
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("key", "number"));
    const struct probe sink = {.arg = &s, .execute = note_key};
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "hot");
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_partial_key(topology_run_bolt(&r, "sink", &sink, TASKS), "numbers",
                     "key");
    topology_run_complete(&r);
    topology_run_end(&r);
    assert_int_equal(tasks_with(&s, 1), 2);
    for (uint32_t t = 0; t < TASKS; t++)
        assert_true(got(&s, t) == 0 || got(&s, t) == KEYS);
}

/* -- all, global ----------------------------------------------------------- */

static void all_gives_everyone_each_tuple_once(void **state)
{
    static struct numbers numbers = {1, emit_one};
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("number"));
    const struct probe sink = {.arg = &s, .execute = note_key};
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
    const struct probe sink = {.arg = &s, .execute = note_key};
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
    assert_int_equal(got(&s, 0), 3 * KEYS);
}

/* -- shuffle --------------------------------------------------------------- */

/*
 * On one carrier, where no consumer can fall behind another and be passed over:
 * in the long run each task has its share.
 */
static void shares_are_even(uint32_t kind, bool exact, uint32_t percent)
{
    static struct numbers numbers = {400, emit_one};
    static struct seen s;
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("number"));
    const struct probe sink = {.arg = &s, .execute = note_key};
    gale_input input = {.size = sizeof(input), .kind = kind, .from = "numbers"};
    uint32_t share = 400 * KEYS / TASKS;
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
        assert_in_range(got(&s, t), share * (100 - percent) / 100,
                        share * (100 + percent) / 100 + 1);
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
    const struct probe sinks[2] = {{.arg = &even, .execute = note_key},
                                   {.arg = &odd, .execute = note_key}};
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
        assert_int_equal(tasks_with(right, k), 1);
        assert_int_equal(tasks_with(wrong, k), 0);
    }
}

/* -- custom ---------------------------------------------------------------- */

static void run_custom(struct seen *s, const char *grouping, int producers)
{
    static struct numbers numbers = {1, emit_one};
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("number"));
    const struct probe sink = {.arg = s, .execute = note_key};
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
        assert_int_equal(tasks_with(&s, k), 1);
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
    const struct probe sink = {.arg = &s, .execute = note_key};
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
    fails_with("probe_grouping.so:outside", "targets are 0 to n_targets - 1");
    fails_with("probe_grouping.so:too_many", "custom grouping");
    fails_with("probe_grouping.so:refused", "\"refused\"");
    fails_with("probe_grouping.so:refused", "\"sink\"");
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

/* -- order ----------------------------------------------------------------- */

enum { PRODUCERS = 3, CONSUMERS_MAX = 300, PAYLOAD_MAX = 20000 };

struct order {
    uint64_t seed;
    uint32_t per_producer;
    _Atomic(uint32_t) overtaken;
    _Atomic(uint32_t) damaged;
    _Atomic(uint64_t) arrived;
};

struct order_state {
    uint64_t sent;
    struct random random;
    char payload[PAYLOAD_MAX];
    uint64_t last[PRODUCERS];
};

static gale_result open_order(gale_task *task)
{
    const struct order *o = probe_arg(task);
    struct order_state *s = probe_state(task);

    random_seed(&s->random, o->seed + gale_task_index(task));
    for (uint32_t i = 0; i < PAYLOAD_MAX; i++)
        s->payload[i] = (char)i;
    return GALE_OK;
}

/* Mostly small, so that slices of many tuples are made, too. */
static uint32_t payload_size(struct random *r)
{
    uint64_t bits = random_next(r);

    switch (bits % 64) {
    case 0:
        return (uint32_t)(bits >> 8) % PAYLOAD_MAX;
    case 1:
    case 2:
        return (uint32_t)(bits >> 8) % 2000;
    default:
        return (uint32_t)(bits >> 8) % 40;
    }
}

/* A number that only grows, by one stream or another. */
static gale_result next_in_order(gale_task *task)
{
    const struct order *o = probe_arg(task);
    struct order_state *s = probe_state(task);
    gale_value number, payload;

    if (s->sent == o->per_producer) {
        gale_exhausted(task);
        return GALE_OK;
    }
    number = gale_int((int64_t)++s->sent);
    payload = gale_string(s->payload, payload_size(&s->random));
    switch (random_next(&s->random) % 4) {
    case 0:
        return gale_emit_to(task, 0, number);
    case 1:
        return gale_emit_to(task, 1, number, payload);
    case 2:
        return gale_emit_to(task, 2, payload, number);
    default: {
        gale_emit_opts opts = {.size = sizeof(opts), .stream = 3};
        int32_t ids[CONSUMERS_MAX];
        uint32_t n = gale_tasks_of(task, "sink", ids, CONSUMERS_MAX);

        opts.direct_task = ids[random_next(&s->random) % n];
        return gale_emit_with(task, &opts, number);
    }
    }
}

static gale_result check_order(gale_task *task, const gale_tuple *in)
{
    struct order *o = probe_arg(task);
    struct order_state *s = probe_state(task);
    uint32_t payload = gale_index_of(in, "payload"), producer;
    uint64_t number = (uint64_t)gale_int_of(in, "number");
    int32_t ids[PRODUCERS];

    gale_tasks_of(task, "source", ids, PRODUCERS);
    producer = (uint32_t)(gale_source_task(in) - ids[0]);
    if (payload != GALE_NO_FIELD) {
        gale_str text = gale_get_str(in, payload);

        for (size_t i = 0; i < text.size; i++)
            if (text.data[i] != (char)i) {
                o->damaged++;
                break;
            }
    }
    if (number <= s->last[producer])
        o->overtaken++;
    s->last[producer] = number;
    o->arrived++;
    return GALE_OK;
}

static void order_holds(const char *sink_plugin, int executors, int tasks,
                        uint32_t per_producer)
{
    static struct order o;
    const struct probe spout = {
        .arg = &o,
        .state_size = sizeof(struct order_state),
        .open = open_order,
        .next = next_in_order,
        .streams =
            GALE_STREAMS(GALE_STREAM("keyed", "number"),
                         GALE_STREAM("shuffled", "number", "payload"),
                         GALE_STREAM("to_all_or_few", "payload", "number"),
                         GALE_DIRECT_STREAM("direct", "number"))};
    const struct probe sink = {.arg = &o,
                               .state_size = sizeof(struct order_state),
                               .execute = check_order};
    struct topology_run r;
    gale_declarer *d;

    memset(&o, 0, sizeof(o));
    o.seed = topology_run_seed("build/release/tests/unit/test_groupings");
    o.per_producer = per_producer;
    topology_run_begin(&r, "order");
    topology_run_spout(&r, "source", &spout, PRODUCERS);
    d = gale_set_tasks(
        topology_run_bolt_as(&r, "sink", sink_plugin, &sink, executors), tasks);
    gale_by_fields_stream(d, "source", "keyed", "number");
    gale_shuffle_stream(d, "source", "shuffled");
    if (tasks <= TASKS)
        gale_all_stream(d, "source", "to_all_or_few");
    else
        gale_partial_key_stream(d, "source", "to_all_or_few", "number");
    gale_direct_stream(d, "source", "direct");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    assert_int_equal(o.overtaken, 0);
    assert_int_equal(o.damaged, 0);
    assert_true(o.arrived >= PRODUCERS * per_producer);
}

static void nothing_is_overtaken_between_two_tasks(void **state)
{
    (void)state;
    order_holds("probe_bolt", 2, 5, 20000);
}

static void nothing_is_overtaken_on_the_way_to_blocking_bolts(void **state)
{
    (void)state;
    order_holds("probe_bolt_blocking", 4, 4, 10000);
}

static void nothing_is_overtaken_in_the_small_blocks_of_many_targets(
    void **state)
{
    (void)state;
    order_holds("probe_bolt", CONSUMERS_MAX, CONSUMERS_MAX, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_key_goes_to_the_same_task_whoever_sends_it),
        cmocka_unit_test(a_key_goes_to_the_same_task_in_every_run),
        cmocka_unit_test(another_topology_deals_its_keys_differently),
        cmocka_unit_test(several_fields_are_one_key),
        cmocka_unit_test(the_way_of_a_key_is_frozen_for_streams_of_all_shapes),
        cmocka_unit_test(zero_and_minus_zero_are_the_same_key),
        cmocka_unit_test(a_list_as_a_key_stops_the_topology_with_a_sentence),
        cmocka_unit_test(a_key_of_very_many_fields_works_or_is_refused),
        cmocka_unit_test(a_key_has_two_candidates_and_both_work),
        cmocka_unit_test(one_hot_key_is_halved),
        cmocka_unit_test(all_gives_everyone_each_tuple_once),
        cmocka_unit_test(global_gives_all_to_the_lowest_task_id),
        cmocka_unit_test(shuffle_none_and_local_or_shuffle_are_even),
        cmocka_unit_test(exact_shuffle_is_exact),
        cmocka_unit_test(direct_goes_where_the_producer_says),
        cmocka_unit_test(a_custom_grouping_chooses_one),
        cmocka_unit_test(a_custom_grouping_chooses_none_some_or_all),
        cmocka_unit_test(each_producer_has_a_router_that_remembers),
        cmocka_unit_test(bad_choices_stop_the_topology_with_a_sentence),
        cmocka_unit_test(each_subscriber_gets_its_streams_and_no_other),
        cmocka_unit_test(nothing_is_overtaken_between_two_tasks),
        cmocka_unit_test(nothing_is_overtaken_on_the_way_to_blocking_bolts),
        cmocka_unit_test(
            nothing_is_overtaken_in_the_small_blocks_of_many_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
