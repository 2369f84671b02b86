/*
 * test_description.c - a topology that is built in one process is the same in
 * another one, which has its files and its description and nothing else. What
 * is wrong with descriptions: test_description_read.c.
 *
 * The other process is this program, called with a mode as its first argument.
 */
#include "cli/submission_files.h"
#include "common/config.h"
#include "common/env.h"
#include "tests/support/captured.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/model_text.h"
#include "tests/support/shipment.h"
#include "topology-api/builder.h"
#include "topology-api/describe.h"
#include "topology-api/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char self[PATH_MAX];

/* -- the other process ----------------------------------------------------- */

static int run(gale_builder *b)
{
    gale_err error = {""};
    gale_local *l = gale_local_start(b, NULL, &error);
    gale_local_state state;

    if (l == NULL)
        return printf("%s\n", error.text);
    state = gale_local_wait(l, -1);
    if (state == GALE_LOCAL_COMPLETE) {
        gale_local_stop(l, GALE_STOP_DRAIN);
        state = gale_local_wait(l, -1);
    }
    if (state != GALE_LOCAL_STOPPED)
        printf("it ended in the state %d: %s\n", (int)state,
               gale_local_error(l));
    gale_local_free(l);
    return 0;
}

/* describe DIRECTORY: what is built from it, as text; run DIRECTORY. */
static int other_process(const char *mode, const char *where)
{
    struct description *d;
    gale_builder *b;
    gale_err error = {""};

    shipment_take_directory(where);
    d = shipment_read();
    if (d == NULL)
        return 1;
    b = description_build(d, shipment_directory(), &error);
    description_free(d);
    if (b == NULL)
        printf("%s\n", error.text);
    else if (!strcmp(mode, "describe"))
        model_text(stdout, model_of(b, NULL));
    else
        run(b);
    gale_builder_free(b);
    return 0;
}

/* What it said; to be freed. Where it stands and what it finds in its
 * environment is of no use to it. */
static char *ask_other_process(const char *mode)
{
    struct captured c;
    int ends[2], status, n;
    char part[4096];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        if (chdir("/") != 0)
            _exit(1);
        unsetenv("GALE_PLUGIN_PATH");
        execl(self, self, mode, shipment_directory(), NULL);
        _exit(1);
    }
    close(ends[1]);
    captured_open(&c);
    while ((n = (int)read(ends[0], part, sizeof(part))) > 0)
        fwrite(part, 1, (size_t)n, c.stream);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    captured_text(&c);
    if (status != 0)
        fail_msg("the other process ended with %d: %s", status, c.text);
    return c.text;
}

/* Says which is the first that differs. */
static void assert_same_lines(const char *found, const char *expected)
{
    size_t n = 0;

    while (found[n] == expected[n] && found[n] != '\0')
        n++;
    if (found[n] == expected[n])
        return;
    while (n > 0 && found[n - 1] != '\n')
        n--;
    fail_msg("found \"%.*s\", expected \"%.*s\"", (int)strcspn(found + n, "\n"),
             found + n, (int)strcspn(expected + n, "\n"), expected + n);
}

/* -- every topology -------------------------------------------------------- */

static void add_values(gale_builder *b)
{
    const gale_value deep = gale_list(NULL, 0);
    gale_value levels[17], items[] = {
                               gale_nil(),          gale_bool(true),
                               gale_bool(false),    gale_int(INT64_MIN),
                               gale_int(INT64_MAX), gale_float(0.1),
                               gale_float(-0.0),    gale_float(3),
                               gale_float(1e308),   gale_string("a\0b", 3),
                               gale_cstr("größer"), gale_bytes("\0\xff\x80", 3),
                               gale_cstr(""),       gale_bytes("", 0),
                           };
    gale_declarer *spout = gale_add_spout(b, "in", "sequence", 2);

    levels[0] = deep;
    for (int i = 1; i <= 16; i++)
        levels[i] = gale_list(&levels[i - 1], 1);
    gale_set_tasks(spout, 5);
    builder_place(spout, "made.yaml:5:3");
    gale_set(spout, "to", gale_int(10));
    gale_configure(b, "kinds",
                   gale_list(items, sizeof(items) / sizeof(*items)));
    gale_configure(b, "pairs",
                   gale_map(items, sizeof(items) / sizeof(*items) / 2));
    gale_configure(b, "deep", levels[16]);
    gale_configure(b, "bytes", gale_bytes("\0\1\2", 3));
    gale_configure(b, "topology.workers", gale_int(3));
    gale_custom(gale_add_bolt(b, "odd", "null", 2), "in", "odd_even");
    gale_custom(gale_add_bolt(b, "even", "null", 2), "in", "parts.so:odd_even");
    gale_all(gale_add_bolt(b, "all", "null.so:null", 1), "in");
    gale_set_name(b, "made-here");
}

