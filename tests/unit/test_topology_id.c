/* test_topology_id.c - how a topology of a cluster is called. */
#include "tests/support/cmocka_all.h"
#include "common/topology_id.h"
#include "topology-api/memory.h"

#define A64 "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"

static void a_name_is_letters_digits_dashes_and_begins_with_no_dash(void **s)
{
    static const struct {
        const char *name;
        bool valid;
    } cases[] = {
        {"a", true},    {"9", true},         {"word-count_2", true},
        {A64, true},    {NULL, false},       {"", false},
        {"-a", false},  {"_a", false},       {A64 "a", false},
        {"a.b", false}, {"a/b", false},      {"a b", false},
        {"a\n", false}, {"\xc3\xa4", false}, {"..", false},
    };

    (void)s;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (topology_name_valid(cases[i].name) != cases[i].valid)
            fail_msg("the name \"%s\" is taken for %s", cases[i].name,
                     cases[i].valid ? "wrong" : "right");
}

static void an_id_is_a_name_and_two_numbers(void **s)
{
    static const struct {
        const char *id;
        bool valid;
    } cases[] = {
        {"a-1-5", true},
        {"word-count-17-1700000000", true},
        {"1-2-3", true},
        {"a-b-1-5", true},
        {A64 "-18446744073709551615-18446744073709551615", true},
        {NULL, false},
        {"", false},
        {"a", false},
        {"a-1", false},
        {"a-1-", false},
        {"a--5", false},
        {"-1-5", false},
        {"a-1-5x", false},
        {"a-x-5", false},
        {"a/-1-5", false},
        {"a-1-5/..", false},
        {A64 "a-1-5", false},
        {"a-111111111111111111111-5", false},
        {"a-1-111111111111111111111", false},
    };

    (void)s;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (topology_id_valid(cases[i].id) != cases[i].valid)
            fail_msg("the id \"%s\" is taken for %s", cases[i].id,
                     cases[i].valid ? "wrong" : "right");
}

static void an_id_that_is_made_is_valid_and_of_its_name(void **s)
{
    char id[TOPOLOGY_ID_SIZE];

    (void)s;
    topology_id_make("words-1-2", 3, 4, id);
    assert_string_equal(id, "words-1-2-3-4");
    assert_true(topology_id_valid(id));
    assert_true(topology_id_is_of(id, "words-1-2"));
    assert_false(topology_id_is_of(id, "words"));
    topology_id_make(A64, UINT64_MAX, UINT64_MAX, id);
    assert_true(topology_id_valid(id));
    assert_int_equal(strlen(id), TOPOLOGY_ID_SIZE - 1);
}

static void the_number_is_the_one_before_the_seconds(void **s)
{
    static const struct {
        const char *id;
        uint64_t number;
    } cases[] = {{"a-1-5", 1},
                 {"a-7-17-5", 17},
                 {"1-2-3", 2},
                 {"a-18446744073709551615-5", UINT64_MAX}};

    (void)s;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(topology_id_number(cases[i].id), cases[i].number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_name_is_letters_digits_dashes_and_begins_with_no_dash),
        cmocka_unit_test(an_id_is_a_name_and_two_numbers),
        cmocka_unit_test(the_number_is_the_one_before_the_seconds),
        cmocka_unit_test(an_id_that_is_made_is_valid_and_of_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
