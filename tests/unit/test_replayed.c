/*
 * test_replayed.c - dead letters instead of what spouts read: which are taken,
 * who emits them, and what does not fit the topology.
 */
#include "common/spool.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include <unistd.h>

enum { SEEN_MAX = 100 };

/* A tuple that came to the bolt. */
struct seen {
    int32_t task; /* 1 and 2 are of the spout "a", 3 is "b" */
    bool late;    /* its stream */
    int64_t n;
};

/* The spouts "a", of two tasks, and "b", and a bolt that takes all. */
struct replay {
    struct topology_run r;
    char path[64];
    struct probe spout, bolt;
    pthread_mutex_t lock; /* of what follows */
    struct seen seen[SEEN_MAX];
    size_t n_seen;
};

/* -- the topology ---------------------------------------------------------- */

static const gale_stream streams[] = {
    GALE_STREAM("default", "n", "word"),
    GALE_STREAM("late", "n"),
    GALE_DIRECT_STREAM("orders", "n"),
};

static gale_result must_not_run(gale_task *task)
{
    return gale_error(task, GALE_FATAL, "the spout itself was called");
}

/* How often it was here. */
static uint32_t times(const struct replay *p, int32_t task, bool late,
                      int64_t n)
{
    uint32_t found = 0;

    for (size_t i = 0; i < p->n_seen; i++)
        found += p->seen[i].task == task && p->seen[i].late == late &&
                 p->seen[i].n == n;
    return found;
}

/* What is negative fails the first time. */
static gale_result see(gale_task *task, const gale_tuple *in)
{
    struct replay *p = probe_arg(task);
    struct seen s = {gale_source_task(in),
                     !strcmp(gale_source_stream(in), "late"),
                     gale_get_int(in, 0)};
    bool again;

    pthread_mutex_lock(&p->lock);
    again = times(p, s.task, s.late, s.n) > 0;
    if (p->n_seen < SEEN_MAX)
        p->seen[p->n_seen++] = s;
    pthread_mutex_unlock(&p->lock);
    return s.n < 0 && !again ? GALE_RETRY : GALE_OK;
}

static void build(struct replay *p)
{
    gale_declarer *bolt;

    topology_run_begin(&p->r, "replay");
    topology_run_spout_as(&p->r, "a", "probe_spout_blocking", &p->spout, 2);
    topology_run_spout(&p->r, "b", &p->spout, 1);
    bolt = topology_run_bolt(&p->r, "see", &p->bolt, 2);
    gale_shuffle(bolt, "a");
    gale_shuffle(bolt, "b");
    gale_shuffle_stream(bolt, "a", "late");
}

static int setup(void **state)
{
    struct replay *p = xcalloc(1, sizeof(*p));
    int fd;

    snprintf(p->path, sizeof(p->path), "/tmp/gale-replay-XXXXXX");
    fd = mkstemp(p->path);
    close(fd);
    pthread_mutex_init(&p->lock, NULL);
    p->spout = (struct probe){.streams = {streams, 3, sizeof(streams[0])},
                              .open = must_not_run,
                              .next = must_not_run};
    p->bolt = (struct probe){.arg = p, .execute = see};
    build(p);
    *state = p;
    return fd < 0;
}

static int teardown(void **state)
{
    struct replay *p = *state;

    topology_run_end(&p->r);
    pthread_mutex_destroy(&p->lock);
    unlink(p->path);
    free(p);
    return 0;
}

/* -- the spool ------------------------------------------------------------- */

static void append(struct replay *p, const char *text, size_t size)
{
    FILE *file = fopen(p->path, "ae");

    fwrite(text, 1, size, file);
    fclose(file);
}

/* n_fields: 0 is a letter without a payload. */
static void append_letter(struct replay *p, const char *spout,
                          const char *stream, int64_t n, uint32_t n_fields)
{
    static const gale_str names[2] = {{"n", 1}, {"word", 4}};
    const gale_value values[] = {gale_int(n), gale_cstr("w")};
    const struct dead_letter letter = {
        .spout = gale_str_make(spout, strlen(spout)),
        .stream = gale_str_make(stream, strlen(stream)),
        .has_fields = n_fields > 0,
        .n = n_fields,
        .names = names,
        .values = values,
    };
    size_t size;
    char *line = dead_letter_write(&letter, &size);

    append(p, line, size);
    free(line);
}

static void replay(struct replay *p)
{
    if (gale_builder_replay(p->r.builder, p->path, &p->r.error) != 0)
        fail_msg("%s", p->r.error.text);
    topology_run_complete(&p->r);
    assert_balanced(&p->r);
}

/* -- tests ----------------------------------------------------------------- */

static void each_task_of_a_spout_emits_its_part_of_the_letters(void **state)
{
    struct replay *p = *state;

    for (int n = 0; n < 5; n++) {
        append_letter(p, "a", "default", n, 2);
        append_letter(p, "b", "default", 10 + n, 2);
    }
    replay(p);
    assert_int_equal(p->n_seen, 10);
    for (int n = 0; n < 5; n++) {
        assert_int_equal(times(p, n % 2 == 0 ? 1 : 2, false, n), 1);
        assert_int_equal(times(p, 3, false, 10 + n), 1);
    }
}

static void a_letter_is_of_the_stream_that_it_was_of(void **state)
{
    struct replay *p = *state;

    append_letter(p, "a", "late", 5, 1);
    append_letter(p, "a", "default", 5, 2);
    replay(p);
    assert_int_equal(times(p, 1, true, 5), 1);
    assert_int_equal(times(p, 2, false, 5), 1);
}

