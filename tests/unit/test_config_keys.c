/*
 * test_config_keys.c - the table of keys, and the documents that come from it.
 *
 * With UPDATE=1 in the environment it writes the documents anew. It runs in the
 * top folder of the tree.
 */
#include "common/config_keys.h"
#include "common/config_yaml.h"
#include "common/env.h"
#include "tests/support/config_doc.h"
#include "topology-api/settings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct config_key *key_of(const char *name)
{
    const struct config_key *key = config_keys_find(name);

    if (!key)
        fail_msg("no key %s", name);
    return key;
}

static void every_row_is_found_by_its_name_and_is_the_only_one(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < config_keys_n(); i++)
        assert_ptr_equal(config_keys_find(config_keys_at(i)->name),
                         config_keys_at(i));
    assert_null(config_keys_find("topology.worker"));
    assert_null(config_keys_find(""));
}

static void every_row_explains_itself(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < config_keys_n(); i++) {
        const struct config_key *key = config_keys_at(i);
        size_t n = strlen(key->help);

        assert_true(n > 10 && key->unit);
        /* A sentence; the reason of a key that is not used is a clause. */
        assert_int_equal(key->help[n - 1] == '.',
                         key->status != CONFIG_IS_UNUSED);
    }
}

static void every_default_has_the_type_and_range_of_its_key(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < config_keys_n(); i++) {
        const struct config_key *key = config_keys_at(i);
        gale_value value = config_keys_default(key);

        assert_true(config_keys_accepts(key, value));
        assert_int_equal(value.kind != GALE_NIL, key->fallback != NULL);
    }
}

