/* test_socket_address.c - where a socket is: connectors/socket_address.c. */
#include "connectors/socket_address.h"
#include "tests/support/cmocka_all.h"

static const char *read_text(const char *text, struct socket_address *a)
{
    return socket_address_read(gale_str_make(text, strlen(text)), a);
}

static void what_people_write_is_understood(void **state)
{
    static const struct {
        const char *text, *host, *port, *path;
    } cases[] = {
        {"localhost:9999", "localhost", "9999", ""},
        {"127.0.0.1:1", "127.0.0.1", "1", ""},
        {"[::1]:65535", "::1", "65535", ""},
        {"[a.b]:80", "a.b", "80", ""},
        {"unix:/run/x.sock", "", "", "/run/x.sock"},
        {"unix:x:y", "", "", "x:y"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct socket_address a;

        assert_null(read_text(cases[k].text, &a));
        assert_string_equal(a.host, cases[k].host);
        assert_string_equal(a.port, cases[k].port);
        assert_string_equal(a.path, cases[k].path);
    }
}

static void what_is_no_address_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "has no port, expected HOST:PORT, [HOST]:PORT or unix:PATH"},
        {"localhost", "has no port, expected"},
        {":80", "has no host, expected"},
        {"[]:80", "has no host, expected"},
        {"a:", "has no port from 1 to 65535"},
        {"a:0", "has no port from 1 to 65535"},
        {"a:65536", "has no port from 1 to 65535"},
        {"a:999999", "has no port from 1 to 65535"},
        {"a:+80", "has no port from 1 to 65535"},
        {"a:80 ", "has no port from 1 to 65535"},
        {"::1:80", "has colons in its host: write [HOST]:PORT"},
        {"a b:80", "has a host with blanks or odd bytes"},
        {"unix:", "has no path"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct socket_address a;
        const char *why = read_text(cases[k].text, &a);

        if (why == NULL || strstr(why, cases[k].why) != why)
            fail_msg("%s: found \"%s\", expected \"%s\"", cases[k].text,
                     why != NULL ? why : "nothing", cases[k].why);
    }
}

static void lengths_have_limits(void **state)
{
    char text[300];
    struct socket_address a;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text + 253, ":80", 4);
    assert_null(read_text(text, &a));
    memset(text, 'x', sizeof(text));
    memcpy(text + 254, ":80", 4);
    assert_non_null(read_text(text, &a));
    memset(text, 'x', sizeof(text));
    memcpy(text, "unix:", 5);
    text[5 + 107] = '\0';
    assert_null(read_text(text, &a));
    text[5 + 107] = 'x';
    text[5 + 108] = '\0';
    assert_non_null(read_text(text, &a));
    assert_non_null(socket_address_read(gale_str_make("a:80\0x", 6), &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_write_is_understood),
        cmocka_unit_test(what_is_no_address_is_refused_with_a_reason),
        cmocka_unit_test(lengths_have_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
