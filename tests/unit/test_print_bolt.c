/* test_print_bolt.c - what bolts/print.c writes, and that it acks only what it
 * has written. */
#include "tests/support/fake_host.h"
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static int output; /* what stands for standard output; read from the start */
static int real_output; /* the test's own */

/* Standard output is `fd` while the bolt runs. */
static void redirect(int fd)
{
    fflush(stdout);
    real_output = dup(STDOUT_FILENO);
    assert_true(dup2(fd, STDOUT_FILENO) >= 0);
}

static void restore(void)
{
    dup2(real_output, STDOUT_FILENO);
    close(real_output);
}

static int open_output(void **state)
{
    char path[] = "/tmp/test_print_bolt.XXXXXX";

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    output = mkstemp(path);
    unlink(path);
    return output < 0;
}

static int close_output(void **state)
{
    (void)state;
    return close(output);
}

static struct fake_host *printing(const char *key, const char *value)
{
    struct fake_host *f = fake_host_new("print", false);

    if (key)
        fake_host_set(f, key, gale_cstr(value));
    assert_int_equal(fake_host_start(f), GALE_OK);
    return f;
}

static gale_result flush(struct fake_host *f)
{
    return f->component.bolt.end_of_input(&f->task);
}

static void expect_output(const char *text)
{
    char found[256];
    ssize_t n = pread(output, found, sizeof(found) - 1, 0);

    assert_true(n >= 0);
    found[n] = '\0';
    assert_string_equal(found, text);
}

/* One tuple of these values makes that text. */
static void expect(struct fake_host *f, const gale_value *values, uint32_t n,
                   const char *text)
{
    gale_result result[2];

    redirect(output);
    result[0] = fake_host_execute(f, values, n);
    result[1] = flush(f);
    restore();
    assert_int_equal(result[0], GALE_OK);
    assert_int_equal(result[1], GALE_OK);
    expect_output(text);
    fake_host_free(f);
}

static void a_tuple_is_a_line_with_tabs_between_fields(void **state)
{
    (void)state;
    expect(printing(NULL, NULL), GALE_VALUES(gale_cstr("cow"), gale_int(-7)),
           "cow\t-7\n");
}

static void every_kind_of_value_has_a_text(void **state)
{
    const gale_value items[] = {gale_int(1), gale_cstr("b")};
    const gale_value nested[] = {gale_cstr("k"), gale_list(items, 2)};

    (void)state;
    expect(printing("separator", " "),
           GALE_VALUES(gale_nil(), gale_bool(true), gale_float(0.1),
                       gale_float(1e300), gale_float(NAN), gale_float(-NAN),
                       gale_bytes("x", 1), gale_list(items, 0),
                       gale_map(nested, 1)),
           "nil true 0.1 1e+300 nan nan x [] {k: [1, b]}\n");
}

static void fields_are_printed_in_the_order_that_is_asked_for(void **state)
{
    (void)state;
    expect(printing("fields", "f1\nf0"),
           GALE_VALUES(gale_cstr("cow"), gale_int(2)), "2\tcow\n");
}

static void a_format_names_fields_in_braces(void **state)
{
    (void)state;
    expect(printing("format", "{{{f1}}} times {f0}!"),
           GALE_VALUES(gale_cstr("cow"), gale_int(2)), "{2} times cow!\n");
}

static void a_wrong_format_is_refused(void **state)
{
    static const char *const formats[] = {"{",   "a {", "{}",
                                          "{f0", "}",   "{a{b}"};

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct fake_host *f = fake_host_new("print", false);

        fake_host_set(f, "format", gale_cstr(formats[i]));
        assert_int_equal(fake_host_start(f), GALE_FATAL);
        assert_non_null(strstr(f->text, "a field is {name}"));
        fake_host_free(f);
    }
}

static void a_field_that_is_not_there_is_fatal(void **state)
{
    struct fake_host *f = printing("format", "{word}");

    (void)state;
    assert_int_equal(fake_host_execute(f, GALE_VALUES(gale_int(1))),
                     GALE_FATAL);
    assert_string_equal(f->text,
                        "the tuples of source, stream source, have no field "
                        "word: see the options format and fields");
    fake_host_free(f);
}

static void a_tuple_is_acked_when_its_line_is_written(void **state)
{
    struct fake_host *f = printing(NULL, NULL);
    gale_result result;

    (void)state;
    fake_host_execute(f, GALE_VALUES(gale_cstr("the")));
    fake_host_execute(f, GALE_VALUES(gale_cstr("cow")));
    assert_int_equal(f->n_held, 2);
    assert_int_equal(f->n_acked, 0);
    assert_int_equal(f->tick_ms, 1);
    expect_output("");
    redirect(output);
    result = f->component.bolt.tick(&f->task);
    restore();
    assert_int_equal(result, GALE_OK);
    assert_int_equal(f->n_acked, 2);
    assert_int_equal(f->tick_ms, 0);
    expect_output("the\ncow\n");
    fake_host_free(f);
}

static void what_is_gathered_is_bounded(void **state)
{
    struct fake_host *f = printing(NULL, NULL);

    (void)state;
    redirect(output);
    for (int i = 0; i < 5000; i++)
        fake_host_execute(f, GALE_VALUES(gale_int(i)));
    restore();
    assert_in_range(f->n_held - f->n_acked, 0, 1024);
    fake_host_free(f);
}

/* Write to an output that refuses; the error says so, nothing is acked. */
static void expect_refusal(int fd, const char *text)
{
    struct fake_host *f = printing(NULL, NULL);
    gale_result result;

    fake_host_execute(f, GALE_VALUES(gale_cstr("cow")));
    redirect(fd);
    result = flush(f);
    restore();
    assert_int_equal(result, GALE_FATAL);
    assert_string_equal(f->text, text);
    assert_int_equal(f->n_acked, 0);
    fake_host_free(f);
}

static void an_output_that_its_reader_closed_is_fatal(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    expect_refusal(ends[1], "standard output was closed by its reader");
    close(ends[1]);
}

static void a_full_disk_is_fatal(void **state)
{
    int fd = open("/dev/full", O_WRONLY);

    (void)state;
    assert_true(fd >= 0);
    expect_refusal(fd, "cannot write to standard output: "
                       "No space left on device");
    close(fd);
}

#define WITH_OUTPUT(test_)                                                     \
    cmocka_unit_test_setup_teardown(test_, open_output, close_output)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_OUTPUT(a_tuple_is_a_line_with_tabs_between_fields),
        WITH_OUTPUT(every_kind_of_value_has_a_text),
        WITH_OUTPUT(fields_are_printed_in_the_order_that_is_asked_for),
        WITH_OUTPUT(a_format_names_fields_in_braces),
        WITH_OUTPUT(a_wrong_format_is_refused),
        WITH_OUTPUT(a_field_that_is_not_there_is_fatal),
        WITH_OUTPUT(a_tuple_is_acked_when_its_line_is_written),
        WITH_OUTPUT(what_is_gathered_is_bounded),
        WITH_OUTPUT(an_output_that_its_reader_closed_is_fatal),
        WITH_OUTPUT(a_full_disk_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
