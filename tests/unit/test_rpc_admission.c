/* test_rpc_admission.c - who gets a place at a server. */
#include "tests/support/cmocka_all.h"
#include "common/rpc_admission.h"
#include <stddef.h>

static const struct {
    const char *case_;
    /* max, host's, of those who have proved nothing; taken, unproved; of the
     * host */
    struct rpc_places places;
    enum rpc_verdict verdict;
} cases[] = {
    {"the first comes in", {8, 4, 8, 0, 0, 0, 0}, RPC_ADMIT},
    {"the last place is one", {8, 4, 8, 7, 7, 3, 3}, RPC_ADMIT},
    {"there is place, but not for one more of those who have proved nothing",
     {8, 4, 6, 7, 6, 3, 3},
     RPC_ADMIT_FOR_ANY},
    {"who has proved nothing gives way",
     {8, 4, 8, 8, 1, 0, 0},
     RPC_ADMIT_FOR_ANY},
    {"those who have proved it stay",
     {8, 4, 8, 8, 0, 0, 0},
     RPC_SERVER_IS_FULL},
    {"a host has its places only", {8, 4, 8, 4, 0, 4, 0}, RPC_HOST_IS_FULL},
    {"its own give way to it", {8, 4, 8, 4, 2, 4, 2}, RPC_ADMIT_FOR_HOST},
    {"those of others do not", {8, 4, 8, 6, 2, 4, 0}, RPC_HOST_IS_FULL},
    {"nor if all is full", {8, 4, 8, 8, 4, 4, 0}, RPC_HOST_IS_FULL},
};

static void a_place_is_given_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (rpc_admission(&cases[i].places) != cases[i].verdict)
            fail_msg("%s", cases[i].case_);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_given_by_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
