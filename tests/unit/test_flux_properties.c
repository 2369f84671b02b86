/* test_flux_properties.c - files of properties, as Java has them. */
#include "common/flux_properties.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* name=value, one a line. */
static char *as_text(const struct settings *s)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (size_t i = 0; i < settings_size(s); i++) {
        gale_value value;
        const char *name = settings_at(s, i, &value);

        fprintf(out, "%s=%s|", name, value.as.data);
    }
    fclose(out);
    return text;
}

static void files_and_what_they_set(void **state)
{
    static const struct {
        const char *text, *sets;
    } cases[] = {
        {"", ""},
        {"\n  \n# a=1\n  ! b=2\n", ""},
        {"a=1", "a=1|"},
        {"a=1\nb = 2 \r\nc: 3\rd 4", "a=1|b=2 |c=3|d=4|"},
        {"a=\nb", "a=|b=|"},
        {"a==1\nb=:2\nc : = 3", "a==1|b=:2|c== 3|"},
        {"  a.b-c   =   x y  z", "a.b-c=x y  z|"},
        {"a=1\\\n    2\\\r\n3\nb=4", "a=123|b=4|"},
        {"a=1\\", "a=1|"},
        {"a\\ b\\:c\\=d=e", "a b:c=d=e|"},
        {"a=\\t\\n\\r\\f\\\\\\q\\#", "a=\t\n\r\f\\q#|"},
        {"a=\\u0041\\u00e9\\u20ac\\ud83d\\ude00", "a=Aé€😀|"},
        {"a=Zürich", "a=Zürich|"},
        {"a=#1 !2", "a=#1 !2|"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error;
        struct settings *s = flux_properties_read(
            "p", cases[i].text, strlen(cases[i].text), &error);
        char *found;

        if (s == NULL)
            fail_msg("%s: %s", cases[i].text, error.text);
        found = as_text(s);
        assert_string_equal(found, cases[i].sets);
        free(found);
        settings_free(s);
    }
}

static void wrong_lines_are_named(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        const char *sentence;
    } cases[] = {
        {"a=1\n=2", 6,
         "p:2: found a value without a name; expected NAME=VALUE"},
        {"a=1\\\n2\n\na=2", 12,
         "p:4: found a name that is there before; expected NAME=VALUE"},
        {"a=\\u12", 6,
         "p:1: found \\u without four hexadecimal digits; expected NAME=VALUE"},
        {"a=\\u12x4", 8,
         "p:1: found \\u without four hexadecimal digits; expected NAME=VALUE"},
        {"a=\\u0000", 8,
         "p:1: found \\u0000, which no value may hold; expected NAME=VALUE"},
        {"a=\\ud83d", 8,
         "p:1: found half of a pair of \\u; expected NAME=VALUE"},
        {"a=\\ude00", 8,
         "p:1: found half of a pair of \\u; expected NAME=VALUE"},
        {"a=x\0y", 5, "p:1: found a NUL byte; expected NAME=VALUE"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error = {""};

        assert_null(
            flux_properties_read("p", cases[i].text, cases[i].size, &error));
        assert_string_equal(error.text, cases[i].sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_what_they_set),
        cmocka_unit_test(wrong_lines_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
