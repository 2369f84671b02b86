/* test_zookeeper_log.c - lines of the ZooKeeper library in gale's log. */
#include "common/zookeeper_log.h"
#include "tests/support/cmocka_all.h"
#include <stdlib.h>
#include <string.h>

#define LINE                                                                   \
    "2026-11-29 10:00:00,123:77(0x7f01):ZOO_ERROR@handle@17: it is refused"

static void a_line_is_its_text_alone(void **state)
{
    (void)state;
    assert_string_equal(zookeeper_log_text(LINE), "it is refused");
    assert_string_equal(zookeeper_log_text("something else"), "something else");
    assert_string_equal(zookeeper_log_text(":ZOO_ERROR"), ":ZOO_ERROR");
}

static void only_one_line_comes_in_a_minute_and_none_after_the_end(void **state)
{
    struct env *env = env_posix();
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    struct log *log = log_new(env, to, "test");
    int n = 0;

    (void)state;
    zookeeper_log_to(env, log);
    for (int i = 0; i < 100; i++)
        zookeeper_log_line(LINE);
    zookeeper_log_end(log);
    zookeeper_log_line(LINE);
    log_free(log);
    fclose(to);
    for (const char *c = text; *c != '\0'; c++)
        n += *c == '\n';
    assert_int_equal(n, 1);
    assert_non_null(
        strstr(text, " WARN test zookeeper its library says: it is refused\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_its_text_alone),
        cmocka_unit_test(
            only_one_line_comes_in_a_minute_and_none_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
