/*
 * test_grouper.c - the pure part of the groupings.
 *
 * The vectors are frozen: they say to which task a key went yesterday. If
 * one of them fails, the code is wrong, not the vector.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "worker/grouper.h"
#include <math.h>
#include <stdlib.h>

#define SEED UINT64_C(0x9a1e)
#define N_GROUPS 32768u

static char letters[300]; /* a…z0…9 again and again */

static int make_letters(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
        letters[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[i % 36];
    return 0;
}

static struct slot key_of(gale_value v)
{
    /* Any offset will do: it is no part of the key. */
    struct slot s = slot_of(&v, 0x7777), key;

    assert_true(grouper_key(s, &v, SEED, &key));
    return key;
}

/* -- frozen ---------------------------------------------------------------- */

struct frozen {
    gale_value value;
    struct slot key;
    uint64_t hash;
};

static void check_frozen(const struct frozen *frozen, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct slot key = key_of(frozen[i].value);

        assert_int_equal(key.head, frozen[i].key.head);
        assert_int_equal(key.word, frozen[i].key.word);
        assert_int_equal(grouper_hash(&key, 1, SEED), frozen[i].hash);
    }
}

static void the_canonical_key_and_its_hash_are_frozen(void **state)
{
    const struct frozen frozen[] = {
        {gale_nil(),
         {UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000)},
         UINT64_C(0x44a147cc862eced1)},
        {gale_bool(false),
         {UINT64_C(0x0000000000000001), UINT64_C(0x0000000000000000)},
         UINT64_C(0x9d9cfd5e51feb589)},
        {gale_bool(true),
         {UINT64_C(0x0000000000000001), UINT64_C(0x0000000000000001)},
         UINT64_C(0xd15d74a9ea5f20b3)},
        {gale_int(0),
         {UINT64_C(0x0000000000000002), UINT64_C(0x0000000000000000)},
         UINT64_C(0xc2992ec8caaf35f1)},
        {gale_int(1),
         {UINT64_C(0x0000000000000002), UINT64_C(0x0000000000000001)},
         UINT64_C(0xbaf7b0245338dd4c)},
        {gale_int(-1),
         {UINT64_C(0x0000000000000002), UINT64_C(0xffffffffffffffff)},
         UINT64_C(0xe5f3458b3a64d3c4)},
        {gale_int(INT64_MIN),
         {UINT64_C(0x0000000000000002), UINT64_C(0x8000000000000000)},
         UINT64_C(0x2afc940d4d6fbfeb)},
        {gale_int(INT64_MAX),
         {UINT64_C(0x0000000000000002), UINT64_C(0x7fffffffffffffff)},
         UINT64_C(0xab6ecdce8a04384d)},
        {gale_float(0.0),
         {UINT64_C(0x0000000000000003), UINT64_C(0x0000000000000000)},
         UINT64_C(0x60ab9b7de878e67b)},
        {gale_float(-0.0),
         {UINT64_C(0x0000000000000003), UINT64_C(0x0000000000000000)},
         UINT64_C(0x60ab9b7de878e67b)},
        {gale_float(1.0),
         {UINT64_C(0x0000000000000003), UINT64_C(0x3ff0000000000000)},
         UINT64_C(0x367095021f492422)},
        {gale_float(-1.5),
         {UINT64_C(0x0000000000000003), UINT64_C(0xbff8000000000000)},
         UINT64_C(0x076d8f1fe6a93e3e)},
        {gale_float(INFINITY),
         {UINT64_C(0x0000000000000003), UINT64_C(0x7ff0000000000000)},
         UINT64_C(0xc150ef780799e36c)},
        {gale_float(NAN),
         {UINT64_C(0x0000000000000003), UINT64_C(0x7ff8000000000000)},
         UINT64_C(0xa0dddbad7f1fbaca)},
        {gale_float(-NAN),
         {UINT64_C(0x0000000000000003), UINT64_C(0x7ff8000000000000)},
         UINT64_C(0xa0dddbad7f1fbaca)},
        {gale_string(letters, 0),
         {UINT64_C(0x0000000000000004), UINT64_C(0x0000000000000000)},
         UINT64_C(0x7cde83983c63072c)},
    };

    (void)state;
    check_frozen(frozen, sizeof(frozen) / sizeof(*frozen));
}

