/* test_token.c - keys that are made of the cluster's token. */
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include "common/token.h"
#include <string.h>

/* 00 01 02 … */
static struct token counted(void)
{
    struct token token;

    for (uint32_t i = 0; i < DIGEST_BYTES; i++)
        token.secret.bytes[i] = (uint8_t)i;
    return token;
}

static void a_roles_key_is_the_mac_of_its_name(void **state)
{
    struct token token = counted();
    struct digest key = token_role_key(&token, TOKEN_ADMIN);
    struct digest expected =
        digest_mac(token.secret.bytes, DIGEST_BYTES, "gale role admin v1", 18);

    (void)state;
    assert_true(digest_equal(&key, &expected));
}

/* As `openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f` says: other
 * versions of gale have to find the same. */
static void keys_are_the_same_in_every_version(void **state)
{
    struct token token = counted();
    struct token_worker worker = {"words-1-1764409500", 3, 17};
    const struct {
        struct digest key;
        const char *hex;
    } cases[] = {
        {token_role_key(&token, TOKEN_READER),
         "b510ce82ac02c07b2d99e8d3b6f4e0a7d6156163e277a3b1ce8f7ccbf0902735"},
        {token_role_key(&token, TOKEN_WORKER),
         "73485ac0fe7a05d1dbf74d063d4e6cc3fcdaacbb9943e6438dd1ca2556c64c09"},
        {token_role_key(&token, TOKEN_SUPERVISOR),
         "3c2965d96ad6864fdee2545655cbaf2cdb05ae04d3b7bd5974b061dd0ad6a0af"},
        {token_role_key(&token, TOKEN_SUBMITTER),
         "28af2e294a4b01db9c7c09057ca1fe03f5faea08498e5702135332a6bbd227ab"},
        {token_role_key(&token, TOKEN_ADMIN),
         "9c56cf86002edac2f1e747fdfc147b57380398f9317f908fa7063138178f280f"},
        {token_worker_key(&token, &worker),
         "f747eb80108919fe814b811b06c0d03767dad1021db5f0b6282c8879ea701dc0"},
        {token_links_key(&token, worker.topology),
         "6125c13d1f307176802dc5352db0f21fd1ec230bfff87f0a4f6539c9809fb3db"},
        {token_records_key(&token),
         "31ddf0283a69b6e47a1c4ecaab9a7b88b7f673c264202522e9968e7db22c9661"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[DIGEST_HEX];

        digest_hex(&cases[i].key, text);
        assert_string_equal(text, cases[i].hex);
    }
}

static void no_two_keys_are_the_same(void **state)
{
    struct token token = counted();
    struct token_worker w[] = {
        {"a-1-1", 1, 2}, {"a-1-1", 2, 1},   {"a-1-1", 12, 1}, {"a-1-1", 1, 21},
        {"a-1-2", 1, 2}, {"2 a-1-1", 1, 2}, {"a-1-1", 1, 1},
    };
    struct digest keys[32];
    uint32_t n = 0;

    (void)state;
    for (uint32_t i = 0; i < TOKEN_N_ROLES; i++)
        keys[n++] = token_role_key(&token, (enum token_role)i);
    for (size_t i = 0; i < sizeof(w) / sizeof(w[0]); i++)
        keys[n++] = token_worker_key(&token, &w[i]);
    keys[n++] = token_links_key(&token, "a-1-1");
    keys[n++] = token_links_key(&token, "a-1-2");
    keys[n++] = token_records_key(&token);
    keys[n++] = token.secret;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (digest_equal(&keys[i], &keys[k]))
                fail_msg("keys %u and %u are the same", k, i);
}

static void another_token_makes_other_keys(void **state)
{
    struct token a = counted(), b = counted();

    (void)state;
    b.secret.bytes[31] ^= 1;
    for (uint32_t i = 0; i < TOKEN_N_ROLES; i++) {
        struct digest one = token_role_key(&a, (enum token_role)i);
        struct digest other = token_role_key(&b, (enum token_role)i);

        assert_false(digest_equal(&one, &other));
    }
}

static void a_role_is_found_by_its_whole_name(void **state)
{
    static const char *const none[] = {"", "Admin", "admi", "admins", "root"};
    enum token_role role;

    (void)state;
    for (uint32_t i = 0; i < TOKEN_N_ROLES; i++) {
        const char *name = token_role_name((enum token_role)i);

        assert_true(token_role_of(name, strlen(name), &role));
        assert_int_equal(role, i);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_false(token_role_of(none[i], strlen(none[i]), &role));
}

static void no_token_is_made_twice(void **state)
{
    struct token a = token_make(env_posix()), b = token_make(env_posix());
    uint32_t zeroes = 0;

    (void)state;
    assert_false(digest_equal(&a.secret, &b.secret));
    for (uint32_t i = 0; i < DIGEST_BYTES; i++)
        zeroes += a.secret.bytes[i] == 0;
    assert_true(zeroes < 8); /* by chance: once in 2^40 */
}

/* What is asked for in pieces of 8 bytes ends where it should. */
static void random_bytes_fill_what_is_asked_for_and_no_more(void **state)
{
    (void)state;
    for (size_t n = 0; n < 20; n++) {
        uint8_t bytes[24] = {0};
        bool changed = n == 0;

        for (int tries = 0; tries < 16 && !changed; tries++) {
            env_random(env_posix(), bytes, n);
            changed = bytes[n - 1] != 0;
        }
        assert_true(changed);
        for (size_t i = n; i < sizeof(bytes); i++)
            assert_int_equal(bytes[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_roles_key_is_the_mac_of_its_name),
        cmocka_unit_test(keys_are_the_same_in_every_version),
        cmocka_unit_test(no_two_keys_are_the_same),
        cmocka_unit_test(another_token_makes_other_keys),
        cmocka_unit_test(a_role_is_found_by_its_whole_name),
        cmocka_unit_test(no_token_is_made_twice),
        cmocka_unit_test(random_bytes_fill_what_is_asked_for_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