static void defaults_are_what_storms_users_expect(void **state)
{
    static const struct {
        const char *name, *text;
    } defaults[] = {
        {"topology.message.timeout.secs", "30"},
        {"topology.max.spout.pending", NULL},
        {"topology.acker.executors", NULL},
        {"topology.enable.message.timeouts", "true"},
        {"topology.tick.tuple.freq.secs", NULL},
        {"topology.max.error.report.per.interval", "5"},
        {"topology.error.throttle.interval.secs", "10"},
        {"topology.worker.shared.thread.pool.size", "4"},
        {"topology.workers", "1"},
        {"topology.debug", "false"},
        {"gale.topology.max.tuple.bytes", "268435456"},
        {"gale.topology.max.emit.bytes", "1073741824"},
        {"gale.topology.max.retained.bytes", "67108864"},
        {"gale.topology.max.async", "1024"},
        {"gale.topology.shuffle.exact", "false"},
        {"gale.worker.memory.bytes", NULL},
        {"gale.topology.drain.secs", NULL},
        {"gale.worker.carriers", NULL},
        {"gale.local.position.interval.ms", "1000"},
        {"gale.worker.transport", "auto"},
        {"supervisor.slots.ports", "[6700,6701,6702,6703]"},
        {"ui.host", "0.0.0.0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        const struct config_key *key = key_of(defaults[i].name);

        if (defaults[i].text)
            assert_string_equal(key->fallback, defaults[i].text);
        else
            assert_null(key->fallback);
    }
}

static void defaults_are_values(void **state)
{
    gale_value value = config_keys_default(key_of("supervisor.slots.ports"));

    (void)state;
    assert_int_equal(value.kind, GALE_LIST);
    assert_int_equal(value.size, 4);
    assert_true(value.as.items[3].as.i == 6703);
    value = config_keys_default(key_of("storm.zookeeper.root"));
    assert_true(
        gale_str_eq(gale_value_str(value), gale_value_str(gale_cstr("/gale"))));
    value = config_keys_default(key_of("gale.worker.carriers"));
    assert_int_equal(value.kind, GALE_NIL);
}

static void types_and_ranges_are_held(void **state)
{
    const gale_value strings[] = {gale_cstr("a"), gale_cstr("b")};
    const gale_value cut[] = {gale_string("a\0b", 3)};
    const gale_value mixed[] = {gale_cstr("a"), gale_int(1)};
    const gale_value far[] = {gale_int(1), gale_int(65536)};
    const gale_value ints[] = {gale_int(1), gale_int(2)};
    const struct {
        const char *name;
        gale_value value;
        bool accepted;
    } cases[] = {
        {"topology.message.timeout.secs", gale_int(1), true},
        {"topology.message.timeout.secs", gale_int(2147483647), true},
        {"topology.message.timeout.secs", gale_nil(), true},
        {"topology.message.timeout.secs", gale_int(0), false},
        {"topology.message.timeout.secs", gale_int(2147483648), false},
        {"topology.message.timeout.secs", gale_float(30), false},
        {"topology.message.timeout.secs", gale_cstr("30"), false},
        {"topology.acker.executors", gale_int(0), true},
        {"topology.acker.executors", gale_int(-1), false},
        {"topology.tick.tuple.freq.secs", gale_int(1), true},
        {"topology.tick.tuple.freq.secs", gale_float(0.001), true},
        {"topology.tick.tuple.freq.secs", gale_float(0.0009), false},
        {"topology.tick.tuple.freq.secs", gale_int(0), false},
        {"topology.tick.tuple.freq.secs", gale_float(NAN), false},
        {"topology.tick.tuple.freq.secs", gale_float(INFINITY), false},
        {"topology.tick.tuple.freq.secs", gale_bool(true), false},
        {"topology.debug", gale_bool(true), true},
        {"topology.debug", gale_int(1), false},
        {"topology.debug", gale_cstr("true"), false},
        {"ui.host", gale_cstr("::1"), true},
        {"ui.host", gale_int(1), false},
        {"ui.host", gale_string("a\0b", 3), false},
        {"ui.host", gale_string(NULL, 0), true},
        {"gale.worker.transport", gale_cstr("auto"), true},
        {"gale.worker.transport", gale_cstr("tcp"), true},
        {"gale.worker.transport", gale_cstr("tc"), false},
        {"gale.worker.transport", gale_cstr("auto, tcp"), false},
        {"gale.worker.transport", gale_cstr(""), false},
        {"gale.worker.transport", gale_int(1), false},
        {"nimbus.seeds", gale_list(cut, 1), false},
        {"nimbus.seeds", gale_list(strings, 2), true},
        {"nimbus.seeds", gale_list(NULL, 0), true},
        {"nimbus.seeds", gale_list(mixed, 2), false},
        {"nimbus.seeds", gale_cstr("a"), false},
        {"supervisor.slots.ports", gale_list(ints, 2), true},
        {"supervisor.slots.ports", gale_list(mixed, 2), false},
        {"supervisor.slots.ports", gale_list(far, 2), false},
        {"ui.users", gale_cstr("a"), true},
        {"ui.users", gale_list(strings, 2), true},
        {"ui.users", gale_list(ints, 2), false},
        {"topology.environment", gale_map(strings, 1), true},
        {"topology.environment", gale_list(strings, 2), false},
        {"drpc.https.port", gale_int(-1), true},
        {"worker.childopts", gale_map(ints, 1), true}, /* not used */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (config_keys_accepts(key_of(cases[i].name), cases[i].value) !=
            cases[i].accepted)
            fail_msg("case %zu: %s", i, cases[i].name);
}

static void what_daemons_prove_themselves_with_is_secret(void **state)
{
    (void)state;
    assert_true(config_keys_is_secret(key_of("storm.zookeeper.auth.payload")));
    assert_false(config_keys_is_secret(key_of("storm.zookeeper.auth.scheme")));
}

static void what_is_expected_is_said(void **state)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"topology.message.timeout.secs", "an integer from 1 to 2147483647"},
        {"topology.acker.executors", "an integer from 0 on"},
        {"topology.tick.tuple.freq.secs", "a number from 0.001 to 1000000000"},
        {"topology.debug", "true or false"},
        {"ui.host", "a string (in quotes)"},
        {"gale.worker.transport", "one of auto, tcp, unix, shared-memory"},
        {"nimbus.seeds", "a list of strings"},
        {"supervisor.slots.ports", "a list of integers from 1 to 65535"},
        {"ui.users", "a string or a list of strings"},
        {"topology.environment", "a map"},
        {"topology.priority", "an integer"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[128];

        assert_string_equal(
            config_keys_expected(key_of(cases[i].name), text, sizeof(text)),
            cases[i].text);
    }
}

/* -- documents ------------------------------------------------------------- */

