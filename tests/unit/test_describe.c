/*
 * test_describe.c - shared objects and topologies as text for people:
 * describe.c and describe_model.c.
 */
#include "tests/support/captured.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/builder.h"
#include "topology-api/describe.h"
#include "topology-api/plugin.h"

/* The text must be this, behind the line that names the file. */
static void expect_file(const char *file, const char *id, const char *expected)
{
    struct captured c;
    gale_err error = {""};
    char name[4300];
    const char *text;

    snprintf(name, sizeof(name), "%s%s", plugin_files_path(file), id);
    assert_int_equal(describe_file(captured_open(&c), name, &error), 0);
    text = captured_text(&c);
    assert_string_equal(error.text, "");
    assert_int_equal(
        strncmp(text, plugin_files_path(file), strlen(plugin_files_path(file))),
        0);
    assert_string_equal(strchr(text, '\n') + 1, expected);
    free(c.text);
}

static void a_file_is_shown_with_all_that_it_holds(void **state)
{
    (void)state;
    expect_file("lone.so", "",
                "\n"
                "bolt hermit: is not named as its file\n"
                "  no streams\n"
                "\n"
                "topology crossed: uses a bolt as a spout\n");
}

static void spouts_are_shown_with_streams_and_flags(void **state)
{
    (void)state;
    expect_file("parts.so", ":numbers",
                "\n"
                "spout numbers: numbers and their names\n"
                "  blocking: each executor has a thread of its own\n"
                "  needs a server or real time: it does not run from a seed\n"
                "  stream default: number, name\n"
                "  stream late: number\n"
                "  stream orders (direct): number\n");
}

static void bolts_are_shown_with_options(void **state)
{
    (void)state;
    expect_file("parts.so", ":pass",
                "\n"
                "bolt pass: passes numbers on\n"
                "  stream default: number\n"
                "  option keep: an integer from 1 to 1000, default 10\n"
                "      how many to keep\n"
                "  option share: a number, default 0.5\n"
                "      which share to pass on\n"
                "  option label: a string or a list of strings without line "
                "breaks, default \"a b\"\n"
                "      text before each number\n"
                "  option color: one of red, green, blue, default green\n"
                "      of the text\n"
                "  option loud: true or false, default false\n"
                "      whether to shout\n");
    expect_file("parts.so", ":needy",
                "\n"
                "bolt needy: has an option without default\n"
                "  no streams\n"
                "  option file: a string or a list of strings without line "
                "breaks, must be given\n"
                "      what to read\n");
    expect_file("parts.so", ":fork",
                "\n"
                "bolt fork: a stream for each name\n"
                "  stream rest: value\n"
                "  streams may depend on the options\n"
                "  option streams: a string or a list of strings without line "
                "breaks, default \"\"\n"
                "      names, one a line\n");
    expect_file("parts.so", ":sink",
                "\n"
                "bolt sink: the end of the stream\n"
                "  blocking: each executor has a thread of its own\n"
                "  manual ack: it may hold inputs beyond execute\n"
                "  needs a server or real time: it does not run from a seed\n"
                "  no streams\n");
}

static void groupings_and_topologies_are_shown(void **state)
{
    (void)state;
    expect_file("parts.so", ":odd_even",
                "\ngrouping odd_even: odd numbers to task 1\n");
    expect_file("parts.so", ":good",
                "\ntopology good: numbers to the sink\n"
                "  usage: good [NAME]\n");
    expect_file("parts.so", ":refused", "\ntopology refused\n");
}

static void of_what_is_refused_nothing_is_shown(void **state)
{
    static const struct {
        const char *file;
        const char *error;
    } cases[] = {
        {"nowhere.so", "No such file or directory"},
        {"no_manifest.so", "has no gale manifest"},
        {"descriptors.so", "fills the reserved slot \"checkpoint_done\""},
        {"parts.so:nobody", "holds nothing that is named \"nobody\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct captured c;
        gale_err error = {""};

        assert_int_equal(describe_file(captured_open(&c),
                                       plugin_files_path(cases[i].file),
                                       &error),
                         -1);
        assert_string_equal(captured_text(&c), "");
        if (strstr(error.text, cases[i].error) == NULL)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[i].error);
        free(c.text);
    }
}

static void a_topology_is_shown_as_a_graph(void **state)
{
    gale_builder *b = gale_builder_new();
    gale_err error = {""};
    struct captured c;
    gale_declarer *d;

    (void)state;
    builder_of(b)->own = plugin_load(plugin_files_path("parts.so"), NULL);
    gale_set_name(b, "graph");
    d = gale_set_tasks(gale_add_bolt(b, "work", "pass", 2), 4);
    gale_local_or_shuffle(gale_by_fields(d, "in", "name", "number"), "again");
    gale_direct_stream(d, "in", "orders");
    gale_shuffle(gale_add_bolt(b, "again", "pass", 1), "work");
    gale_add_spout(b, "in", "numbers", 1);
    d = gale_custom(gale_add_bolt(b, "loop", "pass", 1), "work", "odd_even");
    gale_all(d, "loop");
    assert_int_equal(gale_builder_check(b, &error), 0);
    describe_model(captured_open(&c), model_of(b, NULL));
    assert_string_equal(
        captured_text(&c),
        "topology graph: 4 components, 5 executors, 7 tasks\n"
        "\n"
        "in: spout numbers, 1 executor\n"
        "  default (number, name)\n"
        "    -> work: fields name, number\n"
        "  late (number)\n"
        "    -> nobody\n"
        "  orders, direct (number)\n"
        "    -> work: direct\n"
        "\n"
        "work: bolt pass, 2 executors, 4 tasks, in a cycle with \"again\"\n"
        "  default (number)\n"
        "    -> again: shuffle, in a cycle\n"
        "    -> loop: custom odd_even\n"
        "\n"
        "again: bolt pass, 1 executor, in a cycle with \"work\"\n"
        "  default (number)\n"
        "    -> work: local or shuffle, in a cycle\n"
        "\n"
        "loop: bolt pass, 1 executor, feeds itself\n"
        "  default (number)\n"
        "    -> loop: all, in a cycle\n");
    free(c.text);
    gale_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_shown_with_all_that_it_holds),
        cmocka_unit_test(spouts_are_shown_with_streams_and_flags),
        cmocka_unit_test(bolts_are_shown_with_options),
        cmocka_unit_test(groupings_and_topologies_are_shown),
        cmocka_unit_test(of_what_is_refused_nothing_is_shown),
        cmocka_unit_test(a_topology_is_shown_as_a_graph),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
