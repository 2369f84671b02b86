/*
 * test_topology_overrides.c - what -c sets for all components, and for one. The
 * parts are those of tests/plugins/bad/parts.c: the bolt `pass` has the options
 * keep, share, label, color and loud; `sink` and `numbers` have none.
 */
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/builder.h"
#include "topology-api/topology_check.h"

/* One key is known. */
static bool known(const char *key, char nearest[64])
{
    snprintf(nearest, 64, "topology.tasks");
    return !strcmp(key, "topology.tasks");
}

static void add_pass(gale_builder *b, const char *id)
{
    char plugin[4300];

    snprintf(plugin, sizeof(plugin), "%s:pass", plugin_files_path("parts.so"));
    gale_set(gale_shuffle(gale_add_bolt(b, id, plugin, 1), "in"), "keep",
             gale_int(1));
}

/* numbers -> passes of these ids, NULL at the end. */
static gale_builder *built(const char *const *ids)
{
    gale_builder *b = gale_builder_new();
    char plugin[4300];

    topology_check_keys(known);
    snprintf(plugin, sizeof(plugin), "%s:numbers",
             plugin_files_path("parts.so"));
    gale_add_spout(b, "in", plugin, 1);
    for (; *ids != NULL; ids++)
        add_pass(b, *ids);
    return b;
}

static const char *const left_and_right[] = {"left", "right", NULL};

static void set(gale_builder *b, const char *key, int64_t value)
{
    settings_set(*builder_overrides(b, NULL), key, gale_int(value));
}

/* Of the i-th component; 0 is the spout. */
static void expect(gale_builder *b, uint32_t i, const char *key, int64_t value)
{
    gale_err error = {""};
    const struct model *m = model_of(b, &error);

    if (m == NULL)
        fail_msg("%s", error.text);
    assert_int_equal(model_config(m, &m->components[i], key)->as.i, value);
}

static void a_bare_name_is_for_every_component_that_has_it(void **state)
{
    gale_builder *b = built(left_and_right);

    (void)state;
    set(b, "keep", 7);
    expect(b, 1, "keep", 7);
    expect(b, 2, "keep", 7);
    gale_builder_free(b);
}

static void with_an_id_it_is_for_that_component_alone(void **state)
{
    gale_builder *b = built(left_and_right);

    (void)state;
    set(b, "left.keep", 7);
    expect(b, 1, "keep", 7);
    expect(b, 2, "keep", 1);
    assert_null(model_config(model_of(b, NULL), NULL, "left.keep"));
    gale_builder_free(b);
}

static void the_precise_one_wins_in_either_order(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        gale_builder *b = built(left_and_right);

        set(b, first == 0 ? "left.keep" : "keep", first == 0 ? 7 : 5);
        set(b, first == 0 ? "keep" : "left.keep", first == 0 ? 5 : 7);
        expect(b, 1, "keep", 7);
        expect(b, 2, "keep", 5);
        gale_builder_free(b);
    }
}

static void null_is_as_if_nobody_had_set_it(void **state)
{
    gale_builder *b = built(left_and_right);
    struct {
        int64_t keep;
        char rest[256];
    } instance = {0, ""};

    (void)state;
    set(b, "keep", 5);
    settings_set(*builder_overrides(b, NULL), "left.keep", gale_nil());
    assert_non_null(model_of(b, NULL));
    assert_true(model_of(b, NULL)->components[1].bolt.instance_size <=
                sizeof(instance));
    model_fill_options(model_of(b, NULL), &model_of(b, NULL)->components[1],
                       &instance, NULL);
    assert_int_equal(instance.keep, 10); /* its default */
    gale_builder_free(b);
}

static void a_configuration_key_may_be_for_one_component(void **state)
{
    gale_builder *b = built(left_and_right);

    (void)state;
    set(b, "left.topology.tasks", 3);
    assert_non_null(model_of(b, NULL));
    assert_int_equal(model_of(b, NULL)->components[1].tasks, 3);
    assert_int_equal(model_of(b, NULL)->components[2].tasks, 1);
    gale_builder_free(b);
}

static void of_ids_with_dots_the_longest_that_fits_wins(void **state)
{
    static const char *const ids[] = {"a", "a.b", NULL};
    gale_builder *b = built(ids);

    (void)state;
    set(b, "a.b.keep", 7);
    set(b, "a.keep", 5);
    expect(b, 1, "keep", 5);
    expect(b, 2, "keep", 7);
    gale_builder_free(b);
}

static void a_component_called_as_a_key_begins_takes_what_it_has(void **state)
{
    static const char *const ids[] = {"topology", NULL};
    gale_builder *b = built(ids);

    (void)state;
    set(b, "topology.keep", 7);
    set(b, "topology.tasks", 2); /* no option of it: the key */
    expect(b, 1, "keep", 7);
    expect(b, 0, "topology.tasks", 2);
    gale_builder_free(b);
}

static void a_key_that_only_a_plugin_knows_is_kept(void **state)
{
    gale_builder *b = built(left_and_right);

    (void)state;
    set(b, "acme.quota", 7);
    expect(b, 1, "acme.quota", 7);
    gale_builder_free(b);
}

static void what_is_not_there_is_an_error_that_names_the_nearest(void **state)
{
    static const struct {
        const char *key;
        const char *error; /* its end: the path of the plugin comes before */
    } cases[] = {
        {"left.kep", "has no option \"kep\"; did you mean \"keep\"?"},
        {"left.quota", "has no option \"quota\"; it has \"keep\", \"share\", "
                       "\"label\", \"color\", \"loud\""},
        {"in.keep", "has no option \"keep\"; it has none"},
        {"left.topology.taks",
         "has no option \"topology.taks\"; did you mean \"topology.tasks\"?"},
        {"lfet.keep", "-c lfet.keep: the topology has no component \"lfet\"; "
                      "did you mean \"left\"?"},
        {"elsewhere.keep", "the topology has no component \"elsewhere\"; "
                           "\"keep\" is an option of \"left\""},
        {"lfet.kep", "-c lfet.kep: no component has this id and such an "
                     "option; did you mean \"left.keep\"?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_builder *b = built(left_and_right);
        gale_err error = {""};

        set(b, cases[i].key, 7);
        assert_int_equal(gale_builder_check(b, &error), -1);
        if (strstr(error.text, cases[i].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[i].error);
        gale_builder_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_name_is_for_every_component_that_has_it),
        cmocka_unit_test(with_an_id_it_is_for_that_component_alone),
        cmocka_unit_test(the_precise_one_wins_in_either_order),
        cmocka_unit_test(null_is_as_if_nobody_had_set_it),
        cmocka_unit_test(a_configuration_key_may_be_for_one_component),
        cmocka_unit_test(of_ids_with_dots_the_longest_that_fits_wins),
        cmocka_unit_test(a_component_called_as_a_key_begins_takes_what_it_has),
        cmocka_unit_test(a_key_that_only_a_plugin_knows_is_kept),
        cmocka_unit_test(what_is_not_there_is_an_error_that_names_the_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
