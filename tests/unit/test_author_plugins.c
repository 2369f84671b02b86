/*
 * test_author_plugins.c - the plugins that an author would write, each in a
 * running topology: they judge the public headers. `said` is what the sink at
 * the end of each topology got, one line a tuple, sorted.
 */
#include "tests/support/remove_tree.h"
#include "tests/support/topology_run.h"
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

/* -- what goes in ---------------------------------------------------------- */

/* One tuple per row, tracked. */
struct rows {
    gale_streams streams;
    const gale_value (*values)[2];
    uint32_t n_rows, n_fields;
};

static gale_result next_row(gale_task *task)
{
    const struct rows *rows = probe_arg(task);
    uint32_t *row = probe_state(task);
    gale_msgid id = {0, *row};

    if (*row < rows->n_rows)
        return gale_emit_values_msg(task, id, rows->values[(*row)++],
                                    rows->n_fields);
    gale_exhausted(task);
    return GALE_OK;
}

static struct probe source_of(struct rows *rows)
{
    return (struct probe){.arg = rows,
                          .state_size = sizeof(uint32_t),
                          .streams = rows->streams,
                          .next = next_row};
}

/* -- what comes out -------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    char lines[200][64];
    size_t n;
    char text[8192];
} said = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int append_value(char *to, size_t room, gale_value v)
{
    switch (v.kind) {
    case GALE_INT:
        return snprintf(to, room, "%" PRId64, v.as.i);
    case GALE_FLOAT:
        return snprintf(to, room, "%g", v.as.f);
    default:
        return snprintf(to, room, "%.*s", (int)v.size, v.as.data);
    }
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    char line[64];
    int n = 0;

    (void)task;
    for (uint32_t i = 0; i < gale_n_fields(in); i++) {
        n += snprintf(line + n, sizeof(line) - (size_t)n, i ? " " : "");
        n += append_value(line + n, sizeof(line) - (size_t)n, gale_get(in, i));
    }
    pthread_mutex_lock(&said.lock);
    if (said.n < 200)
        memcpy(said.lines[said.n++], line, sizeof(line));
    pthread_mutex_unlock(&said.lock);
    return GALE_OK;
}

static const struct probe sink = {.execute = take};

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static const char *sorted(void)
{
    size_t n = 0;

    qsort(said.lines, said.n, sizeof(said.lines[0]), by_text);
    said.text[0] = '\0';
    for (size_t i = 0; i < said.n; i++)
        n += (size_t)snprintf(said.text + n, sizeof(said.text) - n, "%s\n",
                              said.lines[i]);
    return said.text;
}

/* -- one bolt between a source and the sink -------------------------------- */

static gale_declarer *begin(struct topology_run *r, struct probe *source,
                            const char *plugin)
{
    gale_declarer *d;

    said.n = 0;
    topology_run_begin(r, plugin);
    topology_run_spout(r, "source", source, 1);
    d = gale_shuffle(gale_add_bolt(r->builder, "bolt", plugin, 1), "source");
    gale_global(topology_run_bolt(r, "sink", &sink, 1), "bolt");
    return d;
}

static void finish(struct topology_run *r, const char *wanted)
{
    topology_run_complete(r);
    assert_balanced(r);
    assert_string_equal(sorted(), wanted);
    topology_run_end(r);
}

#define ONE_FIELD(name_, n_rows_, values_)                                     \
    {                                                                          \
        GALE_OUTPUTS(name_), values_, n_rows_, 1                               \
    }
#define N_ROWS(values_) (sizeof(values_) / sizeof((values_)[0]))

static const gale_value sentence[][2] = {
    {{GALE_STRING, 8, {.data = "the cow "}}},
    {{GALE_STRING, 10, {.data = "\tover\r the"}}},
};

static void split_emits_words(void **state)
{
    struct rows rows = ONE_FIELD("line", N_ROWS(sentence), sentence);
    struct probe source = source_of(&rows);
    struct topology_run r;

    (void)state;
    begin(&r, &source, "plain_split");
    finish(&r, "cow\nover\nthe\nthe\n");
}

