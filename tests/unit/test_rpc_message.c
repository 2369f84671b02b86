/* test_rpc_message.c - requests, responses and notifications as they go. */
#include "tests/support/cmocka_all.h"
#include "common/rpc_message.h"
#include <string.h>

static const struct pack_limits limits = {1 << 16, 1000};

struct read_back {
    struct unpacked u;
    struct rpc_message m;
    const char *defect;
};

static struct read_back read_pack(const struct pack *p)
{
    struct read_back r;
    gale_err error = {""};

    if (unpack(&r.u, p->buffer.data, p->buffer.size, limits, "it", &error) != 0)
        fail_msg("%s", error.text);
    r.defect = rpc_message_read(r.u.root, &r.m);
    return r;
}

static void assert_text(gale_str text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
}

static struct pack number(int64_t n)
{
    struct pack p;

    pack_init(&p);
    pack_int(&p, n);
    return p;
}

static void a_request_has_id_method_and_params(void **state)
{
    struct pack params = number(-7), out;
    struct read_back r;

    (void)state;
    pack_init(&out);
    rpc_message_request(&out, UINT32_MAX, "list", &params);
    r = read_pack(&out);
    assert_null(r.defect);
    assert_int_equal(r.m.kind, RPC_REQUEST);
    assert_int_equal(r.m.id, UINT32_MAX);
    assert_text(r.m.method, "list");
    assert_int_equal(unpack_int(r.m.params, 0), -7);
    unpacked_free(&r.u);
    pack_free(&out);
    pack_free(&params);
}

static void params_that_are_none_are_nil(void **state)
{
    struct pack out;
    struct read_back r;

    (void)state;
    pack_init(&out);
    rpc_message_notification(&out, "wake", NULL);
    r = read_pack(&out);
    assert_null(r.defect);
    assert_int_equal(r.m.kind, RPC_NOTIFICATION);
    assert_text(r.m.method, "wake");
    assert_int_equal(r.m.params->type, MSGPACK_OBJECT_NIL);
    unpacked_free(&r.u);
    pack_free(&out);
}

static void a_result_has_the_id_of_its_request(void **state)
{
    struct pack result = number(42), out;
    struct read_back r;

    (void)state;
    pack_init(&out);
    rpc_message_result(&out, 5, &result);
    r = read_pack(&out);
    assert_null(r.defect);
    assert_int_equal(r.m.kind, RPC_RESPONSE);
    assert_int_equal(r.m.id, 5);
    assert_false(r.m.failed);
    assert_int_equal(unpack_int(r.m.result, 0), 42);
    unpacked_free(&r.u);
    pack_free(&out);
    pack_free(&result);
}

static void every_error_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < RPC_N_ERRORS; i++) {
        struct pack out;
        struct read_back r;
        bool detailed = i % 2 == 0;

        pack_init(&out);
        rpc_message_error(&out, i, (enum rpc_error)i, "it is so",
                          detailed ? "10.0.0.1:6627" : NULL);
        r = read_pack(&out);
        assert_null(r.defect);
        assert_int_equal(r.m.id, i);
        assert_true(r.m.failed);
        assert_int_equal(r.m.error, i);
        assert_text(r.m.text, "it is so");
        if (detailed)
            assert_text(r.m.detail, "10.0.0.1:6627");
        else
            assert_null(r.m.detail.data);
        unpacked_free(&r.u);
        pack_free(&out);
    }
}

static void words_of_errors_differ(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < RPC_N_ERRORS; i++)
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(rpc_error_word((enum rpc_error)i),
                                    rpc_error_word((enum rpc_error)k));
}

/* -- what others send ------------------------------------------------------ */

/* An error of three or more; of a word that is not known here. */
static void an_error_of_a_newer_peer_is_an_error(void **state)
{
    static const char bytes[] =
        "\x94\x01\x09\x94\xa7"
        "on-fire\xa5"
        "hurry\xc0\x01\xc0"; /* [1, 9, ["on-fire", "hurry", nil, 1], nil] */
    struct unpacked u;
    struct rpc_message m;
    gale_err error;

    (void)state;
    assert_int_equal(unpack(&u, bytes, sizeof(bytes) - 1, limits, "it", &error),
                     0);
    assert_null(rpc_message_read(u.root, &m));
    assert_true(m.failed);
    assert_int_equal(m.error, RPC_OTHER);
    assert_text(m.text, "hurry");
    unpacked_free(&u);
}

