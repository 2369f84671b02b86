/*
 * test_description.c - a topology that is built in one process is the same in
 * another one, which has its files and its description and nothing else.
 *
 * The other process is this program, called with a mode as its first argument.
 */
#include "cli/submission_files.h"
#include "common/config.h"
#include "common/description.h"
#include "common/env.h"
#include "tests/support/captured.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/model_text.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/builder.h"
#include "topology-api/describe.h"
#include "topology-api/memory.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <sys/wait.h>

#define ARGS_MAX 6
#define DESCRIPTION "description"

/* -- places ---------------------------------------------------------------- */

static char directory[] = "/tmp/gale-test-XXXXXX"; /* of the other process */
static char plugin_path[2 * PATH_MAX];
static char self[PATH_MAX];

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

static int setup(void **state)
{
    (void)state;
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
    return mkdtemp(directory) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *in_directory(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void write_file(const char *name, const void *data, size_t size)
{
    struct env *env = env_posix();

    assert_int_equal(
        env->ops->file_replace(env, in_directory(name), data, size), 0);
}

static void copy_into_directory(const char *path, const char *name)
{
    struct env *env = env_posix();
    void *data;
    size_t size;

    assert_int_equal(env->ops->file_read(env, path, 1u << 30, &data, &size), 0);
    write_file(name, data, size);
    free(data);
}

static const char *build_directory(void)
{
    const char *build = getenv("GALE_BUILD");

    return build == NULL ? "build/release" : build;
}

/* -- topologies ------------------------------------------------------------ */

struct topology {
    const char *name;                /* of the case */
    const char *file;                /* NULL: `make` alone */
    const char *args[ARGS_MAX];      /* up to NULL */
    const char *overrides[ARGS_MAX]; /* as behind -c */
    const char *config;              /* a configuration file */
    void (*make)(gale_builder *b);   /* what a program adds */
};

static void check_ok(int result, const gale_err *error)
{
    if (result != 0)
        fail_msg("%s", error->text);
}

static gale_builder *build(const struct topology *t)
{
    gale_builder *b = gale_builder_new();
    gale_err error = {""};
    int argc = 0;

    while (argc < ARGS_MAX && t->args[argc] != NULL)
        argc++;
    if (t->config != NULL) {
        write_file("gale.yaml", t->config, strlen(t->config));
        check_ok(gale_builder_config_file(b, in_directory("gale.yaml"), NULL,
                                          NULL, &error),
                 &error);
    }
    for (int i = 0; i < ARGS_MAX && t->overrides[i] != NULL; i++)
        check_ok(gale_builder_override(b, t->overrides[i], NULL, NULL, &error),
                 &error);
    if (t->file != NULL)
        check_ok(gale_builder_load(b, t->file, argc, (char **)t->args, &error),
                 &error);
    if (t->make != NULL)
        t->make(b);
    check_ok(gale_builder_check(b, &error), &error);
    return b;
}

/* Its files and its description come to lie in the directory. */
static void ship(gale_builder *b)
{
    const struct model *m = model_of(b, NULL);
    struct submission_files files;
    gale_err error = {""};
    struct pack p;

    check_ok(submission_files_collect(&files, m, NULL, 0, &error), &error);
    for (uint32_t i = 0; i < files.n; i++)
        copy_into_directory(files.paths[i], files.files[i].name);
    pack_init(&p);
    check_ok(description_pack(m, files.files, files.n, &p, &error), &error);
    write_file(DESCRIPTION, p.buffer.data, p.buffer.size);
    pack_free(&p);
    submission_files_free(&files);
}

/* -- the other process ----------------------------------------------------- */

static struct description *read_shipped(void)
{
    struct env *env = env_posix();
    struct description *d;
    gale_err error = {""};
    void *data;
    size_t size;

    if (env->ops->file_read(env, in_directory(DESCRIPTION), 1u << 20, &data,
                            &size) != 0)
        abort();
    d = description_read(data, size, &error);
    free(data);
    if (d == NULL)
        printf("%s\n", error.text);
    return d;
}

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

    memcpy(directory, where, sizeof(directory));
    d = read_shipped();
    if (d == NULL)
        return 1;
    b = description_build(d, directory, &error);
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
        execl(self, self, mode, directory, NULL);
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
    gale_set(spout, "to", gale_int(10));
    gale_set(spout, "kinds", gale_list(items, sizeof(items) / sizeof(*items)));
    gale_set(spout, "pairs",
             gale_map(items, sizeof(items) / sizeof(*items) / 2));
    gale_set(spout, "deep", levels[16]);
    gale_configure(b, "bytes", gale_bytes("\0\1\2", 3));
    gale_configure(b, "topology.workers", gale_int(3));
    gale_custom(gale_add_bolt(b, "odd", "null", 2), "in", "odd_even");
    gale_custom(gale_add_bolt(b, "even", "null", 2), "in", "parts.so:odd_even");
    gale_all(gale_add_bolt(b, "all", "null.so:null", 1), "in");
    gale_set_name(b, "made-here");
}

static const struct topology topologies[] = {
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
    const struct topology *t = *state;
    gale_builder *b = build(t);
    struct captured here;
    char *there;

    model_text(captured_open(&here), model_of(b, NULL));
    captured_text(&here);
    ship(b);
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
    snprintf(path, sizeof(path), "%s", in_directory("sub"));
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(file, sizeof(file), "%s/lib/gale/null.so", build_directory());
    copy_into_directory(file, "sub/null.so");
    snprintf(file, sizeof(file), "%s/null.so", path);
    gale_set(gale_add_spout(b, "in", "sequence", 1), "to", gale_int(1));
    gale_shuffle(gale_add_bolt(b, "out", file, 1), "in");
    model_text(captured_open(&here), model_of(b, NULL));
    captured_text(&here);
    ship(b);
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
    const struct topology *t = *state;
    gale_builder *b = build(t);
    const struct model *m = model_of(b, NULL);
    struct captured here, read;
    struct description *d;

    ship(b);
    d = read_shipped();
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
    const struct topology t = {.file = "wordcount",
                               .args = {"-p", "2", in_directory("poem")},
                               .overrides = {"print.format={word}={count}"}};
    static const char poem[] = "to be or not to be\nthat is\n";
    gale_builder *b;
    char *there;

    (void)state;
    write_file("poem", poem, strlen(poem));
    b = build(&t);
    ship(b);
    there = sorted(ask_other_process("run"));
    assert_string_equal(there, "\nbe=2\nis=1\nnot=1\nor=1\nthat=1\nto=2");
    free(there);
    gale_builder_free(b);
}

static void executors_may_be_changed_before_it_is_built(void **state)
{
    const struct topology t = {.file = "wordcount", .args = {"-p", "2", "x"}};
    gale_builder *b = build(&t), *other;
    struct description *d;
    gale_err error = {""};

    (void)state;
    ship(b);
    d = read_shipped();
    assert_non_null(d);
    d->model->components[1].executors = 1;
    other = description_build(d, directory, &error);
    check_ok(other == NULL, &error);
    assert_int_equal(model_of(other, NULL)->components[1].executors, 1);
    assert_int_equal(model_of(other, NULL)->components[1].tasks, 2);
    assert_int_equal(model_of(other, NULL)->components[2].executors, 2);
    gale_builder_free(other);
    description_free(d);
    gale_builder_free(b);
}

/* -- descriptions that are wrong ------------------------------------------- */

/* One thing of a description that is changed: where, as "files.0.name"; and
 * what is there instead. */
struct change {
    const char *where;
    gale_value value;
    const char *error; /* a part of the sentence */
};

static void put(struct pack *p, gale_value v)
{
    if (v.kind == GALE_STRING)
        pack_text_n(p, v.as.data, v.size);
    else if (v.kind == GALE_INT)
        pack_int(p, v.as.i);
    else if (v.kind == GALE_LIST)
        pack_array(p, 0);
    else
        pack_nil(p);
}

static void put_changed(struct pack *p, const msgpack_object *o,
                        const char *where, gale_value value)
{
    size_t size = strcspn(where, ".");
    const char *rest = where + size + (where[size] == '.');

    if (*where == '\0') {
        put(p, value);
    } else if (o->type == MSGPACK_OBJECT_ARRAY) {
        pack_array(p, unpack_n(o));
        for (uint32_t i = 0; i < unpack_n(o); i++)
            if (i == (uint32_t)strtoul(where, NULL, 10))
                put_changed(p, unpack_at(o, i), rest, value);
            else
                pack_object(p, unpack_at(o, i));
    } else {
        pack_map(p, unpack_n_pairs(o));
        for (uint32_t i = 0; i < unpack_n_pairs(o); i++) {
            const msgpack_object_kv *pair = unpack_pair(o, i);

            pack_object(p, &pair->key);
            if (pair->key.via.str.size == size &&
                !memcmp(pair->key.via.str.ptr, where, size))
                put_changed(p, &pair->val, rest, value);
            else
                pack_object(p, &pair->val);
        }
    }
}

/* The description of a word count that has been shipped; to be freed. */
static void *shipped(size_t *size)
{
    const struct topology t = {.file = "wordcount", .args = {"x"}};
    struct env *env = env_posix();
    gale_builder *b = build(&t);
    void *data;

    ship(b);
    gale_builder_free(b);
    assert_int_equal(env->ops->file_read(env, in_directory(DESCRIPTION),
                                         1u << 20, &data, size),
                     0);
    return data;
}

static struct description *read_changed(const void *data, size_t size,
                                        const struct change *change,
                                        gale_err *error)
{
    const struct pack_limits limits = {size, 10000};
    struct description *d;
    struct unpacked u;
    struct pack p;

    assert_int_equal(unpack(&u, data, size, limits, "it", error), 0);
    pack_init(&p);
    put_changed(&p, u.root, change->where, change->value);
    d = description_read(p.buffer.data, p.buffer.size, error);
    pack_free(&p);
    unpacked_free(&u);
    return d;
}

/* Of the word count: lines → split → count → print. */
static void one_thing_that_is_wrong_is_named(void **state)
{
    const struct change changes[] = {
        {"version", gale_int(2),
         "has version 2 (gale " GALE_VERSION "), this gale " GALE_VERSION
         " reads versions up to 1; use the same gale on all machines"},
        {"version", gale_nil(), "\"version\" is no number from 1 to 1"},
        {"version", gale_int(0), "\"version\" is no number from 1 to 1"},
        {"gale", gale_nil(), "it has no \"gale\""},
        {"abi", gale_int(-1), "\"abi\" is no number from 0"},
        {"name", gale_nil(), "it has no \"name\""},
        {"name", gale_int(1), "\"name\" is no text"},
        {"name", gale_cstr("a/b"), "a name \"a/b\" is no valid name"},
        {"name", gale_cstr("a.b"), "\"a.b\" has a '.'"},
        {"name", gale_string("a\0b", 3), "\"name\" is no text"},
        {"own", gale_cstr("x.so"), "\"x.so\" is not among its plugin files"},
        {"files", gale_int(1), "\"files\" is no list"},
        {"files.0.name", gale_cstr("../x"),
         "a file is called \"../x\", expected 1 to 255 letters"},
        {"files.0.name", gale_cstr(""), "it has no \"name\""},
        {"files.0.name", gale_cstr("lines.so"),
         "two files are called \"lines.so\""},
        {"files.0.sha256", gale_cstr("short"),
         "the file \"wordcount.so\" has no SHA-256 of 32 bytes"},
        {"files.0.size", gale_int(-1), "\"size\" is no number"},
        {"files.0.plugin", gale_nil(),
         "\"wordcount.so\" is not among its plugin files"},
        {"plugins.0.kind", gale_cstr("topology"),
         "\"kind\" is none of spout, bolt, grouping and hook"},
        {"plugins.0.file", gale_cstr("/bin/sh"),
         "\"/bin/sh\" is not among its plugin files"},
        {"plugins.0.id", gale_cstr("a b"), "a name \"a b\" is no valid name"},
        {"plugins.1.name", gale_cstr("count"), "it names a plugin twice"},
        {"plugins", gale_list(NULL, 0),
         "component \"lines\": it does not say which file the spout \"lines\" "
         "is in"},
        {"components", gale_nil(), "\"components\" is no list"},
        {"components", gale_list(NULL, 0), "it has no components"},
        {"components.0.id", gale_cstr("__x"), "a name \"__x\" is no valid"},
        {"components.1.id", gale_cstr("lines"),
         "component \"lines\": it is there twice"},
        {"components.0.executors", gale_int(0),
         "component \"lines\": \"executors\" is no number from 1 to 1"},
        {"components.0.executors", gale_int(2),
         "\"executors\" is no number from 1 to 1"},
        {"components.0.tasks", gale_int(40000),
         "\"tasks\" is no number from 1 to 32767"},
        {"components.3.tasks", gale_int(32767),
         "component \"print\": it makes more than 32767 tasks in all"},
        {"components.0.plugin", gale_cstr("other"),
         "it does not say which file the spout \"other\" is in"},
        {"components.0.spout", gale_nil(),
         "it does not say which file the bolt \"lines\" is in"},
        {"components.0.streams.0.name", gale_cstr("a b"),
         "component \"lines\": a name \"a b\" is no valid name"},
        {"components.0.streams.0.fields.0", gale_nil(), "a name"},
        {"components.1.inputs.0.from", gale_cstr("nobody"),
         "component \"split\": it names the component \"nobody\", which is "
         "not there"},
        {"components.1.inputs.0.stream", gale_cstr("other"),
         "it takes the stream \"other\" of \"lines\", which is not there"},
        {"components.1.inputs.0.grouping", gale_int(77),
         "\"grouping\" is no number from 1 to 9"},
        {"components.1.inputs.0.grouping", gale_int(9), "it has no \"custom\""},
        {"components.2.inputs.0.fields.0", gale_cstr("other"),
         "it groups the stream \"default\" by a field that is not there"},
        {"components.0.settings", gale_int(1),
         "\"settings\" holds what is no configuration"},
        {"components.0.settings.0.0", gale_cstr(""),
         "\"settings\" holds what is no configuration"},
        {"letters", gale_cstr("nobody"), "it names the component \"nobody\""},
    };
    size_t size;
    void *data = shipped(&size);

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        gale_err error = {""};

        if (read_changed(data, size, &changes[i], &error) != NULL)
            fail_msg("%s: nothing is wrong, expected \"%s\"", changes[i].where,
                     changes[i].error);
        if (strstr(error.text, changes[i].error) == NULL)
            fail_msg("%s: found \"%s\", expected \"%s\"", changes[i].where,
                     error.text, changes[i].error);
        assert_non_null(strstr(error.text, "the topology's description"));
    }
    free(data);
}

