/*
 * test_topology_check.c - topologies that make no sense: topology_check.c and
 * topology_inputs.c. The parts are those of tests/plugins/bad/parts.c.
 */
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/plugin.h"
#include "topology-api/topology_check.h"

/* A builder that finds the parts as its own file's. */
static gale_builder *builder_new(void)
{
    gale_builder *b = gale_builder_new();

    builder_of(b)->own = plugin_load(plugin_files_path("parts.so"), NULL);
    assert_non_null(builder_of(b)->own);
    return b;
}

typedef void build_fn(gale_builder *b);

static void expect_error(build_fn *build, const char *expected)
{
    gale_builder *b = builder_new();
    gale_err error = {""};

    build(b);
    if (gale_builder_check(b, &error) != -1 ||
        strstr(error.text, expected) == NULL)
        fail_msg("found \"%s\", expected \"%s\"", error.text, expected);
    gale_builder_free(b);
}

/* -- parts ----------------------------------------------------------------- */

static void nothing_at_all(gale_builder *b)
{
    (void)b;
}

static void only_a_loop(gale_builder *b)
{
    gale_shuffle(gale_add_bolt(b, "a", "pass", 1), "a");
}

static void bolt_without_input(gale_builder *b)
{
    gale_add_spout(b, "in", "numbers", 1);
    gale_add_bolt(b, "out", "sink", 1);
}

static void fewer_tasks_than_executors(gale_builder *b)
{
    gale_set_tasks(gale_add_spout(b, "in", "numbers", 3), 2);
}

static void too_many_tasks(gale_builder *b)
{
    gale_set_tasks(gale_add_spout(b, "in", "numbers", 1), 16384);
    gale_shuffle(gale_add_bolt(b, "out", "sink", 16384), "in");
}

static void unknown_plugin(gale_builder *b)
{
    gale_add_spout(b, "in", "nmubers", 1);
}

static void bolt_as_spout(gale_builder *b)
{
    gale_add_spout(b, "in", "pass", 1);
}

static void spout_as_bolt(gale_builder *b)
{
    gale_shuffle(gale_add_bolt(b, "in", "numbers", 1), "in");
    gale_add_spout(b, "out", "numbers", 1);
}

static void the_parts_of_a_topology_must_fit(void **state)
{
    (void)state;
    expect_error(nothing_at_all, "the topology has no spout");
    expect_error(only_a_loop, "the topology has no spout; expected at least "
                              "one");
    expect_error(bolt_without_input,
                 "component \"out\" is a bolt without an input");
    expect_error(fewer_tasks_than_executors,
                 "component \"in\" has 3 executors for 2 tasks; expected at "
                 "least as many tasks as executors");
    expect_error(too_many_tasks,
                 "the topology has 32768 tasks in all, expected at most 32767");
    expect_error(unknown_plugin,
                 "component \"in\": spout \"nmubers\" is not found; searched ");
    expect_error(unknown_plugin, "; did you mean \"numbers\"?");
    expect_error(bolt_as_spout, "component \"in\": ");
    expect_error(bolt_as_spout, "has a bolt \"pass\", expected a spout");
    expect_error(spout_as_bolt, "has a spout \"numbers\", expected a bolt");
}

/* -- all mistakes ---------------------------------------------------------- */

static void put_line(void *out, const char *text)
{
    fprintf(out, "%s\n", text);
}

