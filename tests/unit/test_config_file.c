/*
 * test_config_file.c - what a user writes into files and behind -c. It runs in
 * the top folder of the tree.
 */
#include "common/config.h"
#include "common/config_keys.h"
#include "common/config_layer.h"
#include "common/config_yaml.h"
#include "topology-api/builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char path[64]; /* of the file that takes what a test writes */
static char warnings[65536];
static int n_warnings;

static int setup(void **state)
{
    int fd;

    memcpy(path, "/tmp/gale-conf-XXXXXX", sizeof("/tmp/gale-conf-XXXXXX"));
    fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    warnings[0] = 0;
    n_warnings = 0;
    *state = gale_builder_new();
    return 0;
}

static int teardown(void **state)
{
    gale_builder_free(*state);
    return unlink(path);
}

static void note(void *arg, const char *text)
{
    size_t n = strlen(warnings);

    assert_ptr_equal(arg, &n_warnings);
    snprintf(warnings + n, sizeof(warnings) - n, "%s\n", text);
    n_warnings++;
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int load(gale_builder *b, const char *text, gale_err *error)
{
    write_file(text);
    return gale_builder_config_file(b, path, note, &n_warnings, error);
}

static int override(gale_builder *b, const char *text, gale_err *error)
{
    return gale_builder_override(b, text, note, &n_warnings, error);
}

/* The sentence with the file's path before it. */
static void assert_sentence(const char *found, const char *behind_path)
{
    assert_memory_equal(found, path, strlen(path));
    assert_string_equal(found + strlen(path), behind_path);
}

static const gale_value *in_file(gale_builder *b, const char *key)
{
    return settings_get(*builder_file(b, NULL), key);
}

static const gale_value *in_overrides(gale_builder *b, const char *key)
{
    return settings_get(*builder_overrides(b, NULL), key);
}

static void a_file_fills_its_layer(void **state)
{
    gale_err error;

    assert_int_equal(load(*state,
                          "topology.message.timeout.secs: 7\n"
                          "topology.debug: true\n"
                          "topology.max.spout.pending: null\n",
                          &error),
                     0);
    assert_int_equal(n_warnings, 0);
    assert_true(in_file(*state, "topology.message.timeout.secs")->as.i == 7);
    assert_true(in_file(*state, "topology.debug")->as.i == 1);
    assert_int_equal(in_file(*state, "topology.max.spout.pending")->kind,
                     GALE_NIL);
}

static void a_later_file_is_stronger(void **state)
{
    gale_err error;

    assert_int_equal(load(*state,
                          "topology.message.timeout.secs: 7\n"
                          "topology.tick.tuple.freq.secs: 1\n",
                          &error),
                     0);
    assert_int_equal(load(*state, "topology.message.timeout.secs: 8\n", &error),
                     0);
    assert_true(in_file(*state, "topology.message.timeout.secs")->as.i == 8);
    assert_true(in_file(*state, "topology.tick.tuple.freq.secs")->as.i == 1);
}

static void warnings_name_file_line_and_key(void **state)
{
    static const struct {
        const char *text, *warning;
    } cases[] = {
        {"topology.priority: 12\n", ":1: topology.priority: gale " GALE_VERSION
                                    " does not use this key yet\n"},
        {"topology.worker.childopts: -Xmx1g\n",
         ":1: topology.worker.childopts: gale does not use this key: there is "
         "no Java virtual machine\n"},
    };
    gale_err error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        warnings[0] = 0;
        assert_int_equal(load(*state, cases[i].text, &error), 0);
        assert_sentence(warnings, cases[i].warning);
    }
}

static void a_key_that_may_be_an_option_is_kept_with_its_place(void **state)
{
    gale_err error;

    assert_int_equal(load(*state, "\nmy.own.option: 2\n", &error), 0);
    assert_int_equal(n_warnings, 0);
    assert_true(in_file(*state, "my.own.option")->as.i == 2);
    assert_sentence(
        settings_place(*builder_file(*state, NULL), "my.own.option"), ":2");
}