static void the_bare_bolt_emits_lengths(void **state)
{
    struct rows rows = ONE_FIELD("line", N_ROWS(sentence), sentence);
    struct probe source = source_of(&rows);
    struct topology_run r;

    (void)state;
    begin(&r, &source, "bare");
    finish(&r, "10\n8\n");
}

static void count_says_each_count(void **state)
{
    static const gale_value words[][2] = {
        {{GALE_STRING, 3, {.data = "cow"}}},
        {{GALE_STRING, 4, {.data = "moon"}}},
        {{GALE_STRING, 3, {.data = "cow"}}},
    };
    struct rows rows = ONE_FIELD("word", N_ROWS(words), words);
    struct probe source = source_of(&rows);
    struct topology_run r;

    (void)state;
    begin(&r, &source, "plain_count");
    finish(&r, "cow 1\ncow 2\nmoon 1\n");
}

static const gale_value numbers[][2] = {
    {{GALE_INT, 0, {.i = 2}}}, {{GALE_INT, 0, {.i = 4}}},
    {{GALE_INT, 0, {.i = 9}}}, {{GALE_INT, 0, {.i = 5}}},
    {{GALE_INT, 0, {.i = 1}}},
};

static void rolling_emits_the_window_with_each_tick(void **state)
{
    struct rows rows = ONE_FIELD("n", N_ROWS(numbers), numbers);
    struct probe source = source_of(&rows);
    struct topology_run r;

    (void)state;
    gale_set(begin(&r, &source, "rolling"), "ms", gale_int(3600000));
    finish(&r, "5\n"); /* the first tick is the end of the input */
}

static void the_average_is_over_the_last_tuples(void **state)
{
    struct rows rows = ONE_FIELD("n", N_ROWS(numbers), numbers);
    struct probe source = source_of(&rows);
    struct topology_run r;

    (void)state;
    gale_set(begin(&r, &source, "moving_average"), "over", gale_int(2));
    finish(&r, "2\n3\n3\n6.5\n7\n");
}

static void an_exception_fails_the_tuple_with_its_text(void **state)
{
    static const gale_value words[][2] = {
        {{GALE_STRING, 3, {.data = "the"}}},
        {{GALE_STRING, 6, {.data = "poison"}}},
        {{GALE_STRING, 4, {.data = "moon"}}},
    };
    struct rows rows = ONE_FIELD("word", N_ROWS(words), words);
    struct probe source = source_of(&rows);
    struct topology_run r;

    (void)state;
    begin(&r, &source, "remember");
    topology_run_complete(&r);
    assert_string_equal(sorted(), "the moon 2\n");
    assert_int_equal(topology_run_stats(&r, "bolt").poisoned, 1);
    assert_int_equal(topology_run_stats(&r, "source").failed, 1);
    assert_says(topology_run_stats(&r, "bolt").last_error,
                "this word never works");
    topology_run_end(&r);
}

static void exceptions_of_deferred_work_are_errors_of_the_bolt(void **state)
{
    static const gale_value words[][2] = {
        {{GALE_STRING, 4, {.data = "work"}}},
        {{GALE_STRING, 4, {.data = "done"}}},
        {{GALE_STRING, 3, {.data = "cow"}}},
    };
    struct probe source =
        source_of(&(struct rows)ONE_FIELD("word", N_ROWS(words), words));
    struct topology_run r;

    (void)state;
    begin(&r, &source, "cpp_deferred");
    topology_run_complete(&r);
    assert_string_equal(sorted(), "cow\n"); /* the others have failed */
    assert_int_equal(topology_run_stats(&r, "bolt").errors, 3);
    topology_run_end(&r);
}

/* -- more than one stream -------------------------------------------------- */