static void the_rest_of_the_keys_and_hashes_are_frozen(void **state)
{
    const struct frozen frozen[] = {
        {gale_string(letters, 1),
         {UINT64_C(0x0000000000610104), UINT64_C(0x0000000000000000)},
         UINT64_C(0x6cc5c4965b10ab9e)},
        {gale_cstr("1"),
         {UINT64_C(0x0000000000310104), UINT64_C(0x0000000000000000)},
         UINT64_C(0xb88df0ffb4641434)},
        {gale_cstr("cow"),
         {UINT64_C(0x000000776f630304), UINT64_C(0x0000000000000000)},
         UINT64_C(0xf13fce714a07e8ba)},
        {gale_string(letters, 7),
         {UINT64_C(0x6665646362610704), UINT64_C(0x0000000000000067)},
         UINT64_C(0x44e2914b2fb0c3e8)},
        {gale_string(letters, 8),
         {UINT64_C(0x6665646362610804), UINT64_C(0x0000000000006867)},
         UINT64_C(0x841e5b301744fc6b)},
        {gale_string(letters, 13),
         {UINT64_C(0x6665646362610d04), UINT64_C(0x006d6c6b6a696867)},
         UINT64_C(0x2f9a70ed13a92ec5)},
        {gale_string(letters, 14),
         {UINT64_C(0x6665646362610e04), UINT64_C(0x6e6d6c6b6a696867)},
         UINT64_C(0xf52975f186cbbd48)},
        {gale_string(letters, 15),
         {UINT64_C(0x0000000f0000ff04), UINT64_C(0xcdc7e0d6d849812e)},
         UINT64_C(0xd05f7e7be5396293)},
        {gale_string(letters, 16),
         {UINT64_C(0x000000100000ff04), UINT64_C(0xa15c14aea2f22307)},
         UINT64_C(0xfabb29766a3c0c99)},
        {gale_string(letters, 17),
         {UINT64_C(0x000000110000ff04), UINT64_C(0x094dbf08068d5774)},
         UINT64_C(0x13fd53d7622bfc57)},
        {gale_string(letters, 128),
         {UINT64_C(0x000000800000ff04), UINT64_C(0x13addb33cad27472)},
         UINT64_C(0xc7f45f0396415f8d)},
        {gale_string(letters, 240),
         {UINT64_C(0x000000f00000ff04), UINT64_C(0x6af4c41fad9598ca)},
         UINT64_C(0x066ffaa0776307e7)},
        {gale_string(letters, 300),
         {UINT64_C(0x0000012c0000ff04), UINT64_C(0x2d404362e6be216c)},
         UINT64_C(0xd1ee5629c7c99e10)},
        {gale_bytes(letters, 1),
         {UINT64_C(0x0000000000610105), UINT64_C(0x0000000000000000)},
         UINT64_C(0x6f55ecda15606986)},
        {gale_bytes(letters, 14),
         {UINT64_C(0x6665646362610e05), UINT64_C(0x6e6d6c6b6a696867)},
         UINT64_C(0x15e4e06af01642aa)},
        {gale_bytes(letters, 15),
         {UINT64_C(0x0000000f0000ff05), UINT64_C(0xcdc7e0d6d849812e)},
         UINT64_C(0x530072e3ade667ea)},
        {gale_bytes("\0\0", 2),
         {UINT64_C(0x0000000000000205), UINT64_C(0x0000000000000000)},
         UINT64_C(0xb2133cd582565598)},
    };

    (void)state;
    check_frozen(frozen, sizeof(frozen) / sizeof(*frozen));
}

/* As above, byte by byte. */
static void the_bytes_of_a_key_are_frozen(void **state)
{
    static const unsigned char cow[16] = {4, 3, 'c', 'o', 'w'};
    static const unsigned char three[16] = {2, 0, 0, 0, 0, 0, 0, 0, 3};
    static const unsigned char half[16] = {3, 0, 0, 0, 0, 0, 0,    0,
                                           0, 0, 0, 0, 0, 0, 0xe0, 0x3f};
    struct slot keys[3] = {key_of(gale_cstr("cow")), key_of(gale_int(3)),
                           key_of(gale_float(0.5))};

    (void)state;
    assert_memory_equal(&keys[0], cow, 16);
    assert_memory_equal(&keys[1], three, 16);
    assert_memory_equal(&keys[2], half, 16);
    assert_int_equal(grouper_hash(keys, 1, SEED), UINT64_C(0xf13fce714a07e8ba));
    assert_int_equal(grouper_hash(keys, 2, SEED), UINT64_C(0x7ba871b8a30e8437));
    assert_int_equal(grouper_hash(keys, 3, SEED), UINT64_C(0x63d91d469d6b33d4));
}