static void errors_name_file_line_key_found_and_expected(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"topology.debug: no\ntopology.message.timeout.secs: four\n",
         ":2: topology.message.timeout.secs: found \"four\", expected an "
         "integer from 1 to 2147483647"},
        {"topology.message.timeout.secs: 0\n",
         ":1: topology.message.timeout.secs: found 0, expected an integer from "
         "1 to 2147483647"},
        {"topology.message.timeout.secs: 10000000000000000000\n",
         ":1: topology.message.timeout.secs: found 10000000000000000000, "
         "expected an integer from 1 to 2147483647"},
        {"topology.message.timeout.secs: 99999999999999999999\n",
         ":1: topology.message.timeout.secs: found 99999999999999999999, "
         "expected an integer from 1 to 2147483647"},
        {"topology.message.timeout.secs: -9_223_372_036_854_775_809\n",
         ":1: topology.message.timeout.secs: found -9_223_372_036_854_775_809, "
         "expected an integer from 1 to 2147483647"},
        {"topology.message.timeout.secs: 0xffffffffffffffff\n",
         ":1: topology.message.timeout.secs: found 0xffffffffffffffff, "
         "expected an integer from 1 to 2147483647"},
        {"topology.message.timeout.secs: 1.50\n",
         ":1: topology.message.timeout.secs: found 1.50, expected an integer "
         "from 1 to 2147483647"},
        {"topology.debug: 'true'\n",
         ":1: topology.debug: found \"true\", expected true or false"},
        {"ui.title: 7\n",
         ":1: ui.title: found 7, expected a string (in quotes)"},
        {"supervisor.slots.ports: [6700, x]\n",
         ":1: supervisor.slots.ports: found [6700, \"x\"], expected a list of "
         "integers from 1 to 65535"},
        {"nimbus.seeds: localhost\n",
         ":1: nimbus.seeds: found \"localhost\", expected a list of strings"},
        {"a: [1\n", ":2:1: not valid YAML: did not find expected ',' or ']' "
                    "while parsing a flow sequence"},
        {"topology.debug: true\ntopology.debug: true\n",
         ":2:1: topology.debug: is there twice, first in line 1"},
    };
    gale_err error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(load(*state, cases[i].text, &error), -1);
        assert_sentence(error.text, cases[i].sentence);
    }
    assert_int_equal(n_warnings, 0);
}

static void a_file_with_an_error_changes_nothing_and_warns_of_nothing(
    void **state)
{
    gale_err error;

    assert_int_equal(load(*state,
                          "topology.debug: true\nunknown: 1\n"
                          "topology.workers: four\n",
                          &error),
                     -1);
    assert_int_equal(settings_size(*builder_file(*state, NULL)), 0);
    assert_int_equal(n_warnings, 0);
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
    gale_err error;

    assert_int_equal(gale_builder_config_file(*state, "/nowhere/gale.yaml",
                                              NULL, NULL, &error),
                     -1);
    assert_string_equal(error.text, "/nowhere/gale.yaml: cannot read this "
                                    "configuration file: No such file or "
                                    "directory");
    assert_int_equal(
        gale_builder_config_file(*state, "/dev/zero", NULL, NULL, &error), -1);
    assert_string_equal(error.text, "/dev/zero: larger than 1048576 bytes, the "
                                    "most that a configuration file may have");
    assert_int_equal(gale_builder_config_file(*state, "/tmp", NULL, NULL, NULL),
                     -1);
}

static void nobody_has_to_listen_to_warnings(void **state)
{
    gale_err error;

    write_file("unknown: 1\n");
    assert_int_equal(gale_builder_config_file(*state, path, NULL, NULL, &error),
                     0);
    assert_int_equal(
        gale_builder_override(*state, "unknown=1", NULL, NULL, &error), 0);
}

