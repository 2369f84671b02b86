/* test_config.c - effective values of keys, and their check. */
#include "common/config.h"
#include "tests/support/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* A topology of one component, every layer empty. */
struct scene {
    struct model model;
    struct component component;
};

static int setup(void **state)
{
    static struct scene s;

    memset(&s, 0, sizeof(s));
    s.component.id = "count";
    s.component.settings = settings_new();
    s.component.from_file = settings_new();
    s.component.overrides = settings_new();
    s.model.name = "wordcount";
    s.model.n_components = 1;
    s.model.components = &s.component;
    s.model.topology = settings_new();
    s.model.file = settings_new();
    s.model.overrides = settings_new();
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    settings_free(s->component.settings);
    settings_free(s->component.from_file);
    settings_free(s->component.overrides);
    settings_free(s->model.topology);
    settings_free(s->model.file);
    settings_free(s->model.overrides);
    return 0;
}

static void a_key_that_nobody_sets_has_its_default(void **state)
{
    struct scene *s = *state;
    const struct model *m = &s->model;

    assert_true(config_int(m, NULL, "topology.message.timeout.secs") == 30);
    assert_true(config_int(m, &s->component, "gale.topology.max.async") ==
                1024);
    assert_true(config_bool(m, NULL, "topology.enable.message.timeouts"));
    assert_false(config_bool(m, NULL, "topology.debug"));
    assert_true(config_is_set(m, NULL, "topology.debug"));
    assert_false(config_is_set(m, NULL, "topology.max.spout.pending"));
    assert_false(config_is_set(m, NULL, "some.other.key"));
}

static void the_strongest_layer_wins(void **state)
{
    static const char key[] = "topology.max.spout.pending";
    struct scene *s = *state;
    const struct model *m = &s->model;

    settings_set(s->model.file, key, gale_int(1));
    assert_true(config_int(m, NULL, key) == 1);
    settings_set(s->model.topology, key, gale_int(2));
    assert_true(config_int(m, NULL, key) == 2);
    assert_true(config_int(m, &s->component, key) == 2);
    settings_set(s->component.settings, key, gale_int(3));
    assert_true(config_int(m, NULL, key) == 2);
    assert_true(config_int(m, &s->component, key) == 3);
    settings_set(s->model.overrides, key, gale_int(4));
    assert_true(config_int(m, NULL, key) == 4);
    assert_true(config_int(m, &s->component, key) == 4);
}

static void null_brings_back_the_default(void **state)
{
    struct scene *s = *state;

    settings_set(s->model.file, "topology.message.timeout.secs", gale_int(7));
    settings_set(s->model.topology, "topology.message.timeout.secs",
                 gale_nil());
    settings_set(s->model.file, "topology.max.spout.pending", gale_int(7));
    settings_set(s->model.overrides, "topology.max.spout.pending", gale_nil());
    assert_true(config_int(&s->model, NULL, "topology.message.timeout.secs") ==
                30);
    assert_false(config_is_set(&s->model, NULL, "topology.max.spout.pending"));
}

static void a_number_may_be_written_as_an_integer(void **state)
{
    static const char key[] = "topology.tick.tuple.freq.secs";
    struct scene *s = *state;

    settings_set(s->model.topology, key, gale_int(2));
    assert_true(config_float(&s->model, NULL, key) == 2);
    settings_set(s->model.topology, key, gale_float(0.25));
    assert_true(config_float(&s->model, NULL, key) == 0.25);
    assert_true(
        config_float(&s->model, NULL, "topology.message.timeout.secs") == 30);
}

static void any_value_can_be_asked_for(void **state)
{
    struct scene *s = *state;
    const struct component *c = &s->component;

    settings_set(s->component.settings, "keep", gale_cstr("ten"));
    assert_memory_equal(config_value(&s->model, c, "keep").as.data, "ten", 3);
    assert_int_equal(config_value(&s->model, NULL, "keep").kind, GALE_NIL);
    assert_int_equal(
        config_value(&s->model, NULL, "supervisor.slots.ports").kind,
        GALE_LIST);
    assert_int_equal(config_value(&s->model, NULL, "worker.childopts").kind,
                     GALE_NIL);
}

