/* test_file_rotation.c - when a new file begins, and what files are called:
 * connectors/file_rotation.c. */
#include "connectors/file_rotation.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

#define SECOND INT64_C(1000000000)

static gale_str text(const char *t)
{
    return gale_str_make(t, strlen(t));
}

static void a_file_is_finished_by_size_or_age_or_never(void **state)
{
    static const struct {
        struct file_rotation rotation;
        int64_t size, age;
        bool due;
    } cases[] = {
        {{0, 0}, INT64_MAX, INT64_MAX, false},
        {{100, 0}, 99, INT64_MAX, false},
        {{100, 0}, 100, 0, true},
        {{0, 60}, INT64_MAX, 60 * SECOND - 1, false},
        {{0, 60}, 1, 60 * SECOND, true},
        {{100, 60}, 99, 60 * SECOND, true},
        {{100, 60}, 100, 0, true},
        {{100, 60}, 99, 59 * SECOND, false},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
        assert_int_equal(
            file_rotation_due(&cases[k].rotation, cases[k].size, cases[k].age),
            cases[k].due);
}

static void a_name_says_whose_the_file_is(void **state)
{
    struct file_names n = {text("records-"), text(".txt"), "sink"};
    char name[FILE_NAME_SIZE];

    (void)state;
    file_names_make(&n, 3, 17, 1700000000123, name);
    assert_string_equal(name, "_records-sink-3-17-1700000000123.txt");
    assert_int_equal(file_names_task(&n, name), 3);
    file_names_make(&n, UINT32_MAX, UINT64_MAX / 2, INT64_MAX, name);
    assert_int_equal(file_names_task(&n, name), UINT32_MAX);
}

/* Components of names that are no names of files, and the longest there are. */
static void every_name_is_one_of_a_file(void **state)
{
    char prefix[FILE_NAME_PREFIX_MAX + 1], component[301];
    struct file_names n = {text(""), text(""), "a/b\n-1"};
    char name[FILE_NAME_SIZE];

    (void)state;
    file_names_make(&n, 0, 0, 0, name);
    assert_string_equal(name, "_a_b_-1-0-0-0");
    assert_int_equal(file_names_task(&n, name), 0);
    memset(prefix, 'p', sizeof(prefix) - 1);
    memset(component, 'c', sizeof(component) - 1);
    prefix[sizeof(prefix) - 1] = component[sizeof(component) - 1] = '\0';
    n = (struct file_names){text(prefix), text(".extension-of-20-ch"),
                            component};
    assert_null(file_names_check(&n));
    file_names_make(&n, UINT32_MAX, UINT64_MAX / 2, INT64_MAX, name);
    assert_true(strlen(name) < FILE_NAME_SIZE);
    assert_int_equal(file_names_task(&n, name), UINT32_MAX);
}

static void what_others_have_written_is_nobodys(void **state)
{
    static const char *const names[] = {
        "",
        "_",
        "records-sink-3-17-1.txt",
        "_records-sink-3-17-1.txt.crc",
        "_records-sink-3-17-1",
        "_records-sink-3-17-.txt",
        "_records-sink-3-17.txt",
        "_records-sink-x-17-1.txt",
        "_records-sink--17-1.txt",
        "_records-sink-4294967296-17-1.txt",
        "_records-sink-99999999999999999999-17-1.txt",
        "_records-sink-two-3-17-1.txt",
        "_records-other-3-17-1.txt",
        "_sink-3-17-1.txt",
    };
    struct file_names n = {text("records-"), text(".txt"), "sink"};

    (void)state;
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
        if (file_names_task(&n, names[k]) != FILE_NOBODYS)
            fail_msg("%s is taken for a file of ours", names[k]);
}

static void parts_that_would_spoil_a_name_are_refused(void **state)
{
    static const struct {
        const char *prefix, *extension, *why;
    } cases[] = {
        {"a/b", "", "expected no slash and no control characters"},
        {"", "/..", "expected no slash and no control characters"},
        {"a\n", "", "expected no slash and no control characters"},
        {"_a", "", "readers would not see any file"},
        {".a", "", "readers would not see any file"},
        {"", ".an-extension-of-22-by", "too long"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct file_names n = {text(cases[k].prefix), text(cases[k].extension),
                               "sink"};
        const char *why = file_names_check(&n);

        assert_non_null(why);
        assert_non_null(strstr(why, cases[k].why));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_finished_by_size_or_age_or_never),
        cmocka_unit_test(a_name_says_whose_the_file_is),
        cmocka_unit_test(every_name_is_one_of_a_file),
        cmocka_unit_test(what_others_have_written_is_nobodys),
        cmocka_unit_test(parts_that_would_spoil_a_name_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