static void the_way_from_hash_to_tasks_is_frozen(void **state)
{
    static const uint32_t frozen[][3] = {
        {1, 0, 0},   {2, 1, 0},     {3, 2, 0},        {7, 6, 2},
        {16, 15, 2}, {100, 94, 90}, {1000, 942, 659}, {32768, 30879, 8837},
    };
    const uint64_t hash = UINT64_C(0xf13fce714a07e8ba); /* of "cow" */

    (void)state;
    assert_int_equal(grouper_group(hash), 30879);
    for (size_t i = 0; i < sizeof(frozen) / sizeof(*frozen); i++) {
        uint32_t candidates[2];

        assert_int_equal(grouper_owner(30879, frozen[i][0]), frozen[i][1]);
        grouper_candidates(hash, frozen[i][0], candidates);
        assert_int_equal(candidates[0], frozen[i][1]);
        assert_int_equal(candidates[1], frozen[i][2]);
    }
}

/* -- keys ------------------------------------------------------------------ */

static bool same_key(gale_value a, gale_value b)
{
    struct slot x = key_of(a), y = key_of(b);

    return x.head == y.head && x.word == y.word;
}

static void kinds_make_different_keys(void **state)
{
    const gale_value ones[] = {
        gale_nil(),          gale_bool(true),      gale_bool(false),
        gale_int(1),         gale_int(0),          gale_float(1),
        gale_float(0),       gale_cstr("1"),       gale_bytes("1", 1),
        gale_cstr(""),       gale_bytes("", 0),    gale_cstr("\1"),
        gale_string("1", 2), gale_string("\0", 1),
    };
    size_t n = sizeof(ones) / sizeof(*ones);

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (same_key(ones[i], ones[k]) != (i == k))
                fail_msg("values %d and %d", (int)i, (int)k);
}

static void zero_has_one_sign_and_there_is_one_nan(void **state)
{
    uint64_t bits = UINT64_C(0xfff0dead0000beef);
    double odd_nan;

    (void)state;
    memcpy(&odd_nan, &bits, sizeof(bits));
    assert_true(isnan(odd_nan));
    assert_true(same_key(gale_float(0.0), gale_float(-0.0)));
    assert_true(same_key(gale_float(NAN), gale_float(-NAN)));
    assert_true(same_key(gale_float(NAN), gale_float(odd_nan)));
    assert_false(same_key(gale_float(NAN), gale_float(INFINITY)));
    assert_false(same_key(gale_float(1e-320), gale_float(0)));
}

static void equal_texts_are_one_key_wherever_they_lie(void **state)
{
    char room[400];

    (void)state;
    for (uint32_t size = 0; size <= 280; size++)
        for (uint32_t shift = 0; shift < 9; shift++) {
            memset(room, (int)(shift + 1), sizeof(room));
            memcpy(room + shift, letters, size);
            assert_true(same_key(gale_string(room + shift, size),
                                 gale_string(letters, size)));
        }
}

static void each_byte_of_a_text_counts_and_so_does_its_length(void **state)
{
    char text[sizeof(letters)];

    (void)state;
    memcpy(text, letters, sizeof(text));
    for (uint32_t size = 1; size < 280; size++) {
        assert_false(
            same_key(gale_string(text, size), gale_string(text, size - 1)));
        for (uint32_t i = 0; i < size; i++) {
            text[i] ^= 1;
            assert_false(
                same_key(gale_string(text, size), gale_string(letters, size)));
            text[i] ^= 1;
        }
    }
}

static void the_order_of_the_fields_counts(void **state)
{
    struct slot ab[2] = {key_of(gale_cstr("a")), key_of(gale_cstr("b"))};
    struct slot ba[2] = {ab[1], ab[0]};

    (void)state;
    assert_int_not_equal(grouper_hash(ab, 2, SEED), grouper_hash(ba, 2, SEED));
}

static void lists_and_maps_are_no_keys(void **state)
{
    gale_value pair[] = {gale_int(1), gale_int(2)};
    gale_value list = gale_list(pair, 2), map = gale_map(pair, 1);
    struct slot key, any = {0, 0};

    (void)state;
    assert_false(grouper_key(any, &list, SEED, &key));
    assert_false(grouper_key(any, &map, SEED, &key));
}

/* -- groups and their owners ----------------------------------------------- */

/* Ascending, without a gap, each with as many as any other, but one. */
static void owners_of(uint32_t n)
{
    uint32_t first = 0, least = N_GROUPS, most = 0;

    for (uint32_t task = 0; task < n; task++) {
        uint32_t end = first, size;

        while (end < N_GROUPS && grouper_owner(end, n) == task)
            end++;
        size = end - first;
        least = size < least ? size : least;
        most = size > most ? size : most;
        first = end;
    }
    assert_int_equal(first, N_GROUPS);
    assert_true(least >= 1);
    assert_true(most - least <= 1);
}

static void each_group_has_one_owner_in_ascending_ranges(void **state)
{
    struct random r;

    (void)state;
    random_seed(&r, 1);
    for (uint32_t n = 1; n <= 256; n++)
        owners_of(n);
    for (uint32_t n = 256; n < N_GROUPS; n *= 2) {
        owners_of(n - 1);
        owners_of(n + 1);
    }
    owners_of(N_GROUPS - 1);
    owners_of(N_GROUPS);
    for (int i = 0; i < 200; i++)
        owners_of(1 + (uint32_t)(random_next(&r) % N_GROUPS));
}

