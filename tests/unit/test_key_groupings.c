/*
 * test_key_groupings.c - in running topologies a key goes to its task, the same
 * for ever.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "tests/support/seen_keys.h"
#include <stdatomic.h>
#include <string.h>

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

/* -- fields ---------------------------------------------------------------- */

static void run_fields(struct seen *s, const char *name)
{
    static struct numbers numbers = {3, emit_keyed};
    const struct probe spout = NUMBERS(numbers, GALE_OUTPUTS("key", "number"));
    const struct probe sink = {.arg = s, .execute = seen_note};
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
        assert_int_equal(seen_tasks_with(&s, k), 1);
    for (uint32_t t = 0; t < TASKS; t++) {
        assert_true(seen_by(&s, t) > 0);
        sent += seen_by(&s, t);
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
    const struct probe sink = {.arg = &s, .execute = seen_note};
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
        assert_int_equal(seen_tasks_with(&s, k), 1);
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
    const struct probe sink = {.arg = &s, .execute = seen_note};
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
    const struct probe sink = {.arg = &s, .execute = seen_note};
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
        assert_int_equal(seen_tasks_with(&s, 0), 1);
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
    const struct probe sink = {.arg = &s, .execute = seen_note};
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
        assert_in_range(seen_tasks_with(&s, k), 1, 2);
        with_two += seen_tasks_with(&s, k) == 2;
    }
    assert_true(with_two > KEYS * 9 / 10);
    for (uint32_t t = 0; t < TASKS; t++) /* evenly, for so many keys */
        assert_in_range(seen_by(&s, t), 2 * 40 * KEYS / TASKS * 8 / 10,
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
    const struct probe sink = {.arg = &s, .execute = seen_note};
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "hot");
    topology_run_spout(&r, "numbers", &spout, 1);
    gale_partial_key(topology_run_bolt(&r, "sink", &sink, TASKS), "numbers",
                     "key");
    topology_run_complete(&r);
    topology_run_end(&r);
    assert_int_equal(seen_tasks_with(&s, 1), 2);
    for (uint32_t t = 0; t < TASKS; t++)
        assert_true(seen_by(&s, t) == 0 || seen_by(&s, t) == KEYS);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
