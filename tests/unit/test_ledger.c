/* test_ledger.c - the books of a run: what they find, what they let pass. */
#include "simulator/ledger.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

enum { SPOUT = 1, BOLT = 2, OTHER = 3 };

static const gale_msgid id = {0, 7};
static const uint64_t root = 70, tree[] = {70, 71};

static int setup(void **state)
{
    *state = ledger_new();
    return 0;
}

static int teardown(void **state)
{
    ledger_free(*state);
    return 0;
}

static void assert_breaks(const struct ledger *l, const char *text)
{
    const char *violation = ledger_violation(l);

    if (violation == NULL || strstr(violation, text) == NULL)
        fail_msg("expected \"%s\", found %s", text,
                 violation != NULL ? violation : "nothing");
}

/* One message of one tuple, on its way. */
static void send_one(struct ledger *l)
{
    ledger_message(l, SPOUT, id, root);
    ledger_sent(l, SPOUT, BOLT, 100, &root, 1);
}

static void execute_one(struct ledger *l)
{
    ledger_executed(l, SPOUT, BOLT, 100);
    ledger_done(l, &root, 1);
}

static void a_message_is_acked_when_its_tuples_are(void **state)
{
    struct ledger *l = *state;
    struct ledger_counts counts;

    send_one(l);
    execute_one(l);
    ledger_acked(l, SPOUT, id);
    ledger_complete(l);
    assert_null(ledger_violation(l));
    counts = ledger_counts(l);
    assert_int_equal(counts.messages, 1);
    assert_int_equal(counts.acked, 1);
    assert_int_equal(counts.sent, 1);
    assert_int_equal(counts.executed, 1);
}

static void one_that_is_acked_too_early_is_found(void **state)
{
    send_one(*state);
    ledger_acked(*state, SPOUT, id);
    assert_breaks(*state, "L: message (0, 7) of task 1 is acked, and 1 of its "
                          "tuples are not");
}

static void so_is_one_of_which_a_tuple_comes_later(void **state)
{
    send_one(*state);
    execute_one(*state);
    ledger_acked(*state, SPOUT, id);
    ledger_sent(*state, BOLT, OTHER, 101, &root, 1);
    assert_breaks(*state, "L: a tuple of message (0, 7) of task 1 is sent "
                          "after that was acked");
}

static void a_message_ends_once(void **state)
{
    send_one(*state);
    execute_one(*state);
    ledger_acked(*state, SPOUT, id);
    ledger_failed(*state, SPOUT, id);
    assert_breaks(*state, "fails, and none of this id is open");
}

static void what_was_never_emitted_is_not_acked(void **state)
{
    ledger_acked(*state, SPOUT, id);
    assert_breaks(*state, "is acked, and none of this id is open");
}

static void in_the_end_none_is_open(void **state)
{
    send_one(*state);
    ledger_executed(*state, SPOUT, BOLT, 100);
    ledger_complete(*state);
    assert_breaks(*state,
                  "the run is complete, and message (0, 7) of task 1 is "
                  "neither acked nor failed");
}

static void a_failed_message_may_leave_tuples_behind(void **state)
{
    struct ledger *l = *state;

    send_one(l);
    ledger_failed(l, SPOUT, id);
    ledger_executed(l, SPOUT, BOLT, 100);
    ledger_sent(l, BOLT, OTHER, 101, &root, 1);
    ledger_executed(l, BOLT, OTHER, 101);
    ledger_complete(l);
    assert_null(ledger_violation(l));
}

static void in_the_end_every_tuple_was_executed_or_lost(void **state)
{
    struct ledger *l = *state;

    send_one(l);
    ledger_failed(l, SPOUT, id);
    ledger_sent(l, SPOUT, BOLT, 101, NULL, 0);
    ledger_lost(l, SPOUT, BOLT, 100);
    ledger_executed(l, SPOUT, BOLT, 101);
    ledger_complete(l);
    assert_null(ledger_violation(l));
    ledger_sent(l, SPOUT, BOLT, 102, NULL, 0);
    ledger_complete(l);
    assert_breaks(l, "1 tuples from task 1 to task 2 were not executed");
}

