/* test_option_map.c - the option that is a map: option_map.c. */
#include "tests/support/cmocka_all.h"
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

/* A component "c" with these options, and what configures it. */
struct fixture {
    struct model model;
    struct component component;
    struct option_texts texts;
    struct instance instance;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return -1;
    f->model.topology = settings_new();
    f->model.file = settings_new();
    f->model.overrides = settings_new();
    f->component.settings = settings_new();
    f->component.overrides = settings_new();
    f->component.id = "c";
    f->component.plugin = "painter";
    f->component.bolt.instance_size = sizeof(struct instance);
    f->component.bolt.options =
        (gale_options){rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0])};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    settings_free(f->model.topology);
    settings_free(f->model.file);
    settings_free(f->model.overrides);
    settings_free(f->component.settings);
    settings_free(f->component.overrides);
    option_texts_free(&f->texts);
    free(f);
    return 0;
}

static int fill(struct fixture *f, gale_err *error)
{
    return option_fill(&f->model, &f->component, &f->instance, &f->texts,
                       error);
}

/* The pairs as one text: "a=1 b=x". */
static void expect_pairs(struct fixture *f, const char *expected)
{
    char found[256] = "";
    gale_str key, value;
    size_t at = 0;

    assert_int_equal(fill(f, NULL), 0);
    while (gale_option_pair(f->instance.rest, &at, &key, &value))
        snprintf(found + strlen(found), sizeof(found) - strlen(found),
                 "%s%s=%s", found[0] == '\0' ? "" : " ", key.data, value.data);
    assert_string_equal(found, expected);
}

static void it_takes_what_begins_with_its_name_and_is_no_option(void **state)
{
    struct fixture *f = *state;
    struct settings *s = f->component.settings;

    expect_pairs(f, "");
    settings_set(s, "lib.a", gale_cstr("x"));
    settings_set(s, "lib.b.c", gale_cstr(""));
    settings_set(s, "lib.own", gale_cstr("mine"));
    settings_set(s, "lib", gale_cstr("other"));
    settings_set(s, "lib.", gale_cstr("other"));
    settings_set(s, "libx.a", gale_cstr("other"));
    expect_pairs(f, "a=x b.c=");
    assert_string_equal(f->instance.own.data, "mine");
}

static void numbers_and_truth_become_text(void **state)
{
    struct fixture *f = *state;
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
    struct fixture *f = *state;

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
    struct fixture *f = *state;

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

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

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