static const struct {
    const char *bytes;
    size_t size;
    const char *defect; /* NULL: none */
} texts[] = {
#define TEXT(bytes_) bytes_, sizeof(bytes_) - 1
    {TEXT("\x93\x02\xa1x\x90"), NULL},        /* [2, "x", []] */
    {TEXT("\x94\x00\x01\xa1x\x90"), NULL},    /* [0, 1, "x", []] */
    {TEXT("\x94\x01\x01\xc0\xc0"), NULL},     /* [1, 1, nil, nil] */
    {TEXT("\xc0"), "is no message"},          /* nil */
    {TEXT("\x90"), "is no message"},          /* [] */
    {TEXT("\x91\x02"), "is no message"},      /* [2] */
    {TEXT("\x92\x02\xa1x"), "is no message"}, /* [2, "x"] */
    {TEXT("\x94\x02\xa1x\x90\xc0"), "is no message"},
    {TEXT("\x93\x00\x01\xa1x"), "is no message"},
    {TEXT("\x93\x01\x01\xc0"), "is no message"},
    {TEXT("\x95\x00\x01\xa1x\x90\xc0"), "is no message"},
    {TEXT("\x94\x03\x01\xa1x\x90"), "is no message"},
    {TEXT("\x94\xff\x01\xa1x\x90"), "is no message"},
    {TEXT("\x94\xa1x\x01\xa1x\x90"), "is no message"},
    {TEXT("\x94\x00\xff\xa1x\x90"), "is no message"}, /* id -1 */
    {TEXT("\x94\x00\xcf\0\0\0\1\0\0\0\0\xa1x\x90"), "is no message"},
    {TEXT("\x94\x00\x01\x05\x90"), "no text as its method"},
    {TEXT("\x94\x00\x01\xc4\x01x\x90"), "no text as its method"}, /* bytes */
    {TEXT("\x94\x00\x01\xa1x\xc0"), "no list of at most one"},
    {TEXT("\x94\x00\x01\xa1x\x92\x01\x02"), "no list of at most one"},
    {TEXT("\x94\x00\x01\xa1x\x80"), "no list of at most one"},
    {TEXT("\x93\x02\xa1x\xa1y"), "no list of at most one"},
    {TEXT("\x94\x01\x01\x01\xc0"), "an error that is not"},
    {TEXT("\x94\x01\x01\xa1x\xc0"), "an error that is not"},
    {TEXT("\x94\x01\x01\x91\xa1x\xc0"), "an error that is not"},
    {TEXT("\x94\x01\x01\x92\x01\xa1x\xc0"), "an error that is not"},
    {TEXT("\x94\x01\x01\x92\xa1x\x01\xc0"), "an error that is not"},
};

static void what_is_no_message_is_said_to_be_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct unpacked u;
        struct rpc_message m;
        gale_err error = {""};
        const char *defect;

        if (unpack(&u, texts[i].bytes, texts[i].size, limits, "it", &error))
            fail_msg("case %zu: %s", i, error.text);
        defect = rpc_message_read(u.root, &m);
        if ((defect == NULL) != (texts[i].defect == NULL) ||
            (defect != NULL && strstr(defect, texts[i].defect) == NULL))
            fail_msg("case %zu: %s", i, defect);
        unpacked_free(&u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_id_method_and_params),
        cmocka_unit_test(params_that_are_none_are_nil),
        cmocka_unit_test(a_result_has_the_id_of_its_request),
        cmocka_unit_test(every_error_is_read_as_it_was_written),
        cmocka_unit_test(words_of_errors_differ),
        cmocka_unit_test(an_error_of_a_newer_peer_is_an_error),
        cmocka_unit_test(what_is_no_message_is_said_to_be_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