/* It may be an option: only the check sees that no component has it. */
static void who_embeds_gale_hears_of_an_unknown_key_when_it_is_checked(
    void **state)
{
    static const gale_spout spout = {.abi = GALE_ABI, .size = sizeof(spout)};
    char sentence[200];
    gale_err error;

    config_register();
    builder_take_spout(gale_add_spout(*state, "in", "in", 1), &spout);
    assert_int_equal(load(*state, "\ntopology.debgu: true\n", &error), 0);
    assert_int_equal(override(*state, "ui.titel=x", &error), 0);
    assert_string_equal(warnings, "");
    assert_int_equal(gale_builder_check(*state, &error), 0);
    snprintf(sentence, sizeof(sentence),
             "%s:2: topology.debgu: unknown key, and no component has such an "
             "option; did you mean \"topology.debug\"?\n",
             path);
    assert_non_null(strstr(warnings, sentence));
    assert_non_null(strstr(warnings, "the command line sets \"ui.titel\""));
    assert_int_equal(n_warnings, 2);
}

static void a_secret_is_not_shown(void **state)
{
    gale_err error;

    assert_int_equal(
        load(*state, "storm.zookeeper.auth.payload: 4711\n", &error), -1);
    assert_sentence(error.text,
                    ":1: storm.zookeeper.auth.payload: found "
                    "something else, expected a string (in quotes)");
}

/* One file is for daemons and topologies, and holds secrets of daemons. */
static void what_is_the_daemons_is_left_out_of_a_topology(void **state)
{
    gale_err error;

    assert_int_equal(load(*state,
                          "storm.zookeeper.auth.payload: bob:secret\n"
                          "storm.zookeeper.auth.password: secret\n"
                          "nimbus.seeds: [a]\n"
                          "ui.port: 1\n"
                          "topology.workers: 2\n"
                          "topology.priority: 1\n"
                          "mine: 1\n",
                          &error),
                     0);
    assert_int_equal(settings_size(*builder_file(*state, NULL)), 3);
    assert_null(strstr(warnings, "zookeeper"));
    assert_int_equal(
        override(*state, "storm.zookeeper.auth.payload=bob:secret", &error), 0);
    assert_int_equal(settings_size(*builder_overrides(*state, NULL)), 0);
    assert_non_null(strstr(
        warnings,
        "command line: storm.zookeeper.auth.payload: it is not used here, "
        "being a key of the cluster's daemons: it belongs into their files, "
        "and not to a topology"));
}

/* Storm's own defaults.yaml, as daemons read it. */
static struct settings *storms_defaults(gale_warn_fn *warn)
{
    const struct config_listener listener = {.warn = warn, .arg = &n_warnings};
    struct settings *file = settings_new();
    gale_err error;

    if (config_layer_file(file, "tests/unit/data/storm-defaults.yaml",
                          &listener, &error))
        fail_msg("%s", error.text);
    return file;
}

static void all_of_storms_defaults_load_with_warnings_only(void **state)
{
    struct settings *file = storms_defaults(note);
    size_t n = settings_size(file);
    uint32_t n_used = 0;

    (void)state;
    assert_true(n >= 300);
    assert_null(strstr(warnings, "unknown key"));
    for (size_t i = 0; i < n; i++) {
        gale_value value;
        const struct config_key *key =
            config_keys_find(settings_at(file, i, &value));

        assert_non_null(key);
        n_used += key->status == CONFIG_IS_USED;
    }
    assert_int_equal(n_warnings, n - n_used); /* one each */
    assert_true(n_used >= 10);
    settings_free(file);
}

/* Their rows say why: roots are to be told apart, and what limits the heap of a
 * Java must not limit a worker that has none. */
