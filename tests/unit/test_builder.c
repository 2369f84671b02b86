/*
 * test_builder.c - recording a topology: builder.c and builder_host.c. The
 * first mistake is kept, every later call is harmless.
 */
#include "tests/support/cmocka_all.h"
#include "topology-api/builder.h"
#include <limits.h>
#include <stdio.h>

static const char *error_of(gale_builder *b)
{
    return builder_of(b)->error.text;
}

/* -- what is recorded ------------------------------------------------------ */

static void everything_is_recorded_and_copied(void **state)
{
    gale_builder *b = gale_builder_new();
    char id[] = "count", plugin[] = "counter", field[] = "word";
    const struct wanted *w;
    gale_declarer *d;

    (void)state;
    gale_add_spout(b, "split", "words", 1);
    d = gale_set_tasks(gale_add_bolt(b, id, plugin, 2), 5);
    gale_by_fields_stream(d, "split", "late", field, "line");
    gale_custom(d, "split", "odd_even");
    gale_set(d, "keep", gale_int(3));
    gale_configure(b, "topology.workers", gale_int(2));
    gale_set_name(b, "my-topology");
    id[0] = plugin[0] = field[0] = '!';
    assert_string_equal(error_of(b), "");
    assert_string_equal(builder_of(b)->name, "my-topology");
    assert_int_equal(builder_of(b)->n_wanted, 2);
    assert_int_equal(builder_find(builder_of(b), "count"), 1);
    assert_int_equal(builder_find(builder_of(b), "nobody"), UINT32_MAX);
    w = builder_of(b)->wanted[1];
    assert_string_equal(w->id, "count");
    assert_string_equal(w->plugin, "counter");
    assert_false(w->is_spout);
    assert_int_equal(w->executors, 2);
    assert_int_equal(w->tasks, 5);
    assert_int_equal(w->n_inputs, 2);
    assert_int_equal(w->inputs[0].kind, GALE_BY_FIELDS);
    assert_string_equal(w->inputs[0].from, "split");
    assert_string_equal(w->inputs[0].stream, "late");
    assert_int_equal(w->inputs[0].n_fields, 2);
    assert_string_equal(w->inputs[0].fields[0], "word");
    assert_string_equal(w->inputs[0].fields[1], "line");
    assert_int_equal(w->inputs[1].kind, GALE_CUSTOM);
    assert_string_equal(w->inputs[1].stream, "default");
    assert_string_equal(w->inputs[1].custom, "odd_even");
    assert_int_equal(settings_get(w->settings, "keep")->as.i, 3);
    assert_int_equal(
        settings_get(builder_of(b)->topology, "topology.workers")->as.i, 2);
    gale_builder_free(b);
    gale_builder_free(NULL);
}

static void each_short_form_names_its_grouping(void **state)
{
    static const uint32_t kinds[] = {
        GALE_SHUFFLE, GALE_BY_FIELDS,   GALE_ALL,
        GALE_GLOBAL,  GALE_NONE,        GALE_DIRECT,
        GALE_CUSTOM,  GALE_PARTIAL_KEY, GALE_LOCAL_OR_SHUFFLE,
    };
    gale_builder *b = gale_builder_new();
    gale_declarer *d = gale_add_bolt(b, "a", "a", 1);
    const struct wanted *w = builder_of(b)->wanted[0];

    (void)state;
    gale_shuffle(d, "x");
    gale_by_fields(d, "x", "f");
    gale_all(d, "x");
    gale_global(d, "x");
    gale_none(d, "x");
    gale_direct(d, "x");
    gale_custom(d, "x", "c");
    gale_partial_key(d, "x", "f");
    gale_local_or_shuffle(d, "x");
    assert_string_equal(error_of(b), "");
    assert_int_equal(w->n_inputs, 9);
    for (uint32_t i = 0; i < 9; i++)
        assert_int_equal(w->inputs[i].kind, kinds[i]);
    gale_builder_free(b);
}

/* -- mistakes -------------------------------------------------------------- */

static void nothing(gale_builder *b, gale_declarer *d)
{
    (void)b;
    (void)d;
}

#define MISTAKE(name_, call_)                                                  \
    static void name_(gale_builder *b, gale_declarer *d)                       \
    {                                                                          \
        nothing(b, d);                                                         \
        (void)(call_);                                                         \
    }
#define INPUT(...)                                                             \
    gale_subscribe(d, &(const gale_input){.size = sizeof(gale_input),          \
                                          .from = "in",                        \
                                          __VA_ARGS__})

