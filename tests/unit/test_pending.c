/* test_pending.c - the ring of unsettled messages. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "worker/pending.h"
#include <stdlib.h>

enum { CAPACITY = 32 }; /* of a new ring */

static gale_msgid id_of(uint64_t n)
{
    return (gale_msgid){~n, n};
}

/* made: the sum of the edges that were emitted. */
static uint64_t add(struct pending *p, uint64_t id, int64_t now, uint64_t made)
{
    struct pending_entry *e = pending_add(p, id_of(id), now);

    e->sum = -made;
    return e->seq;
}

/* As a spout does it: what is complete is taken out. */
static enum pending_result ack(struct pending *p, uint64_t seq, uint64_t value,
                               struct pending_entry *out)
{
    struct pending_entry *e;
    enum pending_result result = pending_ack(p, seq, value, &e);

    return result == PENDING_SETTLED ? pending_settle(p, e, out) : result;
}

static int setup(void **state)
{
    static struct pending p;

    pending_init(&p, 1000);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    pending_fini(*state);
    return 0;
}

/* -- numbers --------------------------------------------------------------- */

static void numbers_ascend_from_the_start(void **state)
{
    struct pending *p = *state;
    uint64_t first = add(p, 1, 0, 1);

    assert_int_equal(first, 1001);
    for (uint64_t i = 1; i < 100; i++)
        assert_int_equal(add(p, i, 0, 1), first + i);
    assert_int_equal(p->n, 100);
}

static void no_start_gives_the_number_0_or_one_beyond_48_bits(void **state)
{
    static const uint64_t starts[] = {0, 1, UINT64_MAX, UINT64_C(1) << 40,
                                      (UINT64_C(1) << 40) - 1};

    (void)state;
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
        struct pending p;

        pending_init(&p, starts[i]);
        for (int k = 0; k < 3; k++) {
            uint64_t seq = add(&p, 0, 0, 1);

            assert_true(seq != 0);
            assert_true(seq < PENDING_SEQ_MASK / 2);
        }
        pending_fini(&p);
    }
}

/* -- settling -------------------------------------------------------------- */

static void a_tree_is_complete_when_its_edges_cancel(void **state)
{
    struct pending *p = *state;
    uint64_t seq = add(p, 7, 123, 0xa + 0xb);
    struct pending_entry out;

    assert_int_equal(ack(p, seq, 0xa - 0xc - 0xd, &out), PENDING_OPEN);
    assert_int_equal(ack(p, seq, 0xc, &out), PENDING_OPEN);
    assert_int_equal(ack(p, seq, 0xb, &out), PENDING_OPEN);
    assert_int_equal(ack(p, seq, 0xd, &out), PENDING_SETTLED);
    assert_int_equal(out.seq, seq);
    assert_int_equal(out.id.lo, 7);
    assert_int_equal(out.id.hi, ~UINT64_C(7));
    assert_int_equal(out.emitted, 123);
    assert_int_equal(p->n, 0);
}

static void a_fail_settles_whatever_is_open(void **state)
{
    struct pending *p = *state;
    uint64_t seq = add(p, 7, 0, 0xa + 0xb);
    struct pending_entry out;

    assert_int_equal(ack(p, seq, 0xa, &out), PENDING_OPEN);
    assert_int_equal(pending_fail(p, seq, &out), PENDING_SETTLED);
    assert_int_equal(out.id.lo, 7);
    assert_int_equal(p->n, 0);
}

static void what_is_settled_is_unknown_to_acks_and_fails(void **state)
{
    struct pending *p = *state;
    uint64_t acked = add(p, 1, 0, 5), failed = add(p, 2, 0, 5);
    struct pending_entry out;

    assert_int_equal(ack(p, acked, 5, &out), PENDING_SETTLED);
    assert_int_equal(pending_fail(p, failed, &out), PENDING_SETTLED);
    assert_int_equal(ack(p, acked, 5, &out), PENDING_UNKNOWN);
    assert_int_equal(pending_fail(p, acked, &out), PENDING_UNKNOWN);
    assert_int_equal(ack(p, failed, 5, &out), PENDING_UNKNOWN);
    assert_int_equal(pending_fail(p, failed, &out), PENDING_UNKNOWN);
    assert_int_equal(p->n, 0);
}

static void numbers_that_were_never_given_are_unknown(void **state)
{
    struct pending *p = *state;
    uint64_t seq = add(p, 1, 0, 5);
    uint64_t strangers[] = {
        0, seq - 1, seq + 1, seq + CAPACITY, seq - CAPACITY, PENDING_SEQ_MASK};
    struct pending_entry out;

    for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++) {
        assert_int_equal(ack(p, strangers[i], 5, &out), PENDING_UNKNOWN);
        assert_int_equal(pending_fail(p, strangers[i], &out), PENDING_UNKNOWN);
    }
    assert_int_equal(ack(p, seq, 5, &out), PENDING_SETTLED);
}