static void what_was_pending_when_a_task_began_anew_comes_again(void **state)
{
    struct ledger *l = *state;

    ledger_message(l, SPOUT, id, root);
    ledger_abandon(l, SPOUT);
    ledger_message(l, SPOUT, id, 71);
    ledger_acked(l, SPOUT, id);
    ledger_complete(l);
    assert_null(ledger_violation(l));
    assert_int_equal(ledger_counts(l).abandoned, 1);
    ledger_message(l, SPOUT, (gale_msgid){0, 8}, 80);
    ledger_abandon(l, SPOUT);
    ledger_complete(l);
    assert_breaks(l,
                  "message (0, 8) of task 1 was pending when its spout began "
                  "anew, and was not emitted again");
}

static void so_does_what_had_failed_and_was_not_emitted_again_yet(void **state)
{
    struct ledger *l = *state;

    ledger_message(l, SPOUT, id, root);
    ledger_failed(l, SPOUT, id);
    ledger_message(l, SPOUT, (gale_msgid){0, 8}, 80);
    ledger_failed(l, SPOUT, (gale_msgid){0, 8});
    ledger_message(l, SPOUT, (gale_msgid){0, 8}, 81);
    ledger_acked(l, SPOUT, (gale_msgid){0, 8});
    ledger_abandon(l, SPOUT);
    assert_int_equal(ledger_counts(l).abandoned, 1);
    ledger_complete(l);
    assert_breaks(l,
                  "message (0, 7) of task 1 was pending when its spout began "
                  "anew, and was not emitted again");
}

static void but_not_what_its_spout_has_given_up(void **state)
{
    struct ledger *l = *state;

    ledger_message(l, SPOUT, id, root);
    ledger_failed(l, SPOUT, id);
    ledger_give_up(l, SPOUT, id);
    ledger_abandon(l, SPOUT);
    ledger_complete(l);
    assert_null(ledger_violation(l));
}

static void that_it_was_acked_in_an_earlier_life_is_counted(void **state)
{
    struct ledger *l = *state;

    for (uint64_t r = 1; r <= 4; r++) {
        ledger_message(l, SPOUT, id, r);
        ledger_acked(l, SPOUT, id);
        if (r == 2)
            ledger_abandon(l, SPOUT);
    }
    assert_null(ledger_violation(l));
    assert_int_equal(ledger_counts(l).again, 2);
}

static void what_failed_and_never_came_again_is_counted(void **state)
{
    struct ledger *l = *state;

    for (uint64_t k = 0; k < 4; k++) {
        ledger_message(l, SPOUT, (gale_msgid){0, k}, k);
        ledger_failed(l, SPOUT, (gale_msgid){0, k});
    }
    ledger_give_up(l, SPOUT, (gale_msgid){0, 0});
    ledger_message(l, SPOUT, (gale_msgid){0, 1}, 10);
    ledger_acked(l, SPOUT, (gale_msgid){0, 1});
    ledger_complete(l);
    assert_null(ledger_violation(l));
    assert_int_equal(ledger_counts(l).dropped, 2);
    assert_int_equal(ledger_counts(l).fresh, 4);
}

/* A spout emits what failed again, while tuples of the first time are open. */
/* -- lives of a spout task ------------------------------------------------- */

static void settle(struct ledger *l, gale_msgid of, uint64_t r)
{
    ledger_message(l, SPOUT, of, r);
    ledger_acked(l, SPOUT, of);
}

/* Ids 0 … n - 1, after each of which position k is set. */
static void live(struct ledger *l, uint64_t from, uint64_t to, uint64_t life)
{
    for (uint64_t k = from; k < to; k++) {
        settle(l, (gale_msgid){0, k}, life << 20 | k);
        ledger_position(l, SPOUT, k + 1);
    }
}

