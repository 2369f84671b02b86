/* test_histogram_pack.c - histograms on their way from one process to another.
 */
#include "tests/support/cmocka_all.h"
#include "common/histogram_pack.h"
#include "common/random.h"
#include <string.h>

/* What came of it, after one element that is another's. */
static void carry(const struct histogram_snapshot *from,
                  struct histogram_snapshot *to)
{
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    pack_array(&p, 1 + HISTOGRAM_PACKED);
    pack_text(&p, "name");
    histogram_pack(from, &p);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1 << 20, 100}, "it", NULL),
                     0);
    histogram_unpack(to, u.root, 1);
    unpacked_free(&u);
    pack_free(&p);
}

static void put(struct histogram_snapshot *h, uint32_t bucket, uint64_t count)
{
    h->counts[bucket] += count;
    h->n += count;
    h->sum += (double)count * (double)histogram_bound(bucket);
    if (histogram_bound(bucket) > h->max)
        h->max = histogram_bound(bucket);
}

static void what_comes_is_what_was_sent(void **state)
{
    static const struct {
        uint32_t bucket;
        uint64_t count;
    } cases[][3] = {
        {{0, 0}},
        {{0, 1}},
        {{0, 127}, {1, 128}, {2, 16384}},
        {{0, 1}, {128, 1}, {500, 1}},
        {{127, 1}, {256, 1}, {HISTOGRAM_BUCKETS - 1, 1}},
        {{HISTOGRAM_BUCKETS - 1, UINT64_MAX}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct histogram_snapshot from, to;

        memset(&from, 0, sizeof(from));
        memset(&to, 0, sizeof(to));
        for (size_t k = 0; k < 3; k++)
            if (cases[i][k].count > 0)
                put(&from, cases[i][k].bucket, cases[i][k].count);
        carry(&from, &to);
        assert_memory_equal(&from, &to, sizeof(to));
    }
}

static void those_of_several_processes_are_what_they_would_be_in_one(
    void **state)
{
    struct histogram_snapshot all, sent, parts[3];
    struct random r;

    (void)state;
    random_seed(&r, 11);
    memset(&all, 0, sizeof(all));
    memset(&sent, 0, sizeof(sent));
    memset(parts, 0, sizeof(parts));
    for (int i = 0; i < 3000; i++) {
        uint32_t bucket = (uint32_t)(random_next(&r) % HISTOGRAM_BUCKETS);
        uint64_t count = random_next(&r) >> (random_next(&r) % 50 + 14);

        put(&all, bucket, count);
        put(&parts[i % 3], bucket, count);
    }
    for (int i = 0; i < 3; i++)
        carry(&parts[i], &sent);
    assert_int_equal(sent.n, all.n);
    assert_int_equal(sent.max, all.max);
    assert_memory_equal(sent.counts, all.counts, sizeof(all.counts));
}

/* -- from anybody ---------------------------------------------------------- */

#define BYTES(...)                                                             \
    (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void what_makes_no_sense_is_passed_over(void **state)
{
    const struct {
        const uint8_t *buckets;
        size_t size;
        uint64_t n; /* that were counted */
    } cases[] = {
        {BYTES(5), 0},                /* a bucket without a count */
        {BYTES(5, 0x80), 0},          /* a count that does not end */
        {BYTES(5, 1, 5, 0x80), 1},    /* … behind one that does */
        {BYTES(0xc0, 7, 1), 0},       /* bucket 960 */
        {BYTES(0xbf, 7, 1), 1},       /* bucket 959 … */
        {BYTES(0xbf, 7, 1, 0, 1), 1}, /* … and one behind it */
        {BYTES(5, 1, 0xba, 7, 1), 1}, /* 960, after another */
        {BYTES(5, 1, 0xb9, 7, 1), 2}, /* 959 */
        {BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
               0, 1),
         0}, /* more than 64 bits */
        {BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1), 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct histogram_snapshot h;
        struct unpacked u;
        struct pack p;

        memset(&h, 0, sizeof(h));
        pack_init(&p);
        pack_array(&p, HISTOGRAM_PACKED);
        pack_float(&p, 1);
        pack_int(&p, -1);
        pack_bytes(&p, cases[i].buckets, cases[i].size);
        assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                                (struct pack_limits){1000, 100}, "it", NULL),
                         0);
        histogram_unpack(&h, u.root, 0);
        histogram_unpack(&h, u.root, 1); /* it is not there */
        if (h.n != cases[i].n || h.max != 0)
            fail_msg("case %zu: found %d", i, (int)h.n);
        unpacked_free(&u);
        pack_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_is_what_was_sent),
        cmocka_unit_test(
            those_of_several_processes_are_what_they_would_be_in_one),
        cmocka_unit_test(what_makes_no_sense_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