static void a_join_pairs_what_has_the_same_key(void **state)
{
    static const gale_value left_values[][2] = {
        {{GALE_INT, 0, {.i = 1}}, {GALE_STRING, 1, {.data = "a"}}},
        {{GALE_INT, 0, {.i = 2}}, {GALE_STRING, 1, {.data = "b"}}},
        {{GALE_INT, 0, {.i = 258}}, {GALE_STRING, 1, {.data = "c"}}},
    };
    static const gale_value right_values[][2] = {
        {{GALE_INT, 0, {.i = 258}}, {GALE_STRING, 1, {.data = "x"}}},
        {{GALE_INT, 0, {.i = 1}}, {GALE_STRING, 1, {.data = "y"}}},
        {{GALE_INT, 0, {.i = 2}}, {GALE_STRING, 1, {.data = "z"}}},
    };
    struct rows left_rows = {GALE_OUTPUTS("key", "left"), left_values, 3, 2};
    struct rows right_rows = {GALE_OUTPUTS("key", "right"), right_values, 3, 2};
    struct probe left = source_of(&left_rows), right = source_of(&right_rows);
    struct topology_run r;

    (void)state;
    said.n = 0;
    topology_run_begin(&r, "hash_join");
    topology_run_spout(&r, "left", &left, 1);
    topology_run_spout(&r, "right", &right, 1);
    gale_by_fields(
        gale_by_fields(gale_add_bolt(r.builder, "join", "hash_join", 2), "left",
                       "key"),
        "right", "key");
    gale_global(topology_run_bolt(&r, "sink", &sink, 1), "join");
    finish(&r, "1 a y\n2 b z\n258 c x\n");
}

static bool has_failed(void *arg)
{
    struct topology_run *r = arg;

    return topology_run_stats(r, "left").failed > 0;
}

static void a_failure_behind_a_join_fails_both_inputs(void **state)
{
    static const gale_value value[][2] = {
        {{GALE_INT, 0, {.i = 1}}, {GALE_STRING, 5, {.data = "value"}}}};
    struct rows left_rows = {GALE_OUTPUTS("key", "left"), value, 1, 2};
    struct rows right_rows = {GALE_OUTPUTS("key", "right"), value, 1, 2};
    struct probe left = source_of(&left_rows), right = source_of(&right_rows);
    struct topology_run r;

    (void)state;
    topology_run_begin(&r, "hash_join");
    topology_run_spout(&r, "left", &left, 1);
    topology_run_spout(&r, "right", &right, 1);
    gale_global(
        gale_global(gale_add_bolt(r.builder, "join", "hash_join", 1), "left"),
        "right");
    gale_set(
        gale_global(gale_add_bolt(r.builder, "sink", "fail_some", 1), "join"),
        "percent", gale_int(100));
    topology_run_complete(&r);
    assert_int_equal(topology_run_stats(&r, "left").failed, 1);
    assert_int_equal(topology_run_stats(&r, "right").failed, 1);
    topology_run_end(&r);
}

/* No partner comes: what has room is held until the end, the rest fails. */
static void a_join_without_room_fails_what_it_cannot_keep(void **state)
{
    static gale_value values[40][2];
    struct rows rows = {GALE_OUTPUTS("key", "left"), values, 40, 2};
    struct probe left = source_of(&rows);
    struct topology_run r;

    (void)state;
    for (int i = 0; i < 40; i++) {
        values[i][0] = gale_int(i);
        values[i][1] = gale_cstr("value");
    }
    topology_run_begin(&r, "hash_join");
    gale_configure(r.builder, "gale.topology.max.retained.bytes",
                   gale_int(1000));
    topology_run_spout(&r, "left", &left, 1);
    gale_global(gale_add_bolt(r.builder, "join", "hash_join", 1), "left");
    topology_run_start(&r);
    topology_run_until(has_failed, &r, "a fail");
    assert_says(topology_run_stats(&r, "join").last_error,
                "too many lack a partner");
    topology_run_stop(&r, GALE_STOP_NOW);
    topology_run_end(&r);
}