static void what_fails_is_emitted_again(void **state)
{
    struct replay *p = *state;

    append_letter(p, "b", "default", -1, 2);
    append_letter(p, "b", "default", 2, 2);
    append_letter(p, "b", "default", -3, 2);
    replay(p);
    assert_int_equal(times(p, 3, false, -1), 2);
    assert_int_equal(times(p, 3, false, 2), 1);
    assert_int_equal(times(p, 3, false, -3), 2);
    assert_int_equal(topology_run_stats(&p->r, "b").acked, 3);
}

static void nothing_of_the_spout_itself_is_left(void **state)
{
    struct replay *p = *state;
    const struct component *c;

    gale_add_spout(p->r.builder, "far", "far_away:far_caller", 1);
    replay(p);
    c = builder_of(p->r.builder)->model->components;
    assert_int_equal(c[0].spout.flags, 0); /* it blocked */
    assert_null(c[0].spout.open);
    assert_null(c[0].spout.close);
    assert_string_equal(c[3].id, "far");
    assert_int_equal(c[3].spout.needs, 0); /* it needed a server */
    assert_int_equal(p->n_seen, 0);
}

static void a_letter_that_does_not_fit_is_refused_with_its_number(void **state)
{
    static const struct {
        const char *spout, *stream;
        uint32_t n_fields;
        const char *error;
    } cases[] = {
        {"c", "default", 2,
         "record 2 is of spout \"c\", which this topology "
         "does not have in this form"},
        {"see", "default", 2, "record 2 is of spout \"see\""},
        {"", "default", 2, "record 2 is of spout \"\""},
        {"a", "none", 2, "record 2 is of stream \"none\""},
        {"a", "", 2, "record 2 is of stream \"\""},
        {"a", "default", 1, "record 2 is of stream \"default\""},
        {"a", "late", 2, "record 2 is of stream \"late\""},
        {"a", "orders", 1, "record 2 is of stream \"orders\""}, /* direct */
    };
    struct replay *p = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error = {""};

        assert_int_equal(truncate(p->path, 0), 0);
        append_letter(p, "a", "default", 1, 2);
        append_letter(p, cases[i].spout, cases[i].stream, 1, cases[i].n_fields);
        topology_run_end(&p->r);
        build(p);
        assert_int_equal(gale_builder_replay(p->r.builder, p->path, &error),
                         -1);
        assert_says(error.text, cases[i].error);
        assert_says(error.text, p->path);
    }
}

static void keep_warning(void *to, const char *text)
{
    fprintf(to, "%s\n", text);
}

static void what_is_left_out_is_a_warning(void **state)
{
    struct replay *p = *state;
    struct captured warnings;

    builder_listen(p->r.builder, keep_warning, captured_open(&warnings));
    append_letter(p, "a", "default", 1, 2);
    append_letter(p, "a", "default", 2, 0);
    append_letter(p, "c", "", 3, 0);
    append(p, "{\"time", 6);
    replay(p);
    assert_int_equal(p->n_seen, 1);
    captured_text(&warnings);
    assert_says(warnings.text, ": 2 dead letters hold no payload and are left "
                               "out\n");
    assert_says(warnings.text,
                ": the last record is cut off and is left out\n");
    free(warnings.text);
}

static void a_damaged_record_is_left_out_with_a_warning(void **state)
{
    struct replay *p = *state;
    struct captured warnings;

    builder_listen(p->r.builder, keep_warning, captured_open(&warnings));
    append_letter(p, "a", "default", 1, 2);
    append(p, "nonsense\n", 9);
    append_letter(p, "a", "default", 2, 2);
    replay(p);
    assert_int_equal(p->n_seen, 2);
    captured_text(&warnings);
    assert_says(warnings.text,
                ": record 2 is no object of JSON; it is left out\n");
    free(warnings.text);
}

static void what_cannot_be_read_is_an_error(void **state)
{
    struct replay *p = *state;
    gale_err error;

    assert_int_equal(gale_builder_replay(p->r.builder, "/none", &error), -1);
    assert_says(error.text, "cannot read /none: No such file or directory");
}

static void a_topology_that_is_wrong_is_refused_before_the_file_is_read(
    void **state)
{
    struct replay *p = *state;
    gale_err error;

    gale_add_bolt(p->r.builder, "see", "null", 1);
    assert_int_equal(gale_builder_replay(p->r.builder, "/none", &error), -1);
    assert_says(error.text, "\"see\"");
}

/* What fails anew must not go there. */
static void the_file_is_locked_as_long_as_the_topology_is_there(void **state)
{
    struct replay *p = *state;
    struct env *env = env_posix();
    int handle;

    append_letter(p, "a", "default", 1, 2);
    replay(p);
    assert_int_equal(env->ops->file_lock(env, p->path), -1);
    topology_run_end(&p->r);
    handle = env->ops->file_lock(env, p->path);
    assert_true(handle >= 0);
    env->ops->file_unlock(env, handle);
    build(p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_task_of_a_spout_emits_its_part_of_the_letters),
        TEST(a_letter_is_of_the_stream_that_it_was_of),
        TEST(what_fails_is_emitted_again),
        TEST(nothing_of_the_spout_itself_is_left),
        TEST(a_letter_that_does_not_fit_is_refused_with_its_number),
        TEST(what_is_left_out_is_a_warning),
        TEST(a_damaged_record_is_left_out_with_a_warning),
        TEST(what_cannot_be_read_is_an_error),
        TEST(a_topology_that_is_wrong_is_refused_before_the_file_is_read),
        TEST(the_file_is_locked_as_long_as_the_topology_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
