/* test_spool.c - a spool of dead letters, whole, cut short and damaged. */
#include "tests/support/cmocka_all.h"
#include "common/spool.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file {
    char path[64];
    struct spool spool;
    struct dead_letter letter;
    struct dead_letter_memory *memory;
    gale_err error;
};

static int setup(void **state)
{
    struct file *f = calloc(1, sizeof(*f));
    int fd;

    snprintf(f->path, sizeof(f->path), "/tmp/gale-spool-XXXXXX");
    fd = mkstemp(f->path);
    close(fd);
    *state = f;
    return fd < 0;
}

static int teardown(void **state)
{
    struct file *f = *state;

    spool_close(&f->spool);
    unlink(f->path);
    free(f);
    return 0;
}

static void append(struct file *f, const char *text, size_t size)
{
    FILE *file = fopen(f->path, "ae");

    fwrite(text, 1, size, file);
    fclose(file);
}

static void append_letter(struct file *f, int64_t failures, size_t without)
{
    struct dead_letter letter = {.failures = failures};
    size_t size;
    char *line = dead_letter_write(&letter, &size);

    append(f, line, size - without);
    free(line);
}

static void open_spool(struct file *f)
{
    if (spool_open(&f->spool, env_posix(), f->path, &f->error) != 0)
        fail_msg("%s", f->error.text);
}

/* The next record is this one; 0: there is none; -1: it is damaged. */
static void expect(struct file *f, int64_t failures)
{
    int found = spool_next(&f->spool, &f->letter, &f->memory, &f->error);

    assert_int_equal(found, failures > 0 ? 1 : failures);
    if (found > 0)
        assert_int_equal(f->letter.failures, failures);
    dead_letter_forget(f->memory);
}

static void records_come_in_their_order(void **state)
{
    struct file *f = *state;

    append_letter(f, 5, 0);
    append_letter(f, 6, 0);
    open_spool(f);
    expect(f, 5);
    expect(f, 6);
    assert_int_equal(f->spool.n, 2);
    expect(f, 0);
    expect(f, 0);
    assert_false(f->spool.cut);
}

static void an_empty_file_has_none(void **state)
{
    struct file *f = *state;

    open_spool(f);
    expect(f, 0);
    assert_false(f->spool.cut);
}

static void half_a_record_at_the_end_is_left_out(void **state)
{
    struct file *f = *state;

    append_letter(f, 5, 0);
    append_letter(f, 6, 1); /* without its newline nobody knows */
    open_spool(f);
    assert_true(f->spool.cut);
    expect(f, 5);
    expect(f, 0);
}

static void nothing_but_half_a_record_is_nothing(void **state)
{
    struct file *f = *state;

    append_letter(f, 6, 30);
    open_spool(f);
    assert_true(f->spool.cut);
    expect(f, 0);
}

static void a_damaged_record_is_named_and_passed_over(void **state)
{
    struct file *f = *state;

    append_letter(f, 5, 0);
    append(f, "{\"time\n\n", 8);
    append_letter(f, 6, 0);
    open_spool(f);
    expect(f, 5);
    expect(f, -1);
    assert_non_null(strstr(f->error.text, ": record 2 is no object of JSON"));
    expect(f, -1); /* the empty line */
    expect(f, 6);
    expect(f, 0);
}

static void bytes_that_are_no_text_hide_nothing_behind_them(void **state)
{
    struct file *f = *state;

    append_letter(f, 5, 0);
    append(f, "a\0b\n", 4);
    append(f, "\0\0\0\0\n", 5);
    append_letter(f, 6, 0);
    append(f, "\0\0\0", 3); /* as a disk leaves it that lost its power */
    open_spool(f);
    assert_true(f->spool.cut);
    expect(f, 5);
    expect(f, -1);
    assert_non_null(strstr(f->error.text, ": record 2 is no text"));
    expect(f, -1);
    expect(f, 6);
    expect(f, 0);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct file *f = *state;

    assert_int_equal(spool_open(&f->spool, env_posix(), "/none", &f->error),
                     -1);
    assert_string_equal(f->error.text,
                        "cannot read /none: No such file or directory");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_come_in_their_order),
        TEST(an_empty_file_has_none),
        TEST(half_a_record_at_the_end_is_left_out),
        TEST(nothing_but_half_a_record_is_nothing),
        TEST(a_damaged_record_is_named_and_passed_over),
        TEST(bytes_that_are_no_text_hide_nothing_behind_them),
        TEST(a_file_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
