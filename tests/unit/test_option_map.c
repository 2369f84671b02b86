/* test_option_map.c - the option that is a map: option_map.c. */
#include "tests/support/cmocka_all.h"
#include "tests/support/option_component.h"
#include "topology-api/option_table.h"
#include <math.h>
#include <stdlib.h>

struct instance {
    gale_str rest;
    gale_str own;
};

static const gale_option rows[] = {
    GALE_OPTION_MAP(struct instance, rest, "lib.", "handed on to the library"),
    GALE_OPTION_STR(struct instance, own, "lib.own", "", "an option like any"),
};

static int set_up(void **state)
{
    *state = option_component_new(rows, sizeof(rows) / sizeof(rows[0]),
                                  sizeof(struct instance));
    return 0;
}

static struct instance instance; /* the last that was filled */

static int fill(struct option_component *f, gale_err *error)
{
    return option_fill(&f->model, &f->component, &instance, &f->texts, error);
}

/* The pairs as one text: "a=1 b=x". */
static void expect_pairs(struct option_component *f, const char *expected)
{
    char found[256] = "";
    gale_str key, value;
    size_t at = 0;

    assert_int_equal(fill(f, NULL), 0);
    while (gale_option_pair(instance.rest, &at, &key, &value))
        snprintf(found + strlen(found), sizeof(found) - strlen(found),
                 "%s%s=%s", found[0] == '\0' ? "" : " ", key.data, value.data);
    assert_string_equal(found, expected);
}

static void it_takes_what_begins_with_its_name_and_is_no_option(void **state)
{
    struct option_component *f = *state;
    struct settings *s = f->component.settings;

    expect_pairs(f, "");
    settings_set(s, "lib.a", gale_cstr("x"));
    settings_set(s, "lib.b.c", gale_cstr(""));
    settings_set(s, "lib.own", gale_cstr("mine"));
    settings_set(s, "lib", gale_cstr("other"));
    settings_set(s, "lib.", gale_cstr("other"));
    settings_set(s, "libx.a", gale_cstr("other"));
    expect_pairs(f, "a=x b.c=");
    assert_string_equal(instance.own.data, "mine");
}

static void numbers_and_truth_become_text(void **state)
{
    struct option_component *f = *state;
    struct settings *s = f->component.settings;

    settings_set(s, "lib.int", gale_int(INT64_MIN));
    settings_set(s, "lib.float", gale_float(0.5));
    settings_set(s, "lib.bool", gale_bool(false));
    settings_set(s, "lib.text", gale_cstr("two\nlines"));
    expect_pairs(f, "int=-9223372036854775808 float=0.5 bool=false "
                    "text=two\nlines");
}

static void the_strongest_layer_wins_and_null_leaves_out(void **state)
{
    struct option_component *f = *state;

    settings_set(f->model.file, "lib.a", gale_int(1));
    settings_set(f->model.file, "lib.b", gale_int(1));
    settings_set(f->model.file, "lib.c", gale_int(1));
    settings_set(f->model.topology, "lib.b", gale_int(2));
    settings_set(f->component.settings, "lib.c", gale_nil());
    settings_set(f->model.overrides, "lib.d", gale_int(4));
    settings_set(f->component.overrides, "lib.d", gale_int(5));
    expect_pairs(f, "d=5 b=2 a=1");
}

static void what_has_no_text_is_refused(void **state)
{
    gale_value one = gale_int(1);
    const struct {
        gale_value value;
        const char *found;
    } cases[] = {
        {gale_list(&one, 1), "[1]"},
        {gale_bytes("x", 1), "\"78\""},
        {gale_string("x\0y", 3), "\"x\\u0000y\""},
        {gale_float(INFINITY), "inf"},
    };
    struct option_component *f = *state;

    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        gale_err error = {""};
        char expected[200];

        settings_set_at(f->model.file, "lib.a", cases[k].value, "gale.yaml:3");
        assert_int_equal(fill(f, &error), -1);
        snprintf(expected, sizeof(expected),
                 "gale.yaml:3: component \"c\": the option \"lib.a\" is %s, "
                 "expected a string, a number, true or false",
                 cases[k].found);
        assert_string_equal(error.text, expected);
    }
}

static void its_name_ends_with_a_dot(void **state)
{
    static const gale_option row = {
        GALE_OPTION_TYPE_MAP, 0, "lib", "", "", NULL, 0, 0};
    const gale_options table = {&row, 1, sizeof(row)};
    gale_err error = {""};

    (void)state;
    assert_int_equal(option_check_table(&table, 16, "bolt \"x\"", &error), -1);
    assert_string_equal(error.text, "option \"lib\" of bolt \"x\" is a map, "
                                    "whose name ends with a dot");
}

#define TEST(name_)                                                            \
    cmocka_unit_test_setup_teardown(name_, set_up, option_component_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_takes_what_begins_with_its_name_and_is_no_option),
        TEST(numbers_and_truth_become_text),
        TEST(the_strongest_layer_wins_and_null_leaves_out),
        TEST(what_has_no_text_is_refused),
        cmocka_unit_test(its_name_ends_with_a_dot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