static void keys_that_are_not_known_are_passed_over(void **state)
{
    static const char more[] = "\xa5later\x81\xa1x\x01"; /* later: {x: 1} */
    size_t size;
    char *data = shipped(&size), *longer = xmalloc(size + sizeof(more));
    struct description *d;
    gale_err error = {""};

    (void)state;
    assert_int_equal((uint8_t)data[0], 0x8c); /* a map of 12 */
    memcpy(longer, data, size);
    memcpy(longer + size, more, sizeof(more) - 1);
    longer[0] = (char)0x8d;
    d = description_read(longer, size + sizeof(more) - 1, &error);
    check_ok(d == NULL, &error);
    assert_string_equal(d->model->name, "wordcount");
    description_free(d);
    free(longer);
    free(data);
}

static void a_part_of_a_description_is_none(void **state)
{
    size_t size;
    char *data = shipped(&size);

    (void)state;
    for (size_t n = 0; n < size; n++) {
        void *part = memcpy(xmalloc(n), data, n); /* of its own size */
        gale_err error = {""};

        assert_null(description_read(part, n, &error));
        assert_non_null(strstr(error.text, "the topology's description "));
        free(part);
    }
    free(data);
}

/* Only code can tell. */
static void what_is_not_as_it_was_described_is_not_built(void **state)
{
    const struct change changes[] = {
        {"abi", gale_int(7),
         "the topology was submitted by gale " GALE_VERSION " with ABI 7, "
         "expected ABI 0; submit it with this gale " GALE_VERSION},
        {"plugins.0.id", gale_cstr("other"),
         "/lines.so has no spout \"other\", but spout \"lines\"; submit the "
         "topology again"},
        {"components.1.streams.0.flags", gale_int(1), "component \"split\" ("},
        {"components.1.streams.0.fields", gale_list(NULL, 0),
         "groups the stream \"default\" by a field"},
        {"components.3.streams", gale_list(NULL, 0), NULL},
        {"components.0.settings", gale_list(NULL, 0), NULL},
        {"files.1.name", gale_cstr("gone.so"), "is not among"},
    };
    size_t size;
    void *data = shipped(&size);

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        gale_err error = {""};
        struct description *d = read_changed(data, size, &changes[i], &error);
        gale_builder *b =
            d == NULL ? NULL : description_build(d, directory, &error);

        if ((b == NULL) != (changes[i].error != NULL))
            fail_msg("%s: %s", changes[i].where, error.text);
        if (b == NULL && strstr(error.text, changes[i].error) == NULL)
            fail_msg("%s: found \"%s\", expected \"%s\"", changes[i].where,
                     error.text, changes[i].error);
        gale_builder_free(b);
        description_free(d);
    }
    free(data);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct description *d;
    gale_err error = {""};
    size_t size;

    (void)state;
    free(shipped(&size));
    d = read_shipped();
    assert_int_equal(unlink(in_directory("split.so")), 0);
    assert_null(description_build(d, directory, &error));
    assert_non_null(strstr(error.text, "/split.so: No such file or directory"));
    description_free(d);
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
    check_ok(gale_builder_check(b, &error), &error);
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
    gale_set(
        gale_set(gale_add_spout(b, "in", "sequence", 1), "to", gale_int(1)),
        "text", gale_string(text, DESCRIPTION_BYTES_MAX));
    check_ok(gale_builder_check(b, &error), &error);
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
    const struct topology t = {.file = "wordcount", .args = {"x"}};
    gale_builder *b = build(&t);
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

