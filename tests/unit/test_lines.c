/* test_lines.c - spouts/lines.c: every line once, wherever it is cut, and again
 * when it failed. */
#include "tests/support/fake_host.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { CHUNK = 1024 * 1024 }; /* as spouts/lines.c has it */

static char directory[] = "/tmp/test_lines.XXXXXX";
static char path[64]; /* of the file that a test writes */

static int make_directory(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/text", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void write_file(const char *data, size_t size)
{
    struct stat st;
    int fd;

    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        unlink(path); /* a pipe of an earlier test */
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

static struct fake_host *lines_of(const char *files)
{
    struct fake_host *f = fake_host_new("lines", true);

    fake_host_set(f, "files", gale_cstr(files));
    return f;
}

static struct fake_host *started(const char *files)
{
    struct fake_host *f = lines_of(files);

    assert_int_equal(fake_host_start(f), GALE_OK);
    return f;
}

static void expect_line(const struct fake_host *f, size_t i, const char *line,
                        int64_t offset)
{
    const struct fake_emitted *e = &f->emitted[i];

    assert_true(i < f->n_emitted);
    assert_string_equal(e->values[0].as.data, line);
    assert_int_equal(e->values[2].as.i, offset);
    assert_true(e->tracked);
    assert_int_equal(e->id.lo, offset);
}

/* -- one task -------------------------------------------------------------- */

static void a_file_is_cut_at_newlines_and_nowhere_else(void **state)
{
    static const char text[] = "the cow\r\n\nover\0the\xff\nmoon";
    struct fake_host *f;

    (void)state;
    write_file(text, sizeof(text) - 1);
    f = started(path);
    assert_int_equal(fake_host_drain(f), GALE_OK);
    assert_true(f->exhausted);
    assert_int_equal(f->n_emitted, 4);
    expect_line(f, 0, "the cow\r", 0);
    expect_line(f, 1, "", 9);
    expect_line(f, 2, "over", 10);
    assert_int_equal(f->emitted[2].values[0].size, 9);
    assert_memory_equal(f->emitted[2].values[0].as.data, "over\0the\xff", 9);
    expect_line(f, 3, "moon", 20);
    assert_string_equal(f->emitted[3].values[1].as.data, path);
    fake_host_free(f);
}

static void an_empty_file_has_no_line(void **state)
{
    struct fake_host *f;

    (void)state;
    write_file("", 0);
    f = started(path);
    assert_int_equal(fake_host_drain(f), GALE_OK);
    assert_true(f->exhausted);
    assert_int_equal(f->n_emitted, 0);
    fake_host_free(f);
}

static void files_are_read_in_the_order_given(void **state)
{
    const gale_value list[] = {gale_cstr(path), gale_cstr("/dev/null"),
                               gale_cstr(path)};
    struct fake_host *f = fake_host_new("lines", true);

    (void)state;
    write_file("a\nb\n", 4);
    fake_host_set(f, "files", gale_list(list, 3));
    assert_int_equal(fake_host_start(f), GALE_OK);
    fake_host_drain(f);
    assert_int_equal(f->n_emitted, 4);
    expect_line(f, 1, "b", 2);
    assert_int_equal(f->emitted[1].id.hi, 0);
    assert_int_equal(f->emitted[3].id.hi, 2);
    fake_host_free(f);
}

static void without_ackers_nothing_is_tracked(void **state)
{
    struct fake_host *f = lines_of(path);

    (void)state;
    write_file("a\n", 2);
    fake_host_set(f, "topology.acker.executors", gale_int(0));
    fake_host_start(f);
    fake_host_drain(f);
    assert_int_equal(f->n_emitted, 1);
    assert_false(f->emitted[0].tracked);
    fake_host_free(f);
}

static void a_small_pending_limit_makes_small_batches(void **state)
{
    struct fake_host *f = lines_of(path);

    (void)state;
    write_file("a\nb\nc\nd\n", 8);
    fake_host_set(f, "topology.max.spout.pending", gale_int(3));
    fake_host_start(f);
    while (f->n_emitted == 0)
        f->component.spout.next(&f->task);
    assert_int_equal(f->n_emitted, 3);
    fake_host_free(f);
}

/* -- errors ---------------------------------------------------------------- */

static void expect_refusal(const char *files, const char *text)
{
    struct fake_host *f = lines_of(files);

    assert_int_equal(fake_host_start(f), GALE_FATAL);
    assert_string_equal(f->text, text);
    fake_host_free(f);
}

static void what_cannot_be_read_is_refused_at_open(void **state)
{
    (void)state;
    expect_refusal("/no/such/file",
                   "cannot read /no/such/file: No such file or directory");
    expect_refusal("/dev/null\n/no/such/file",
                   "cannot read /no/such/file: No such file or directory");
    expect_refusal("\n", "the name of a file is empty: name a file, or - for "
                         "standard input");
    expect_refusal("", "the name of a file is empty: name a file, or - for "
                       "standard input");
    expect_refusal("/tmp", "cannot read /tmp: it is a directory; name files");
}

static void a_line_beyond_the_limit_is_an_error(void **state)
{
    char *text = malloc(2 * CHUNK);
    char wanted[160];
    struct fake_host *f = lines_of(path);

    (void)state;
    memset(text, 'x', 2 * CHUNK);
    memcpy(text, "12345678\n", 9);
    write_file(text, 2 * CHUNK);
    fake_host_set(f, "max.line.bytes", gale_int(CHUNK));
    fake_host_start(f);
    assert_int_equal(fake_host_drain(f), GALE_FATAL);
    assert_int_equal(f->n_emitted, 1);
    snprintf(wanted, sizeof(wanted),
             "%s: the line at byte 9 is longer than max.line.bytes (1048576): "
             "raise the option or break the line",
             path);
    assert_string_equal(f->text, wanted);
    fake_host_free(f);
    free(text);
}

static void a_line_at_the_limit_is_a_line(void **state)
{
    struct fake_host *f = lines_of(path);

    (void)state;
    write_file("1234\n1234\n123", 13);
    fake_host_set(f, "max.line.bytes", gale_int(4));
    fake_host_start(f);
    assert_int_equal(fake_host_drain(f), GALE_OK);
    assert_int_equal(f->n_emitted, 3);
    fake_host_free(f);
}

/* -- several tasks --------------------------------------------------------- */

static unsigned random_below(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 8) % n;
}

/* Lines of up to 200 bytes, now and then of up to 10000, and a few that are
 * longer than a chunk; how many. */
static size_t fill_lines(char *text, size_t size, unsigned seed)
{
    size_t n = 0;

    for (size_t at = 0; at < size; n++) {
        unsigned kind = random_below(&seed, 4000);
        unsigned most = kind == 0 ? 2 * CHUNK : kind < 100 ? 10000 : 200;
        size_t end = at + random_below(&seed, most);

        for (; at < end && at < size; at++)
            text[at] = (char)('a' + at % 26);
        if (at < size)
            text[at++] = '\n';
    }
    return n;
}

/* Each line is emitted by exactly one of the tasks, with its own bytes. */
static void expect_shares(const char *text, size_t size, uint32_t n_tasks)
{
    unsigned char *starts = calloc(size + 1, 1);
    size_t n = 0;

    for (uint32_t i = 0; i < n_tasks; i++) {
        struct fake_host *f = lines_of(path);

        f->index = i;
        f->n_tasks = n_tasks;
        fake_host_start(f);
        assert_int_equal(fake_host_drain(f), GALE_OK);
        for (size_t k = 0; k < f->n_emitted; k++) {
            gale_value line = f->emitted[k].values[0];
            size_t at = f->emitted[k].id.lo;
            const char *end = memchr(text + at, '\n', size - at);

            assert_int_equal(starts[at]++, 0);
            assert_true(at == 0 || text[at - 1] == '\n');
            assert_int_equal(line.size,
                             (end ? end : text + size) - (text + at));
            assert_memory_equal(line.as.data, text + at, line.size);
        }
        n += f->n_emitted;
        fake_host_free(f);
    }
    for (size_t at = 0; at < size; at++)
        n -= at == 0 || text[at - 1] == '\n';
    assert_int_equal(n, 0);
    free(starts);
}

static void tasks_share_a_file_without_gap_or_overlap(void **state)
{
    char *text = malloc(12 * CHUNK);

    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++) {
        size_t size = 9 * CHUNK + (seed % 3) * (CHUNK / 2) + seed;

        fill_lines(text, size, seed);
        write_file(text, size);
        for (uint32_t n = 1; n <= 4; n++)
            expect_shares(text, size, n);
    }
    free(text);
}