static bool differs_from_storm(const char *name)
{
    static const char *const names[] = {"storm.zookeeper.root",
                                        "worker.heap.memory.mb",
                                        "topology.worker.max.heap.size.mb"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static void storms_defaults_are_the_defaults_of_keys_that_gale_has_from_storm(
    void **state)
{
    struct settings *file = storms_defaults(NULL);

    (void)state;
    for (size_t i = 0; i < settings_size(file); i++) {
        char storms[128], ours[128];
        gale_value value;
        const struct config_key *key =
            config_keys_find(settings_at(file, i, &value));

        if (key->status == CONFIG_IS_UNUSED || differs_from_storm(key->name))
            continue;
        value_text(value, storms, sizeof(storms));
        value_text(config_keys_default(key), ours, sizeof(ours));
        if (strcmp(storms, ours))
            fail_msg("%s: %s, not %s", key->name, ours, storms);
    }
    settings_free(file);
}

static void overrides_are_json_or_strings(void **state)
{
    static const struct {
        const char *text, *key, *json;
    } cases[] = {
        {"topology.message.timeout.secs=7", "topology.message.timeout.secs",
         "7"},
        {"topology.tick.tuple.freq.secs=0.5", "topology.tick.tuple.freq.secs",
         "0.5"},
        {"topology.debug=true", "topology.debug", "true"},
        {"topology.debug=null", "topology.debug", "null"},
        {"a=yes", "a", "\"yes\""},
        {"a=", "a", "\"\""},
        {"a=b=c", "a", "\"b=c\""},
        {"a=\"quoted\\n\"", "a", "\"quoted\\n\""},
        {"a= 1", "a", "\" 1\""},
        {"a=01", "a", "\"01\""},
        {"a=[1,\"x\",{\"y\":null}]", "a", "[1, \"x\", {\"y\": null}]"},
        {"a=\"[1,\"", "a", "\"[1,\""},
        {"a=[::1]", "a", "\"[::1]\""},
        {"a=[fe80::1%eth0]:2181", "a", "\"[fe80::1%eth0]:2181\""},
        {"a={word}={count}", "a", "\"{word}={count}\""},
        {"a={{x", "a", "\"{{x\""},
        {"a=(1", "a", "\"(1\""},
        {"a={}", "a", "{}"},
        {"a=\xff", "a", NULL},
        {"topology.auto.task.hooks=[\"a\",\"b\"]", "topology.auto.task.hooks",
         "[\"a\", \"b\"]"},
    };
    gale_err error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const gale_value *value;
        char text[128];

        if (override(*state, cases[i].text, &error))
            fail_msg("%s: %s", cases[i].text, error.text);
        value = in_overrides(*state, cases[i].key);
        assert_non_null(value);
        if (cases[i].json)
            assert_string_equal(value_text(*value, text, sizeof(text)),
                                cases[i].json);
        else
            assert_int_equal(value->size, 1);
    }
}

static void wrong_overrides_are_refused(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"topology.debug", "-c topology.debug: expected key=value"},
        {"=1", "-c =1: expected key=value"},
        {"", "-c : expected key=value"},
        {"topology.debug=1",
         "command line: topology.debug: found 1, expected true or false"},
        {"topology.max.spout.pending=many",
         "command line: topology.max.spout.pending: found \"many\", expected "
         "an integer from 1 to 2147483647"},
        {"topology.workers=99999999999999999999",
         "command line: topology.workers: found 99999999999999999999, expected "
         "an integer from 1 to 1024"},
        {"topology.workers=1.50",
         "command line: topology.workers: found 1.50, expected an integer from "
         "1 to 1024"},
        {"nimbus.seeds=[1]",
         "command line: nimbus.seeds: found [1], expected a list of strings"},
        {"topology.auto.task.hooks=[1,2",
         "command line: topology.auto.task.hooks: found \"[1,2\", which begins "
         "as a list and is no JSON; as a text it is written in quotes: -c "
         "'topology.auto.task.hooks=\"[1,2\"'"},
        {"storm.zookeeper.auth.payload=[x",
         "command line: storm.zookeeper.auth.payload: found something else, "
         "which begins as a list and is no JSON; as a text it is written in "
         "quotes: -c 'storm.zookeeper.auth.payload=\"…\"'"},
        {"a=[1,x]",
         "command line: a: found \"[1,x]\", which begins as a list and is no "
         "JSON; as a text it is written in quotes: -c 'a=\"[1,x]\"'"},
        {"a=[1,",
         "command line: a: found \"[1,\", which begins as a list and is no "
         "JSON; as a text it is written in quotes: -c 'a=\"[1,\"'"},
        {"a={b", "command line: a: found \"{b\", which begins as a map and is "
                 "no JSON; as a text it is written in quotes: -c 'a=\"{b\"'"},
        {"a={b: 1}",
         "command line: a: found \"{b: 1}\", which begins as a map and is no "
         "JSON; as a text it is written in quotes: -c 'a=\"{b: 1}\"'"},
        {"a=\"b",
         "command line: a: found \"\\\"b\", which begins as a string and is no "
         "JSON; as a text it is written in quotes: -c 'a=\"\\\"b\"'"},
        {"a= [1",
         "command line: a: found \" [1\", which begins as a list and is no "
         "JSON; as a text it is written in quotes: -c 'a=\" [1\"'"},
        {"a=[12]x",
         "command line: a: found \"[12]x\", which begins as a list and is no "
         "JSON; as a text it is written in quotes: -c 'a=\"[12]x\"'"},
        {"a=[a-f]:1",
         "command line: a: found \"[a-f]:1\", which begins as a list and is no "
         "JSON; as a text it is written in quotes: -c 'a=\"[a-f]:1\"'"},
    };
    gale_err error;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(override(*state, cases[i].text, &error), -1);
        assert_string_equal(error.text, cases[i].sentence);
    }
    assert_int_equal(settings_size(*builder_overrides(*state, NULL)), 0);
}

