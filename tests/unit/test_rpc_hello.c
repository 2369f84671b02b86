/*
 * test_rpc_hello.c - first frames of other versions, and those that are none:
 * what is answered, and what the other side shows.
 */
#include "tests/support/cmocka_all.h"
#include "common/rpc_handshake.h"
#include "tests/support/rpc_parties.h"
#include <gale/abi.h>
#include <string.h>

#define BYTES(text_) text_, sizeof(text_) - 1

static void assert_says(const gale_err *error, const char *expected)
{
    if (strstr(error->text, expected) == NULL)
        fail_msg("\"%s\" is not in: %s", expected, error->text);
}

struct hello {
    uint64_t protocol;
    const char *role;
    size_t nonce_bytes;
    const char *version, *name, *topology;
    int64_t worker, birth; /* -1: not there */
    bool extra;
};

static void pack_hello(struct pack *p, const struct hello *h)
{
    static const char zeroes[100];

    pack_map(p, 6u + (h->worker >= 0) + (h->birth >= 0) + h->extra);
    pack_key_uint(p, "gale", h->protocol);
    pack_key_text(p, "role", h->role);
    pack_key_bytes(p, "nonce", zeroes, h->nonce_bytes);
    pack_key_text(p, "version", h->version);
    pack_key_text(p, "name", h->name);
    pack_key_text(p, "topology", h->topology);
    if (h->worker >= 0)
        pack_key_int(p, "worker", h->worker);
    if (h->birth >= 0)
        pack_key_int(p, "birth", h->birth);
    if (h->extra)
        pack_key_text(p, "of a newer version", "anything");
}

/* 130 bytes. */
#define LONG                                                                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"        \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    struct hello hello;
    const char *refusal; /* NULL: it is challenged */
} hellos[] = {
    {{1, "admin", 32, "0.1.0", NULL, NULL, -1, -1, false}, NULL},
    {{1, "admin", 32, NULL, "n", NULL, 5, 5, true}, NULL},
    {{1, "worker", 32, NULL, NULL, "a-1-1", 0, 0, false}, NULL},
    {{2, "admin", 32, "9.9", NULL, NULL, -1, -1, true},
     "this nimbus speaks protocol 1 (gale " GALE_VERSION "), the client "
     "protocol 2 (gale 9.9): use one version of gale on both sides"},
    {{0, "admin", 32, NULL, NULL, NULL, -1, -1, false},
     "the client protocol 0 (gale ?)"},
    {{2, "emperor", 5, LONG, LONG, LONG, -1, -1, false},
     "the client protocol 2 (gale ?)"},
    {{UINT64_MAX, "admin", 32, NULL, NULL, NULL, -1, -1, false},
     "what it sends is no hello of gale's RPC"},
    {{1, "emperor", 32, NULL, NULL, NULL, -1, -1, false},
     "there is no role \"emperor\", expected reader, worker, supervisor, "
     "submitter or admin"},
    {{1, NULL, 32, NULL, NULL, NULL, -1, -1, false}, "there is no role \"\""},
    {{1, LONG, 32, NULL, NULL, NULL, -1, -1, false}, "there is no role \"aaa"},
    {{1, "admin", 31, NULL, NULL, NULL, -1, -1, false}, "a wrong nonce"},
    {{1, "admin", 33, NULL, NULL, NULL, -1, -1, false}, "a wrong nonce"},
    {{1, "admin", 0, NULL, NULL, NULL, -1, -1, false}, "a wrong nonce"},
    {{1, "admin", 32, LONG, NULL, NULL, -1, -1, false}, "a wrong nonce"},
    {{1, "admin", 32, NULL, LONG, NULL, -1, -1, false}, "a wrong nonce"},
    {{1, "admin", 32, NULL, NULL, LONG, -1, -1, false}, "a wrong nonce"},
    {{1, "worker", 32, NULL, NULL, NULL, 1, 1, false}, "no topology, number"},
    {{1, "worker", 32, NULL, NULL, "", 1, 1, false}, "no topology, number"},
    {{1, "worker", 32, NULL, NULL, "a", -1, 1, false}, "no topology, number"},
    {{1, "worker", 32, NULL, NULL, "a", 1, -1, false}, "no topology, number"},
    {{1, "worker", 32, NULL, NULL, "a", INT64_C(1) << 32, 1, false},
     "no topology, number"},
};

static void assert_refused(const struct pack *answer, const char *why)
{
    const struct rpc_nonce nonce = nonce_of(1);
    struct rpc_identity me = role_with(TOKEN_ADMIN, 9);
    struct pack out;
    struct rpc_handshake *client;
    gale_err error = {""};

    pack_init(&out);
    client = rpc_handshake_client(&me, &nonce, &out);
    assert_int_equal(rpc_handshake_step(client, answer->buffer.data,
                                        answer->buffer.size, &out, &error),
                     RPC_HANDSHAKE_REFUSED);
    assert_string_equal(error.text, why);
    rpc_handshake_free(client);
    pack_free(&out);
}