/* Each has a place, but for the one that is the topology's. */
static void who_hears_of_all_mistakes_hears_each_with_its_place(void **state)
{
    gale_builder *b = builder_new();
    const char *first[] = {"f:5", "f:4", "f:5", "f:5"};
    const char *second[] = {"f:5", "f:5", "f:5", "f:5"};
    gale_err error = {""};
    char *heard = NULL;
    size_t size;
    FILE *out = open_memstream(&heard, &size);
    gale_declarer *d;

    (void)state;
    builder_written_in(b, "f");
    d = gale_add_bolt(b, "a", "pass", 1);
    builder_place(d, "f:1");
    builder_set_from(d, "keep", gale_int(0),
                     &(struct settings_source){"f:2", NULL});
    builder_set_from(d, "kep", gale_int(1),
                     &(struct settings_source){"f:3", NULL});
    gale_shuffle(d, "nobody");
    builder_place_input(d, first);
    gale_shuffle(d, "b");
    builder_place_input(d, second);
    builder_place(gale_add_bolt(b, "b", "nothing", 1), "f:6");
    builder_hear_all(b, put_line, out);
    assert_int_equal(gale_builder_check(b, &error), -1);
    fclose(out);
    assert_true(strncmp(error.text, "f:6: ", 5) == 0); /* the first heard */
    assert_non_null(strstr(heard, "f:6: component \"b\" is a bolt without"));
    assert_non_null(strstr(heard, "\nf: the topology has no spout"));
    assert_non_null(strstr(heard, "\nf:6: component \"b\": bolt \"nothing\" "
                                  "is not found"));
    assert_non_null(strstr(heard, "\nf:2: component \"a\": the option "
                                  "\"keep\" is 0"));
    assert_non_null(strstr(heard, "\nf:4: component \"a\" subscribes to "
                                  "\"nobody\""));
    assert_non_null(strstr(heard, "\nf:3: component \"a\" sets \"kep\""));
    assert_null(strstr(heard, "f:5"));
    free(heard);
    gale_builder_free(b);
}

/* -- subscriptions --------------------------------------------------------- */

/* The spout "in" (streams default, late, orders), the bolt "pass" behind it,
 * and the bolt "end", which declares nothing; returns the bolt "out". */
static gale_declarer *frame(gale_builder *b)
{
    gale_add_spout(b, "in", "numbers", 1);
    gale_shuffle(gale_add_bolt(b, "pass", "pass", 1), "in");
    gale_shuffle(gale_add_bolt(b, "end", "sink", 1), "pass");
    return gale_add_bolt(b, "out", "sink", 2);
}

#define WIRING(name_, call_)                                                   \
    static void name_(gale_builder *b)                                         \
    {                                                                          \
        gale_declarer *d = frame(b);                                           \
        call_;                                                                 \
    }

WIRING(from_unknown, gale_shuffle(d, "psas"))
WIRING(unknown_stream, gale_shuffle_stream(d, "in", "lata"))
WIRING(no_default_stream, gale_shuffle_stream(d, "pass", "late"))
WIRING(from_streamless, gale_shuffle(d, "end"))
WIRING(direct_on_other, gale_direct(d, "in"))
WIRING(shuffle_on_direct, gale_shuffle_stream(d, "in", "orders"))
WIRING(all_on_direct, gale_all_stream(d, "in", "orders"))
WIRING(unknown_field, gale_by_fields(d, "in", "name", "nunber"))
WIRING(field_of_other_stream, gale_partial_key_stream(d, "in", "late", "name"))
WIRING(null_field, gale_by_fields(d, "in", NULL))
WIRING(field_twice, gale_by_fields(d, "in", "name", "number", "name"))
WIRING(unknown_custom, gale_custom(d, "in", "odd_evn"))
WIRING(bolt_as_custom, gale_custom(d, "in", "pass"))
WIRING(same_twice, gale_shuffle(gale_shuffle(d, "in"), "in"))
WIRING(same_fields_twice,
       gale_by_fields(gale_by_fields(d, "in", "name"), "in", "name"))
WIRING(same_custom_twice,
       gale_custom(gale_custom(d, "in", "odd_even"), "in", "odd_even"))

