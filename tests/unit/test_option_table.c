/*
 * test_option_table.c - options tables: checked, explained, applied:
 * option_table.c and option_value.c.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/option_component.h"
#include "topology-api/option_table.h"
#include "topology-api/option_value.h"
#include <math.h>
#include <stdlib.h>

struct instance {
    int64_t keep;
    double share;
    gale_str label;
    gale_str names;
    gale_str fields;
    gale_str field;
    int32_t color;
    bool loud;
};

static const gale_option rows[] = {
    GALE_OPTION_INT(struct instance, keep, "keep", "10", 1, 1000, "how many"),
    GALE_OPTION_FLOAT(struct instance, share, "share", "0.5", "which share"),
    GALE_OPTION_STR(struct instance, label, "label", "a b", "the text"),
    GALE_OPTION_ENUM(struct instance, color, "color", "green", "red green blue",
                     "of the text"),
    GALE_OPTION_BOOL(struct instance, loud, "loud", "true", "whether to shout"),
    GALE_OPTION_LIST(struct instance, names, "names", "x, y", "of whom"),
    GALE_OPTION_FIELDS(struct instance, fields, "fields", "", "of the input"),
    GALE_OPTION_FIELD(struct instance, field, "field", "", "of the input"),
};

static int set_up(void **state)
{
    *state = option_component_new(rows, sizeof(rows) / sizeof(rows[0]),
                                  sizeof(struct instance));
    return 0;
}

/* -- filling --------------------------------------------------------------- */

static void what_is_not_set_has_its_default(void **state)
{
    struct option_component *f = *state;
    struct instance i = {0};

    assert_int_equal(option_fill(&f->model, &f->component, &i, &f->texts, NULL),
                     0);
    assert_int_equal(i.keep, 10);
    assert_true(i.share == 0.5);
    assert_true(gale_str_eq(i.label, gale_str_make("a b", 3)));
    assert_true(gale_str_eq(i.names, gale_str_make("x\ny", 3)));
    assert_int_equal(i.color, 1);
    assert_true(i.loud);
}

static void what_is_set_is_converted(void **state)
{
    struct option_component *f = *state;
    struct settings *s = f->component.settings;
    struct instance i = {0};

    settings_set(s, "keep", gale_int(1000));
    settings_set(s, "share", gale_int(2)); /* an integer is a number */
    settings_set(s, "label", gale_string("x\0y", 3));
    settings_set(s, "color", gale_cstr("blue"));
    settings_set(s, "loud", gale_bool(false));
    assert_int_equal(option_fill(&f->model, &f->component, &i, &f->texts, NULL),
                     0);
    assert_int_equal(i.keep, 1000);
    assert_true(i.share == 2);
    assert_int_equal(i.label.size, 3);
    assert_memory_equal(i.label.data, "x\0y", 4); /* and a NUL byte */
    assert_int_equal(i.color, 2);
    assert_false(i.loud);
}

static void stronger_layers_win_and_null_is_as_if_not_set(void **state)
{
    struct option_component *f = *state;
    struct instance i = {0};

    settings_set(f->model.file, "keep", gale_int(1));
    settings_set(f->model.file, "share", gale_float(1));
    settings_set(f->model.topology, "share", gale_float(2));
    settings_set(f->component.settings, "share", gale_float(3));
    settings_set(f->model.overrides, "share", gale_float(4));
    settings_set(f->component.settings, "color", gale_nil());
    assert_int_equal(option_fill(&f->model, &f->component, &i, &f->texts, NULL),
                     0);
    assert_int_equal(i.keep, 1);
    assert_true(i.share == 4);
    assert_int_equal(i.color, 1);
}

