/* test_tail_spout.c - spouts/tail.c in a running topology: who writes, rotates,
 * cuts and removes the file is this test. */
#include "tests/support/cmocka_all.h"
#include "tests/support/remove_tree.h"
#include "tests/support/topology_run.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What has come, in its order, a line each; and which line fails at first. */
struct sink {
    pthread_mutex_t lock;
    char text[8192];
    const char *refused; /* fails once … */
    const char *removed; /* … when this file has been removed */
};

struct setting {
    struct topology_run r;
    struct sink sink;
    struct probe bolt;
    gale_declarer *spout;
    char dir[64], state[80], log[80];
};

static gale_result take(gale_task *task, const gale_tuple *in)
{
    struct sink *s = probe_arg(task);
    gale_str line = gale_get_str(in, 0);
    gale_result result = GALE_OK;

    pthread_mutex_lock(&s->lock);
    if (s->refused != NULL && !strcmp(s->refused, line.data)) {
        s->refused = NULL;
        unlink(s->removed);
        result = GALE_RETRY;
    } else {
        size_t n = strlen(s->text);

        snprintf(s->text + n, sizeof(s->text) - n, "%s\n", line.data);
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

static void set_int(struct setting *s, const char *key, int64_t value)
{
    gale_set(s->spout, key, gale_int(value));
}

/* The topology anew: what has come before stays known. */
static void again(struct setting *s)
{
    topology_run_begin(&s->r, "tails");
    s->r.state_dir = s->state;
    s->spout = gale_add_spout(s->r.builder, "tail", "tail", 1);
    gale_set(s->spout, "file", gale_cstr(s->log));
    set_int(s, "rotated.quiet.ms", 100);
    gale_shuffle(topology_run_bolt(&s->r, "sink", &s->bolt, 1), "tail");
}

static int setup(void **state)
{
    struct setting *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return -1;
    pthread_mutex_init(&s->sink.lock, NULL);
    s->bolt.arg = &s->sink;
    s->bolt.execute = take;
    snprintf(s->dir, sizeof(s->dir), "/tmp/gale-tail-XXXXXX");
    if (mkdtemp(s->dir) == NULL)
        return -1;
    snprintf(s->state, sizeof(s->state), "%s/state", s->dir);
    snprintf(s->log, sizeof(s->log), "%s/app.log", s->dir);
    again(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct setting *s = *state;
    int rc;

    topology_run_end(&s->r);
    rc = remove_tree(s->dir);
    free(s);
    return rc;
}

static void stop(struct setting *s)
{
    topology_run_stop(&s->r, GALE_STOP_DRAIN);
    topology_run_end(&s->r);
}

/* -- what has come --------------------------------------------------------- */

struct wish {
    struct setting *s;
    const char *text;
};

static bool has_come(void *arg)
{
    const struct wish *w = arg;
    bool is;

    pthread_mutex_lock(&w->s->sink.lock);
    is = !strcmp(w->s->sink.text, w->text);
    pthread_mutex_unlock(&w->s->sink.lock);
    return is;
}

static void await(struct setting *s, const char *text)
{
    struct wish w = {s, text};

    topology_run_until(has_come, &w, text);
}

static bool is_logged(void *arg)
{
    const struct wish *w = arg;

    return strstr(topology_run_log(&w->s->r), w->text) != NULL;
}

static void await_log(struct setting *s, const char *part)
{
    struct wish w = {s, part};

    topology_run_until(is_logged, &w, part);
}

/* -- the writer ------------------------------------------------------------ */

static void put(const char *path, int flags, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
    size_t size = strlen(text);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
}

static void append(struct setting *s, const char *text)
{
    put(s->log, O_APPEND, text);
}

static const char *named(const struct setting *s, const char *suffix)
{
    static char names[4][128];
    static unsigned turn;
    char *name = names[turn++ % 4];

    snprintf(name, sizeof(names[0]), "%s%s", s->log, suffix);
    return name;
}

static void rotate(const struct setting *s, const char *from, const char *to)
{
    assert_int_equal(rename(named(s, from), named(s, to)), 0);
}

/* As logrotate's copytruncate. */
static void copy_and_cut(const struct setting *s)
{
    char text[4096] = "";
    int fd = open(s->log, O_RDWR | O_CLOEXEC);

    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    put(named(s, ".1"), O_TRUNC, text);
    assert_int_equal(ftruncate(fd, 0), 0);
    close(fd);
}

/* -- it grows -------------------------------------------------------------- */

static void what_is_appended_comes_and_half_a_line_waits(void **state)
{
    struct setting *s = *state;

    append(s, "the cow\n\njumped\r\nov");
    topology_run_start(&s->r);
    await(s, "the cow\n\njumped\r\n");
    append(s, "er");
    append(s, "\nthe moon\n");
    await(s, "the cow\n\njumped\r\nover\nthe moon\n");
}

static void a_carriage_return_before_the_newline_is_cut_off_if_that_is_said(
    void **state)
{
    struct setting *s = *state;

    gale_set(s->spout, "line.end", gale_cstr("crlf"));
    s->sink.refused = "jumped";
    s->sink.removed = s->dir; /* which stays */
    append(s, "the\rcow\r\n\r\nover\njumped\r\n");
    topology_run_start(&s->r);
    await(s, "the\rcow\n\nover\njumped\n");
}

static void it_begins_before_its_file_and_its_directory(void **state)
{
    struct setting *s = *state;
    char dir[90], file[100];

    snprintf(dir, sizeof(dir), "%s/later", s->dir);
    snprintf(file, sizeof(file), "%s/x.log", dir);
    gale_set(s->spout, "file", gale_cstr(file));
    set_int(s, "look.ms", 10);
    topology_run_start(&s->r);
    await_log(s, "is not there yet: it is waited for");
    mkdir(dir, 0777);
    put(file, 0, "a\n");
    await(s, "a\n");
}

static void it_may_begin_at_the_end_of_what_is_there(void **state)
{
    struct setting *s = *state;

    append(s, "old\nhalf of");
    gale_set(s->spout, "from", gale_cstr("end"));
    topology_run_start(&s->r);
    await_log(s, "is read from byte 11 on");
    append(s, " a line\nnew\n");
    await(s, "new\n");
}

static void what_was_emitted_is_not_read_again_by_the_next_run(void **state)
{
    struct setting *s = *state;

    append(s, "a\nb\nha");
    topology_run_start(&s->r);
    await(s, "a\nb\n");
    stop(s);
    append(s, "lf\nc\n");
    again(s);
    topology_run_start(&s->r);
    await(s, "a\nb\nhalf\nc\n");
}

/* -- it is rotated --------------------------------------------------------- */

static void a_renamed_file_is_read_to_its_end_before_the_new_one(void **state)
{
    struct setting *s = *state;

    append(s, "a\n");
    topology_run_start(&s->r);
    await(s, "a\n");
    rotate(s, "", ".1");
    put(named(s, ".1"), O_APPEND, "b\n");
    await(s, "a\nb\n");
    put(named(s, ".1"), O_APPEND, "c\nlast");
    append(s, "d\n");
    await(s, "a\nb\nc\nlast\nd\n");
}

static void of_several_rotations_at_once_no_file_is_left_out(void **state)
{
    struct setting *s = *state;

    append(s, "a\n");
    topology_run_start(&s->r);
    await(s, "a\n");
    append(s, "b\n");
    rotate(s, "", "-20260101");
    append(s, "c\n");
    rotate(s, "", "-20260102");
    put(named(s, "-20260102.gz"), 0, "packed\n");
    put(named(s, ".old"), 0, "none of them\n");
    append(s, "d\n");
    await(s, "a\nb\nc\nd\n");
}

static void what_was_rotated_while_nobody_looked_is_read_first(void **state)
{
    struct setting *s = *state;

    append(s, "a\n");
    topology_run_start(&s->r);
    await(s, "a\n");
    stop(s);
    append(s, "b\n");
    rotate(s, "", ".1");
    append(s, "c\n");
    rotate(s, ".1", ".2");
    rotate(s, "", ".1");
    append(s, "d\n");
    again(s);
    topology_run_start(&s->r);
    await(s, "a\nb\nc\nd\n");
}

/* Its writer may have it open yet, however long it had nothing to say. */
static void a_file_that_was_just_rotated_is_still_waited_for(void **state)
{
    struct setting *s = *state;
    const struct timespec long_ago[] = {{1000000000, 0}, {1000000000, 0}};

    append(s, "a\n");
    topology_run_start(&s->r);
    await(s, "a\n");
    stop(s);
    append(s, "b\n");
    assert_int_equal(utimensat(AT_FDCWD, s->log, long_ago, 0), 0);
    rotate(s, "", ".1");
    append(s, "new\n");
    again(s);
    set_int(s, "rotated.quiet.ms", 3600000);
    topology_run_start(&s->r);
    await(s, "a\nb\n");
    put(named(s, ".1"), O_APPEND, "late\n");
    await(s, "a\nb\nlate\n");
}

static void a_file_that_is_removed_and_made_again_is_another(void **state)
{
    struct setting *s = *state;

    append(s, "a\n");
    topology_run_start(&s->r);
    await(s, "a\n");
    unlink(s->log);
    append(s, "b\n");
    await(s, "a\nb\n");
}

/* Nobody can know what it held behind the last line that was read. */
static void one_that_was_removed_while_nobody_looked_is_said_to_be_gone(
    void **state)
{
    struct setting *s = *state;

    append(s, "a\n");
    topology_run_start(&s->r);
    await(s, "a\n");
    stop(s);
    append(s, "never read\n");
    unlink(s->log);
    append(s, "b\n");
    again(s);
    topology_run_start(&s->r);
    await(s, "a\nb\n");
    assert_says(topology_run_log(&s->r),
                "is gone, or was cut: what it held behind that is lost; what "
                "has come since then is read");
}

/* -- it is cut ------------------------------------------------------------- */

static void a_file_that_was_cut_begins_anew_and_that_is_said(void **state)
{
    struct setting *s = *state;

    append(s, "long line\n");
    topology_run_start(&s->r);
    await(s, "long line\n");
    put(s->log, O_TRUNC, "b\n");
    await(s, "long line\nb\n");
    await_log(s, "was cut, or written anew, when 10 bytes of it were read");
}

static void one_that_is_as_long_again_is_known_by_its_first_bytes(void **state)
{
    struct setting *s = *state;

    append(s, "one\n");
    topology_run_start(&s->r);
    await(s, "one\n");
    stop(s);
    put(s->log, O_TRUNC, "two\nthree\n"); /* the same inode */
    again(s);
    topology_run_start(&s->r);
    await(s, "one\ntwo\nthree\n");
    await_log(s, "app.log: the file that was read up to byte 4 is gone, or was "
                 "cut");
}

static void what_was_not_read_before_a_cut_is_read_from_the_copy(void **state)
{
    struct setting *s = *state;

    append(s, "a\n");
    topology_run_start(&s->r);
    await(s, "a\n");
    stop(s);
    append(s, "b\n");
    copy_and_cut(s);
    append(s, "c\n");
    again(s);
    topology_run_start(&s->r);
    await(s, "a\nb\nc\n");
}

/* -- lines ----------------------------------------------------------------- */

static void a_line_that_failed_comes_again_if_its_file_is_gone(void **state)
{
    struct setting *s = *state;

    append(s, "a\nb\n");
    s->sink.removed = s->log;
    s->sink.refused = "b";
    topology_run_start(&s->r);
    await(s, "a\nb\n");
    assert_int_equal(access(s->log, F_OK), -1);
    assert_int_equal(topology_run_stats(&s->r, "tail").failed, 1);
}

static void a_line_that_is_too_long_is_left_out(void **state)
{
    struct setting *s = *state;

    set_int(s, "max.line.bytes", 4);
    append(s, "1234\n12345\nab\n12345");
    topology_run_start(&s->r);
    await(s, "1234\nab\n");
    await_log(s, "app.log: the line at byte 14 is longer than max.line.bytes "
                 "(4)");
    append(s, "6789\ncd\n");
    await(s, "1234\nab\ncd\n");
    assert_int_equal(
        (int)topology_run_metric(&s->r, "tail", "lines-too-long").value, 2);
}

static void what_cannot_be_followed_is_refused(void **state)
{
    struct setting *s = *state;

    gale_set(s->spout, "file", gale_cstr(s->dir));
    assert_says(topology_run_fails(&s->r),
                "expected a file that grows, found a "
                "directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_appended_comes_and_half_a_line_waits),
        TEST(a_carriage_return_before_the_newline_is_cut_off_if_that_is_said),
        TEST(it_begins_before_its_file_and_its_directory),
        TEST(it_may_begin_at_the_end_of_what_is_there),
        TEST(what_was_emitted_is_not_read_again_by_the_next_run),
        TEST(a_renamed_file_is_read_to_its_end_before_the_new_one),
        TEST(of_several_rotations_at_once_no_file_is_left_out),
        TEST(what_was_rotated_while_nobody_looked_is_read_first),
        TEST(a_file_that_was_just_rotated_is_still_waited_for),
        TEST(a_file_that_is_removed_and_made_again_is_another),
        TEST(one_that_was_removed_while_nobody_looked_is_said_to_be_gone),
        TEST(a_file_that_was_cut_begins_anew_and_that_is_said),
        TEST(one_that_is_as_long_again_is_known_by_its_first_bytes),
        TEST(what_was_not_read_before_a_cut_is_read_from_the_copy),
        TEST(a_line_that_failed_comes_again_if_its_file_is_gone),
        TEST(a_line_that_is_too_long_is_left_out),
        TEST(what_cannot_be_followed_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