static void streams_can_come_from_options(void **state)
{
    static const gale_value values[][2] = {
        {{GALE_STRING, 3, {.data = "low"}}, {GALE_INT, 0, {.i = 1}}},
        {{GALE_STRING, 4, {.data = "high"}}, {GALE_INT, 0, {.i = 9}}},
        {{GALE_STRING, 4, {.data = "none"}}, {GALE_INT, 0, {.i = 5}}},
    };
    const gale_value names[] = {gale_cstr("low"), gale_cstr("high")};
    struct rows rows = {GALE_OUTPUTS("name", "value"), values, 3, 2};
    struct probe source = source_of(&rows);
    struct topology_run r;

    (void)state;
    said.n = 0;
    topology_run_begin(&r, "named_streams");
    topology_run_spout(&r, "source", &source, 1);
    gale_set(gale_shuffle(gale_add_bolt(r.builder, "bolt", "named_streams", 1),
                          "source"),
             "names", gale_list(names, 2));
    gale_shuffle_stream(topology_run_bolt(&r, "sink", &sink, 1), "bolt",
                        "high");
    topology_run_complete(&r);
    assert_string_equal(sorted(), "9\n");
    assert_int_equal(topology_run_stats(&r, "bolt").poisoned, 1);
    assert_says(topology_run_stats(&r, "bolt").last_error,
                "there is no stream none");
    topology_run_end(&r);
}

static gale_result take_with_index(gale_task *task, const gale_tuple *in)
{
    bool odd = gale_get_int(in, 0) % 2 != 0;

    return odd == (gale_task_index(task) == 1) ? take(task, in) : GALE_POISON;
}

static void a_grouping_of_ones_own_chooses_the_task(void **state)
{
    static const struct probe parted = {.execute = take_with_index};
    struct rows rows = ONE_FIELD("n", N_ROWS(numbers), numbers);
    struct probe source = source_of(&rows);
    struct topology_run r;

    (void)state;
    said.n = 0;
    topology_run_begin(&r, "odd_even");
    topology_run_spout(&r, "source", &source, 1);
    gale_custom(topology_run_bolt(&r, "sink", &parted, 2), "source",
                "odd_even");
    finish(&r, "1\n2\n4\n5\n9\n");
}

/* -- files ----------------------------------------------------------------- */

static char path[] = "/tmp/test_author_plugins.XXXXXX";

static int make_file(void **state)
{
    int fd;

    (void)state;
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* The rows of a source to the end of a file; what was reported last. */
static void sink_to(const char *file, struct probe *source, uint64_t acked,
                    uint64_t failed, char said_last[200])
{
    struct topology_run r;

    topology_run_begin(&r, "batch_sink");
    topology_run_spout(&r, "source", source, 1);
    gale_set(gale_shuffle(gale_add_bolt(r.builder, "sink", "batch_sink", 1),
                          "source"),
             "path", gale_cstr(file));
    topology_run_complete(&r);
    assert_balanced(&r);
    assert_int_equal(topology_run_stats(&r, "source").acked, acked);
    assert_int_equal(topology_run_stats(&r, "source").failed, failed);
    snprintf(said_last, 200, "%s", topology_run_stats(&r, "sink").last_error);
    topology_run_end(&r);
}

static void sink_to_file(struct probe *source, uint64_t acked, uint64_t failed)
{
    char said_last[200];

    sink_to(path, source, acked, failed, said_last);
}

static size_t read_file(char *to, size_t room)
{
    FILE *file = fopen(path, "r");
    size_t n;

    assert_non_null(file);
    n = fread(to, 1, room, file);
    fclose(file);
    return n;
}

static void a_batch_is_acked_when_it_is_committed(void **state)
{
    struct rows rows = ONE_FIELD("line", N_ROWS(sentence), sentence);
    struct probe source = source_of(&rows);
    char text[64] = "";

    (void)state;
    sink_to_file(&source, 2, 0);
    assert_int_equal(read_file(text, sizeof(text) - 1), 20);
    assert_string_equal(text, "the cow \n\tover\r the\n");
}

static void every_byte_of_a_line_is_written(void **state)
{
    static const gale_value value[][2] = {{{GALE_STRING, 3, {.data = "a\0b"}}}};
    struct rows rows = ONE_FIELD("line", 1, value);
    struct probe source = source_of(&rows);
    char text[8];

    (void)state;
    sink_to_file(&source, 1, 0);
    assert_int_equal(read_file(text, sizeof(text)), 4);
    assert_memory_equal(text, "a\0b\n", 4);
}

static void append_number(int64_t n)
{
    FILE *file = fopen(path, "a");

    assert_non_null(file);
    fwrite(&n, sizeof(n), 1, file);
    fclose(file);
}

/* As on a disk that has room for half a line. */
static void a_batch_that_is_not_written_is_not_acked_and_not_begun(void **state)
{
    static char text[4000];
    static gale_value values[20][2];
    struct rows rows = ONE_FIELD("line", 20, values);
    struct probe source = source_of(&rows);
    struct rlimit before, full = {.rlim_cur = 1000};

    (void)state;
    for (int i = 0; i < 20; i++)
        values[i][0] = gale_string(text, sizeof(text));
    append_number(1);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    sink_to_file(&source, 0, 20);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(read_file(text, sizeof(text)), sizeof(int64_t));
}

static void why_a_batch_is_not_written_is_reported(void **state)
{
    static const struct {
        const char *file, *reported;
    } cases[] = {
        {"/nowhere/file", "/nowhere/file: No such file or directory"},
        {"/dev/full", "/dev/full: No space left on device"},
        {"/dev", "/dev: Is a directory"},
    };
    struct rows rows = ONE_FIELD("line", N_ROWS(sentence), sentence);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct probe source = source_of(&rows);
        char reported[200];

        sink_to(cases[i].file, &source, 0, 2, reported);
        assert_string_equal(reported, cases[i].reported);
    }
}