static void a_late_ack_does_not_touch_who_has_the_slot_now(void **state)
{
    struct pending *p = *state;
    uint64_t old = add(p, 1, 0, 5), seq;
    struct pending_entry out;

    assert_int_equal(pending_fail(p, old, &out), PENDING_SETTLED);
    do { /* round the ring, to the same slot */
        seq = add(p, 2, 0, 5);
        if (seq != old + CAPACITY)
            pending_fail(p, seq, &out);
    } while (seq != old + CAPACITY);
    assert_ptr_equal(pending_slot(p, old), pending_slot(p, seq));
    assert_int_equal(ack(p, old, 5, &out), PENDING_UNKNOWN);
    assert_int_equal(pending_fail(p, old, &out), PENDING_UNKNOWN);
    assert_int_equal(pending_find(p, seq)->sum, -UINT64_C(5));
    assert_int_equal(ack(p, seq, 5, &out), PENDING_SETTLED);
}

/* -- stragglers and growth ------------------------------------------------- */

static void a_straggler_keeps_its_slot_and_its_numbers_are_skipped(void **state)
{
    struct pending *p = *state;
    uint64_t straggler = add(p, 1, 0, 5), last = straggler;
    struct pending_entry out;

    for (int i = 0; i < 10 * CAPACITY; i++) {
        uint64_t seq = add(p, 2, 0, 9);

        assert_true(seq == last + 1 || seq == last + 2);
        assert_true((seq - straggler) % CAPACITY != 0);
        assert_int_equal(ack(p, seq, 9, &out), PENDING_SETTLED);
        last = seq;
    }
    assert_int_equal(p->capacity, CAPACITY);
    for (uint64_t k = 1; k <= 10; k++)
        assert_int_equal(ack(p, straggler + k * CAPACITY, 5, &out),
                         PENDING_UNKNOWN);
    assert_int_equal(ack(p, straggler, 5, &out), PENDING_SETTLED);
    assert_int_equal(out.id.lo, 1);
}

static void the_ring_doubles_when_half_of_it_is_taken(void **state)
{
    struct pending *p = *state;

    for (uint32_t n = 0; n < 5000; n++) {
        add(p, n, 0, 1);
        assert_true(p->n <= p->capacity / 2);
        assert_true(p->capacity == CAPACITY || p->n > p->capacity / 4);
    }
}

static void growth_loses_nobody_and_invents_nobody(void **state)
{
    enum { N = 20000 };
    struct pending *p = *state;
    uint64_t *seqs = calloc(N, sizeof(*seqs));
    struct random r;
    struct pending_entry out;

    random_seed(&r, 1);
    for (uint32_t i = 0; i < N; i++) {
        seqs[i] = add(p, i, i, 1000 + i);
        if (i > 0 && random_next(&r) % 4 == 0) { /* holes of all ages */
            uint32_t k = (uint32_t)(random_next(&r) % i);

            if (pending_fail(p, seqs[k], &out) == PENDING_SETTLED)
                assert_int_equal(out.id.lo, k);
        }
    }
    for (uint32_t i = 0; i < N; i++) {
        struct pending_entry *e = pending_find(p, seqs[i]);

        if (e == NULL)
            continue;
        assert_int_equal(e->id.lo, i);
        assert_int_equal(e->emitted, i);
        assert_int_equal(ack(p, seqs[i], 1000 + i, &out), PENDING_SETTLED);
    }
    assert_int_equal(p->n, 0);
    free(seqs);
}

/* -- the oldest ------------------------------------------------------------ */

static void the_oldest_is_the_least_open_number_or_the_next(void **state)
{
    struct pending *p = *state;
    uint64_t a = add(p, 1, 0, 1), b = add(p, 2, 0, 1), c = add(p, 3, 0, 1);
    struct pending_entry out;

    assert_int_equal(pending_oldest(p), a);
    ack(p, b, 1, &out);
    assert_int_equal(pending_oldest(p), a);
    ack(p, a, 1, &out);
    assert_int_equal(pending_oldest(p), c);
    ack(p, c, 1, &out);
    assert_int_equal(pending_oldest(p), c + 1);
    assert_int_equal(add(p, 4, 0, 1), c + 1);
    assert_int_equal(pending_oldest(p), c + 1);
}

static void the_oldest_agrees_with_a_search_in_any_order(void **state)
{
    enum { N = 3000 };
    struct pending *p = *state;
    uint64_t seqs[N], least;
    struct pending_entry out;
    struct random r;
    uint32_t n = 0;

    random_seed(&r, 2);
    for (int round = 0; round < 10000; round++) {
        if (n < N && random_next(&r) % 2 == 0) {
            seqs[n++] = add(p, 0, 0, 1);
        } else if (n > 0) {
            uint32_t k = (uint32_t)(random_next(&r) % n);

            assert_int_equal(ack(p, seqs[k], 1, &out), PENDING_SETTLED);
            seqs[k] = seqs[--n];
        }
        if (round % 16 != 0)
            continue;
        least = p->next;
        for (uint32_t i = 0; i < n; i++)
            least = seqs[i] < least ? seqs[i] : least;
        assert_int_equal(pending_oldest(p), least);
    }
}