static void find_plugins(void)
{
    snprintf(plugin_path, sizeof(plugin_path), "%s:%s/lib/gale",
             plugin_files_directory(), build_directory());
    setenv("GALE_PLUGIN_PATH", plugin_path, 1);
    if (realpath("/proc/self/exe", self) == NULL)
        abort();
}

static struct CMUnitTest of(const char *what, CMUnitTestFunction test,
                            const struct topology *t)
{
    char *name;

    if (asprintf(&name, "%s (%s)", what, t->name) < 0)
        abort();
    return (struct CMUnitTest){name, test, setup, teardown,
                               (void *)(uintptr_t)t};
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    struct CMUnitTest each[2 * N_TOPOLOGIES];
    const struct CMUnitTest tests[] = {
        TEST(a_word_count_counts_the_same_elsewhere),
        TEST(a_plugin_that_was_named_by_a_path_needs_no_path),
        TEST(executors_may_be_changed_before_it_is_built),
        TEST(one_thing_that_is_wrong_is_named),
        TEST(keys_that_are_not_known_are_passed_over),
        TEST(a_part_of_a_description_is_none),
        TEST(what_is_not_as_it_was_described_is_not_built),
        TEST(a_file_that_is_not_there_is_named),
        TEST(code_of_a_program_is_refused),
        TEST(what_is_too_large_is_refused),
        TEST(a_plugin_that_is_not_among_the_files_is_refused),
    };
    int failed;

    config_register();
    if (argc == 3)
        return other_process(argv[1], argv[2]);
    find_plugins();
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