static void a_list_becomes_a_value_a_line(void **state)
{
    static const struct {
        const char *items[3];
        uint32_t n;
        const char *lines;
    } cases[] = {
        {{"a.txt", "b c.txt", "d"}, 3, "a.txt\nb c.txt\nd"},
        {{"a.txt"}, 1, "a.txt"},
        {{"", ""}, 2, "\n"},
        {{""}, 1, "\n"}, /* one that is empty is not none */
        {{NULL}, 0, ""},
    };
    struct option_component *f = *state;
    struct instance i[sizeof(cases) / sizeof(cases[0])];

    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        gale_value items[3];

        for (uint32_t j = 0; j < cases[k].n; j++)
            items[j] = gale_cstr(cases[k].items[j]);
        settings_set(f->component.settings, "label",
                     gale_list(items, cases[k].n));
        assert_int_equal(
            option_fill(&f->model, &f->component, &i[k], &f->texts, NULL), 0);
    }
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        assert_string_equal(i[k].label.data, cases[k].lines);
        assert_int_equal(i[k].label.size, strlen(cases[k].lines));
    }
}

static void expect_lines(const struct option_component *f, const char *option,
                         gale_value value, gale_str *found,
                         const struct instance *i, const char *lines)
{
    struct option_component *o = (struct option_component *)f;

    settings_set(f->component.settings, option, value);
    assert_int_equal(
        option_fill(&f->model, &f->component, (void *)i, &o->texts, NULL), 0);
    assert_string_equal(found->data, lines);
    assert_int_equal(found->size, strlen(lines));
}

/* Only an option of several, and not what is a list already. */
static void commas_part_the_text_of_an_option_of_several(void **state)
{
    static const struct {
        const char *text, *lines;
    } cases[] = {
        {"", ""},
        {"a", "a"},
        {"a b", "a b"},
        {"a,b", "a\nb"},
        {" a , b c,\td ", "a\nb c\nd"},
        {"a,,b,", "a\n\nb\n"},
        {",", "\n"},
        {"a\nb, c", "a\nb, c"},
    };
    struct option_component *f = *state;
    gale_value item = gale_cstr("a,b");
    struct instance i;

    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        gale_value text = gale_cstr(cases[k].text);

        expect_lines(f, "names", text, &i.names, &i, cases[k].lines);
        expect_lines(f, "fields", text, &i.fields, &i, cases[k].lines);
        expect_lines(f, "field", text, &i.field, &i, cases[k].text);
        expect_lines(f, "label", text, &i.label, &i, cases[k].text);
    }
    expect_lines(f, "names", gale_list(&item, 1), &i.names, &i, "a,b");
}

static void a_list_is_text_only_if_its_items_are_lines(void **state)
{
    const gale_value lists[][2] = {
        {gale_cstr("a"), gale_int(1)},
        {gale_cstr("a"), gale_cstr("b\nc")},
        {gale_cstr("a"), gale_bytes("b", 1)},
    };
    struct option_component *f = *state;
    struct instance i;
    gale_err error;

    for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
        settings_set(f->component.settings, "label", gale_list(lists[k], 2));
        assert_int_equal(
            option_fill(&f->model, &f->component, &i, &f->texts, &error), -1);
        assert_non_null(strstr(error.text, "expected a string or a list of "
                                           "strings without line breaks"));
    }
}

static void what_does_not_suit_is_refused_with_found_and_expected(void **state)
{
    const struct {
        const char *key;
        gale_value value;
        const char *error;
    } cases[] = {
        {"keep", gale_int(0),
         "\"keep\" is 0, expected an integer from 1 to "
         "1000"},
        {"keep", gale_int(1001), "\"keep\" is 1001, expected an integer"},
        {"keep", gale_cstr("10"), "\"keep\" is \"10\", expected an integer"},
        {"keep", gale_float(10), "\"keep\" is 10.0, expected an integer"},
        {"keep", gale_float(-1e20),
         "\"keep\" is -100000000000000000000, expected an integer from 1 to "
         "1000"},
        {"keep", gale_float(1e300), "\"keep\" is 1e+300, expected an integer"},
        {"keep", gale_bool(true), "\"keep\" is true, expected an integer"},
        {"share", gale_cstr("half"),
         "\"share\" is \"half\", expected a number"},
        {"share", gale_float(NAN), "\"share\" is nan, expected a number"},
        {"share", gale_float(INFINITY), "\"share\" is inf, expected a number"},
        {"loud", gale_int(1), "\"loud\" is 1, expected true or false"},
        {"loud", gale_cstr("true"), "\"loud\" is \"true\", expected true or"},
        {"label", gale_int(1), "\"label\" is 1, expected a string"},
        {"label", gale_bytes("a", 1), "\"label\" is \"61\", expected a string"},
        {"color", gale_cstr("pink"),
         "\"color\" is \"pink\", expected one of red, green, blue"},
        {"color", gale_cstr("re"), "\"color\" is \"re\", expected one of"},
        {"color", gale_cstr("red green"), "expected one of red, green, blue"},
        {"color", gale_cstr(""), "\"color\" is \"\", expected one of"},
        {"color", gale_int(1), "\"color\" is 1, expected one of"},
    };
    struct option_component *f = *state;

    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct instance i;
        gale_err error = {""};

        settings_free(f->component.settings);
        f->component.settings = settings_new();
        settings_set(f->component.settings, cases[k].key, cases[k].value);
        assert_int_equal(
            option_fill(&f->model, &f->component, &i, &f->texts, &error), -1);
        if (strncmp(error.text, "component \"c\": the option ", 26) ||
            strstr(error.text, cases[k].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[k].error);
    }
}