/* -- expiry ---------------------------------------------------------------- */

static void only_entries_that_are_old_enough_expire_each_once(void **state)
{
    struct pending *p = *state;
    struct pending_entry out;
    uint32_t slots, n = 0;
    bool seen[100] = {false};

    for (uint32_t i = 0; i < 100; i++)
        add(p, i, i, 1);
    slots = p->capacity;
    while (pending_expire(p, 59, &slots, &out)) {
        assert_true(out.id.lo < 60);
        assert_false(seen[out.id.lo]);
        seen[out.id.lo] = true;
        n++;
    }
    assert_int_equal(n, 60);
    assert_int_equal(slots, 0);
    assert_int_equal(p->n, 40);
    slots = p->capacity;
    assert_false(pending_expire(p, 59, &slots, &out));
}

static void a_scan_goes_on_where_the_last_one_ended(void **state)
{
    struct pending *p = *state;
    struct pending_entry out;
    uint32_t found = 0;

    for (uint32_t i = 0; i < CAPACITY / 2; i++)
        add(p, i, 0, 1);
    for (int part = 0; part < 4; part++) {
        uint32_t slots = CAPACITY / 4;

        while (pending_expire(p, 0, &slots, &out))
            found++;
    }
    assert_int_equal(found, CAPACITY / 2);
}

static void looking_at_no_slots_finds_nothing(void **state)
{
    struct pending *p = *state;
    struct pending_entry out;
    uint32_t slots = 0;

    add(p, 1, 0, 1);
    assert_false(pending_expire(p, 10, &slots, &out));
    assert_int_equal(p->n, 1);
}

static void looks_are_at_so_much_as_the_time_that_passed(void **state)
{
    struct pending *p = *state;

    assert_int_equal(pending_due(p, 0, 800), 1);
    assert_int_equal(pending_due(p, 50, 800), CAPACITY / 2 + 1);
    assert_int_equal(pending_due(p, 100, 800), CAPACITY);
    assert_int_equal(pending_due(p, INT64_MAX, 1), CAPACITY);
}

/* Whoever is never acked expires between T and 1.125 T plus a step; also where
 * looks come late, as behind a callback that takes long. */
static void expire_all(uint32_t n, const int64_t steps[2])
{
    const int64_t timeout = 64000;
    int64_t longest = steps[0] > steps[1] ? steps[0] : steps[1], now = 0;
    struct pending p;
    struct pending_entry out;
    struct random r;
    uint32_t expired = 0;

    random_seed(&r, n);
    pending_init(&p, random_next(&r));
    for (uint32_t i = 0; i < n; i++)
        add(&p, i, (int64_t)(random_next(&r) % 1000), 1);
    for (uint32_t look = 0; expired < n; look++) {
        uint32_t slots = pending_due(&p, steps[look % 2], timeout);

        now += steps[look % 2];
        assert_true(now < 3 * timeout);
        while (pending_expire(&p, now - timeout, &slots, &out)) {
            assert_true(now - out.emitted >= timeout);
            assert_true(now - out.emitted <= timeout + timeout / 8 + longest);
            expired++;
        }
    }
    pending_fini(&p);
}

static void expiry_is_within_an_eighth_of_the_timeout(void **state)
{
    static const uint32_t fills[] = {1, 100, 1000, 10000, 100000};
    static const int64_t steps[][2] = {
        {1000, 1000}, {1000, 32000}, {32000, 32000}, {100, 64000}};

    (void)state;
    for (size_t f = 0; f < sizeof(fills) / sizeof(*fills); f++)
        for (size_t s = 0; s < sizeof(steps) / sizeof(*steps); s++)
            expire_all(fills[f], steps[s]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_ascend_from_the_start),
        cmocka_unit_test(no_start_gives_the_number_0_or_one_beyond_48_bits),
        TEST(a_tree_is_complete_when_its_edges_cancel),
        TEST(a_fail_settles_whatever_is_open),
        TEST(what_is_settled_is_unknown_to_acks_and_fails),
        TEST(numbers_that_were_never_given_are_unknown),
        TEST(a_late_ack_does_not_touch_who_has_the_slot_now),
        TEST(a_straggler_keeps_its_slot_and_its_numbers_are_skipped),
        TEST(the_ring_doubles_when_half_of_it_is_taken),
        TEST(growth_loses_nobody_and_invents_nobody),
        TEST(the_oldest_is_the_least_open_number_or_the_next),
        TEST(the_oldest_agrees_with_a_search_in_any_order),
        TEST(only_entries_that_are_old_enough_expire_each_once),
        TEST(looks_are_at_so_much_as_the_time_that_passed),
        TEST(a_scan_goes_on_where_the_last_one_ended),
        TEST(looking_at_no_slots_finds_nothing),
        cmocka_unit_test(expiry_is_within_an_eighth_of_the_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