static bool has_acked(void *arg)
{
    struct topology_run *r = arg;

    return topology_run_stats(r, "source").acked > 0;
}

/* The file grows by n while the source follows it: that alone comes. */
static void follow(const char *state_dir, const char *wanted, int64_t n)
{
    struct topology_run r;

    said.n = 0;
    topology_run_begin(&r, "fd_source");
    r.state_dir = state_dir;
    gale_set(gale_add_spout(r.builder, "source", "fd_source", 1), "path",
             gale_cstr(path));
    gale_global(topology_run_bolt(&r, "sink", &sink, 1), "source");
    topology_run_start(&r);
    append_number(n);
    topology_run_until(has_acked, &r, "an ack");
    topology_run_stop(&r, GALE_STOP_DRAIN);
    assert_string_equal(sorted(), wanted);
    topology_run_end(&r);
}

static void a_source_is_woken_by_its_descriptor_and_goes_on(void **state)
{
    char directory[] = "/tmp/test_author_plugins.XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(directory));
    follow(directory, "1\n", 1);
    follow(directory, "2\n", 2);
    remove_tree(directory);
}

#define WITH_FILE(test_)                                                       \
    cmocka_unit_test_setup_teardown(test_, make_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_emits_words),
        cmocka_unit_test(the_bare_bolt_emits_lengths),
        cmocka_unit_test(count_says_each_count),
        cmocka_unit_test(rolling_emits_the_window_with_each_tick),
        cmocka_unit_test(the_average_is_over_the_last_tuples),
        cmocka_unit_test(an_exception_fails_the_tuple_with_its_text),
        cmocka_unit_test(exceptions_of_deferred_work_are_errors_of_the_bolt),
        cmocka_unit_test(a_join_pairs_what_has_the_same_key),
        cmocka_unit_test(a_failure_behind_a_join_fails_both_inputs),
        cmocka_unit_test(a_join_without_room_fails_what_it_cannot_keep),
        cmocka_unit_test(streams_can_come_from_options),
        cmocka_unit_test(a_grouping_of_ones_own_chooses_the_task),
        WITH_FILE(a_batch_is_acked_when_it_is_committed),
        WITH_FILE(every_byte_of_a_line_is_written),
        WITH_FILE(a_batch_that_is_not_written_is_not_acked_and_not_begun),
        cmocka_unit_test(why_a_batch_is_not_written_is_reported),
        WITH_FILE(a_source_is_woken_by_its_descriptor_and_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