static void what_a_saved_position_covers_is_not_emitted_again(void **state)
{
    static const struct {
        uint64_t saved, again; /* position, id */
        bool right;
    } cases[] = {
        {3, 2, false}, {3, 0, false}, {3, 3, true}, {5, 4, false},
        {5, 5, true},  {9, 0, true}, /* of no such position anything is known */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ledger *l = ledger_new();

        live(l, 0, 5, 0);
        ledger_abandon(l, SPOUT);
        ledger_go_on(l, SPOUT, &cases[i].saved, 1);
        settle(l, (gale_msgid){0, cases[i].again}, 1 << 20);
        if (cases[i].right)
            assert_null(ledger_violation(l));
        else
            assert_breaks(l, "was acked, and is emitted again by a spout that "
                             "went on from a saved position behind it");
        ledger_free(l);
    }
}

static void a_later_life_covers_what_it_went_on_from(void **state)
{
    struct ledger *l = *state;
    const uint64_t first = 2, second = 6;

    live(l, 0, 5, 0);
    ledger_abandon(l, SPOUT);
    ledger_go_on(l, SPOUT, &first, 1);
    live(l, 2, 8, 1); /* 2, 3 and 4 once more: rightly */
    ledger_abandon(l, SPOUT);
    ledger_go_on(l, SPOUT, &second, 1);
    settle(l, (gale_msgid){0, 6}, 2 << 20);
    assert_null(ledger_violation(l));
    settle(l, (gale_msgid){0, 1}, (2 << 20) + 1);
    assert_breaks(l, "D: message (0, 1) of task 1 was acked");
}

static void of_two_splits_the_one_that_covers_less_counts(void **state)
{
    struct ledger *l = *state;
    const uint64_t saved[] = {4, 2};

    live(l, 0, 5, 0);
    ledger_abandon(l, SPOUT);
    ledger_go_on(l, SPOUT, saved, 2);
    settle(l, (gale_msgid){0, 3}, 1 << 20);
    assert_null(ledger_violation(l));
    settle(l, (gale_msgid){0, 1}, (1 << 20) + 1);
    assert_breaks(l, "D: message (0, 1)");
}

static void a_spout_that_keeps_no_positions_may_use_an_id_again(void **state)
{
    struct ledger *l = *state;

    settle(l, id, 1);
    settle(l, id, 2);
    live(l, 0, 5, 1); /* … and of one that did so, nothing can be said */
    settle(l, id, 3);
    assert_null(ledger_violation(l));
}

static void one_that_keeps_positions_may_not(void **state)
{
    live(*state, 0, 5, 0);
    settle(*state, (gale_msgid){0, 2}, 1 << 20);
    assert_breaks(*state, "D: message (0, 2) of task 1 was acked, and is "
                          "emitted again by a spout that keeps positions and "
                          "did not begin anew");
}

static void the_position_of_another_task_covers_nothing(void **state)
{
    struct ledger *l = *state;
    const uint64_t saved = 5;

    live(l, 0, 5, 0);
    ledger_abandon(l, OTHER);
    ledger_go_on(l, OTHER, &saved, 1);
    ledger_message(l, OTHER, (gale_msgid){0, 1}, 1 << 20);
    assert_null(ledger_violation(l));
}

static void an_id_may_come_again(void **state)
{
    struct ledger *l = *state;

    send_one(l);
    ledger_failed(l, SPOUT, id);
    ledger_message(l, SPOUT, id, 71);
    ledger_acked(l, SPOUT, id);
    ledger_executed(l, SPOUT, BOLT, 100);
    ledger_complete(l);
    assert_null(ledger_violation(l));
}

static void of_two_of_one_id_the_one_that_is_done_is_acked(void **state)
{
    struct ledger *l = *state;

    send_one(l);
    ledger_message(l, SPOUT, id, 71);
    ledger_acked(l, SPOUT, id);
    assert_null(ledger_violation(l));
    ledger_acked(l, SPOUT, id);
    assert_breaks(l, "1 of its tuples are not");
}

