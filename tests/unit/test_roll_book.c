/* test_roll_book.c - what the books of a roll call find, and do not. */
#include "simulator/roll_book.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

static struct roll_book *book;
static struct roll_life life;

static int begin(void **state)
{
    (void)state;
    book = roll_book_new("roll");
    life = roll_book_open(book, 0, 1, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    roll_book_free(book);
    return 0;
}

static void answer(uint64_t number)
{
    roll_book_answered(book, number, 0);
    roll_book_answered(book, number, 1);
}

static void settle(uint64_t k)
{
    roll_book_called(book, &life, k);
    answer(k);
    roll_book_acked(book, &life, k);
}

static void expect_wrong(const char *part)
{
    if (strstr(roll_book_wrong(book), part) == NULL)
        fail_msg("it says \"%s\", expected \"%s\"", roll_book_wrong(book),
                 part);
}

static void all_that_was_called_and_acked_is_complete(void **state)
{
    uint64_t missing;

    (void)state;
    settle(0);
    settle(1);
    assert_string_equal(roll_book_wrong(book), "");
    assert_true(roll_book_is_complete(book, 2, &missing));
    assert_false(roll_book_is_complete(book, 3, &missing));
    assert_int_equal(missing, 2);
    assert_int_equal(roll_book_counts(book).acked, 2);
}

static void an_ack_without_both_answers_is_found(void **state)
{
    (void)state;
    roll_book_called(book, &life, 0);
    roll_book_answered(book, 0, 1);
    roll_book_acked(book, &life, 0);
    expect_wrong("roll: L: task 0 hears that number 0 is acked");
}

static void a_number_that_was_acked_is_not_called_again(void **state)
{
    (void)state;
    settle(0);
    roll_book_called(book, &life, 0);
    expect_wrong("D: task 0 calls number 0, which was acked");
}

static void nor_is_one_that_is_pending(void **state)
{
    (void)state;
    roll_book_called(book, &life, 0);
    roll_book_called(book, &life, 0);
    expect_wrong("D: task 0 calls number 0 while it is pending");
}

static void one_that_failed_is(void **state)
{
    (void)state;
    roll_book_called(book, &life, 0);
    roll_book_failed(book, &life, 0);
    settle(0);
    assert_string_equal(roll_book_wrong(book), "");
}

static void the_next_life_may_call_what_was_acked(void **state)
{
    (void)state;
    settle(0);
    life = roll_book_open(book, 0, 1, 0);
    settle(0);
    assert_string_equal(roll_book_wrong(book), "");
    assert_int_equal(roll_book_counts(book).again, 1);
    assert_int_equal(roll_book_counts(book).acked, 1);
}

static void it_must_not_go_on_behind_what_was_never_acked(void **state)
{
    (void)state;
    settle(0);
    roll_book_open(book, 0, 1, 2);
    expect_wrong("L: task 0 of numbers goes on with its number 2, and number 1 "
                 "was never acked");
}

static void a_life_that_was_replaced_may_go_on_for_a_while(void **state)
{
    struct roll_life old = life;

    (void)state;
    roll_book_called(book, &old, 0);
    life = roll_book_open(book, 0, 1, 0);
    roll_book_called(book, &life, 0);
    answer(0);
    roll_book_acked(book, &old, 0);
    roll_book_acked(book, &life, 0);
    assert_string_equal(roll_book_wrong(book), "");
}

static void an_answer_that_nobody_sent_is_found(void **state)
{
    (void)state;
    roll_book_answered(book, 0, 2);
    expect_wrong("answer 2 of number 0 has come, which nobody sent");
}

static void tasks_have_numbers_of_their_own(void **state)
{
    struct roll_life a = roll_book_open(book, 0, 2, 0);
    struct roll_life b = roll_book_open(book, 1, 2, 0);

    (void)state;
    roll_book_called(book, &a, 1); /* number 2 */
    roll_book_called(book, &b, 1); /* number 3 */
    answer(2);
    roll_book_acked(book, &a, 1);
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_acked(book, &b, 1);
    expect_wrong("L: task 1 hears that number 1 is acked");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_that_was_called_and_acked_is_complete),
        TEST(an_ack_without_both_answers_is_found),
        TEST(a_number_that_was_acked_is_not_called_again),
        TEST(nor_is_one_that_is_pending),
        TEST(one_that_failed_is),
        TEST(the_next_life_may_call_what_was_acked),
        TEST(it_must_not_go_on_behind_what_was_never_acked),
        TEST(a_life_that_was_replaced_may_go_on_for_a_while),
        TEST(an_answer_that_nobody_sent_is_found),
        TEST(tasks_have_numbers_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
