/* test_base64.c - bytes as text and back. */
#include "tests/support/cmocka_all.h"
#include "common/base64.h"
#include <stdlib.h>
#include <string.h>

static void assert_written(const char *data, const char *expected)
{
    char *text = base64_write(data, strlen(data)), back[64];
    size_t n;

    assert_string_equal(text, expected);
    assert_true(base64_read(text, strlen(text), back, &n));
    assert_int_equal(n, strlen(data));
    assert_memory_equal(back, data, n);
    free(text);
}

static void it_is_that_of_the_standard(void **state)
{
    (void)state;
    assert_written("", "");
    assert_written("f", "Zg==");
    assert_written("fo", "Zm8=");
    assert_written("foo", "Zm9v");
    assert_written("foobar", "Zm9vYmFy");
    assert_written("\xff\xfe\xfb", "//77");
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const texts[] = {
        "Z",    "Zg=",  "Zg",   "Zg==Zg==", "Zm9v=", "Z===",
        "Zm9!", "====", "Zh==", "Zm9=",     "Zm=v",  "Zg=\n"};
    char back[64];
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (base64_read(texts[i], strlen(texts[i]), back, &n))
            fail_msg("\"%s\" was taken", texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_that_of_the_standard),
        cmocka_unit_test(what_is_no_base64_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