static const struct shipment_topology topologies[] = {
    {.name = "wordcount", .file = "wordcount", .args = {"-p", "3", "a file"}},
    {.name = "exclamation", .file = "exclamation"},
    {.name = "rolling_top_words", .file = "rolling_top_words"},
    {.name = "balance, with invariants", .file = "balance"},
    {.name = "maze, a cycle", .file = "maze", .args = {"10", "3", "2"}},
    {.name = "medley, direct", .file = "medley", .args = {"10", "a file"}},
    {.name = "answering", .file = "answering"},
    {.name = "cpp_balance", .file = "cpp_balance"},
    {.name = "cpp_words", .file = "cpp_words"},
    {.name = "far_away", .file = "far_away"},
    {.name = "flaky", .file = "flaky", .args = {"1", "a file"}},
    {.name = "picky", .file = "picky", .args = {"a file"}},
    {.name = "tarpit", .file = "tarpit", .args = {"5", "1", "2"}},
    {.name = "restless", .file = "restless", .args = {"10"}},
    {.name = "relay", .file = "relay", .args = {"a file"}},
    {.name = "ferry", .file = "ferry", .args = {"to", "from"}},
    {.name = "slow", .file = "slow:slow_run", .args = {"slow", "10"}},
    {.name = "parts:good", .file = "parts:good", .args = {"renamed"}},
    {.name = "what the command line and files set, for all and for one",
     .file = "exclamation",
     .overrides = {"print.format={word}!", "words.count=5",
                   "exclaim1.topology.debug=true", "made.up=[1,{\"a\":null}]",
                   "topology.max.spout.pending=7"},
     .config = "topology.message.timeout.secs: 11\n"
               "topology.workers: 2\n"
               "words.topology.debug: false\n"
               "words.count: 9\n"
               "format: \"{word}?\"\n"},
    {.name = "a hook that is named",
     .file = "wordcount",
     .overrides = {"topology.auto.task.hooks=[\"onlooker\"]"}},
    {.name = "a bolt of dead letters",
     .file = "wordcount",
     .overrides = {"gale.topology.dead.letter=split",
                   "topology.max.task.parallelism=1"}},
    {.name = "built in a program; custom groupings; values of every kind",
     .make = add_values},
};

#define N_TOPOLOGIES (sizeof(topologies) / sizeof(topologies[0]))

static void a_topology_is_the_same_in_another_process(void **state)
{
    const struct shipment_topology *t = *state;
    gale_builder *b = shipment_build(t);
    struct captured here;
    char *there;

    model_text(captured_open(&here), model_of(b, NULL));
    captured_text(&here);
    shipment_ship(b);
    there = ask_other_process("describe");
    assert_same_lines(there, here.text);
    free(there);
    free(here.text);
    gale_builder_free(b);
}

/* What the path was is of no use elsewhere; the description has the file. */
static void a_plugin_that_was_named_by_a_path_needs_no_path(void **state)
{
    gale_builder *b = gale_builder_new();
    char path[PATH_MAX], file[2 * PATH_MAX];
    struct captured here;
    char *there;

    (void)state;
    snprintf(path, sizeof(path), "%s", shipment_path("sub"));
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(file, sizeof(file), "%s/lib/gale/null.so",
             shipment_build_directory());
    shipment_copy(file, "sub/null.so");
    snprintf(file, sizeof(file), "%s/null.so", path);
    gale_set(gale_add_spout(b, "in", "sequence", 1), "to", gale_int(1));
    gale_shuffle(gale_add_bolt(b, "out", file, 1), "in");
    model_text(captured_open(&here), model_of(b, NULL));
    captured_text(&here);
    shipment_ship(b);
    assert_int_equal(unlink(file), 0);
    there = ask_other_process("describe");
    assert_same_lines(there, here.text);
    free(there);
    free(here.text);
    gale_builder_free(b);
}