static void a_subscription_must_name_what_there_is(void **state)
{
    static const struct {
        build_fn *build;
        const char *error;
    } cases[] = {
        {from_unknown, "component \"out\" subscribes to \"psas\", but there is "
                       "no such component; did you mean \"pass\"?"},
        {unknown_stream,
         "component \"out\" subscribes to the stream \"lata\" of \"in\", which "
         "declares \"default\", \"late\", \"orders\"; did you mean \"late\"?"},
        {no_default_stream, "of \"pass\", which declares \"default\""},
        {from_streamless, "component \"out\" subscribes to \"end\", which "
                          "declares no streams"},
        {direct_on_other,
         "component \"out\" subscribes to the stream \"default\" of \"in\" by "
         "direct grouping, but it is not declared direct; expected "
         "GALE_DIRECT_STREAM"},
        {shuffle_on_direct,
         "the stream \"orders\" of \"in\" by another grouping than direct, but "
         "it is declared direct; expected direct grouping"},
        {all_on_direct, "by another grouping than direct"},
        {unknown_field,
         "component \"out\" groups by the field \"nunber\", which the stream "
         "\"default\" of \"in\" does not declare: it has \"number\", \"name\"; "
         "did you mean \"number\"?"},
        {field_of_other_stream,
         "which the stream \"late\" of \"in\" does not declare: it has "
         "\"number\""},
        {null_field, "groups by the field \"\", which the stream"},
        {field_twice, "component \"out\" groups the stream \"default\" of "
                      "\"in\" by the field \"name\" twice"},
        {unknown_custom,
         "component \"out\": grouping \"odd_evn\" is not found; searched "},
        {unknown_custom, "; did you mean \"odd_even\"?"},
        {bolt_as_custom, "has a bolt \"pass\", expected a grouping"},
        {same_twice, "component \"out\" subscribes to the stream \"default\" "
                     "of \"in\" twice by the same grouping"},
        {same_fields_twice, "twice by the same grouping"},
        {same_custom_twice, "twice by the same grouping"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_error(cases[i].build, cases[i].error);
}

static void subscriptions_become_numbers(void **state)
{
    gale_builder *b = builder_new();
    gale_declarer *d = frame(b);
    const struct model *m;
    const struct input_decl *inputs;
    gale_err error = {""};

    (void)state;
    gale_by_fields(d, "in", "name", "number");
    gale_partial_key_stream(d, "in", "late", "number");
    gale_direct_stream(d, "in", "orders");
    gale_custom(d, "pass", "odd_even");
    gale_by_fields(d, "in", "name"); /* another key of the same stream */
    gale_all(d, "in");
    m = model_of(b, &error);
    assert_string_equal(error.text, "");
    assert_non_null(m);
    inputs = m->components[model_find(m, "out")].inputs;
    assert_int_equal(m->components[model_find(m, "out")].n_inputs, 6);
    assert_int_equal(inputs[0].kind, GALE_BY_FIELDS);
    assert_int_equal(inputs[0].from, model_find(m, "in"));
    assert_int_equal(inputs[0].stream, 0);
    assert_int_equal(inputs[0].n_key, 2);
    assert_int_equal(inputs[0].key[0], 1); /* in the order given */
    assert_int_equal(inputs[0].key[1], 0);
    assert_null(inputs[0].custom);
    assert_int_equal(inputs[1].stream, 1);
    assert_int_equal(inputs[1].n_key, 1);
    assert_int_equal(inputs[2].stream, 2);
    assert_int_equal(inputs[3].from, model_find(m, "pass"));
    assert_string_equal(inputs[3].custom->name, "odd_even");
    gale_builder_free(b);
}

/* -- cycles ---------------------------------------------------------------- */

static void unfed_ring(gale_builder *b)
{
    gale_add_spout(b, "in", "numbers", 1);
    gale_shuffle(gale_add_bolt(b, "x", "pass", 1), "z");
    gale_shuffle(gale_add_bolt(b, "y", "pass", 1), "x");
    gale_shuffle(gale_add_bolt(b, "z", "pass", 1), "y");
    gale_shuffle(gale_add_bolt(b, "out", "sink", 1), "z");
}

static void unfed_loop(gale_builder *b)
{
    gale_add_spout(b, "in", "numbers", 1);
    gale_shuffle(gale_add_bolt(b, "loop", "pass", 1), "loop");
}

/* Something enters the second cycle, but it is nothing from a spout. */
static void unfed_pair_of_rings(gale_builder *b)
{
    gale_add_spout(b, "in", "numbers", 1);
    gale_shuffle(gale_add_bolt(b, "c", "pass", 1), "d");
    gale_shuffle(gale_shuffle(gale_add_bolt(b, "d", "pass", 1), "c"), "a");
    gale_shuffle(gale_add_bolt(b, "a", "pass", 1), "b");
    gale_shuffle(gale_add_bolt(b, "b", "pass", 1), "a");
}

static void a_cycle_that_nothing_enters_is_refused(void **state)
{
    (void)state;
    expect_error(unfed_ring, "nothing enters the cycle of \"x\", \"y\", \"z\": "
                             "no spout reaches it");
    expect_error(unfed_loop, "nothing enters the cycle of \"loop\": no spout");
    expect_error(unfed_pair_of_rings,
                 "nothing enters the cycle of \"a\", \"b\": no spout");
}

static void a_cycle_that_is_entered_is_fine(void **state)
{
    gale_builder *b = builder_new();
    gale_err error = {""};

    (void)state;
    gale_add_spout(b, "in", "numbers", 1);
    gale_shuffle(gale_shuffle(gale_add_bolt(b, "x", "pass", 1), "y"), "in");
    gale_shuffle(gale_add_bolt(b, "y", "pass", 1), "x");
    gale_shuffle(gale_shuffle(gale_add_bolt(b, "z", "pass", 1), "y"), "z");
    gale_builder_check(b, &error);
    assert_string_equal(error.text, "");
    gale_builder_free(b);
}

/* -- settings -------------------------------------------------------------- */

static bool knows_workers(const char *key, char nearest[64])
{
    snprintf(nearest, 64, "%s", "topology.workers");
    return !strcmp(key, "topology.workers");
}

static char warnings[8][300];
static uint32_t n_warnings;

static void note(void *arg, const char *text)
{
    (void)arg;
    assert_true(n_warnings < 8);
    snprintf(warnings[n_warnings++], sizeof(warnings[0]), "%s", text);
}

static void listen_to(gale_builder *b)
{
    n_warnings = 0;
    builder_listen(b, note, NULL);
}

static void check_warnings(const char *const *expected, uint32_t n)
{
    gale_builder *b = builder_new();
    gale_err error = {""};
    gale_declarer *d;

    gale_add_spout(b, "in", "numbers", 1);
    d = gale_shuffle(gale_add_bolt(b, "out", "pass", 1), "in");
    gale_set(d, "keep", gale_int(3));
    gale_set(d, "topology.workers", gale_int(1));
    gale_configure(b, "topology.workres", gale_int(1));
    gale_configure(b, "share", gale_float(1)); /* an option of "out" */
    gale_configure(b, "sahre", gale_float(1));
    listen_to(b);
    gale_builder_check(b, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(n_warnings, n);
    for (uint32_t i = 0; i < n; i++)
        assert_string_equal(warnings[i], expected[i]);
    gale_builder_free(b);
}

static void settings_that_mean_nothing_are_warned_of(void **state)
{
    static const char *const registered[] = {
        "the topology sets \"topology.workres\", which is neither a "
        "configuration "
        "key nor an option of a component; did you mean \"topology.workers\"?",
        "the topology sets \"sahre\", which is neither a configuration key nor "
        "an option of a component; did you "
        "mean \"share\"?",
    };

    (void)state;
    /* until the table of keys is there, every key with a dot is known */
    check_warnings(&registered[1], 1);
    topology_check_keys(knows_workers);
    check_warnings(registered, 2);
}

/* What a topology sets for all may be for plugins that ask for it
 * (gale_config()); nothing but a slip explains it for one component. */
static void a_setting_of_a_component_that_means_nothing_is_an_error(
    void **state)
{
    static const struct {
        const char *key, *sentence;
    } cases[] = {
        {"lable",
         "component \"out\" sets \"lable\", which is neither an option of bolt "
         "\"pass\" nor a configuration key; did you mean \"label\"?"},
        {"topology.wokers",
         "component \"out\" sets \"topology.wokers\", which is neither an "
         "option of bolt \"pass\" nor a configuration key; did you mean "
         "\"topology.workers\"?"},
        {"zebra",
         "component \"out\" sets \"zebra\", which is neither an option of bolt "
         "\"pass\" nor a configuration key"},
    };

    (void)state;
    topology_check_keys(knows_workers);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_builder *b = builder_new();
        gale_err error = {""};
        gale_declarer *d;

        gale_add_spout(b, "in", "numbers", 1);
        d = gale_shuffle(gale_add_bolt(b, "out", "pass", 1), "in");
        gale_set(d, cases[i].key, gale_int(1));
        assert_int_equal(gale_builder_check(b, &error), -1);
        assert_string_equal(error.text, cases[i].sentence);
        gale_builder_free(b);
    }
}

static void a_file_may_set_options_and_a_warning_names_its_line(void **state)
{
    const gale_value in_parts[] = {gale_cstr("x"), gale_int(1),
                                   gale_cstr("workers"), gale_int(3)};
    gale_builder *b = builder_new();
    struct settings *file = builder_of(b)->file;

    (void)state;
    topology_check_keys(knows_workers);
    settings_set_at(file, "share", gale_float(1), "gale.yaml:1");
    settings_set_at(file, "sahre", gale_float(1), "gale.yaml:2");
    settings_set_at(file, "a\033b", gale_float(1), "gale.yaml:3");
    settings_set_at(file, "topology.workers", gale_int(1), "gale.yaml:4");
    settings_set_at(file, "topology", gale_map(in_parts, 2), "gale.yaml:5");
    gale_add_spout(b, "in", "numbers", 1);
    gale_shuffle(gale_add_bolt(b, "out", "pass", 1), "in");
    listen_to(b);
    assert_int_equal(gale_builder_check(b, NULL), 0);
    assert_int_equal(n_warnings, 3);
    assert_string_equal(warnings[0],
                        "gale.yaml:2: sahre: unknown key, and no component has "
                        "such an option; did you mean \"share\"?");
    assert_string_equal(warnings[1],
                        "gale.yaml:3: \"a\\u001bb\": unknown key, and no "
                        "component has such an option");
    assert_string_equal(warnings[2],
                        "gale.yaml:5: topology: unknown key; keys are written "
                        "flat, as \"topology.workers: 3\"");
    gale_builder_free(b);
}

static void an_option_of_a_file_that_is_wrong_is_named_with_its_line(
    void **state)
{
    gale_builder *b = builder_new();
    gale_err error;

    (void)state;
    settings_set_at(builder_of(b)->file, "share", gale_cstr("abc"),
                    "gale.yaml:7");
    gale_add_spout(b, "in", "numbers", 1);
    gale_shuffle(gale_add_bolt(b, "out", "pass", 1), "in");
    assert_int_equal(gale_builder_check(b, &error), -1);
    if (strstr(error.text, "gale.yaml:7: component \"out\": the option "
                           "\"share\" is \"abc\", expected ") != error.text)
        fail_msg("%s", error.text);
    gale_builder_free(b);
}

static void a_key_with_a_line_break_is_shown_escaped(void **state)
{
    gale_builder *b = builder_new();

    (void)state;
    settings_set(builder_of(b)->overrides, "a\nb", gale_int(1));
    gale_add_spout(b, "in", "numbers", 1);
    listen_to(b);
    assert_int_equal(gale_builder_check(b, NULL), 0);
    assert_int_equal(n_warnings, 1);
    assert_string_equal(warnings[0],
                        "the command line sets \"a\\nb\", which is neither a "
                        "configuration key nor an option of a component");
    gale_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_a_topology_must_fit),
        cmocka_unit_test(who_hears_of_all_mistakes_hears_each_with_its_place),
        cmocka_unit_test(a_subscription_must_name_what_there_is),
        cmocka_unit_test(subscriptions_become_numbers),
        cmocka_unit_test(a_cycle_that_nothing_enters_is_refused),
        cmocka_unit_test(a_cycle_that_is_entered_is_fine),
        cmocka_unit_test(settings_that_mean_nothing_are_warned_of),
        cmocka_unit_test(
            a_setting_of_a_component_that_means_nothing_is_an_error),
        cmocka_unit_test(a_file_may_set_options_and_a_warning_names_its_line),
        cmocka_unit_test(
            an_option_of_a_file_that_is_wrong_is_named_with_its_line),
        cmocka_unit_test(a_key_with_a_line_break_is_shown_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
