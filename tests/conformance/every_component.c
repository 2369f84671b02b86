/*
 * every_component.c - the suite of `gale check` over every shared object that
 * ships (the arguments), and over the test plugins that are meant to be sound.
 *
 * A new one is checked as it is; one that cannot do without an option has a row
 * below.
 */
#include "testing/conformance.h"
#include "tests/support/kit_setup.h"
#include "tests/support/remove_tree.h"
#include <stdlib.h>

enum { OPTIONS_MAX = 4, FILES_MAX = 200 };

/* For what writes files: a directory that is there as long as the tests. */
static char in_dir[] = "dir=/tmp/gale-test-XXXXXX";
static char *const dir = in_dir + sizeof("dir=") - 1;
static char in_directory[64];

static const struct options {
    const char *name;
    const char *overrides[OPTIONS_MAX];
    const char *fields[OPTIONS_MAX];
} all_options[] = {
    {"identity", {"fields=a"}, {"a", "b"}},
    {"filter", {"fields=a", "contains=cow"}, {"a", "b"}},
    {"json_parse", {"fields=a"}, {"json"}},
    {"fields_split", {"fields=a"}, {"line"}},
    {"lines", {"files=README.md"}, {NULL}},
    {"sequence", {"to=500"}, {NULL}},
    {"named_streams", {"names=a"}, {NULL}},
    {"checked", {"count=100"}, {NULL}},
    {"kafka_spout",
     {"brokers=127.0.0.1:1", "topics=t", "start=earliest", "start.secs=1"},
     {NULL}},
    {"kafka_bolt", {"brokers=127.0.0.1:1", "topic=t", "start.secs=1"}, {NULL}},
    {"word_ledger", {in_dir}, {"word", "file", "offset", "index"}},
    {"file", {in_directory}, {NULL}},
    {"batch_sink", {"path=/dev/null"}, {NULL}},
    {"slow", {"ms=0"}, {NULL}},
    {"maze", {"rounds=3"}, {NULL}},
};

/* Written as authors would. (fd_source waits for a descriptor, which no
 * simulated world can: nothing of it would be tried.) */
static const char *const sound[] = {
    "balance",     "bare",         "batch_sink", "checked",   "close_fit",
    "countdown",   "cpp_deferred", "cpp_words",  "fail_some", "flaky",
    "gather",      "hash_join",    "in_turn",    "maze",      "moving_average",
    "onlooker",    "spectator",    "odd_even",   "relay",     "named_streams",
    "plain_count", "plain_split",  "remember",   "rolling",   "slow",
};

static char *files[FILES_MAX]; /* names, found by GALE_PLUGIN_PATH */
static size_t n_files;

static const struct options *options_of(const char *name)
{
    static const struct options none = {"", {NULL}, {NULL}};

    for (size_t i = 0; i < sizeof(all_options) / sizeof(all_options[0]); i++)
        if (!strcmp(all_options[i].name, name))
            return &all_options[i];
    return &none;
}

static uint32_t count_of(const char *const *texts)
{
    uint32_t n = 0;

    while (n < OPTIONS_MAX && texts[n] != NULL)
        n++;
    return n;
}

static void say(void *arg, const char *owner, const char *what,
                enum conformance_verdict verdict, const char *why)
{
    (void)arg;
    if (verdict != CONFORMANCE_HELD)
        print_error("%s: %s: %s\n", owner, what, why);
}

static void it_is_sound(void **state)
{
    const char *name = *state;
    const struct options *o = options_of(name);
    struct conformance_options options = {.file = name,
                                          .overrides = o->overrides,
                                          .n_overrides = count_of(o->overrides),
                                          .fields = o->fields,
                                          .n_fields = count_of(o->fields)};
    gale_err error = {""};
    int failed = conformance_run(&options, say, NULL, &error);

    assert_string_equal(error.text, "");
    assert_int_equal(failed, 0);
}

/* The stem of a path. */
static void add_file(const char *path)
{
    const char *base = strrchr(path, '/');

    base = base == NULL ? path : base + 1;
    if (n_files < FILES_MAX)
        files[n_files++] = strndup(base, strcspn(base, "."));
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[FILES_MAX];
    char names[FILES_MAX][64];
    int failed;

    if (mkdtemp(dir) == NULL) {
        perror(dir);
        return 1;
    }
    snprintf(in_directory, sizeof(in_directory), "directory=%s", dir);
    for (int i = 1; i < argc; i++)
        add_file(argv[i]);
    for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++)
        add_file(sound[i]);
    for (size_t i = 0; i < n_files; i++) {
        snprintf(names[i], sizeof(names[i]), "%s_is_sound", files[i]);
        tests[i] =
            (struct CMUnitTest){names[i], it_is_sound, NULL, NULL, files[i]};
    }
    failed = _cmocka_run_group_tests("every_component", tests, n_files,
                                     kit_setup, NULL);
    for (size_t i = 0; i < n_files; i++)
        free(files[i]);
    return remove_tree(dir) == 0 ? failed : 1;
}