MISTAKE(odd_id, gale_add_bolt(b, "a b", "p", 1))
MISTAKE(dotted_id, gale_add_bolt(b, ".a", "p", 1))
MISTAKE(reserved_id, gale_add_bolt(b, "__acker", "p", 1))
MISTAKE(null_id, gale_add_spout(b, NULL, "p", 1))
MISTAKE(same_id, gale_add_bolt(b, "in", "p", 1))
MISTAKE(no_plugin, gale_add_bolt(b, "a", "", 1))
MISTAKE(null_plugin, gale_add_bolt(b, "a", NULL, 1))
MISTAKE(no_executors, gale_add_bolt(b, "a", "p", 0))
MISTAKE(negative_executors, gale_add_spout(b, "a", "p", INT_MIN))
MISTAKE(many_executors, gale_add_bolt(b, "a", "p", 32768))
MISTAKE(no_tasks, gale_set_tasks(d, 0))
MISTAKE(negative_tasks, gale_set_tasks(d, -1))
MISTAKE(many_tasks, gale_set_tasks(d, INT_MAX))
MISTAKE(spout_with_input, gale_shuffle(gale_add_spout(b, "s", "p", 1), "in"))
MISTAKE(null_input, gale_subscribe(d, NULL))
MISTAKE(input_without_size, gale_subscribe(d, &(const gale_input){0}))
MISTAKE(kind_0, INPUT(.kind = 0))
MISTAKE(kind_10, INPUT(.kind = 10))
MISTAKE(from_nobody, gale_all(d, NULL))
MISTAKE(by_no_fields, INPUT(.kind = GALE_BY_FIELDS))
MISTAKE(by_no_key, INPUT(.kind = GALE_PARTIAL_KEY))
MISTAKE(by_null, INPUT(.kind = GALE_BY_FIELDS, .n_fields = 1))
MISTAKE(by_256, INPUT(.kind = GALE_BY_FIELDS, .n_fields = 256))
MISTAKE(all_by_fields, INPUT(.kind = GALE_ALL, .n_fields = 1))
MISTAKE(custom_nothing, INPUT(.kind = GALE_CUSTOM))
MISTAKE(null_key, gale_set(d, NULL, gale_nil()))
MISTAKE(no_key, (gale_configure(b, "", gale_nil()), 0))
MISTAKE(null_value, gale_set(d, "k", gale_string(NULL, 3)))
MISTAKE(odd_value, (gale_configure(b, "k", gale_make_(8, 0, 0)), 0))
MISTAKE(dotted_name, (gale_set_name(b, "a.b"), 0))
MISTAKE(dashed_name, (gale_set_name(b, "-a"), 0))
MISTAKE(no_name, (gale_set_name(b, NULL), 0))
MISTAKE(odd_name, (gale_set_name(b, "a/b"), 0))
#define LETTERS_30 "abcdefghijklmnopqrstuvwxyzabcd"
MISTAKE(long_name, (gale_set_name(b, "a/b" LETTERS_30 LETTERS_30 LETTERS_30
                                         LETTERS_30 LETTERS_30),
                    0))
MISTAKE(refusal, gale_build_error(b, "there are %d of them", 3))
MISTAKE(wordless_refusal, b->host->fail(b, false, NULL))
MISTAKE(usage, gale_usage(b, "wordcount FILE…"))