/* The server's answer to one frame; a refusal is one that a client shows. */
static void assert_answer(const void *frame, size_t size, const char *refusal)
{
    const struct rpc_nonce nonce = nonce_of(2);
    struct token token = token_of(9);
    struct rpc_gate gate = {"nimbus", &token};
    struct rpc_handshake *server = rpc_handshake_server(&gate, &nonce);
    struct pack out;
    gale_err error = {""};

    pack_init(&out);
    if (rpc_handshake_step(server, frame, size, &out, &error) !=
        (refusal == NULL ? RPC_HANDSHAKE_GOES_ON : RPC_HANDSHAKE_REFUSED))
        fail_msg("expected \"%s\", found \"%s\"",
                 refusal != NULL ? refusal : "", error.text);
    if (refusal != NULL) {
        assert_says(&error, refusal);
        assert_refused(&out, error.text);
    }
    pack_free(&out);
    rpc_handshake_free(server);
}

static void a_hello_is_challenged_or_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hellos) / sizeof(hellos[0]); i++) {
        struct pack p;

        pack_init(&p);
        pack_hello(&p, &hellos[i].hello);
        assert_answer(p.buffer.data, p.buffer.size, hellos[i].refusal);
        pack_free(&p);
    }
}

static void what_is_no_hello_is_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *refusal;
    } cases[] = {
        {BYTES(""), "a frame of the handshake ends in the middle"},
        {BYTES("\x80"), "no hello of gale's RPC"},
        {BYTES("\x90"), "no hello of gale's RPC"},
        {BYTES("\xc0"), "no hello of gale's RPC"},
        {BYTES("\xc1"), "has the byte 0xc1"},
        {BYTES("\x81\xa4gale\xa1x"), "no hello of gale's RPC"},
        {BYTES("\x81\xa4gale\xff"), "no hello of gale's RPC"},
        {BYTES("\x81\xa4gale\x01"), "there is no role"},
        {BYTES("\x81\xa4gale\x01\x00"), "goes on behind its end"},
        {BYTES("\xdd\xff\xff\xff\xff"), "more elements than bytes follow"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_answer(cases[i].bytes, cases[i].size, cases[i].refusal);
}

static void what_is_no_challenge_is_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *refusal;
    } cases[] = {
        {BYTES("\x80"), "what listens there does not speak gale's RPC"},
        {BYTES("\xc1"), "has the byte 0xc1"},
        {BYTES("\x81\xa7refused\xa4late"), "late"},
        {BYTES("\x81\xa7refused\xad\033[2Jno\x7f\nend\xff\0"), "?[2Jno??end?"},
        {BYTES("\x81\xa7refused\xa8\xc3\xa9\xc2\x9bhere"), "\xc3\xa9??here"},
        {BYTES("\x82\xa4gale\x02\xa7version\xa3\033cx"),
         "protocol 2 (gale ?cx)"},
        {BYTES("\x81\xa7refused\xa0"), "refuses, and does not say why"},
        {BYTES("\x81\xa7refused\xa2\0x"), "refuses, and does not say why"},
        {BYTES("\x81\xa7refused\xc0"), "does not speak gale's RPC"},
        {BYTES("\x82\xa4gale\x02\xa7version\xa3"
               "9.9"),
         "what listens there speaks protocol 2 (gale 9.9), this side "
         "protocol 1 (gale " GALE_VERSION "): use one version of gale on "
         "both sides"},
        {BYTES("\x81\xa4gale\x01"), "sends no challenge"},
        {BYTES("\x82\xa4gale\x01\xa5nonce\xa5"
               "short"),
         "sends no challenge"},
    };
    const struct rpc_nonce nonce = nonce_of(1);
    struct rpc_identity me = role_with(TOKEN_ADMIN, 9);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pack hello, out;
        struct rpc_handshake *client;
        gale_err error = {""};

        pack_init(&hello);
        pack_init(&out);
        client = rpc_handshake_client(&me, &nonce, &hello);
        assert_int_equal(rpc_handshake_step(client, cases[i].bytes,
                                            cases[i].size, &out, &error),
                         RPC_HANDSHAKE_REFUSED);
        assert_says(&error, cases[i].refusal);
        assert_int_equal(out.buffer.size, 0); /* it proves nothing to it */
        rpc_handshake_free(client);
        pack_free(&hello);
        pack_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_is_challenged_or_refused_with_a_sentence),
        cmocka_unit_test(what_is_no_hello_is_refused_with_a_sentence),
        cmocka_unit_test(what_is_no_challenge_is_refused_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
