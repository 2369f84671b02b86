/* test_file_name.c - names of files that came from outside. */
#include "common/file_name.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

static void a_name_is_in_its_directory_whatever_is_done_with_it(void **state)
{
    static const struct {
        const char *name;
        bool valid;
    } cases[] = {
        {"wordcount.so", true}, {"libstdc++.so.6", true},
        {"_x", true},           {"9-lives_a.txt", true},
        {"a..b", true},         {"", false},
        {".", false},           {"..", false},
        {".hidden", false},     {"-rf", false},
        {"+x", false},          {"a/b", false},
        {"/a", false},          {"a b", false},
        {"a\n", false},         {"a:b", false},
        {"a\\b", false},        {"\xc3\xa4", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (file_name_valid(cases[i].name) != cases[i].valid)
            fail_msg("\"%s\"", cases[i].name);
}

static void a_name_has_at_most_255_bytes(void **state)
{
    char name[FILE_NAME_MAX + 2] = "";

    (void)state;
    memset(name, 'x', FILE_NAME_MAX);
    assert_true(file_name_valid(name));
    name[FILE_NAME_MAX] = 'x';
    assert_false(file_name_valid(name));
}

static void the_name_of_a_path_is_behind_its_last_slash(void **state)
{
    (void)state;
    assert_string_equal(file_name_of("a/b/c.so"), "c.so");
    assert_string_equal(file_name_of("c.so"), "c.so");
    assert_string_equal(file_name_of("/c.so"), "c.so");
    assert_string_equal(file_name_of("a/"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_in_its_directory_whatever_is_done_with_it),
        cmocka_unit_test(a_name_has_at_most_255_bytes),
        cmocka_unit_test(the_name_of_a_path_is_behind_its_last_slash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
