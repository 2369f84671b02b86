/* test_flux_replace.c - ${…} in a text of a topology in YAML. */
#include "common/flux_replace.h"
#include "tests/support/cmocka_all.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"

#define HUNDRED                                                                \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const char *look_up(void *arg, const char *name, gale_err *error)
{
    static const struct {
        const char *name, *value;
    } known[] = {
        {"a", "1"},          {"empty", ""},      {"again", "${a}"},
        {"line", "x\ny: z"}, {"two words", "2"},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (!strcmp(known[i].name, name))
            return known[i].value;
    error_set(error, "%s is not there", name);
    return NULL;
}

static void texts_and_what_they_become(void **state)
{
    static const struct {
        const char *text, *becomes;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"${a}", "1"},
        {"x${a}y${a}", "x1y1"},
        {"${empty}", ""},
        {"${again}", "${a}"}, /* not looked at again */
        {"${line}", "x\ny: z"},
        {"${two words}", "2"},
        {"$${a}", "${a}"},
        {"$$${a}", "$${a}"},
        {"$", "$"},
        {"$a {a} $ {a}", "$a {a} $ {a}"},
        {"50$", "50$"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error;
        char *found = flux_replace(cases[i].text, look_up, NULL, &error);

        if (found == NULL)
            fail_msg("%s: %s", cases[i].text, error.text);
        assert_string_equal(found, cases[i].becomes);
        free(found);
    }
}

static void what_cannot_be_replaced_is_said(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"${b}", "b is not there"},
        {"${a} ${b} ${c}", "b is not there"},
        {"x${a", "has a ${ that no } ends; the characters ${ themselves are "
                 "written $${"},
        {"${}", "has a ${…} with a name of no bytes; expected 1 to 255 bytes"},
        {"${" HUNDRED HUNDRED HUNDRED "}",
         "has a ${…} with a name of too many bytes; expected 1 to 255 bytes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error = {""};

        assert_null(flux_replace(cases[i].text, look_up, NULL, &error));
        assert_string_equal(error.text, cases[i].sentence);
    }
}

static const char *look_up_long(void *arg, const char *name, gale_err *error)
{
    (void)name;
    (void)error;
    return arg;
}

static void what_becomes_too_long_is_refused(void **state)
{
    char *value = xcalloc(1, FLUX_REPLACED_MAX + 1), *found;
    gale_err error;

    (void)state;
    memset(value, 'x', FLUX_REPLACED_MAX);
    found = flux_replace("${a}", look_up_long, value, &error);
    assert_non_null(found);
    assert_int_equal(strlen(found), FLUX_REPLACED_MAX);
    assert_null(flux_replace("${a}b", look_up_long, value, &error));
    assert_string_equal(error.text,
                        "has more than 65536 bytes when ${…} is replaced");
    free(found);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_what_they_become),
        cmocka_unit_test(what_cannot_be_replaced_is_said),
        cmocka_unit_test(what_becomes_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
