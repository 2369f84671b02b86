/*
 * test_leader_property.c - several candidates and a small ZooKeeper
 * (tests/support/electorate.h): whatever happens, at most one leads, and when
 * faults are over, one leads, goes on leading, and its writes are taken.
 */
#include "tests/support/electorate.h"

#define must electorate_must

enum { TIME_FAULTY = 60000, TIME_HEALED = 12 * SESSION };

static void end_well(struct electorate *e)
{
    uint32_t who = 0, later = 0, begun;
    uint64_t taken;

    electorate_heal(e);
    electorate_pass_time(e, e->now + TIME_HEALED);
    must(e, electorate_leaders(e, &who) == 1);
    begun = e->n_begun;
    taken = e->clients[who].taken;
    electorate_pass_time(e, e->now + SESSION);
    must(e, electorate_leaders(e, &later) == 1 && later == who);
    must(e, e->n_begun == begun);
    must(e, e->clients[who].taken > taken);
    must(e, e->n_nodes == CLIENTS); /* nobody's old candidate is left */
}

static void at_most_one_leads_and_in_the_end_one_does(void **state)
{
    uint32_t begun = 0, fenced = 0, expired = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct electorate *e = electorate_new(seed);

        e->faulty = true;
        electorate_pass_time(e, TIME_FAULTY);
        end_well(e);
        begun += e->n_begun;
        fenced += e->n_fenced;
        expired += e->n_expired;
        electorate_free(e);
    }
    print_message("leaderships %u, refused writes %u, sessions expired %u\n",
                  begun, fenced, expired);
    assert_true(begun > 500 && fenced > 20 && expired > 1000);
}

/* -- who lacks files ------------------------------------------------------- */

static void set_lacking(struct electorate *e, const uint32_t lacking[CLIENTS])
{
    for (uint32_t i = 0; i < CLIENTS; i++)
        electorate_step(e, i,
                        (struct leader_event){.kind = LEADER_FILES,
                                              .n_lacking = lacking[i]});
}

/* All are candidates, then the one that leads is paused for ever. */
static uint32_t who_follows(const uint32_t lacking[CLIENTS])
{
    struct electorate *e = electorate_new(1);
    uint32_t first = 0, second = 0;

    electorate_pass_time(e, 2 * SESSION);
    assert_int_equal(electorate_leaders(e, &first), 1);
    assert_int_equal(first, 0);
    set_lacking(e, lacking);
    e->clients[first].paused = INT64_MAX;
    electorate_pass_time(e, e->now + 4 * SESSION);
    assert_int_equal(electorate_leaders(e, &second), 1);
    electorate_free(e);
    return second;
}

static void who_has_the_files_of_all_topologies_leads(void **state)
{
    static const struct {
        uint32_t lacking[CLIENTS];
        uint32_t leads;
    } cases[] = {
        {{0, 0, 0, 0}, 1},
        {{0, 1, 0, 0}, 2},
        {{0, 1, 2, 0}, 3},
        {{0, 1, 1, 1}, 1}, /* nobody has them: the first that gave way */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(who_follows(cases[i].lacking), cases[i].leads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_one_leads_and_in_the_end_one_does),
        cmocka_unit_test(who_has_the_files_of_all_topologies_leads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
