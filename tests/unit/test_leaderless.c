/* test_leaderless.c - what a nimbus says that does not lead. */
#include "tests/support/cmocka_all.h"
#include "nimbus/leaderless.h"
#include <string.h>

#define ALONE                                                                  \
    "; supervisors and topologies are known to who leads alone: what runs "    \
    "goes on"

static const struct one_case {
    const char *leader, *trouble;
    bool leads; /* as the table of nimbuses shows it */
    const char *says;
} cases[] = {
    {"", "", false, "no nimbus leads" ALONE},
    {"", "it is away", false,
     "no nimbus leads, and ZooKeeper does not answer: it is away" ALONE},
    {"n1:6627", "", true, "n1:6627 leads and cannot be reached" ALONE},
    {"n1:6627", "it is away", false,
     "it is not known which nimbus leads, n1:6627 did last: ZooKeeper does not "
     "answer: it is away" ALONE},
};

static void the_sentence_says_of_who_leads_what_the_table_does(void **state)
{
    char text[LEADERLESS_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        leaderless_text(text, cases[i].leader, cases[i].trouble);
        assert_string_equal(text, cases[i].says);
        assert_int_equal(leaderless_is_known(cases[i].leader, cases[i].trouble),
                         cases[i].leads);
    }
}

static void a_trouble_that_is_long_is_cut(void **state)
{
    char text[LEADERLESS_TEXT], trouble[2 * LEADERLESS_TEXT];

    (void)state;
    memset(trouble, 'x', sizeof(trouble) - 1);
    trouble[sizeof(trouble) - 1] = '\0';
    leaderless_text(text, "n1:6627", trouble);
    assert_int_equal(strlen(text), LEADERLESS_TEXT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sentence_says_of_who_leads_what_the_table_does),
        cmocka_unit_test(a_trouble_that_is_long_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
