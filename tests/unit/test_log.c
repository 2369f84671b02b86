/* test_log.c - lines for people, whole and harmless. */
#include "common/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* An env whose wall clock stands still, and a log that writes to memory. */
struct scene {
    struct env env;
    struct env_ops ops;
    FILE *file;
    char *text;
    size_t size;
    struct log *log;
};

static int64_t wall_us_now;

static int64_t wall_us(struct env *env)
{
    (void)env;
    return wall_us_now;
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));

    wall_us_now = INT64_C(1795208400123999); /* 2026-11-20 21:00:00.123999 */
    s->ops = *env_posix()->ops;
    s->ops.wall_us = wall_us;
    s->env.ops = &s->ops;
    s->file = open_memstream(&s->text, &s->size);
    s->log = log_new(&s->env, s->file, "wordcount");
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    log_free(s->log);
    fclose(s->file);
    free(s->text);
    free(s);
    return 0;
}

static void a_line_has_time_level_topology_place_and_text(void **state)
{
    struct scene *s = *state;

    log_warn(s->log, "count-3", "%d tuples are %s", 7, "late");
    assert_string_equal(s->text, "2026-11-20T21:00:00.123Z WARN wordcount "
                                 "count-3 7 tuples are late\n");
}

static void lines_of_no_topology_say_so(void **state)
{
    struct scene *s = *state;
    struct log *log = log_new(&s->env, s->file, NULL);

    log_error(log, "gale", "x");
    log_free(log);
    assert_string_equal(s->text, "2026-11-20T21:00:00.123Z ERROR - gale x\n");
}

static void times_are_utc_with_three_digits_behind_the_second(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } times[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {999, "1970-01-01T00:00:00.000Z"},
        {1000, "1970-01-01T00:00:00.001Z"},
        {INT64_C(951782399999999), "2000-02-28T23:59:59.999Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00.000Z"},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        size_t before = s->size;

        wall_us_now = times[i].us;
        log_info(s->log, "x", "y");
        assert_memory_equal(s->text + before, times[i].text,
                            strlen(times[i].text));
    }
}

static int n_evaluated;

static int evaluated(void)
{
    return ++n_evaluated;
}

static void a_level_that_is_off_evaluates_nothing(void **state)
{
    struct scene *s = *state;

    n_evaluated = 0;
    log_debug(s->log, "x", "%d", evaluated()); /* INFO at first */
    log_set_level(s->log, GALE_LOG_ERROR);
    log_warn(s->log, "x", "%d", evaluated());
    assert_int_equal(n_evaluated, 0);
    assert_int_equal(s->size, 0);
    log_error(s->log, "x", "%d", evaluated());
    log_set_level(s->log, GALE_LOG_DEBUG);
    log_debug(s->log, "x", "%d", evaluated());
    assert_int_equal(n_evaluated, 2);
    assert_non_null(strstr(s->text, " DEBUG wordcount x 2\n"));
}

static void what_would_break_a_line_is_escaped(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"a\nb\r\n", "a\\nb\\r\\n"},
        {"a\tb", "a\\tb"},
        {"\x1b[31mred", "\\x1b[31mred"},
        {"bell\a delete\x7f", "bell\\x07 delete\\x7f"},
        {"Zürich … 雨 🌧", "Zürich … 雨 🌧"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"}, /* U+009B, another terminal escape */
        {"bad \xff\xc0\xaf end", "bad \\xff\\xc0\\xaf end"},
        {"cut \xe2\x82", "cut \\xe2\\x82"},
        {"surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80"},
        {"", ""},
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char expected[200];

        log_info(s->log, "x", "%s", cases[i].text);
        snprintf(expected, sizeof(expected),
                 "2026-11-20T21:00:00.123Z INFO wordcount x %s\n",
                 cases[i].line);
        assert_string_equal(s->text + s->size - strlen(expected), expected);
    }
}

static void names_are_escaped_too_and_nul_bytes_of_a_text(void **state)
{
    struct scene *s = *state;

    log_write(s->log, GALE_LOG_INFO, "a\nb", "c\0d", 3);
    assert_string_equal(s->text, "2026-11-20T21:00:00.123Z INFO wordcount "
                                 "a\\nb c\\x00d\n");
}

static void a_long_text_is_cut_between_characters(void **state)
{
    struct scene *s = *state;
    char *text = malloc(LOG_TEXT_MAX * 2);
    const char *end = "…\n";

    memset(text, 'x', LOG_TEXT_MAX * 2);
    memcpy(text + LOG_TEXT_MAX - 1, "ü", 2); /* astride the limit */
    log_write(s->log, GALE_LOG_INFO, "x", text, LOG_TEXT_MAX * 2);
    assert_string_equal(s->text + s->size - strlen(end), end);
    assert_int_equal(s->text[s->size - strlen(end) - 1], 'x');
    assert_in_range(s->size, LOG_TEXT_MAX, LOG_TEXT_MAX + 100);
    free(text);
}

static void the_longest_line_fits_with_every_byte_escaped(void **state)
{
    struct scene *s = *state;
    char *text = malloc(LOG_TEXT_MAX + 1), where[1000];

    memset(text, 1, LOG_TEXT_MAX + 1);
    memset(where, 2, sizeof(where) - 1);
    where[sizeof(where) - 1] = 0;
    log_write(s->log, GALE_LOG_INFO, where, text, LOG_TEXT_MAX + 1);
    assert_in_range(s->size, LOG_TEXT_MAX * 4, LOG_TEXT_MAX * 4 + 2000);
    free(text);
}

static void a_formatted_text_longer_than_a_line_is_cut(void **state)
{
    struct scene *s = *state;
    char *text = malloc(LOG_TEXT_MAX * 2);
    const char *end = "…\n";

    memset(text, 'x', LOG_TEXT_MAX * 2 - 1);
    text[LOG_TEXT_MAX * 2 - 1] = 0;
    log_info(s->log, "x", "%s", text);
    assert_string_equal(s->text + s->size - strlen(end), end);
    free(text);
}

enum { THREADS = 4, LINES = 500 };

static void *write_lines(void *arg)
{
    for (int i = 0; i < LINES; i++)
        log_info(arg, "thread", "%s",
                 "a line of a certain length that is the same for all");
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    struct scene *s = *state;
    const char line[] = "2026-11-20T21:00:00.123Z INFO wordcount thread a line "
                        "of a certain length that is the same for all\n";
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, write_lines, s->log);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(s->size, THREADS * LINES * strlen(line));
    for (size_t at = 0; at < s->size; at += strlen(line))
        assert_memory_equal(s->text + at, line, strlen(line));
}

static void a_stream_that_refuses_loses_the_line_and_no_more(void **state)
{
    struct scene *s = *state;
    FILE *full = fopen("/dev/full", "w");
    struct log *log = log_new(&s->env, full, NULL);

    log_info(log, "x", "y");
    log_info(log, "x", "y");
    assert_true(ferror(full));
    log_free(log);
    fclose(full);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_line_has_time_level_topology_place_and_text),
        test(lines_of_no_topology_say_so),
        test(times_are_utc_with_three_digits_behind_the_second),
        test(a_level_that_is_off_evaluates_nothing),
        test(what_would_break_a_line_is_escaped),
        test(names_are_escaped_too_and_nul_bytes_of_a_text),
        test(a_long_text_is_cut_between_characters),
        test(the_longest_line_fits_with_every_byte_escaped),
        test(a_formatted_text_longer_than_a_line_is_cut),
        test(lines_of_several_threads_do_not_mix),
        test(a_stream_that_refuses_loses_the_line_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