static void a_mistake_is_named_with_component_and_cause(void **state)
{
    static const struct {
        void (*make)(gale_builder *, gale_declarer *);
        const char *error;
    } cases[] = {
        {odd_id, "a component's id \"a b\" is no valid name; expected 1 to"},
        {dotted_id, "a component's id \".a\" is no valid name; expected 1 to "
                    "255 letters, digits, '.', '_' and '-', not beginning "
                    "with '.' or"},
        {reserved_id, "a component's id \"__acker\" is no valid name"},
        {null_id, "a component's id has no name (NULL)"},
        {same_id, "component \"in\" is added twice; each needs an id of its"},
        {no_plugin, "component \"a\" names no plugin"},
        {null_plugin, "component \"a\" names no plugin"},
        {no_executors,
         "component \"a\" has a parallelism of 0, expected 1 to 32767"},
        {negative_executors, "a parallelism of -2147483648, expected 1 to"},
        {many_executors, "a parallelism of 32768, expected 1 to 32767"},
        {no_tasks, "component \"d\" has 0 tasks, expected 1 to 32767"},
        {negative_tasks, "component \"d\" has -1 tasks"},
        {many_tasks, "component \"d\" has 2147483647 tasks"},
        {spout_with_input, "component \"s\" is a spout, which takes no input"},
        {null_input, "component \"d\" has an input without its size"},
        {input_without_size, "component \"d\" has an input without its size"},
        {kind_0, "component \"d\" has an input with an unknown grouping"},
        {kind_10, "component \"d\" has an input with an unknown grouping"},
        {from_nobody, "has an input that does not say from which component"},
        {by_no_fields, "has a grouping by fields that names none"},
        {by_no_key, "has a grouping by fields that names none"},
        {by_null, "has a grouping by fields that are NULL"},
        {by_256, "has a grouping by more than 255 fields"},
        {all_by_fields, "names fields for a grouping that takes none"},
        {custom_nothing, "has a custom grouping that names no plugin"},
        {null_key, "component \"d\" sets a key of no bytes"},
        {no_key, "the topology sets a key of no bytes"},
        {null_value, "component \"d\" sets \"k\" to a value that is a NULL"},
        {odd_value,
         "the topology sets \"k\" to a value that is of a kind that"},
        {dotted_name, "a topology's name \"a.b\" is no valid name"},
        {dashed_name, "a topology's name \"-a\" is no valid name"},
        {odd_name, "a topology's name \"a/b\" is no valid name; expected 1 to "
                   "64 letters, digits, '_' and '-', beginning with a letter "
                   "or digit"},
        {long_name, "bc…\" is no valid name; expected 1 to 64 letters"},
        {no_name, "a topology's name has no name (NULL)"},
        {refusal, "there are 3 of them"},
        {wordless_refusal, "refuses to be built without saying why"},
        {usage, "usage: wordcount FILE…"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_builder *b = gale_builder_new();
        gale_declarer *d;

        gale_add_spout(b, "in", "p", 1);
        d = gale_add_bolt(b, "d", "p", 1);
        cases[i].make(b, d);
        if (strstr(error_of(b), cases[i].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error_of(b),
                     cases[i].error);
        gale_builder_free(b);
    }
}

static void after_a_mistake_every_call_is_harmless(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_declarer *d = gale_add_bolt(b, "a", "p", 0);
    gale_err error;

    (void)state;
    assert_non_null(d);
    assert_non_null(gale_add_spout(b, "b", "p", 1));
    gale_shuffle(gale_set_tasks(gale_set(d, "k", gale_int(1)), 9), "b");
    gale_set_name(b, "__");
    gale_configure(b, NULL, gale_nil());
    assert_int_equal(gale_build_error(b, "another"), GALE_FATAL);
    assert_int_equal(gale_usage(b, "another"), GALE_FATAL);
    assert_int_equal(builder_of(b)->n_wanted, 0);
    assert_int_equal(gale_builder_check(b, &error), -1);
    assert_string_equal(error.text, "component \"a\" has a parallelism of 0, "
                                    "expected 1 to 32767");
    gale_builder_free(b);
}

static void a_component_has_at_most_4096_inputs(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_declarer *d = gale_add_bolt(b, "a", "p", 1);

    (void)state;
    for (int i = 0; i < 4096; i++)
        gale_shuffle(d, "x");
    assert_string_equal(error_of(b), "");
    gale_shuffle(d, "x");
    assert_non_null(strstr(error_of(b), "has more than 4096 inputs"));
    gale_builder_free(b);
}

static void there_are_at_most_32767_components(void **state)
{
    gale_builder *b = gale_builder_new();
    char id[16];

    (void)state;
    for (int i = 0; i < 32767; i++) {
        snprintf(id, sizeof(id), "c%d", i);
        gale_add_spout(b, id, "p", 1);
    }
    assert_string_equal(error_of(b), "");
    assert_int_equal(builder_find(builder_of(b), "c20000"), 20000);
    gale_add_spout(b, "last", "p", 1);
    assert_non_null(strstr(error_of(b), "component \"last\" is one too many"));
    gale_builder_free(b);
}

/* -- what common/config and the command get -------------------------------- */

static void layers_can_be_written_and_replaced(void **state)
{
    gale_builder *b = gale_builder_new();
    struct settings **file = builder_file(b, NULL);

    (void)state;
    settings_set(*file, "k", gale_int(1));
    assert_int_equal(settings_get(builder_of(b)->file, "k")->as.i, 1);
    settings_free(*file);
    *file = settings_new();
    assert_null(settings_get(builder_of(b)->file, "k"));
    settings_set(*builder_overrides(b, NULL), "k", gale_int(2));
    assert_int_equal(settings_get(builder_of(b)->overrides, "k")->as.i, 2);
    gale_builder_free(b);
}

enum { HEARD_MAX = 256 };

static void note(void *arg, const char *text)
{
    char *heard = arg;
    size_t n = strlen(heard);

    snprintf(heard + n, HEARD_MAX - n, "%s\n", text);
}

static void the_last_listener_hears_the_warnings(void **state)
{
    gale_builder *b = gale_builder_new();
    char first[HEARD_MAX] = "", last[HEARD_MAX] = "";

    (void)state;
    builder_warn(builder_of(b), "nobody hears");
    builder_listen(b, note, first);
    builder_warn(builder_of(b), "first %d", 1);
    builder_listen(b, note, last);
    builder_warn(builder_of(b), "second");
    builder_warn(builder_of(b), "third");
    assert_string_equal(first, "first 1\n");
    assert_string_equal(last, "second\nthird\n");
    assert_string_equal(error_of(b), "");
    gale_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_recorded_and_copied),
        cmocka_unit_test(each_short_form_names_its_grouping),
        cmocka_unit_test(a_mistake_is_named_with_component_and_cause),
        cmocka_unit_test(after_a_mistake_every_call_is_harmless),
        cmocka_unit_test(a_component_has_at_most_4096_inputs),
        cmocka_unit_test(there_are_at_most_32767_components),
        cmocka_unit_test(layers_can_be_written_and_replaced),
        cmocka_unit_test(the_last_listener_hears_the_warnings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
