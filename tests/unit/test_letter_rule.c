/* test_letter_rule.c - when a message that failed is not tried any more. */
#include "tests/support/cmocka_all.h"
#include "worker/letter_rule.h"

static const struct letter_rule never = {0, false};
static const struct letter_rule kept = {0, true};
static const struct letter_rule thrice = {3, false};

static void by_default_a_message_is_tried_for_ever(void **state)
{
    (void)state;
    assert_false(letter_rule_ends(never, 1, false));
    assert_false(letter_rule_ends(never, UINT32_MAX, true));
    assert_false(letter_rule_asks(never));
}

static void it_is_over_when_the_last_replay_has_failed(void **state)
{
    (void)state;
    assert_false(letter_rule_ends(thrice, 1, false));
    assert_false(letter_rule_ends(thrice, 3, false));
    assert_true(letter_rule_ends(thrice, 4, false));
    assert_true(letter_rule_asks(thrice));
}

static void poison_is_not_tried_again(void **state)
{
    (void)state;
    assert_true(letter_rule_ends(kept, 1, true));
    assert_true(letter_rule_ends(thrice, 1, true));
}

static void without_a_limit_only_poison_is_a_dead_letter(void **state)
{
    (void)state;
    assert_false(letter_rule_ends(kept, UINT32_MAX, false));
    assert_true(letter_rule_asks(kept));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_a_message_is_tried_for_ever),
        cmocka_unit_test(it_is_over_when_the_last_replay_has_failed),
        cmocka_unit_test(poison_is_not_tried_again),
        cmocka_unit_test(without_a_limit_only_poison_is_a_dead_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