static void newlines_at_the_borders_of_chunks_are_no_trap(void **state)
{
    char *text = malloc(4 * CHUNK);

    (void)state;
    for (int shift = -2; shift <= 2; shift++) {
        memset(text, 'x', 4 * CHUNK);
        for (int i = 1; i < 4; i++)
            text[i * CHUNK + shift] = '\n';
        write_file(text, 4 * CHUNK);
        for (uint32_t n = 1; n <= 3; n++)
            expect_shares(text, 4 * CHUNK, n);
    }
    free(text);
}

static void a_pipe_is_read_by_the_first_task_alone(void **state)
{
    struct fake_host *f = lines_of("/dev/null");

    (void)state;
    f->index = 1;
    f->n_tasks = 2;
    fake_host_start(f);
    assert_int_equal(fake_host_drain(f), GALE_OK);
    assert_true(f->exhausted);
    fake_host_free(f);
}

/* -- failing and going on -------------------------------------------------- */

static void a_failed_line_is_read_again_from_its_file(void **state)
{
    struct fake_host *f;

    (void)state;
    write_file("the\ncow\nmoon", 12);
    f = started(path);
    fake_host_drain(f);
    fake_host_fail(f, f->emitted[1].id);
    fake_host_fail(f, f->emitted[2].id);
    fake_host_ack(f, f->emitted[0].id);
    fake_host_clear(f);
    assert_int_equal(fake_host_drain(f), GALE_OK);
    assert_int_equal(f->n_emitted, 2);
    expect_line(f, 0, "cow", 4);
    expect_line(f, 1, "moon", 8);
    fake_host_free(f);
}

