/* test_crc32c.c - the sums of RFC 3720, with and without the instruction. */
#include "tests/support/cmocka_all.h"
#include "common/crc32c.h"
#include "common/random.h"
#include <string.h>

/* Of RFC 3720, B.4, and "check" of the catalogue of CRCs. */
static void the_sums_are_those_of_rfc_3720(void **state)
{
    static const uint8_t pdu[48] = {
        0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
        0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
        0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0};
    uint8_t zeroes[32] = {0}, ones[32], up[32], down[32];
    const struct {
        const void *data;
        size_t size;
        uint32_t crc;
    } cases[] = {
        {zeroes, 32, 0x8a9136aa},
        {ones, 32, 0x62a8ab43},
        {up, 32, 0x46dd794e},
        {down, 32, 0x113fdb5c},
        {pdu, 48, 0xd9963a56},
        {"123456789", 9, 0xe3069283},
        {"", 0, 0},
    };

    (void)state;
    memset(ones, 0xff, sizeof(ones));
    for (uint8_t i = 0; i < 32; i++) {
        up[i] = i;
        down[i] = 31 - i;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(crc32c(0, cases[i].data, cases[i].size), cases[i].crc);
        assert_int_equal(crc32c_portable(0, cases[i].data, cases[i].size),
                         cases[i].crc);
    }
}

static void fill(uint8_t *data, size_t size)
{
    struct random random;

    random_seed(&random, 7);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)random_next(&random);
}

/* Sizes around those at which the quick way takes another turn. */
static void both_ways_give_the_same_for_every_size_and_place(void **state)
{
    static uint8_t data[4096];

    (void)state;
    fill(data, sizeof(data));
    for (size_t size = 0; size < 2400; size++)
        for (size_t at = 0; at < 3; at++)
            assert_int_equal(crc32c(0, data + at, size),
                             crc32c_portable(0, data + at, size));
}

static void a_sum_goes_on_where_it_stopped(void **state)
{
    static uint8_t data[3000];
    uint32_t whole;

    (void)state;
    fill(data, sizeof(data));
    whole = crc32c(0, data, sizeof(data));
    for (size_t at = 0; at <= sizeof(data); at += 61)
        assert_int_equal(
            crc32c(crc32c(0, data, at), data + at, sizeof(data) - at), whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sums_are_those_of_rfc_3720),
        cmocka_unit_test(both_ways_give_the_same_for_every_size_and_place),
        cmocka_unit_test(a_sum_goes_on_where_it_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