static void what_is_right_passes_the_check(void **state)
{
    struct scene *s = *state;
    gale_err error;

    settings_set(s->model.file, "topology.message.timeout.secs", gale_int(1));
    settings_set(s->model.file, "nobody.knows", gale_int(1));
    settings_set(s->model.file, "topology.kryo.factory", gale_int(1));
    settings_set(s->component.settings, "keep", gale_cstr("ten"));
    settings_set(s->component.settings, "topology.debug", gale_nil());
    assert_int_equal(config_check(&s->model, &error), 0);
    s->model.file = (settings_free(s->model.file), NULL);
    assert_int_equal(config_check(&s->model, &error), 0); /* no layer */
}

static void what_is_wrong_is_named_with_place_found_and_expected(void **state)
{
    struct scene *s = *state;
    const struct {
        struct settings *layer;
        const char *sentence;
    } cases[] = {
        {s->component.settings,
         "component \"count\": topology.tick.tuple.freq.secs: found 0, "
         "expected a "
         "number from 0.001 to 1000000000"},
        {s->model.topology, "topology \"wordcount\": "
                            "topology.tick.tuple.freq.secs: found 0, expected "
                            "a number from 0.001 to 1000000000"},
        {s->model.file,
         "configuration file: topology.tick.tuple.freq.secs: found 0, expected "
         "a number from 0.001 to 1000000000"},
        {s->model.overrides,
         "command line: topology.tick.tuple.freq.secs: found 0, expected a "
         "number from 0.001 to 1000000000"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error;

        settings_set(cases[i].layer, "topology.tick.tuple.freq.secs",
                     gale_int(0));
        assert_int_equal(config_check(&s->model, &error), -1);
        assert_string_equal(error.text, cases[i].sentence);
    }
}

static void a_key_that_is_not_for_one_component_is_refused_there(void **state)
{
    struct scene *s = *state;
    const struct {
        struct settings *layer;
        const char *key, *place, *sentence;
    } cases[] = {
        {s->component.settings, "topology.message.timeout.secs", "",
         "component \"count\": topology.message.timeout.secs: found a key of "
         "the "
         "whole topology, expected one that a single component may have; for "
         "all it is set by gale_configure()"},
        {s->component.from_file, "nimbus.thrift.port", "storm.yaml:3",
         "storm.yaml:3: configuration file, component \"count\": "
         "nimbus.thrift.port: found a key of the daemons of a cluster, "
         "expected one of topologies: it belongs into the daemons' files"},
        {s->component.overrides, "gale.worker.carriers", "",
         "command line, component \"count\": gale.worker.carriers: found a key "
         "of "
         "a whole worker, expected one that a single component may have; for "
         "all it is -c KEY=VALUE"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error;

        settings_set_at(cases[i].layer, cases[i].key, gale_int(1),
                        cases[i].place);
        assert_int_equal(config_check(&s->model, &error), -1);
        assert_string_equal(error.text, cases[i].sentence);
    }
}

static void asks_for_another_type(void *m)
{
    config_bool(m, NULL, "topology.message.timeout.secs");
}

static void asks_for_an_unknown_key(void *m)
{
    config_int(m, NULL, "topology.message.timeout");
}

static void asks_for_what_is_not_there(void *m)
{
    config_int(m, NULL, "topology.max.spout.pending");
}

static void asks_for_a_key_that_is_not_used(void *m)
{
    config_int(m, NULL, "drpc.queue.size");
}

static void asking_for_what_the_table_does_not_have_is_a_failed_check(
    void **state)
{
    struct scene *s = *state;

    assert_dies(asks_for_another_type, &s->model,
                "topology.message.timeout.secs");
    assert_dies(asks_for_an_unknown_key, &s->model, "topology.message.timeout");
    assert_dies(asks_for_what_is_not_there, &s->model, "is not set");
    assert_dies(asks_for_a_key_that_is_not_used, &s->model, "drpc.queue.size");
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_key_that_nobody_sets_has_its_default),
        test(the_strongest_layer_wins),
        test(null_brings_back_the_default),
        test(a_number_may_be_written_as_an_integer),
        test(any_value_can_be_asked_for),
        test(what_is_right_passes_the_check),
        test(what_is_wrong_is_named_with_place_found_and_expected),
        test(a_key_that_is_not_for_one_component_is_refused_there),
        test(asking_for_what_the_table_does_not_have_is_a_failed_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