static void a_number_that_does_not_suit_is_shown_as_it_was_written(void **state)
{
    static const struct {
        double value;
        const char *written, *error;
    } cases[] = {
        {1e20, "99999999999999999999", "\"keep\" is 99999999999999999999, "},
        {0x1p63, "9223372036854775809", "\"keep\" is 9223372036854775809, "},
        {-0x1p63, "-9223372036854775809", "\"keep\" is -9223372036854775809, "},
        {INFINITY, "0xffffffffffffffff", "\"keep\" is 0xffffffffffffffff, "},
        {1.5, "1.50", "\"keep\" is 1.50, "},
        {1e20, NULL, "\"keep\" is 100000000000000000000, "},
    };
    struct option_component *f = *state;

    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        const struct settings_source from = {"f:3", cases[k].written};
        struct instance i;
        gale_err error = {""};

        settings_set_from(f->component.settings, "keep",
                          gale_float(cases[k].value), &from);
        assert_int_equal(
            option_fill(&f->model, &f->component, &i, &f->texts, &error), -1);
        if (strncmp(error.text, "f:3: component \"c\": the option ", 31) ||
            strstr(error.text, cases[k].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[k].error);
    }
}

static void an_option_without_default_must_be_given(void **state)
{
    static const gale_option required[] = {GALE_OPTION_STR(
        struct instance, label, "label", NULL, "what must be said")};
    struct option_component *f = *state;
    struct instance i;
    gale_err error;

    f->component.bolt.options = (gale_options){required, 1, sizeof(*required)};
    for (int k = 0; k < 2; k++) {
        assert_int_equal(
            option_fill(&f->model, &f->component, &i, &f->texts, &error), -1);
        assert_string_equal(
            error.text, "component \"c\": the option \"label\" of bolt "
                        "\"painter\" is missing, expected a string or a list "
                        "of strings without line breaks; the topology or "
                        "-c label=VALUE gives it");
        settings_set(f->component.settings, "label", gale_nil());
    }
}

static void a_checked_component_has_its_memory_ready(void **state)
{
    struct option_component *f = *state;
    struct instance image = {.keep = 7}, copy = {0};

    f->component.image = &image;
    assert_int_equal(model_fill_options(&f->model, &f->component, &copy, NULL),
                     0);
    assert_int_equal(copy.keep, 7);
    f->component.image = NULL; /* as in a model that was put together by hand */
    assert_int_equal(model_fill_options(&f->model, &f->component, &copy, NULL),
                     0);
    assert_int_equal(copy.keep, 10);
}

/* Rows of a newer gale have members that this one steps over. */
static void rows_may_be_longer_than_known(void **state)
{
    const struct {
        gale_option row;
        uint64_t future[2];
    } longer[] = {{rows[0], {1, 2}}, {rows[4], {3, 4}}};
    const gale_options options = {&longer[0].row, 2, sizeof(longer[0])};
    struct option_component *f = *state;
    struct instance i = {0};

    f->component.bolt.options = options;
    assert_int_equal(
        option_check_table(&options, sizeof(struct instance), "", NULL), 0);
    assert_int_equal(option_fill(&f->model, &f->component, &i, &f->texts, NULL),
                     0);
    assert_int_equal(i.keep, 10);
    assert_true(i.loud);
    assert_ptr_equal(option_find(&options, "loud"), &longer[1].row);
    assert_null(option_find(&options, "keen"));
}