static void an_override_is_bounded(void **state)
{
    size_t size = CONFIG_YAML_SIZE_MAX + 3;
    char *text = malloc(size + 1);
    gale_err error;

    memset(text, 'x', size);
    text[size] = 0;
    text[1] = '=';
    assert_int_equal(override(*state, text, &error), -1);
    assert_non_null(strstr(error.text, "a value longer than 1048576 bytes"));
    text[size - 1] = 0;
    assert_int_equal(override(*state, text, &error), 0);
    free(text);
}

static void an_override_that_gale_does_not_use_is_warned_of(void **state)
{
    gale_err error;

    assert_int_equal(override(*state, "topology.priority=2", &error), 0);
    assert_string_equal(warnings,
                        "command line: topology.priority: gale " GALE_VERSION
                        " does not use this key yet\n");
}

/* It may be an option of a component: topology_check.c warns when it is not. */
static void an_unknown_override_is_kept_without_a_word(void **state)
{
    gale_err error;

    assert_int_equal(override(*state, "topology.debgu=true", &error), 0);
    assert_string_equal(warnings, "");
    assert_non_null(in_overrides(*state, "topology.debgu"));
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_file_fills_its_layer),
        test(a_later_file_is_stronger),
        test(warnings_name_file_line_and_key),
        test(a_key_that_may_be_an_option_is_kept_with_its_place),
        test(errors_name_file_line_key_found_and_expected),
        test(a_secret_is_not_shown),
        test(what_is_the_daemons_is_left_out_of_a_topology),
        test(a_file_with_an_error_changes_nothing_and_warns_of_nothing),
        test(a_file_that_cannot_be_read_says_why),
        test(nobody_has_to_listen_to_warnings),
        test(who_embeds_gale_hears_of_an_unknown_key_when_it_is_checked),
        test(all_of_storms_defaults_load_with_warnings_only),
        test(storms_defaults_are_the_defaults_of_keys_that_gale_has_from_storm),
        test(overrides_are_json_or_strings),
        test(wrong_overrides_are_refused),
        test(an_override_is_bounded),
        test(an_override_that_gale_does_not_use_is_warned_of),
        test(an_unknown_override_is_kept_without_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