static void for_every_number_of_tasks_the_ends_and_steps_are_right(void **state)
{
    struct random r;

    (void)state;
    random_seed(&r, 2);
    for (uint32_t n = 1; n <= N_GROUPS; n++) {
        assert_int_equal(grouper_owner(0, n), 0);
        assert_int_equal(grouper_owner(N_GROUPS - 1, n), n - 1);
        for (int i = 0; i < 8; i++) {
            uint32_t g = (uint32_t)(random_next(&r) % (N_GROUPS - 1));
            uint32_t step = grouper_owner(g + 1, n) - grouper_owner(g, n);

            assert_true(step <= 1);
        }
    }
}

static void every_hash_falls_into_a_group(void **state)
{
    (void)state;
    assert_int_equal(grouper_group(0), 0);
    assert_int_equal(grouper_group(UINT64_MAX), N_GROUPS - 1);
    assert_int_equal(grouper_group((UINT64_C(1) << 49) - 1), 0);
    assert_int_equal(grouper_group(UINT64_C(1) << 49), 1);
}

static void many_keys_spread_evenly(void **state)
{
    enum { TASKS = 7, KEYS = 70000 };
    uint32_t counts[TASKS] = {0};

    (void)state;
    for (int i = 0; i < KEYS; i++) {
        struct slot key = key_of(gale_int(i));

        counts[grouper_owner(grouper_group(grouper_hash(&key, 1, SEED)),
                             TASKS)]++;
    }
    for (int i = 0; i < TASKS; i++)
        assert_in_range(counts[i], KEYS / TASKS * 95 / 100,
                        KEYS / TASKS * 105 / 100);
}

/* -- partial key ----------------------------------------------------------- */

static void candidates_are_the_owner_and_another(void **state)
{
    struct random r;

    (void)state;
    random_seed(&r, 3);
    for (int i = 0; i < 200000; i++) {
        uint64_t hash = random_next(&r);
        uint32_t n = 2 + (uint32_t)(random_next(&r) % 100), c[2];

        grouper_candidates(hash, n, c);
        assert_int_equal(c[0], grouper_owner(grouper_group(hash), n));
        assert_true(c[1] < n);
        assert_int_not_equal(c[0], c[1]);
    }
}

static void one_task_is_the_only_candidate(void **state)
{
    uint32_t c[2];

    (void)state;
    grouper_candidates(UINT64_MAX, 1, c);
    assert_int_equal(c[0], 0);
    assert_int_equal(c[1], 0);
}

static void all_pairs_of_candidates_are_as_likely(void **state)
{
    enum { N = 5, HASHES = 200000, PAIRS = N * (N - 1) };
    uint32_t counts[N][N] = {{0}};
    struct random r;

    (void)state;
    random_seed(&r, 4);
    for (int i = 0; i < HASHES; i++) {
        uint32_t c[2];

        grouper_candidates(random_next(&r), N, c);
        counts[c[0]][c[1]]++;
    }
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++)
            if (a != b)
                assert_in_range(counts[a][b], HASHES / PAIRS * 9 / 10,
                                HASHES / PAIRS * 11 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_canonical_key_and_its_hash_are_frozen),
        cmocka_unit_test(the_rest_of_the_keys_and_hashes_are_frozen),
        cmocka_unit_test(the_bytes_of_a_key_are_frozen),
        cmocka_unit_test(the_way_from_hash_to_tasks_is_frozen),
        cmocka_unit_test(kinds_make_different_keys),
        cmocka_unit_test(zero_has_one_sign_and_there_is_one_nan),
        cmocka_unit_test(equal_texts_are_one_key_wherever_they_lie),
        cmocka_unit_test(each_byte_of_a_text_counts_and_so_does_its_length),
        cmocka_unit_test(the_order_of_the_fields_counts),
        cmocka_unit_test(lists_and_maps_are_no_keys),
        cmocka_unit_test(each_group_has_one_owner_in_ascending_ranges),
        cmocka_unit_test(
            for_every_number_of_tasks_the_ends_and_steps_are_right),
        cmocka_unit_test(every_hash_falls_into_a_group),
        cmocka_unit_test(many_keys_spread_evenly),
        cmocka_unit_test(candidates_are_the_owner_and_another),
        cmocka_unit_test(one_task_is_the_only_candidate),
        cmocka_unit_test(all_pairs_of_candidates_are_as_likely),
    };

    return cmocka_run_group_tests(tests, make_letters, NULL);
}