/* -- tables ---------------------------------------------------------------- */

static void what_is_expected_is_said_in_words(void **state)
{
    static const gale_option ranges[] = {
        {GALE_OPTION_TYPE_INT, 0, "a", "0", "", NULL, INT64_MIN, INT64_MAX},
        {GALE_OPTION_TYPE_INT, 0, "b", "0", "", NULL, -1, INT64_MAX},
        {GALE_OPTION_TYPE_INT, 0, "c", "0", "", NULL, INT64_MIN, 5},
    };
    char text[64];

    (void)state;
    assert_string_equal(option_value_expected(&ranges[0], text, sizeof(text)),
                        "an integer");
    assert_string_equal(option_value_expected(&ranges[1], text, sizeof(text)),
                        "an integer of at least -1");
    assert_string_equal(option_value_expected(&ranges[2], text, sizeof(text)),
                        "an integer of at most 5");
    assert_string_equal(option_value_expected(&rows[3], text, sizeof(text)),
                        "one of red, green, blue");
    assert_string_equal(option_value_expected(&rows[3], text, 16),
                        "one of red, …");
}

#define ROW(...) (&(const gale_option){__VA_ARGS__}), 1
#define INT GALE_OPTION_TYPE_INT
#define ENUM GALE_OPTION_TYPE_ENUM

