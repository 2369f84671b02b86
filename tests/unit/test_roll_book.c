/* test_roll_book.c - what the books of a roll call find, and do not. */
#include "simulator/roll_book.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

#define BIRTH 7
#define SECOND INT64_C(1000000000)

static struct roll_book *book;
static struct roll_life life;

static int begin(void **state)
{
    (void)state;
    book = roll_book_new("roll");
    roll_book_assigned(book, BIRTH);
    life = roll_book_open(book, 0, 1, 0, BIRTH);
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

static void call(struct roll_life *l, uint64_t k)
{
    roll_book_calls(book, l, k);
    roll_book_called(book, l, k);
}

static void settle(uint64_t k)
{
    call(&life, k);
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
    call(&life, 0);
    roll_book_answered(book, 0, 1);
    roll_book_acked(book, &life, 0);
    expect_wrong("roll: L: task 0 hears that number 0 is acked");
}

static void a_number_that_was_acked_is_not_called_again(void **state)
{
    (void)state;
    settle(0);
    call(&life, 0);
    expect_wrong("D: task 0 calls number 0, which was acked");
}

static void nor_is_one_that_is_pending(void **state)
{
    (void)state;
    call(&life, 0);
    call(&life, 0);
    expect_wrong("D: task 0 calls number 0 while it is pending");
}

static void one_that_failed_is(void **state)
{
    (void)state;
    call(&life, 0);
    roll_book_failed(book, &life, 0);
    settle(0);
    assert_string_equal(roll_book_wrong(book), "");
}

static void the_next_life_may_call_what_was_acked(void **state)
{
    (void)state;
    settle(0);
    life = roll_book_open(book, 0, 1, 0, BIRTH);
    settle(0);
    assert_string_equal(roll_book_wrong(book), "");
    assert_int_equal(roll_book_counts(book).again, 1);
    assert_int_equal(roll_book_counts(book).acked, 1);
}

static void it_must_not_go_on_behind_what_was_never_acked(void **state)
{
    (void)state;
    settle(0);
    roll_book_open(book, 0, 1, 2, BIRTH);
    expect_wrong("L: task 0 of numbers goes on with its number 2, and number 1 "
                 "was never acked");
}

static void a_life_that_was_replaced_may_go_on_for_a_while(void **state)
{
    struct roll_life old = life;

    (void)state;
    call(&old, 0);
    life = roll_book_open(book, 0, 1, 0, BIRTH);
    call(&life, 0);
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
    struct roll_life a, b;

    (void)state;
    roll_book_free(book);
    book = roll_book_new("roll");
    a = roll_book_open(book, 0, 2, 0, BIRTH);
    b = roll_book_open(book, 1, 2, 0, BIRTH);
    call(&a, 1); /* number 2 */
    call(&b, 1); /* number 3 */
    answer(2);
    roll_book_acked(book, &a, 1);
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_acked(book, &b, 1);
    expect_wrong("L: task 1 hears that number 1 is acked");
}

static void an_answer_is_executed_as_often_as_its_number_was_called(
    void **state)
{
    (void)state;
    settle(0);
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_answered(book, 0, 1);
    expect_wrong("D: answer 1 of number 0 is executed 2 times, and it was "
                 "called 1 times");
}

static void what_comes_again_is_explained_by_who_began_anew(void **state)
{
    struct roll_life old = life;

    (void)state;
    settle(0);
    settle(1);
    life = roll_book_open(book, 0, 1, 1, BIRTH);
    assert_int_equal(roll_book_counts(book).explained, 1);
    settle(1);
    call(&old, 2); /* it does not know that it was replaced */
    assert_int_equal(roll_book_counts(book).explained, 2);
    answer(2);
    roll_book_acked(book, &old, 2);
    settle(2);
    assert_int_equal(roll_book_counts(book).again, 2);
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_acked(book, &old, 2);
    expect_wrong("D: task 0 hears again that number 2 is acked: so are 3 "
                 "numbers, and those who began anew explain 2");
}

static struct position_order at(uint64_t birth, uint64_t time)
{
    return (struct position_order){birth, time};
}

static void a_position_covers_what_was_acked(void **state)
{
    (void)state;
    settle(0);
    call(&life, 1);
    roll_book_kept(book, 0, 1, at(BIRTH, 1));
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_kept(book, 0, 2, at(BIRTH, 2));
    expect_wrong("P: it is kept that task 0 goes on with its number 2, and "
                 "number 1 was never acked");
}

static void an_older_position_takes_no_place(void **state)
{
    (void)state;
    settle(0);
    roll_book_kept(book, 0, 1, at(BIRTH, 2));
    roll_book_kept(book, 0, 1, at(BIRTH, 2)); /* the same is none */
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_kept(book, 0, 0, at(BIRTH, 1));
    expect_wrong("P: a position of task 0, birth 7, takes the place of a newer "
                 "one, birth 7");
}

static void a_position_goes_back_to_where_its_birth_began_at_most(void **state)
{
    (void)state;
    settle(0);
    settle(1);
    roll_book_kept(book, 0, 2, at(BIRTH, 1));
    roll_book_assigned(book, BIRTH + 1);
    life = roll_book_open(book, 0, 1, 2, BIRTH + 1);
    roll_book_kept(book, 0, 2, at(BIRTH + 1, 1));
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_kept(book, 0, 1, at(BIRTH + 1, 2));
    expect_wrong("P: it is kept that task 0 goes on with its number 1, and its "
                 "birth began with 2");
}

static void nobody_keeps_what_he_has_not_begun(void **state)
{
    (void)state;
    roll_book_kept(book, 0, 0, at(BIRTH + 1, 1));
    expect_wrong("P: a position of task 0 is kept, and birth 8 has never begun "
                 "with it");
}

static void who_is_replaced_by_another_birth_leaves_his_position(void **state)
{
    (void)state;
    settle(0);
    settle(1);
    roll_book_kept(book, 0, 1, at(BIRTH, 1));
    roll_book_assigned(book, BIRTH + 1);
    roll_book_kept(book, 0, 2, at(BIRTH, 2)); /* perhaps it was read before */
    roll_book_open(book, 0, 1, 1, BIRTH + 1);
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_assigned(book, BIRTH + 2);
    roll_book_open(book, 0, 1, 1, BIRTH + 2);
    expect_wrong("P: task 0 of numbers goes on with its number 1, and 2 was "
                 "kept before");
}

static void a_birth_that_is_written_again_has_perhaps_read_before(void **state)
{
    (void)state;
    settle(0);
    roll_book_kept(book, 0, 1, at(BIRTH, 1));
    roll_book_assigned(book, BIRTH);
    roll_book_open(book, 0, 1, 0, BIRTH);
    assert_string_equal(roll_book_wrong(book), "");
}

static void what_goes_back_is_perhaps_what_was_read(void **state)
{
    (void)state;
    settle(0);
    settle(1);
    roll_book_kept(book, 0, 2, at(BIRTH, 1));
    roll_book_assigned(book, BIRTH + 1);
    roll_book_kept(book, 0, 1, at(BIRTH, 2));
    roll_book_open(book, 0, 1, 1, BIRTH + 1);
    assert_string_equal(roll_book_wrong(book), "");
}

static void so_does_a_process_that_has_ended(void **state)
{
    (void)state;
    settle(0);
    roll_book_kept(book, 0, 1, at(BIRTH, 1));
    roll_book_open(book, 0, 1, 0, BIRTH); /* it has read that before */
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_ended(book, BIRTH);
    roll_book_open(book, 0, 1, 0, BIRTH);
    expect_wrong("P: task 0 of numbers goes on with its number 0, and 1 was "
                 "kept before");
}

static void what_is_acked_is_soon_kept_if_nothing_fails(void **state)
{
    (void)state;
    roll_book_is_calm(book, SECOND);
    settle(0);
    roll_book_is_calm(book, 12 * SECOND); /* there was nothing to be kept */
    roll_book_is_calm(book, 21 * SECOND);
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_is_calm(book, 22 * SECOND);
    expect_wrong("P: all numbers of task 0 below 1 were acked 10 s ago, and 0 "
                 "is kept");
}

static void who_has_ended_keeps_nothing_more(void **state)
{
    (void)state;
    settle(0);
    roll_book_is_calm(book, SECOND);
    roll_book_ended(book, BIRTH);
    roll_book_is_calm(book, 22 * SECOND);
    assert_string_equal(roll_book_wrong(book), "");
}

static void nothing_is_acked_again_if_nothing_fails(void **state)
{
    (void)state;
    settle(0);
    life = roll_book_open(book, 0, 1, 0, BIRTH);
    settle(0);
    assert_string_equal(roll_book_wrong(book), "");
    roll_book_is_calm(book, SECOND);
    expect_wrong("D: 0 numbers have failed and 1 were acked again, and nothing "
                 "went wrong");
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
        TEST(an_answer_is_executed_as_often_as_its_number_was_called),
        TEST(what_comes_again_is_explained_by_who_began_anew),
        TEST(a_position_covers_what_was_acked),
        TEST(an_older_position_takes_no_place),
        TEST(a_position_goes_back_to_where_its_birth_began_at_most),
        TEST(nobody_keeps_what_he_has_not_begun),
        TEST(who_is_replaced_by_another_birth_leaves_his_position),
        TEST(a_birth_that_is_written_again_has_perhaps_read_before),
        TEST(what_goes_back_is_perhaps_what_was_read),
        TEST(so_does_a_process_that_has_ended),
        TEST(what_is_acked_is_soon_kept_if_nothing_fails),
        TEST(who_has_ended_keeps_nothing_more),
        TEST(nothing_is_acked_again_if_nothing_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
