/* test_option_fields.c - the fields that an option names: option_fields.c. */
#include "tests/support/cmocka_all.h"
#include "topology-api/option_fields.h"

enum { NAMES_MOST = 4 };

static const struct {
    const char *form; /* as in a row */
    const char *text;
    const char *names[NAMES_MOST];
} cases[] = {
    {NULL, "", {NULL}},
    {NULL, "a", {"a"}},
    {NULL, "a=b\nc", {"a=b", "c"}},
    {NULL, "a\nb\n", {"a", "b"}},
    {NULL, "\n", {""}},
    {NULL, "a\n\nb", {"a", "", "b"}},
    {"=", "", {NULL}},
    {"=", "a\nb=c\nd=e=f", {"a", "c", "e=f"}},
    {"=", "a=\n=b", {"", "b"}},
    {"{}", "", {NULL}},
    {"{}", "no name", {NULL}},
    {"{}", "{a} and {b}{c}", {"a", "b", "c"}},
    {"{}", "{{a}} {b}", {"b"}},
    {"{}", "{{{a}}}", {"a"}},
    {"{}", "{a", {NULL}},
    {"{}", "a} {b", {NULL}},
    {"{}", "{}", {""}},
};

static void the_names_are_those_that_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const gale_option row = {.type = GALE_OPTION_TYPE_FIELDS,
                                 .choices = cases[i].form};
        gale_str text = gale_str_make(cases[i].text, strlen(cases[i].text));
        enum option_fields_form form = option_fields_form(&row);
        uint32_t n = 0;
        gale_str name;

        for (size_t at = 0; option_fields_next(form, text, &at, &name); n++) {
            const char *wanted = n < NAMES_MOST ? cases[i].names[n] : NULL;

            if (wanted == NULL ||
                !gale_str_eq(name, gale_str_make(wanted, strlen(wanted))))
                fail_msg("\"%s\": name %u is \"%.*s\"", cases[i].text, n,
                         (int)name.size, name.data);
        }
        if (n < NAMES_MOST && cases[i].names[n] != NULL)
            fail_msg("\"%s\": \"%s\" is missing", cases[i].text,
                     cases[i].names[n]);
    }
}

static void a_form_of_a_later_gale_is_not_known(void **state)
{
    const gale_option row = {.type = GALE_OPTION_TYPE_FIELDS, .choices = "<>"};

    (void)state;
    assert_int_equal(option_fields_form(&row), OPTION_FIELDS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_names_are_those_that_are_written),
        cmocka_unit_test(a_form_of_a_later_gale_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