static void a_damaged_table_is_refused(void **state)
{
    static const gale_option same[] = {
        {GALE_OPTION_TYPE_BOOL, 0, "a", "true", "", NULL, 0, 0},
        {GALE_OPTION_TYPE_BOOL, 1, "a", "true", "", NULL, 0, 0},
    };
    const struct {
        const gale_option *items;
        uint32_t n, item_size;
        const char *error; /* of `bolt "x"`, with 16 bytes of instance */
    } cases[] = {
        {NULL, 1, sizeof(gale_option), "has a damaged table of options"},
        {same, 2, 48,
         "has a damaged table of options: expected elements of at "
         "least 56 bytes, found 48"},
        {same, 2, 60, "has a damaged table of options"},
        {same, 1025, 56, "has 1025 options, at most 1024 are allowed"},
        {same, 2, 56, "has the option \"a\" twice"},
        {ROW(INT, 0, NULL, "1", "", NULL, 0, 9), 56, "has no name (NULL)"},
        {ROW(INT, 0, "a b", "1", "", NULL, 0, 9), 56, "is no valid name"},
        {ROW(0, 0, "a", "1", "", NULL, 0, 9), 56, "a type that this gale"},
        {ROW(8, 0, "a", "1", "", NULL, 0, 9), 56, "a type that this gale"},
        {ROW(GALE_OPTION_TYPE_FIELDS, 0, "a", "", "", "?", 0, 0), 56,
         "names fields in a way that this gale does not know"},
        {ROW(INT, 16, "a", "1", "", NULL, 0, 9), 56, "lies outside"},
        {ROW(INT, 9, "a", "1", "", NULL, 0, 9), 56, "lies outside"},
        {ROW(INT, UINT32_MAX, "a", "1", "", NULL, 0, 9), 56, "lies outside"},
        {ROW(INT, 4, "a", "1", "", NULL, 0, 9), 56, "is not aligned"},
        {ROW(GALE_OPTION_TYPE_STR, 4, "a", "", "", NULL, 0, 0), 56,
         "lies outside"},
        {ROW(ENUM, 2, "a", "x", "", "x y", 0, 0), 56, "is not aligned"},
        {ROW(INT, 0, "a", "1", "", NULL, 9, 0), 56, "least value above"},
        {ROW(INT, 0, "a", "x", "", NULL, 0, 9), 56,
         "option \"a\" of bolt \"x\" has the default \"x\", expected an "
         "integer from 0 to 9"},
        {ROW(INT, 0, "a", "", "", NULL, 0, 9), 56, "has the default \"\""},
        {ROW(INT, 0, "a", "1x", "", NULL, 0, 9), 56, "the default \"1x\""},
        {ROW(INT, 0, "a", "10", "", NULL, 0, 9), 56, "the default \"10\""},
        {ROW(INT, 0, "a", "99999999999999999999", "", NULL, 0, INT64_MAX), 56,
         "has the default"},
        {ROW(GALE_OPTION_TYPE_FLOAT, 0, "a", "1,5", "", NULL, 0, 0), 56,
         "has the default \"1,5\", expected a number"},
        {ROW(GALE_OPTION_TYPE_FLOAT, 0, "a", "", "", NULL, 0, 0), 56,
         "has the default \"\""},
        {ROW(GALE_OPTION_TYPE_FLOAT, 0, "a", "1e999", "", NULL, 0, 0), 56,
         "has the default \"1e999\""},
        {ROW(GALE_OPTION_TYPE_BOOL, 0, "a", "yes", "", NULL, 0, 0), 56,
         "has the default \"yes\", expected true or false"},
        {ROW(ENUM, 0, "a", "z", "", "x y", 0, 0), 56,
         "has the default \"z\", expected one of x, y"},
        {ROW(ENUM, 0, "a", "x", "", NULL, 0, 0), 56, "has no choices"},
        {ROW(ENUM, 0, "a", "x", "", "", 0, 0), 56, "has no choices"},
        {ROW(ENUM, 0, "a", "x", "", "x  y", 0, 0), 56, "has no choices"},
        {ROW(ENUM, 0, "a", "x", "", "x y ", 0, 0), 56, "has no choices"},
        {ROW(ENUM, 0, "a", "x", "", "x y x", 0, 0), 56, "has no choices"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        gale_options options = {cases[k].items, cases[k].n, cases[k].item_size};
        gale_err error = {""};

        assert_int_equal(option_check_table(&options, 16, "bolt \"x\"", &error),
                         -1);
        if (strstr(error.text, "bolt \"x\"") == NULL ||
            strstr(error.text, cases[k].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[k].error);
    }
}

static void a_table_that_lies_askew_is_damaged(void **state)
{
    gale_option room[2];
    void *askew = (char *)room + 1;
    gale_options options = {askew, 1, sizeof(gale_option)};
    gale_err error = {""};

    (void)state;
    memcpy(askew, &rows[0], sizeof(rows[0]));
    assert_int_equal(option_check_table(&options, sizeof(struct instance),
                                        "bolt \"x\"", &error),
                     -1);
    assert_non_null(strstr(error.text, "has a damaged table of options"));
}

static void a_sound_table_is_accepted(void **state)
{
    const gale_options none = {NULL, 0, 0};
    const gale_options some = {rows, 5, sizeof(rows[0])};

    (void)state;
    assert_int_equal(option_check_table(&none, 0, "", NULL), 0);
    assert_int_equal(
        option_check_table(&some, sizeof(struct instance), "", NULL), 0);
}

#define TEST(name_)                                                            \
    cmocka_unit_test_setup_teardown(name_, set_up, option_component_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_set_has_its_default),
        TEST(what_is_set_is_converted),
        TEST(stronger_layers_win_and_null_is_as_if_not_set),
        TEST(a_list_becomes_a_value_a_line),
        TEST(commas_part_the_text_of_an_option_of_several),
        TEST(a_list_is_text_only_if_its_items_are_lines),
        TEST(what_does_not_suit_is_refused_with_found_and_expected),
        TEST(a_number_that_does_not_suit_is_shown_as_it_was_written),
        TEST(an_option_without_default_must_be_given),
        TEST(a_checked_component_has_its_memory_ready),
        TEST(rows_may_be_longer_than_known),
        cmocka_unit_test(what_is_expected_is_said_in_words),
        cmocka_unit_test(a_damaged_table_is_refused),
        cmocka_unit_test(a_table_that_lies_askew_is_damaged),
        cmocka_unit_test(a_sound_table_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
