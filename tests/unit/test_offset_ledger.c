/* test_offset_ledger.c - what of a partition may be committed. */
#include "connectors/offset_ledger.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int record; /* any address will do */

static struct offset_ledger ledger_with(const int64_t *offsets, size_t n)
{
    struct offset_ledger l;

    offset_ledger_init(&l);
    for (size_t i = 0; i < n; i++)
        assert_true(offset_ledger_add(&l, offsets[i], &record, 10));
    return l;
}

static void done_with(struct offset_ledger *l)
{
    while (offset_ledger_clear(l) != NULL)
        ;
    offset_ledger_fini(l);
}

/* What is emitted, what is acked in this order, what is safe after each. */
static void only_what_is_acked_without_a_gap_is_safe(void **state)
{
    static const int64_t offsets[] = {5, 6, 7, 8};
    static const struct {
        int64_t acked, safe;
    } steps[] = {{6, 5}, {8, 5}, {5, 7}, {7, 9}};
    struct offset_ledger l = ledger_with(offsets, 4);

    (void)state;
    assert_int_equal(l.safe, 5);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_ptr_equal(offset_ledger_ack(&l, steps[i].acked), &record);
        assert_int_equal(l.safe, steps[i].safe);
    }
    done_with(&l);
}

static void offsets_that_are_not_there_hold_up_nothing(void **state)
{
    static const int64_t offsets[] = {5, 9, 20};
    struct offset_ledger l = ledger_with(offsets, 3);

    (void)state;
    offset_ledger_ack(&l, 5);
    assert_int_equal(l.safe, 9);
    offset_ledger_ack(&l, 9);
    offset_ledger_ack(&l, 20);
    assert_int_equal(l.safe, 21);
    offset_ledger_reach(&l, 23); /* markers of transactions */
    assert_int_equal(l.safe, 23);
    done_with(&l);
}

static void what_lies_at_the_end_is_safe_only_behind_all_that_is_acked(
    void **state)
{
    static const int64_t offsets[] = {5};
    struct offset_ledger l = ledger_with(offsets, 1);

    (void)state;
    offset_ledger_reach(&l, 9);
    assert_int_equal(l.safe, 5);
    offset_ledger_ack(&l, 5);
    assert_int_equal(l.safe, 9);
    done_with(&l);
}

static void an_ack_that_comes_twice_or_of_another_offset_is_none(void **state)
{
    static const int64_t offsets[] = {5, 7};
    struct offset_ledger l = ledger_with(offsets, 2);

    (void)state;
    assert_null(offset_ledger_ack(&l, 4));
    assert_null(offset_ledger_ack(&l, 6));
    assert_null(offset_ledger_ack(&l, 8));
    assert_non_null(offset_ledger_ack(&l, 7));
    assert_null(offset_ledger_ack(&l, 7));
    assert_int_equal(l.safe, 5);
    done_with(&l);
}

static void an_offset_that_was_here_is_not_added_again(void **state)
{
    static const int64_t offsets[] = {5, 6};
    struct offset_ledger l = ledger_with(offsets, 2);

    (void)state;
    assert_false(offset_ledger_add(&l, 6, &record, 10));
    assert_int_equal(l.n, 2);
    done_with(&l);
}

static void what_is_forgotten_is_not_safe(void **state)
{
    static const int64_t offsets[] = {5, 6, 7};
    struct offset_ledger l = ledger_with(offsets, 3);
    int n = 0;

    (void)state;
    offset_ledger_ack(&l, 5);
    offset_ledger_ack(&l, 7);
    while (offset_ledger_clear(&l) != NULL)
        n++;
    assert_int_equal(n, 1); /* that of 6 */
    assert_int_equal(l.safe, 6);
    assert_int_equal(l.bytes, 0);
    done_with(&l);
}

/* -- against a model ------------------------------------------------------- */

enum { OFFSETS = 3000, ABSENT = 0, PENDING, ACKED };

struct model {
    uint8_t state[OFFSETS];
    int64_t next;
};

static int64_t safe_of(const struct model *m, int64_t start)
{
    for (int64_t i = start; i < m->next; i++)
        if (m->state[i] == PENDING)
            return i;
    return m->next;
}

static uint64_t bytes_of(const struct model *m, int64_t safe)
{
    uint64_t bytes = 0;

    for (int64_t i = safe; i < m->next; i++)
        bytes += m->state[i] == ABSENT ? 0 : (uint64_t)(i % 7 + 1);
    return bytes;
}

static void step(struct offset_ledger *l, struct model *m, unsigned *seed)
{
    int64_t offset = m->next + rand_r(seed) % 3;

    if (rand_r(seed) % 2 == 0 && offset < OFFSETS) {
        offset_ledger_add(l, offset, &record, (uint32_t)(offset % 7 + 1));
        m->state[offset] = PENDING;
        m->next = offset + 1;
        return;
    }
    offset = rand_r(seed) % (int)(m->next + 1);
    if (rand_r(seed) % 50 == 0 && m->next + 2 < OFFSETS) {
        m->next += 2;
        offset_ledger_reach(l, m->next);
    } else if (offset < OFFSETS) {
        assert_true((offset_ledger_ack(l, offset) != NULL) ==
                    (m->state[offset] == PENDING));
        m->state[offset] =
            m->state[offset] == PENDING ? ACKED : m->state[offset];
    }
}

static void whatever_happens_it_is_as_the_model_says(void **state)
{
    (void)state;
    for (unsigned run = 1; run <= 60; run++) {
        struct offset_ledger l;
        struct model m = {{0}, 0};
        unsigned seed = run;

        offset_ledger_init(&l);
        offset_ledger_reach(&l, 0);
        for (int i = 0; i < 3000; i++) {
            int64_t safe;

            step(&l, &m, &seed);
            safe = safe_of(&m, 0);
            if (l.safe != safe || l.bytes != bytes_of(&m, safe))
                fail_msg("run %u, step %d: safe %lld, expected %lld", run, i,
                         (long long)l.safe, (long long)safe);
        }
        done_with(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_acked_without_a_gap_is_safe),
        cmocka_unit_test(offsets_that_are_not_there_hold_up_nothing),
        cmocka_unit_test(
            what_lies_at_the_end_is_safe_only_behind_all_that_is_acked),
        cmocka_unit_test(an_ack_that_comes_twice_or_of_another_offset_is_none),
        cmocka_unit_test(an_offset_that_was_here_is_not_added_again),
        cmocka_unit_test(what_is_forgotten_is_not_safe),
        cmocka_unit_test(whatever_happens_it_is_as_the_model_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
