/*
 * test_topology.c - from a recorded topology to its model: topology.c and
 * topology_streams.c. The parts are those of tests/plugins/bad/parts.c.
 */
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/builder.h"

static char *const no_arguments[] = {NULL};

static int load(gale_builder *b, const char *id, int argc, gale_err *error)
{
    static char *argv[] = {(char *)"one", (char *)"two", NULL};
    char file[4300];

    snprintf(file, sizeof(file), "%s:%s", plugin_files_path("parts.so"), id);
    return gale_builder_load(b, file, argc, argc == 0 ? NULL : argv + 2 - argc,
                             error);
}

/* -- loading --------------------------------------------------------------- */

static void a_topology_is_loaded_and_checked(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_err error = {""};
    const struct model *m;

    (void)state;
    assert_int_equal(load(b, "good", 0, &error), 0);
    assert_int_equal(gale_builder_check(b, &error), 0);
    m = model_of(b, NULL);
    assert_non_null(m);
    assert_ptr_equal(model_of(b, NULL), m); /* later calls answer the same */
    assert_string_equal(m->name, "good");
    assert_int_equal(m->n_components, 2);
    assert_int_equal(m->n_tasks, 3);
    assert_string_equal(m->components[0].id, "in");
    assert_string_equal(m->components[0].plugin, "numbers");
    assert_string_equal(m->components[0].file, plugin_files_path("parts.so"));
    assert_true(m->components[0].is_spout);
    assert_non_null(m->components[0].spout.next);
    assert_int_equal(m->components[0].n_streams, 3);
    assert_int_equal(m->components[0].streams[2].flags, GALE_STREAM_DIRECT);
    assert_non_null(m->components[1].bolt.execute);
    assert_int_equal(m->components[1].inputs[0].from, 0);
    assert_int_equal(m->order[0], 0);
    assert_int_equal(m->order[1], 1);
    gale_builder_free(b);
}

static void arguments_are_passed_on_and_a_name_replaces_the_id(void **state)
{
    gale_builder *b = gale_builder_new();

    (void)state;
    assert_int_equal(load(b, "good", 1, NULL), 0);
    assert_string_equal(model_of(b, NULL)->name, "two");
    gale_builder_free(b);
}

static void a_name_that_was_set_before_stays(void **state)
{
    gale_builder *b = gale_builder_new();

    (void)state;
    gale_set_name(b, "mine");
    assert_int_equal(load(b, "good", 0, NULL), 0);
    assert_string_equal(model_of(b, NULL)->name, "mine");
    gale_builder_free(b);
}

