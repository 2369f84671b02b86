/* test_fetch_pace.c - when a fetcher is woken that may be asleep. */
#include "connectors/fetch_pace.h"
#include "tests/support/cmocka_all.h"
#include <stdlib.h>

static void it_is_woken_when_a_quarter_was_taken_and_nothing_came(void **state)
{
    /* The queue has 100 messages of 10 bytes; it is full with 100, or 800 B. */
    static const struct {
        uint64_t messages, bytes, left;
        bool wake;
    } looks[] = {
        {10, 100, 90, false}, {10, 100, 80, true},  /* of 800 bytes, 200 */
        {10, 100, 70, false}, {10, 100, 80, false}, /* 20 have come */
        {9, 90, 71, false},   {1, 10, 70, true},
        {60, 600, 40, true}, /* 30 have come, and much is taken at once */
    };
    struct fetch_pace p = {.most_messages = 100, .most_bytes = 800};

    (void)state;
    assert_false(fetch_pace_taken(&p, 0, 0, 100));
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
        assert_int_equal(fetch_pace_taken(&p, looks[i].messages, looks[i].bytes,
                                          looks[i].left),
                         looks[i].wake);
}

static void messages_without_bytes_count(void **state)
{
    struct fetch_pace p = {.most_messages = 100, .most_bytes = 800};

    (void)state;
    assert_false(fetch_pace_taken(&p, 0, 0, 100));
    assert_false(fetch_pace_taken(&p, 24, 0, 76));
    assert_true(fetch_pace_taken(&p, 1, 0, 75));
}

/* A fetcher that stops when the queue is full, and does nothing until woken. */
struct model {
    uint64_t n; /* in the queue, of so many bytes each */
    uint64_t bytes;
    bool asleep;
};

static void fetch(struct model *m, const struct fetch_pace *p, uint64_t n)
{
    if (m->asleep)
        return;
    if (m->n >= p->most_messages || m->n * m->bytes >= p->most_bytes)
        m->asleep = true;
    else
        m->n += n;
}

static void a_queue_is_not_empty_while_its_fetcher_sleeps(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        unsigned s = seed;
        struct model m = {.bytes = (uint64_t)rand_r(&s) % 50};
        struct fetch_pace p = {.most_messages = 500, .most_bytes = 5000};
        uint64_t wakes = 0, most = seed % 2 == 0 ? 64 : 1000;

        for (int i = 0; i < 5000; i++) {
            uint64_t take = (uint64_t)rand_r(&s) % most;

            fetch(&m, &p, (uint64_t)rand_r(&s) % (2 * most) + 1);
            take = take < m.n ? take : m.n;
            m.n -= take;
            if (fetch_pace_taken(&p, take, take * m.bytes, m.n)) {
                wakes += m.asleep;
                m.asleep = false;
            }
            if (m.asleep && m.n == 0)
                fail_msg("seed %u, step %d: it sleeps", seed, i);
        }
        if (wakes == 0)
            fail_msg("seed %u: it never slept", seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_woken_when_a_quarter_was_taken_and_nothing_came),
        cmocka_unit_test(messages_without_bytes_count),
        cmocka_unit_test(a_queue_is_not_empty_while_its_fetcher_sleeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