/* -- without code ---------------------------------------------------------- */

/* The graph, and what keys are set to. */
static void what_nimbus_reads_shows_the_same_graph(void **state)
{
    const struct shipment_topology *t = *state;
    gale_builder *b = shipment_build(t);
    const struct model *m = model_of(b, NULL);
    struct captured here, read;
    struct description *d;

    shipment_ship(b);
    d = shipment_read();
    assert_non_null(d);
    describe_model(captured_open(&here), m);
    describe_model(captured_open(&read), d->model);
    captured_text(&here);
    captured_text(&read);
    assert_string_equal(read.text, here.text);
    for (uint32_t i = 0; i < m->n_components; i++) {
        char text[2][256];
        const char *key = "topology.debug";

        value_text(config_value(m, &m->components[i], key), text[0], 256);
        value_text(config_value(d->model, &d->model->components[i], key),
                   text[1], 256);
        assert_string_equal(text[0], text[1]);
        assert_int_equal(d->model->components[i].first_task,
                         m->components[i].first_task);
    }
    assert_int_equal(d->model->n_tasks, m->n_tasks);
    free(here.text);
    free(read.text);
    description_free(d);
    gale_builder_free(b);
}

/* -- running --------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of a text, in order, each behind a newline; to be freed. */
static char *sorted(char *text)
{
    char **lines = xcalloc(strlen(text) + 1, sizeof(*lines)), *line;
    char *rest = text;
    struct captured c;
    size_t n = 0;

    while ((line = strsep(&rest, "\n")) != NULL)
        lines[n++] = line;
    qsort(lines, n, sizeof(*lines), compare);
    captured_open(&c);
    for (size_t i = 0; i < n; i++)
        fprintf(c.stream, "%s%s", i == 0 ? "" : "\n", lines[i]);
    captured_text(&c);
    free(lines);
    free(text);
    return c.text;
}

static void a_word_count_counts_the_same_elsewhere(void **state)
{
    const struct shipment_topology t = {
        .file = "wordcount",
        .args = {"-p", "2", shipment_path("poem")},
        .overrides = {"print.format={word}={count}"}};
    static const char poem[] = "to be or not to be\nthat is\n";
    gale_builder *b;
    char *there;

    (void)state;
    shipment_write("poem", poem);
    b = shipment_build(&t);
    shipment_ship(b);
    there = sorted(ask_other_process("run"));
    assert_string_equal(there, "\nbe=2\nis=1\nnot=1\nor=1\nthat=1\nto=2");
    free(there);
    gale_builder_free(b);
}

static void executors_may_be_changed_before_it_is_built(void **state)
{
    const struct shipment_topology t = {.file = "wordcount",
                                        .args = {"-p", "2", "x"}};
    gale_builder *b = shipment_build(&t), *other;
    struct description *d;
    gale_err error = {""};

    (void)state;
    shipment_ship(b);
    d = shipment_read();
    assert_non_null(d);
    d->model->components[1].executors = 1;
    other = description_build(d, shipment_directory(), &error);
    assert_ok(other == NULL, error);
    assert_int_equal(model_of(other, NULL)->components[1].executors, 1);
    assert_int_equal(model_of(other, NULL)->components[1].tasks, 2);
    assert_int_equal(model_of(other, NULL)->components[2].executors, 2);
    gale_builder_free(other);
    description_free(d);
    gale_builder_free(b);
}

/* -- what cannot be described ---------------------------------------------- */

static gale_result nothing(gale_task *task)
{
    gale_exhausted(task);
    return GALE_OK;
}