/* Nobody says which of them it was; the tuple of the other one comes late. */
static void of_two_that_are_open_a_tuple_may_come_after_an_ack(void **state)
{
    struct ledger *l = *state;

    ledger_message(l, SPOUT, id, 70);
    ledger_message(l, SPOUT, id, 71);
    assert_true(ledger_is_open(l, SPOUT, id));
    ledger_acked(l, SPOUT, id);
    for (uint64_t k = 0; k < 2; k++) {
        ledger_sent(l, SPOUT, BOLT, k, &tree[k], 1);
        ledger_executed(l, SPOUT, BOLT, k);
        ledger_done(l, &tree[k], 1);
    }
    ledger_acked(l, SPOUT, id);
    ledger_complete(l);
    assert_null(ledger_violation(l));
    assert_false(ledger_is_open(l, SPOUT, id));
}

/* The other one has no tuples out yet, and is acked later. */
static void of_two_that_are_open_the_one_with_open_tuples_fails(void **state)
{
    struct ledger *l = *state;

    send_one(l);
    ledger_message(l, SPOUT, id, 71);
    ledger_failed(l, SPOUT, id);
    ledger_acked(l, SPOUT, id);
    assert_null(ledger_violation(l));
}

/* Slices go out while a long emit is under way: its id comes last. */
static void tuples_may_come_before_the_name_of_their_message(void **state)
{
    struct ledger *l = *state;

    ledger_sent(l, SPOUT, BOLT, 100, &root, 1);
    ledger_message(l, SPOUT, id, root);
    ledger_acked(l, SPOUT, id);
    assert_breaks(l, "1 of its tuples are not");
}

static void a_tree_without_a_message_is_found(void **state)
{
    ledger_sent(*state, SPOUT, BOLT, 100, &root, 1);
    ledger_executed(*state, SPOUT, BOLT, 100);
    ledger_complete(*state);
    assert_breaks(*state, "tuples belong to the tree 46, of which no message "
                          "was emitted");
}

static void a_tuple_of_two_trees_is_part_of_both(void **state)
{
    struct ledger *l = *state;

    ledger_message(l, SPOUT, id, tree[0]);
    ledger_message(l, SPOUT, (gale_msgid){0, 8}, tree[1]);
    ledger_sent(l, BOLT, OTHER, 100, tree, 2);
    ledger_executed(l, BOLT, OTHER, 100);
    ledger_done(l, tree, 2);
    ledger_acked(l, SPOUT, id);
    ledger_acked(l, SPOUT, (gale_msgid){0, 8});
    ledger_complete(l);
    assert_null(ledger_violation(l));
}

static void an_ack_too_many_is_found(void **state)
{
    send_one(*state);
    execute_one(*state);
    ledger_done(*state, &root, 1);
    assert_breaks(*state,
                  "more tuples of the tree 46 are acked than were sent");
}

static void what_one_task_sends_another_stays_in_order(void **state)
{
    struct ledger *l = *state;

    ledger_sent(l, SPOUT, BOLT, 1, NULL, 0);
    ledger_sent(l, SPOUT, BOLT, 2, NULL, 0);
    ledger_sent(l, SPOUT, OTHER, 3, NULL, 0);
    ledger_executed(l, SPOUT, OTHER, 3);
    ledger_executed(l, SPOUT, BOLT, 1);
    assert_null(ledger_violation(l));
    ledger_sent(l, SPOUT, BOLT, 4, NULL, 0);
    ledger_executed(l, SPOUT, BOLT, 4);
    assert_breaks(l, "O: task 2 executes a tuple of task 1 before one that was "
                     "sent earlier");
}

static void a_tuple_is_executed_once(void **state)
{
    struct ledger *l = *state;

    ledger_sent(l, SPOUT, BOLT, 1, NULL, 0);
    ledger_executed(l, SPOUT, BOLT, 1);
    ledger_executed(l, SPOUT, BOLT, 1);
    assert_breaks(l, "D: task 2 executes a tuple that task 1 has not sent, or "
                     "executes it again");
}