static void a_refusal_is_passed_on_as_it_is(void **state)
{
    static const struct {
        const char *id;
        int argc;
        int result;
        const char *error;
    } cases[] = {
        {"refused", 2, -1, "it has 2 arguments and wants none"},
        {"silent", 0, -1,
         "topology \"silent\" refuses to be built (result 4) without saying "
         "why; gale_build_error() sets a text"},
        {"usage_of", 0, GALE_USAGE, "usage: usage_of FILE…"},
        {"usage_of", 1, GALE_USAGE, "usage: usage_of FILE"},
        {"mistaken", 0, -1,
         "component \"in\" has a parallelism of 0, expected 1 to 32767"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_builder *b = gale_builder_new();
        gale_err error = {""};

        assert_int_equal(load(b, cases[i].id, cases[i].argc, &error),
                         cases[i].result);
        assert_string_equal(error.text, cases[i].error);
        error.text[0] = '\0';
        assert_int_equal(gale_builder_check(b, &error), -1);
        assert_string_equal(error.text, cases[i].error);
        gale_builder_free(b);
    }
}

static void what_cannot_be_loaded_is_refused(void **state)
{
    static const struct {
        const char *file;
        const char *error;
    } cases[] = {
        {"parts.so", "parts.so has more than one topology: "},
        {"parts.so:nobody", "parts.so has no topology \"nobody\", but "},
        {"descriptors.so:features", "fills the reserved slot \"features\""},
        {"no_manifest.so", "has no gale manifest"},
        {"nowhere.so", "No such file or directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_builder *b = gale_builder_new();
        gale_err error = {""};

        assert_int_equal(gale_builder_load(b, plugin_files_path(cases[i].file),
                                           0, (char **)no_arguments, &error),
                         -1);
        if (strstr(error.text, cases[i].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[i].error);
        gale_builder_free(b);
    }
}

static void the_only_topology_of_a_file_needs_no_id(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_err error = {""};

    (void)state;
    assert_int_equal(
        gale_builder_load(b, plugin_files_path("lone.so"), 0, NULL, &error), 0);
    /* its mistake shows when it is checked */
    assert_int_equal(gale_builder_check(b, &error), -1);
    assert_non_null(strstr(error.text, "component \"in\": "));
    assert_non_null(
        strstr(error.text, "lone.so has a bolt \"hermit\", expected a spout"));
    gale_builder_free(b);
}

static void a_builder_loads_one_topology(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_err error = {""};

    (void)state;
    assert_int_equal(load(b, "good", 0, &error), 0);
    assert_int_equal(load(b, "good", 0, &error), -1);
    assert_non_null(strstr(error.text, "a topology is loaded already, from "));
    gale_builder_free(b);
}

/* -- components ------------------------------------------------------------ */

/* The parts by their file, as a program that embeds gale names them. */
static gale_declarer *add_part(gale_builder *b, const char *id,
                               const char *part, int executors)
{
    char plugin[4300];

    snprintf(plugin, sizeof(plugin), "%s:%s", plugin_files_path("parts.so"),
             part);
    return !strcmp(part, "numbers") ? gale_add_spout(b, id, plugin, executors)
                                    : gale_add_bolt(b, id, plugin, executors);
}

static void a_program_builds_without_loading_a_topology(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_err error = {""};
    const struct model *m;

    (void)state;
    gale_shuffle(add_part(b, "out", "sink", 1), "in"); /* added later */
    add_part(b, "in", "numbers", 1);
    m = model_of(b, &error);
    assert_string_equal(error.text, "");
    assert_string_equal(m->name, "topology");
    assert_int_equal(m->order[0], 1);
    assert_int_equal(m->order[1], 0);
    assert_int_equal(model_find(m, "in"), 1);
    assert_int_equal(model_find(m, "nobody"), UINT32_MAX);
    gale_builder_free(b);
}

static void task_ids_run_from_one_through_all_components(void **state)
{
    gale_builder *b = gale_builder_new();
    const struct model *m;

    (void)state;
    gale_set_tasks(add_part(b, "in", "numbers", 2), 5);
    gale_shuffle(add_part(b, "mid", "pass", 3), "in");
    gale_shuffle(gale_set_tasks(add_part(b, "out", "sink", 1), 1), "mid");
    m = model_of(b, NULL);
    assert_non_null(m);
    assert_int_equal(m->n_tasks, 9);
    assert_int_equal(m->components[0].executors, 2);
    assert_int_equal(m->components[0].tasks, 5);
    assert_int_equal(m->components[0].first_task, 1);
    assert_int_equal(m->components[1].tasks, 3);
    assert_int_equal(m->components[1].first_task, 6);
    assert_int_equal(m->components[2].first_task, 9);
    gale_builder_free(b);
}

static void options_are_filled_once_and_copied_to_each_task(void **state)
{
    struct {
        int64_t keep;
        double share;
        gale_str label;
        int32_t color;
        bool loud;
    } instance;
    gale_value lines[] = {gale_cstr("one"), gale_cstr("two")};
    gale_builder *b = gale_builder_new();
    const struct model *m;
    gale_declarer *d;

    (void)state;
    add_part(b, "in", "numbers", 1);
    d = gale_shuffle(add_part(b, "out", "pass", 1), "in");
    gale_set(d, "keep", gale_int(3));
    gale_set(d, "label", gale_list(lines, 2));
    settings_set(*builder_overrides(b, NULL), "keep", gale_int(4));
    m = model_of(b, NULL);
    assert_non_null(m);
    assert_int_equal(sizeof(instance), m->components[1].bolt.instance_size);
    for (int i = 0; i < 2; i++) {
        memset(&instance, 0, sizeof(instance));
        assert_int_equal(
            model_fill_options(m, &m->components[1], &instance, NULL), 0);
        assert_int_equal(instance.keep, 4);
        assert_true(instance.share == 0.5);
        assert_string_equal(instance.label.data, "one\ntwo");
        assert_int_equal(instance.color, 1);
    }
    gale_builder_free(b);
}

static void the_first_bad_option_is_the_error(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_err error;

    (void)state;
    add_part(b, "in", "numbers", 1);
    gale_shuffle(add_part(b, "needs", "needy", 1), "in");
    gale_set(gale_shuffle(add_part(b, "out", "pass", 1), "in"), "keep",
             gale_int(-1));
    assert_null(model_of(b, &error));
    assert_non_null(strstr(
        error.text, "component \"needs\": the option \"file\" of bolt "));
    assert_non_null(strstr(error.text, "is missing, expected a string"));
    gale_builder_free(b);
}

static void streams_may_come_from_options(void **state)
{
    gale_value names[] = {gale_cstr("left"), gale_cstr("right")};
    gale_builder *b = gale_builder_new();
    gale_err error = {""};
    const struct component *fork;

    (void)state;
    add_part(b, "in", "numbers", 1);
    gale_set(gale_shuffle(add_part(b, "fork", "fork", 1), "in"), "streams",
             gale_list(names, 2));
    gale_by_fields_stream(add_part(b, "out", "sink", 1), "fork", "right",
                          "value");
    assert_int_equal(gale_builder_check(b, &error), 0);
    fork = &model_of(b, NULL)->components[1];
    assert_int_equal(fork->n_streams, 3); /* behind those of the descriptor */
    assert_string_equal(fork->streams[0].name, "rest");
    assert_string_equal(fork->streams[1].name, "left");
    assert_string_equal(fork->streams[2].name, "right");
    assert_string_equal(fork->streams[2].fields[0], "value");
    assert_int_equal(model_of(b, NULL)->components[2].inputs[0].stream, 2);
    gale_builder_free(b);
}

static void streams_from_options_may_be_refused(void **state)
{
    static const struct {
        const char *streams;
        const char *error;
    } cases[] = {
        {"refuse", "component \"fork\": it does not like these streams"},
        {"silent", "component \"fork\": its declare callback fails (result 2) "
                   "without saying why; gale_declare_error() sets a text"},
        {"a\nb\na", "component \"fork\" declares the stream \"a\" twice"},
        {"rest", "component \"fork\" declares the stream \"rest\" twice"},
        {"__a", "component \"fork\": a stream \"__a\" is no valid name"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_builder *b = gale_builder_new();
        gale_err error = {""};

        add_part(b, "in", "numbers", 1);
        gale_set(gale_shuffle(add_part(b, "fork", "fork", 1), "in"), "streams",
                 gale_cstr(cases[i].streams));
        assert_int_equal(gale_builder_check(b, &error), -1);
        if (strncmp(error.text, cases[i].error, strlen(cases[i].error)))
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[i].error);
        gale_builder_free(b);
    }
}

/* -- configuration --------------------------------------------------------- */

static void the_strongest_layer_answers(void **state)
{
    gale_builder *b = gale_builder_new();
    const struct model *m;
    gale_declarer *d;

    (void)state;
    d = add_part(b, "in", "numbers", 1);
    for (int i = 1; i <= 4; i++) {
        char key[16];

        snprintf(key, sizeof(key), "k.%d", i);
        settings_set(*builder_file(b, NULL), key, gale_int(1));
        if (i >= 2)
            gale_configure(b, key, gale_int(2));
        if (i >= 3)
            gale_set(d, key, gale_int(3));
        if (i >= 4)
            settings_set(*builder_overrides(b, NULL), key, gale_int(4));
    }
    m = model_of(b, NULL);
    assert_non_null(m);
    assert_int_equal(model_config(m, &m->components[0], "k.1")->as.i, 1);
    assert_int_equal(model_config(m, &m->components[0], "k.2")->as.i, 2);
    assert_int_equal(model_config(m, &m->components[0], "k.3")->as.i, 3);
    assert_int_equal(model_config(m, &m->components[0], "k.4")->as.i, 4);
    assert_int_equal(model_config(m, NULL, "k.3")->as.i, 2);
    assert_null(model_config(m, NULL, "k.5"));
    gale_builder_free(b);
}

static void after_the_check_it_is_too_late(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_err error = {""};

    (void)state;
    assert_int_equal(load(b, "good", 0, NULL), 0);
    assert_int_equal(gale_builder_check(b, NULL), 0);
    assert_null(builder_file(b, &error));
    assert_non_null(strstr(error.text, "changed after the topology was check"));
    assert_null(builder_overrides(b, NULL));
    assert_int_equal(gale_builder_check(b, NULL), 0);
    gale_configure(b, "k", gale_int(1)); /* nobody would see it */
    assert_int_equal(gale_builder_check(b, &error), -1);
    assert_non_null(strstr(error.text, "is changed after it was checked"));
    gale_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topology_is_loaded_and_checked),
        cmocka_unit_test(arguments_are_passed_on_and_a_name_replaces_the_id),
        cmocka_unit_test(a_name_that_was_set_before_stays),
        cmocka_unit_test(a_refusal_is_passed_on_as_it_is),
        cmocka_unit_test(what_cannot_be_loaded_is_refused),
        cmocka_unit_test(the_only_topology_of_a_file_needs_no_id),
        cmocka_unit_test(a_builder_loads_one_topology),
        cmocka_unit_test(a_program_builds_without_loading_a_topology),
        cmocka_unit_test(task_ids_run_from_one_through_all_components),
        cmocka_unit_test(options_are_filled_once_and_copied_to_each_task),
        cmocka_unit_test(the_first_bad_option_is_the_error),
        cmocka_unit_test(streams_may_come_from_options),
        cmocka_unit_test(streams_from_options_may_be_refused),
        cmocka_unit_test(the_strongest_layer_answers),
        cmocka_unit_test(after_the_check_it_is_too_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
