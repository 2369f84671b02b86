/* test_digest.c - SHA-256 and HMAC-SHA-256 are those of the standards. */
#include "tests/support/cmocka_all.h"
#include "common/digest.h"
#include <stdlib.h>
#include <string.h>

static void assert_hex(const struct digest *digest, const char *expected)
{
    char text[DIGEST_HEX];

    digest_hex(digest, text);
    assert_string_equal(text, expected);
}

/* -- SHA-256 --------------------------------------------------------------- */

/* The examples of FIPS 180, and those of NIST's validation of short messages.
 */
static const struct {
    const char *text, *sum;
} texts[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

static void a_digest_is_that_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TEXTS; i++) {
        struct digest d = digest_of(texts[i].text, strlen(texts[i].text));

        assert_hex(&d, texts[i].sum);
    }
}

static void it_is_the_same_of_what_comes_in_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TEXTS; i++) {
        struct digest_stream *s = digest_begin();
        struct digest d;

        for (const char *c = texts[i].text; *c != '\0'; c++) {
            digest_add(s, c, 1);
            digest_add(s, NULL, 0);
        }
        d = digest_end(s);
        assert_hex(&d, texts[i].sum);
    }
}

/* FIPS 180's third example: a million times "a". */
static void a_million_letters_are_digested(void **state)
{
    char *as = malloc(1000000);
    struct digest d;

    (void)state;
    memset(as, 'a', 1000000);
    d = digest_of(as, 1000000);
    assert_hex(
        &d, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(as);
}

/* -- HMAC ------------------------------------------------------------------ */

/* RFC 4231, 4.2 to 4.8; a key or text of one repeated byte has `n` of it. Case
 * 5 shows the first half of the result only. */
static const struct {
    const char *key;
    size_t key_n;
    const char *text;
    size_t text_n;
    const char *mac;
} macs[] = {
    {"\x0b", 20, "Hi There", 0,
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 0, "what do ya want for nothing?", 0,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"\xaa", 20, "\xdd", 50,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11"
     "\x12\x13\x14\x15\x16\x17\x18\x19",
     0, "\xcd", 50,
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {"\x0c", 20, "Test With Truncation", 0, "a3b6167473100ee06e0c796c2955552b"},
    {"\xaa", 131, "Test Using Larger Than Block-Size Key - Hash Key First", 0,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"\xaa", 131,
     "This is a test using a larger than block-size key and a larger than "
     "block-size data. The key needs to be hashed before being used by the "
     "HMAC algorithm.",
     0, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static size_t fill(char *to, const char *text, size_t n)
{
    size_t size = n > 0 ? n : strlen(text);

    if (n > 0)
        memset(to, text[0], n);
    else
        memcpy(to, text, size);
    return size;
}

static void a_mac_is_that_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
        char key[200], text[200], hex[DIGEST_HEX];
        size_t key_size = fill(key, macs[i].key, macs[i].key_n);
        size_t size = fill(text, macs[i].text, macs[i].text_n);
        struct digest mac = digest_mac(key, key_size, text, size);

        digest_hex(&mac, hex);
        if (strncmp(hex, macs[i].mac, strlen(macs[i].mac)) != 0)
            fail_msg("case %zu: %s", i + 1, hex);
    }
}

static void two_digests_are_equal_if_all_bytes_are(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < DIGEST_BYTES; i++) {
        struct digest a = {{0}}, b = {{0}};

        assert_true(digest_equal(&a, &b));
        b.bytes[i] = 1;
        assert_false(digest_equal(&a, &b));
    }
}

/* -- as text --------------------------------------------------------------- */

static void a_digest_is_read_as_it_was_written(void **state)
{
    struct digest d, back;
    char text[DIGEST_HEX];

    (void)state;
    for (uint32_t i = 0; i < DIGEST_BYTES; i++)
        d.bytes[i] = (uint8_t)(i * 8 + 7);
    digest_hex(&d, text);
    assert_true(digest_read_hex(text, DIGEST_HEX - 1, &back));
    assert_true(digest_equal(&d, &back));
    for (uint32_t i = 0; i < DIGEST_HEX - 1; i++)
        if (text[i] >= 'a')
            text[i] = (char)(text[i] - 'a' + 'A');
    assert_true(digest_read_hex(text, DIGEST_HEX - 1, &back));
    assert_true(digest_equal(&d, &back));
}

static void what_is_no_digest_is_refused(void **state)
{
    static const char good[] =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    static const char bad[] = {'g', 'G', '/', ':', '@', '`', ' ', '\0', '-'};
    char text[DIGEST_HEX];
    struct digest d;

    (void)state;
    assert_true(digest_read_hex(good, 64, &d));
    assert_false(digest_read_hex(good, 63, &d));
    assert_false(digest_read_hex(good, 65, &d));
    assert_false(digest_read_hex(good, 0, &d));
    for (size_t i = 0; i < sizeof(bad); i++) {
        memcpy(text, good, sizeof(good));
        text[i * 7] = bad[i];
        assert_false(digest_read_hex(text, 64, &d));
    }
}

static void what_is_wiped_is_zero(void **state)
{
    char secret[] = "secret";

    (void)state;
    digest_wipe(secret, sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++)
        assert_int_equal(secret[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_that_of_the_standard),
        cmocka_unit_test(it_is_the_same_of_what_comes_in_parts),
        cmocka_unit_test(a_million_letters_are_digested),
        cmocka_unit_test(a_mac_is_that_of_the_standard),
        cmocka_unit_test(two_digests_are_equal_if_all_bytes_are),
        cmocka_unit_test(a_digest_is_read_as_it_was_written),
        cmocka_unit_test(what_is_no_digest_is_refused),
        cmocka_unit_test(what_is_wiped_is_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