static void a_key_goes_to_one_task(void **state)
{
    struct ledger *l = *state;

    ledger_key(l, 1, 500, BOLT);
    ledger_key(l, 1, 501, OTHER);
    ledger_key(l, 2, 500, OTHER);
    ledger_key(l, 1, 500, BOLT);
    assert_null(ledger_violation(l));
    ledger_key(l, 1, 500, OTHER);
    assert_breaks(l, "K: a key that went to task 2 goes to task 3");
}

/* Books that have come into disorder end, too. */
static void each_message_has_a_tree_of_its_own(void **state)
{
    send_one(*state);
    send_one(*state);
    assert_breaks(*state, "L: two messages of task 1 have the tree 46");
    ledger_acked(*state, SPOUT, (gale_msgid){0, 8});
    ledger_acked(*state, SPOUT, id);
    ledger_acked(*state, SPOUT, id);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void what_is_found_is_told_at_once_and_once(void **state)
{
    int times = 0;

    ledger_tell(*state, count, &times);
    send_one(*state);
    assert_int_equal(times, 0);
    ledger_acked(*state, SPOUT, id);
    assert_int_equal(times, 1);
    ledger_acked(*state, SPOUT, id);
    assert_int_equal(times, 1);
}

static void the_first_that_is_found_is_kept(void **state)
{
    ledger_break(*state, "number %d", 1);
    ledger_break(*state, "number %d", 2);
    assert_string_equal(ledger_violation(*state), "number 1");
}

static void many_are_told_apart(void **state)
{
    struct ledger *l = *state;

    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t r = i * 8;

        ledger_message(l, SPOUT, (gale_msgid){i, 0}, r);
        ledger_sent(l, SPOUT, BOLT + (int32_t)(i % 3), i, &r, 1);
    }
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t r = i * 8;

        ledger_executed(l, SPOUT, BOLT + (int32_t)(i % 3), i);
        ledger_done(l, &r, 1);
        ledger_acked(l, SPOUT, (gale_msgid){i, 0});
    }
    ledger_complete(l);
    assert_null(ledger_violation(l));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_message_is_acked_when_its_tuples_are),
        TEST(one_that_is_acked_too_early_is_found),
        TEST(so_is_one_of_which_a_tuple_comes_later),
        TEST(a_message_ends_once),
        TEST(what_was_never_emitted_is_not_acked),
        TEST(in_the_end_none_is_open),
        TEST(a_failed_message_may_leave_tuples_behind),
        TEST(in_the_end_every_tuple_was_executed_or_lost),
        TEST(what_was_pending_when_a_task_began_anew_comes_again),
        TEST(so_does_what_had_failed_and_was_not_emitted_again_yet),
        TEST(but_not_what_its_spout_has_given_up),
        TEST(that_it_was_acked_in_an_earlier_life_is_counted),
        TEST(what_failed_and_never_came_again_is_counted),
        TEST(what_a_saved_position_covers_is_not_emitted_again),
        TEST(a_later_life_covers_what_it_went_on_from),
        TEST(of_two_splits_the_one_that_covers_less_counts),
        TEST(a_spout_that_keeps_no_positions_may_use_an_id_again),
        TEST(one_that_keeps_positions_may_not),
        TEST(the_position_of_another_task_covers_nothing),
        TEST(an_id_may_come_again),
        TEST(of_two_of_one_id_the_one_that_is_done_is_acked),
        TEST(of_two_that_are_open_a_tuple_may_come_after_an_ack),
        TEST(of_two_that_are_open_the_one_with_open_tuples_fails),
        TEST(tuples_may_come_before_the_name_of_their_message),
        TEST(a_tree_without_a_message_is_found),
        TEST(a_tuple_of_two_trees_is_part_of_both),
        TEST(an_ack_too_many_is_found),
        TEST(what_one_task_sends_another_stays_in_order),
        TEST(a_tuple_is_executed_once),
        TEST(a_key_goes_to_one_task),
        TEST(each_message_has_a_tree_of_its_own),
        TEST(what_is_found_is_told_at_once_and_once),
        TEST(the_first_that_is_found_is_kept),
        TEST(many_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