static void code_of_a_program_is_refused(void **state)
{
    static const gale_spout spout = {.abi = GALE_ABI,
                                     .size = sizeof(gale_spout),
                                     .name = "mine",
                                     .next = nothing};
    gale_builder *b = gale_builder_new();
    gale_declarer *in = gale_add_spout(b, "in", "mine", 1);
    gale_err error = {""};
    struct pack p;

    (void)state;
    builder_take_spout(in, &spout);
    assert_ok(gale_builder_check(b, &error), error);
    pack_init(&p);
    assert_int_equal(description_pack(model_of(b, NULL), NULL, 0, &p, &error),
                     -1);
    assert_string_equal(error.text,
                        "component \"in\" is code of this program; expected "
                        "one of a shared object, which workers of a cluster "
                        "can load");
    pack_free(&p);
    gale_builder_free(b);
}

static void what_is_too_large_is_refused(void **state)
{
    gale_builder *b = gale_builder_new();
    char *text = xcalloc(1, DESCRIPTION_BYTES_MAX);
    struct submission_files files;
    gale_err error = {""};
    struct pack p;

    (void)state;
    gale_set(gale_add_spout(b, "in", "sequence", 1), "to", gale_int(1));
    gale_configure(b, "text", gale_string(text, DESCRIPTION_BYTES_MAX));
    assert_ok(gale_builder_check(b, &error), error);
    assert_int_equal(
        submission_files_collect(&files, model_of(b, NULL), NULL, 0, &error),
        0);
    pack_init(&p);
    assert_int_equal(
        description_pack(model_of(b, NULL), files.files, files.n, &p, &error),
        -1);
    assert_non_null(strstr(error.text, "bytes, at most 524288 are allowed; let "
                                       "a file that is shipped with it hold"));
    pack_free(&p);
    submission_files_free(&files);
    free(text);
    gale_builder_free(b);
}

static void a_plugin_that_is_not_among_the_files_is_refused(void **state)
{
    const struct shipment_topology t = {.file = "wordcount", .args = {"x"}};
    gale_builder *b = shipment_build(&t);
    gale_err error = {""};
    struct pack p;

    (void)state;
    pack_init(&p);
    assert_int_equal(description_pack(model_of(b, NULL), NULL, 0, &p, &error),
                     -1);
    assert_non_null(strstr(error.text, "lines.so is a plugin of the topology, "
                                       "but not among its files"));
    pack_free(&p);
    gale_builder_free(b);
}

/* -- all ------------------------------------------------------------------- */

static struct CMUnitTest of(const char *what, CMUnitTestFunction test,
                            const struct shipment_topology *t)
{
    char *name;

    if (asprintf(&name, "%s (%s)", what, t->name) < 0)
        abort();
    return (struct CMUnitTest){name, test, shipment_setup, shipment_teardown,
                               (void *)(uintptr_t)t};
}

int main(int argc, char **argv)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, shipment_setup, shipment_teardown)
    struct CMUnitTest each[2 * N_TOPOLOGIES];
    const struct CMUnitTest tests[] = {
        TEST(a_word_count_counts_the_same_elsewhere),
        TEST(a_plugin_that_was_named_by_a_path_needs_no_path),
        TEST(executors_may_be_changed_before_it_is_built),
        TEST(code_of_a_program_is_refused),
        TEST(what_is_too_large_is_refused),
        TEST(a_plugin_that_is_not_among_the_files_is_refused),
    };
    int failed;

    config_register();
    if (argc == 3)
        return other_process(argv[1], argv[2]);
    shipment_find_plugins();
    if (realpath("/proc/self/exe", self) == NULL)
        return 1;
    for (size_t i = 0; i < N_TOPOLOGIES; i++) {
        each[2 * i] =
            of("a_topology_is_the_same_in_another_process",
               a_topology_is_the_same_in_another_process, &topologies[i]);
        each[2 * i + 1] =
            of("what_nimbus_reads_shows_the_same_graph",
               what_nimbus_reads_shows_the_same_graph, &topologies[i]);
    }
    failed = cmocka_run_group_tests_name("topologies", each, NULL, NULL);
    for (size_t i = 0; i < 2 * N_TOPOLOGIES; i++)
        free((char *)(uintptr_t)each[i].name);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