static void a_long_failed_line_is_read_again_whole(void **state)
{
    char *text = malloc(CHUNK);
    struct fake_host *f;

    (void)state;
    memset(text, 'x', CHUNK);
    text[10] = '\n';
    write_file(text, CHUNK);
    f = started(path);
    fake_host_drain(f);
    fake_host_fail(f, (gale_msgid){0, 11});
    fake_host_clear(f);
    assert_int_equal(fake_host_drain(f), GALE_OK);
    assert_int_equal(f->emitted[0].values[0].size, CHUNK - 11);
    fake_host_free(f);
    free(text);
}

static void a_file_that_is_cut_under_a_failed_line_is_an_error(void **state)
{
    struct fake_host *f;

    (void)state;
    write_file("the\ncow\n", 8);
    f = started(path);
    fake_host_drain(f);
    write_file("", 0);
    fake_host_fail(f, (gale_msgid){0, 4});
    assert_int_equal(fake_host_drain(f), GALE_FATAL);
    assert_non_null(strstr(f->text, "at byte 4: it was cut while"));
    fake_host_free(f);
}

static struct fake_host *from_fifo(int *writer)
{
    struct fake_host *f;

    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    f = started(path);
    assert_int_equal(fake_host_drain(f), GALE_OK);
    assert_true(f->waits); /* nobody writes yet: that is no end */
    *writer = open(path, O_WRONLY);
    assert_true(*writer >= 0);
    return f;
}

static void a_pipe_is_read_as_it_comes(void **state)
{
    int writer;
    struct fake_host *f = from_fifo(&writer);

    (void)state;
    assert_int_equal(write(writer, "the cow\nju", 10), 10);
    fake_host_drain(f);
    assert_true(f->waits);
    assert_int_equal(f->n_emitted, 1);
    expect_line(f, 0, "the cow", 0);
    assert_int_equal(write(writer, "mped", 4), 4);
    close(writer);
    fake_host_drain(f);
    assert_true(f->exhausted);
    assert_int_equal(f->n_emitted, 2);
    expect_line(f, 1, "jumped", 8);
    fake_host_free(f);
}

static void a_failed_line_of_a_pipe_is_kept_until_it_is_acked(void **state)
{
    int writer;
    struct fake_host *f = from_fifo(&writer);

    (void)state;
    assert_int_equal(write(writer, "a\nb\nc\n", 6), 6);
    close(writer);
    fake_host_drain(f);
    fake_host_ack(f, (gale_msgid){0, 0});
    fake_host_ack(f, (gale_msgid){0, 4});
    for (int i = 0; i < 2; i++) {
        fake_host_clear(f);
        fake_host_fail(f, (gale_msgid){0, 2});
        fake_host_drain(f);
        assert_int_equal(f->n_emitted, 1);
        expect_line(f, 0, "b", 2);
    }
    fake_host_ack(f, (gale_msgid){0, 2});
    fake_host_clear(f);
    fake_host_fail(f, (gale_msgid){0, 2}); /* of an earlier run: not known */
    fake_host_drain(f);
    assert_int_equal(f->n_emitted, 0);
    fake_host_free(f);
}

