/* test_rpc_address.c - what is an address, and whose. */
#include "tests/support/cmocka_all.h"
#include "common/rpc_address.h"
#include <stdlib.h>
#include <string.h>

static struct rpc_address parsed(const char *text)
{
    struct rpc_address address;
    gale_err error = {""};

    if (rpc_address_parse(text, &address, &error) != 0)
        fail_msg("%s", error.text);
    return address;
}

static void an_address_is_written_as_it_was_read(void **state)
{
    static const char *const texts[] = {
        "127.0.0.1:6627",
        "0.0.0.0:0",
        "10.1.2.3:65535",
        "[::1]:6627",
        "[fe80::1:2]:6628",
        "[::]:1",
        "/run/gale/supervisor.sock",
        "[::ffff:1.2.3.4]:5",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct rpc_address address = parsed(texts[i]);
        char text[RPC_ADDRESS_TEXT];

        rpc_address_text(&address, text);
        assert_string_equal(text, texts[i]);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        ":",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1: 1",
        "127.0.0.1:1x",
        "127.0.0.1:000001",
        "127.0.0:1",
        "::1:6627",
        "[::1:6627",
        "[::1]6627",
        "[]:1",
        "[127.0.0.1]:1",
        "localhost:6627",
        "socket",
        "1234567890123456789012345678901234567890123456789012345678:1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct rpc_address address;
        gale_err error = {""};

        if (rpc_address_parse(texts[i], &address, &error) == 0)
            fail_msg("\"%s\" was taken", texts[i]);
        assert_non_null(strstr(error.text, "is no address, expected one such "
                                           "as 127.0.0.1:6627"));
    }
}

static void the_path_of_a_socket_has_107_bytes_at_most(void **state)
{
    char path[109];
    struct rpc_address address;
    gale_err error;

    (void)state;
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[107] = '\0';
    assert_int_equal(rpc_address_parse(path, &address, &error), 0);
    path[107] = 'a';
    path[108] = '\0';
    assert_int_equal(rpc_address_parse(path, &address, &error), -1);
    assert_non_null(strstr(error.text, "has 108 bytes, expected at most 107"));
}

static void loopback_is_what_only_this_machine_reaches(void **state)
{
    static const struct {
        const char *text;
        bool loopback;
    } cases[] = {
        {"127.0.0.1:1", true},    {"127.255.3.4:1", true},
        {"[::1]:1", true},        {"[::ffff:127.0.0.1]:1", true},
        {"/run/gale.sock", true}, {"0.0.0.0:1", false},
        {"[::]:1", false},        {"128.0.0.1:1", false},
        {"10.0.0.127:1", false},  {"[::ffff:10.0.0.1]:1", false},
        {"[fe80::1]:1", false},   {"[7f00:1::]:1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rpc_address address = parsed(cases[i].text);

        if (rpc_address_is_loopback(&address) != cases[i].loopback)
            fail_msg("%s", cases[i].text);
    }
}

static void hosts_are_the_same_whatever_the_port(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"10.0.0.1:1", "10.0.0.1:2", true},
        {"10.0.0.1:1", "10.0.0.2:1", false},
        {"[fe80::1]:1", "[fe80::1]:9", true},
        {"[fe80::1]:1", "[fe80::2]:1", false},
        {"10.0.0.1:1", "[::ffff:10.0.0.1]:1", true},
        {"10.0.0.1:1", "[::1]:1", false},
        {"/a", "/b", true},
        {"/a", "10.0.0.1:1", false},
        {"/a", "[::1]:1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rpc_address a = parsed(cases[i].a), b = parsed(cases[i].b);

        if (rpc_address_same_host(&a, &b) != cases[i].same ||
            rpc_address_same_host(&b, &a) != cases[i].same)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
    }
}

static void who_comes_by_a_unix_socket_has_no_name(void **state)
{
    struct rpc_address address = {.size = sizeof(sa_family_t)};
    char text[RPC_ADDRESS_TEXT];

    (void)state;
    address.at.ss_family = AF_UNIX;
    rpc_address_text(&address, text);
    assert_string_equal(text, "a client");
}

static void a_host_and_a_port_are_an_address_if_it_is_numeric(void **state)
{
    static const struct {
        const char *host, *whole; /* NULL: it is none */
    } cases[] = {
        {"127.0.0.1", "127.0.0.1:6627"},
        {"::1", "[::1]:6627"},
        {"fe80::1:2", "[fe80::1:2]:6627"},
        {"localhost", NULL},
        {"", NULL},
        {"127.0.0.1:6627", NULL},
        {"[::1]", NULL},
        {"/run/gale", NULL},
        {"1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rpc_address address;
        char text[RPC_ADDRESS_TEXT] = "";
        gale_err error = {""};
        int result = rpc_address_of(cases[i].host, 6627, &address, &error);

        if (result == 0)
            rpc_address_text(&address, text);
        assert_int_equal(result, cases[i].whole == NULL ? -1 : 0);
        assert_string_equal(text, cases[i].whole == NULL ? "" : cases[i].whole);
        assert_true(result == 0 || error.text[0] != '\0');
    }
}

static void a_name_without_a_path_is_written_with_an_at(void **state)
{
    char name[101], text[RPC_ADDRESS_TEXT];
    struct rpc_address address;

    (void)state;
    memset(name, 'n', 100);
    name[100] = '\0';
    for (uint32_t i = 100; i >= 1; i--) {
        name[i] = '\0';
        rpc_address_named(name, &address);
        assert_true(rpc_address_is_loopback(&address));
        rpc_address_text(&address, text);
        assert_int_equal(text[0], '@');
        assert_string_equal(text + 1, name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_written_as_it_was_read),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(the_path_of_a_socket_has_107_bytes_at_most),
        cmocka_unit_test(loopback_is_what_only_this_machine_reaches),
        cmocka_unit_test(hosts_are_the_same_whatever_the_port),
        cmocka_unit_test(who_comes_by_a_unix_socket_has_no_name),
        cmocka_unit_test(a_name_without_a_path_is_written_with_an_at),
        cmocka_unit_test(a_host_and_a_port_are_an_address_if_it_is_numeric),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