static char *made(void (*make)(FILE *to))
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    make(file);
    fclose(file);
    return text;
}

static char *content_of(const char *path)
{
    struct env *env = env_posix();
    void *text;
    size_t size;

    if (env->ops->file_read(env, path, 1 << 20, &text, &size))
        return NULL;
    return text;
}

static void assert_agrees(const char *path, void (*make)(FILE *to))
{
    char *expected = made(make), *found;
    FILE *file = getenv("UPDATE") ? fopen(path, "w") : NULL;

    if (file) {
        fputs(expected, file);
        fclose(file);
    }
    found = content_of(path);
    if (!found || strcmp(found, expected))
        fail_msg("%s does not agree with common/config_keys.def: run this test "
                 "with UPDATE=1 from the top of the tree",
                 path);
    free(found);
    free(expected);
}

static void conf_gale_yaml_agrees_with_the_table(void **state)
{
    (void)state;
    assert_agrees("conf/gale.yaml", config_doc_yaml);
}

static void docs_configuration_md_agrees_with_the_table(void **state)
{
    (void)state;
    assert_agrees("docs/configuration.md", config_doc_markdown);
}

static void gale_set_says_which_keys_a_component_may_have(void **state)
{
    char *text = content_of("topology-api/gale/topology.h");

    (void)state;
    assert_non_null(text);
    for (uint32_t i = 0; i < config_keys_n(); i++) {
        const struct config_key *key = config_keys_at(i);

        if (key->scope == CONFIG_COMPONENT && !strstr(text, key->name))
            fail_msg("topology-api/gale/topology.h does not name %s",
                     key->name);
    }
    free(text);
}

/* The text without the comment sign before keys; the caller's to free. */
static char *uncommented(const char *text)
{
    char *copy = malloc(strlen(text) + 1), *to = copy;
    bool at_start = true;

    for (; *text; text++) {
        if (!(at_start && text[0] == '#' && text[1] != ' ' && text[1] != '\n'))
            *to++ = *text;
        at_start = *text == '\n';
    }
    *to = 0;
    return copy;
}

static void the_comments_of_conf_gale_yaml_are_all_used_keys_at_their_defaults(
    void **state)
{
    char *text = content_of("conf/gale.yaml"), *all;
    struct config_yaml *y;
    gale_err error;
    uint32_t n = 0;

    (void)state;
    assert_non_null(text);
    y = config_yaml_read("gale.yaml", text, strlen(text), &error);
    assert_non_null(y);
    assert_int_equal(y->n, 0); /* as it is, it changes nothing */
    config_yaml_free(y);
    all = uncommented(text);
    y = config_yaml_read("gale.yaml", all, strlen(all), &error);
    if (!y)
        fail_msg("%s", error.text);
    for (uint32_t i = 0; i < y->n; i++) {
        const struct config_key *key = key_of(y->entries[i].key);
        char found[200], wanted[200];

        assert_int_equal(key->status, CONFIG_IS_USED);
        assert_string_equal(
            value_text(y->entries[i].value, found, sizeof(found)),
            value_text(config_keys_default(key), wanted, sizeof(wanted)));
    }
    for (uint32_t i = 0; i < config_keys_n(); i++)
        n += config_keys_at(i)->status == CONFIG_IS_USED;
    assert_int_equal(y->n, n);
    config_yaml_free(y);
    free(all);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_name_and_is_the_only_one),
        cmocka_unit_test(every_row_explains_itself),
        cmocka_unit_test(every_default_has_the_type_and_range_of_its_key),
        cmocka_unit_test(defaults_are_what_storms_users_expect),
        cmocka_unit_test(defaults_are_values),
        cmocka_unit_test(types_and_ranges_are_held),
        cmocka_unit_test(what_daemons_prove_themselves_with_is_secret),
        cmocka_unit_test(what_is_expected_is_said),
        cmocka_unit_test(conf_gale_yaml_agrees_with_the_table),
        cmocka_unit_test(docs_configuration_md_agrees_with_the_table),
        cmocka_unit_test(gale_set_says_which_keys_a_component_may_have),
        cmocka_unit_test(
            the_comments_of_conf_gale_yaml_are_all_used_keys_at_their_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