static void a_position_says_where_to_go_on(void **state)
{
    struct fake_host *f;
    char split[80];

    (void)state;
    snprintf(split, sizeof(split), "0 0/1 %s", path);
    write_file("the\ncow\nmoon\n", 13);
    f = lines_of(path);
    settings_set(f->positions, split, gale_cstr("4"));
    fake_host_start(f);
    fake_host_drain(f);
    assert_int_equal(f->n_emitted, 2);
    expect_line(f, 0, "cow", 4);
    assert_string_equal(settings_get(f->positions, split)->as.data, "13");
    fake_host_free(f);
}

static void a_position_behind_the_end_is_of_another_file(void **state)
{
    struct fake_host *f = lines_of(path);
    char split[80];

    (void)state;
    snprintf(split, sizeof(split), "0 0/1 %s", path);
    write_file("cow\n", 4);
    settings_set(f->positions, split, gale_cstr("5000"));
    fake_host_start(f);
    fake_host_drain(f);
    assert_int_equal(f->n_emitted, 1);
    assert_non_null(strstr(f->text, "is shorter than it was"));
    fake_host_free(f);
}

/* Lines that a task emits in so many calls of next (0: until it is exhausted),
 * going on from `positions` and leaving them changed. */
static size_t lines_of_task(uint32_t index, struct settings *positions,
                            int calls)
{
    struct fake_host *f = lines_of(path);
    size_t n;

    f->index = index;
    f->n_tasks = 2;
    settings_free(f->positions);
    f->positions = positions;
    fake_host_start(f);
    if (calls == 0)
        fake_host_drain(f);
    for (; calls > 0; calls--)
        f->component.spout.next(&f->task);
    n = f->n_emitted;
    f->positions = settings_new();
    fake_host_free(f);
    return n;
}

/* Stopped after any number of calls, the lines of all runs are those of the
 * file; a third run has nothing left. */
static void tasks_go_on_from_their_positions(void **state)
{
    size_t size = 4 * CHUNK + CHUNK / 3;
    char *text = malloc(size);
    size_t n_lines = fill_lines(text, size, 99);

    (void)state;
    write_file(text, size);
    for (int calls = 0; calls < 90; calls += 3) {
        struct settings *positions[2] = {settings_new(), settings_new()};
        size_t n = 0;

        for (uint32_t run = 0; run < 4; run++)
            n +=
                lines_of_task(run % 2, positions[run % 2], run < 2 ? calls : 0);
        assert_int_equal(n, n_lines);
        for (uint32_t i = 0; i < 2; i++) {
            assert_int_equal(lines_of_task(i, positions[i], 0), 0);
            settings_free(positions[i]);
        }
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_cut_at_newlines_and_nowhere_else),
        cmocka_unit_test(an_empty_file_has_no_line),
        cmocka_unit_test(files_are_read_in_the_order_given),
        cmocka_unit_test(without_ackers_nothing_is_tracked),
        cmocka_unit_test(a_small_pending_limit_makes_small_batches),
        cmocka_unit_test(what_cannot_be_read_is_refused_at_open),
        cmocka_unit_test(a_line_beyond_the_limit_is_an_error),
        cmocka_unit_test(a_line_at_the_limit_is_a_line),
        cmocka_unit_test(tasks_share_a_file_without_gap_or_overlap),
        cmocka_unit_test(newlines_at_the_borders_of_chunks_are_no_trap),
        cmocka_unit_test(a_pipe_is_read_by_the_first_task_alone),
        cmocka_unit_test(a_failed_line_is_read_again_from_its_file),
        cmocka_unit_test(a_long_failed_line_is_read_again_whole),
        cmocka_unit_test(a_file_that_is_cut_under_a_failed_line_is_an_error),
        cmocka_unit_test(a_pipe_is_read_as_it_comes),
        cmocka_unit_test(a_failed_line_of_a_pipe_is_kept_until_it_is_acked),
        cmocka_unit_test(a_position_says_where_to_go_on),
        cmocka_unit_test(a_position_behind_the_end_is_of_another_file),
        cmocka_unit_test(tasks_go_on_from_their_positions),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
