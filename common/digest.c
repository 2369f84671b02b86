/* digest.c - SHA-256 and HMAC-SHA-256 over libcrypto; see digest.h. */
#include "common/digest.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

struct digest_stream {
    EVP_MD_CTX *context;
};

/* It is only asked for what it has; so there was no memory for it. */
static void done(int result)
{
    if (result != 1)
        memory_none_left();
}

/* -- SHA-256 --------------------------------------------------------------- */

struct digest_stream *digest_begin(void)
{
    struct digest_stream *s = xcalloc(1, sizeof(*s));

    s->context = memory_check(EVP_MD_CTX_new(), 1, 1);
    done(EVP_DigestInit_ex(s->context, EVP_sha256(), NULL));
    return s;
}

void digest_add(struct digest_stream *s, const void *data, size_t size)
{
    if (size > 0)
        done(EVP_DigestUpdate(s->context, data, size));
}

struct digest digest_end(struct digest_stream *s)
{
    struct digest digest;
    unsigned int size = 0;

    done(EVP_DigestFinal_ex(s->context, digest.bytes, &size));
    check(size == DIGEST_BYTES);
    EVP_MD_CTX_free(s->context);
    free(s);
    return digest;
}

struct digest digest_of(const void *data, size_t size)
{
    struct digest_stream *s = digest_begin();

    digest_add(s, data, size);
    return digest_end(s);
}

/* -- HMAC-SHA-256 ---------------------------------------------------------- */

static EVP_MAC_CTX *mac_context(void)
{
    EVP_MAC *mac = memory_check(EVP_MAC_fetch(NULL, "HMAC", NULL), 1, 1);
    EVP_MAC_CTX *context = memory_check(EVP_MAC_CTX_new(mac), 1, 1);

    EVP_MAC_free(mac);
    return context;
}

struct digest digest_mac(const void *key, size_t key_size, const void *data,
                         size_t size)
{
    char name[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC_CTX *context = mac_context();
    struct digest digest;
    size_t n = 0;

    check(key_size > 0);
    done(EVP_MAC_init(context, key, key_size, params));
    if (size > 0)
        done(EVP_MAC_update(context, data, size));
    done(EVP_MAC_final(context, digest.bytes, &n, DIGEST_BYTES));
    check(n == DIGEST_BYTES);
    EVP_MAC_CTX_free(context);
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

/* -- as text --------------------------------------------------------------- */

void digest_hex(const struct digest *digest, char text[DIGEST_HEX])
{
    static const char digits[] = "0123456789abcdef";

    for (uint32_t i = 0; i < DIGEST_BYTES; i++) {
        text[2 * i] = digits[digest->bytes[i] >> 4];
        text[2 * i + 1] = digits[digest->bytes[i] & 15u];
    }
    text[DIGEST_HEX - 1] = '\0';
}

/* -1: none. */
static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool digest_read_hex(const char *text, size_t size, struct digest *digest)
{
    if (size != DIGEST_HEX - 1)
        return false;
    for (uint32_t i = 0; i < DIGEST_BYTES; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        digest->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void digest_wipe(void *data, size_t size)
{
    OPENSSL_cleanse(data, size);
}
