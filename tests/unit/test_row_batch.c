/*
 * test_row_batch.c - held inputs and their rows, until they are written: what a
 * server that takes some rows and refuses others is given, and what becomes of
 * each.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "connectors/row_batch.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = 300, SEEDS = 3000 };

static void add(struct row_batch *b, uint64_t number)
{
    char text[16];
    int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    gale_value values[] = {gale_int((int64_t)number),
                           gale_string(text, (size_t)n)};

    b->width = 2;
    row_batch_add(b, (gale_handle){number}, (int64_t)number, values);
}

/* -- cases ----------------------------------------------------------------- */

static void values_are_copied_and_come_back(void **state)
{
    struct row_batch b = {.width = 4};
    char text[] = "cow";
    gale_value values[] = {gale_cstr(text), gale_nil(), gale_bytes("\0", 1),
                           gale_float(0.5)};
    gale_str s;

    (void)state;
    row_batch_add(&b, (gale_handle){1}, 5, values);
    text[0] = 'n';
    for (int i = 0; i < 1000; i++) /* it grows */
        row_batch_add(&b, (gale_handle){2}, 6, values);
    s = gale_value_str(row_batch_value(&b, 0, 0));
    assert_true(gale_str_eq(s, gale_str_make("cow", 3)));
    assert_int_equal(row_batch_value(&b, 0, 1).kind, GALE_NIL);
    assert_int_equal(row_batch_value(&b, 1000, 2).kind, GALE_BYTES);
    assert_int_equal(row_batch_value(&b, 1000, 2).size, 1);
    assert_true(row_batch_value(&b, 1000, 3).as.f == 0.5);
    assert_int_equal(row_batch_oldest(&b), 5);
    row_batch_fini(&b);
}

static void a_batch_that_is_written_at_once_is_one_range(void **state)
{
    struct row_batch b = {.width = 2};
    size_t from, n;

    (void)state;
    assert_false(row_batch_range(&b, &from, &n));
    assert_int_equal(row_batch_oldest(&b), INT64_MAX);
    for (uint64_t i = 1; i <= 10; i++)
        add(&b, i);
    assert_true(row_batch_range(&b, &from, &n));
    assert_int_equal(from, 0);
    assert_int_equal(n, 10);
    row_batch_written(&b);
    assert_int_equal(row_batch_left(&b), 0);
    assert_int_equal(row_batch_bytes(&b), 0);
    row_batch_fini(&b);
}

static void one_bad_row_of_a_thousand_takes_some_twenty_writes(void **state)
{
    struct row_batch b = {.width = 2};
    size_t from, n, writes = 0;

    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        add(&b, i);
    for (; row_batch_range(&b, &from, &n); writes++) {
        if (from <= 617 && 617 < from + n)
            row_batch_refused(&b);
        else
            row_batch_written(&b);
    }
    assert_in_range(writes, 10, 22);
    row_batch_fini(&b);
}

/* -- any rows are bad, any writes are in vain ------------------------------ */

/* The server, and what it knows of each row. */
struct server {
    uint64_t seed;
    struct random random;
    struct row_batch batch;
    bool bad[ROWS_MAX], there[ROWS_MAX];
    uint32_t written[ROWS_MAX], refused[ROWS_MAX];
    uint64_t n, writes;
};

#define holds(s_, what_)                                                       \
    ((what_)                                                                   \
         ? (void)0                                                             \
         : fail_msg("seed %llu: %s", (unsigned long long)(s_)->seed, #what_))

static void add_some(struct server *s)
{
    uint64_t n = random_below(&s->random, 40);

    for (; n > 0 && s->n < ROWS_MAX; n--)
        add(&s->batch, s->n++);
}

/* All rows of a range but those that are left out, or none of them. */
static void write_range(struct server *s, size_t from, size_t n)
{
    struct row_batch *b = &s->batch;
    bool bad = false;

    for (size_t i = from; i < from + n; i++)
        bad =
            bad || (s->bad[b->entries[i].input.id] && !b->entries[i].left_out);
    s->writes++;
    if (bad && n == 1) {
        s->refused[b->entries[from].input.id]++;
        holds(s, row_batch_refused(b));
    } else if (bad) {
        holds(s, !row_batch_refused(b));
    } else {
        for (size_t i = from; i < from + n; i++) {
            holds(s, row_batch_value(b, i, 0).as.i ==
                         (int64_t)b->entries[i].input.id);
            s->written[b->entries[i].input.id]++;
        }
        row_batch_written(b);
    }
}

/* A write that fails for no row's sake changes nothing; rows may come. */
static void step(struct server *s)
{
    size_t from, n;

    if (random_below(&s->random, 4) == 0)
        add_some(s);
    if (!row_batch_range(&s->batch, &from, &n))
        return;
    holds(s, n <= row_batch_left(&s->batch));
    holds(s, row_batch_oldest(&s->batch) ==
                 (int64_t)s->batch.entries[from].input.id);
    if (random_below(&s->random, 5) == 0)
        return;
    for (size_t i = from; i < from + n; i++)
        if (s->there[s->batch.entries[i].input.id])
            row_batch_leave_out(&s->batch, i);
    write_range(s, from, n);
}

static void play(struct server *s)
{
    uint64_t bad = random_below(&s->random, 30);

    for (size_t i = 0; i < ROWS_MAX; i++) {
        s->bad[i] = random_below(&s->random, 30) < bad;
        s->there[i] = random_below(&s->random, 10) == 0;
    }
    while (s->n < ROWS_MAX || row_batch_left(&s->batch) > 0)
        step(s);
    for (size_t i = 0; i < ROWS_MAX; i++) {
        bool refused = s->bad[i] && !s->there[i];

        holds(s, s->written[i] == !refused && s->refused[i] == refused);
    }
}

static void each_good_row_is_written_once_and_each_bad_one_found(void **state)
{
    uint64_t writes = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct server s = {.seed = seed, .batch = {.width = 2}};

        random_seed(&s.random, seed);
        play(&s);
        writes += s.writes;
        row_batch_fini(&s.batch);
    }
    print_message("%llu writes\n", (unsigned long long)writes);
    assert_true(writes > SEEDS * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_copied_and_come_back),
        cmocka_unit_test(a_batch_that_is_written_at_once_is_one_range),
        cmocka_unit_test(one_bad_row_of_a_thousand_takes_some_twenty_writes),
        cmocka_unit_test(each_good_row_is_written_once_and_each_bad_one_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
