/*
 * test_flux.c - topologies in YAML: the model that a file makes. The plugins
 * are those of tests/plugins/bad/parts.c.
 */
#include "common/flux.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/model_text.h"
#include "tests/unit/flux_files.h"
#include "topology-api/describe.h"

static const char *variable(const char *name)
{
    return !strcmp(name, "SHARE") ? "0.25" : NULL;
}

static const struct flux_options nothing = {.filter = NULL};
static const struct flux_options values = {.filter = "values.properties",
                                           .env = variable};

/* A flux_found_fn: nothing is wrong. */
static void none_is_expected(void *arg, bool is_error, const char *text)
{
    (void)arg;
    if (is_error)
        fail_msg("%s", text);
}

static void load(gale_builder *b, const char *path,
                 const struct flux_options *options)
{
    assert_int_equal(flux_load(b, path, options, none_is_expected, NULL), 0);
}

static char *made_by(gale_builder *b)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    gale_err error;
    const struct model *m = model_of(b, &error);

    if (m == NULL)
        fail_msg("%s", error.text);
    model_text(out, m);
    fclose(out);
    return text;
}

/* -- models ---------------------------------------------------------------- */

static void in_code(gale_builder *b)
{
    gale_value hooks[] = {gale_cstr("x"), gale_cstr("y")};
    gale_declarer *d;

    gale_set_name(b, "all");
    gale_configure(b, "topology.workers", gale_int(2));
    gale_configure(b, "topology.debug", gale_bool(true));
    gale_add_spout(b, "in", "numbers", 1);
    d = gale_set_tasks(gale_add_bolt(b, "pass", "pass", 2), 4);
    gale_set(d, "keep", gale_int(7));
    gale_set(d, "share", gale_float(0.25));
    gale_set(d, "label", gale_list(hooks, 2));
    gale_set(d, "color", gale_cstr("red"));
    gale_shuffle(d, "in");
    gale_by_fields_stream(d, "in", "default", "name", "number");
    gale_partial_key_stream(d, "in", "late", "number");
    d = gale_add_bolt(b, "out", "sink", 1);
    gale_all(d, "pass");
    gale_global(d, "pass");
    gale_none(d, "pass");
    gale_local_or_shuffle(d, "pass");
    gale_direct_stream(d, "in", "orders");
    gale_custom(d, "pass", "odd_even");
}

static const char with_keys_of_gale[] =
    "name: all\n"
    "config: {topology.workers: 2, topology.debug: yes}\n"
    "spouts:\n"
    "  - {id: in, plugin: numbers}\n"
    "bolts:\n"
    "  - id: pass\n"
    "    plugin: pass\n"
    "    parallelism: 2\n"
    "    tasks: 4\n"
    "    config: {keep: 7, share: 0.25, label: [x, y], color: red}\n"
    "  - {id: out, plugin: sink}\n"
    "streams:\n"
    "  - {from: in, to: pass, grouping: SHUFFLE}\n"
    "  - {from: in, to: pass, grouping: {type: FIELDS, args: [name, number]}}\n"
    "  - from: in\n"
    "    to: pass\n"
    "    grouping: {type: PARTIAL_KEY, args: [number], streamId: late}\n"
    "  - {from: pass, to: out, grouping: ALL}\n"
    "  - {from: pass, to: out, grouping: global}\n"
    "  - {from: pass, to: out, grouping: {type: NONE, args: []}}\n"
    "  - {from: pass, to: out, grouping: LOCAL_OR_SHUFFLE}\n"
    "  - {from: in, to: out, grouping: {type: DIRECT, streamId: orders}}\n"
    "  - {from: pass, to: out, grouping: {type: CUSTOM, plugin: odd_even}}\n";

/* Anchors, another order, and values from outside. */
static const char with_keys_of_flux[] =
    "name: \"${name}\"\n"
    "config: {topology.workers: \"\", topology.debug: true}\n"
    "spouts:\n"
    "  - {id: in, className: numbers, parallelism: ${one}}\n"
    "bolts:\n"
    "  - id: pass\n"
    "    className: pass\n"
    "    parallelism: 2\n"
    "    numTasks: 4\n"
    "    properties:\n"
    "      - {name: keep, value: ${seven}}\n"
    "      - {name: share, value: ${ENV-SHARE}}\n"
    "      - {name: label, value: [x, \"${y}\"]}\n"
    "      - name: color\n"
    "        value: red\n"
    "  - {id: out, className: sink, config: null, parallelism: ~}\n"
    "streams:\n"
    "  - {name: a --> b, from: in, to: pass, grouping: &s {type: SHUFFLE}}\n"
    "  - {id: 2, from: in, to: pass,\n"
    "     grouping: {type: FIELDS, args: [name, number]}}\n"
    "  - {from: in, to: pass,\n"
    "     grouping: {type: PARTIAL_KEY, args: [number], streamId: late}}\n"
    "  - {from: pass, to: out, grouping: {type: ALL}}\n"
    "  - {from: pass, to: out, grouping: {type: GLOBAL}}\n"
    "  - {from: pass, to: out, grouping: {type: NONE}}\n"
    "  - {from: pass, to: out, grouping: {type: LOCAL_OR_SHUFFLE}}\n"
    "  - {from: in, to: out, grouping: {type: DIRECT, streamId: orders}}\n"
    "  - from: pass\n"
    "    to: out\n"
    "    grouping: {type: CUSTOM, customClass: {className: odd_even}}\n";

/* The same without the places, which code does not have. */
static void without_places(char *text)
{
    char *to = text;

    for (char *line = text; *line != '\0';) {
        size_t size = strcspn(line, "\n") + 1;

        if (strncmp(line, "    at ", 7)) {
            memmove(to, line, size);
            to += size;
        }
        line += size;
    }
    *to = '\0';
}

static void expect_all(const char *text, const struct flux_options *options)
{
    gale_builder *coded = builder_new(), *written = builder_new();
    char *expected, *found;

    in_code(coded);
    expected = made_by(coded);
    write_file("all.yaml", text);
    load(written, "all.yaml", options);
    found = made_by(written);
    without_places(found);
    without_places(expected);
    assert_string_equal(found, expected);
    free(found);
    free(expected);
    gale_builder_free(coded);
    gale_builder_free(written);
}

static void a_file_makes_the_model_that_code_makes(void **state)
{
    (void)state;
    expect_all(with_keys_of_gale, &nothing);
}

static void keys_and_forms_of_flux_and_values_from_outside_make_the_same(
    void **state)
{
    static char text[sizeof(with_keys_of_flux) + 10];
    const char *workers = strstr(with_keys_of_flux, "\"\"");

    (void)state;
    write_file("values.properties", "name=all\none=1\nseven=7\ny=y\nn = 2\n");
    snprintf(text, sizeof(text), "%.*s${n}%s",
             (int)(workers - with_keys_of_flux), with_keys_of_flux,
             workers + 2);
    expect_all(text, &values);
}

/* A model of one spout and one bolt, whose text is that of `label`. */
static void expect_label(const char *yaml, const char *expected)
{
    gale_builder *b = builder_new();
    gale_err error = {""};
    const struct model *m;
    char text[1000];

    snprintf(text, sizeof(text),
             "name: a\nspouts: [{id: in, plugin: numbers}]\n"
             "bolts:\n  - {id: pass, plugin: pass, config: {label: %s}}\n"
             "streams: [{from: in, to: pass, grouping: SHUFFLE}]\n",
             yaml);
    write_file("label.yaml", text);
    load(b, "label.yaml", &values);
    m = model_of(b, &error);
    if (m == NULL)
        fail_msg("%s", error.text);
    assert_string_equal(model_config(m, &m->components[1], "label")->as.data,
                        expected);
    gale_builder_free(b);
}

static void a_value_from_outside_never_becomes_a_part_of_the_file(void **state)
{
    (void)state;
    write_file("values.properties",
               "structure=x}, keep: 1, y: {z: \"\\nbolts: []\n"
               "quote=\"\nnumber=7\nalias=*x\ntag=!!int 3\nbraces=${number}\n");
    expect_label("\"${structure}\"", "x}, keep: 1, y: {z: \"\nbolts: []");
    expect_label("${structure}", "x}, keep: 1, y: {z: \"\nbolts: []");
    expect_label("a ${quote} b", "a \" b");
    expect_label("\"${number}\"", "7");
    expect_label("!!str ${number}", "7");
    expect_label("${alias}", "*x");
    expect_label("${tag}", "!!int 3");
    expect_label("${braces}", "${number}");
    expect_label("$${number}", "${number}");
}

/* -- includes -------------------------------------------------------------- */

static void expect_graph(const char *path, const char *expected)
{
    gale_builder *b = builder_new();
    gale_err error = {""};
    const struct model *m;
    char *found = NULL;
    size_t size;
    FILE *out;

    load(b, path, &nothing);
    m = model_of(b, &error);
    if (m == NULL)
        fail_msg("%s", error.text);
    out = open_memstream(&found, &size);
    describe_model(out, m);
    fclose(out);
    if (strstr(found, expected) == NULL)
        fail_msg("found \"%s\", expected \"%s\"", found, expected);
    free(found);
    gale_builder_free(b);
}

static void what_a_file_includes_is_there_and_gives_way_unless_it_overrides(
    void **state)
{
    (void)state;
    mkdir("sub", 0700);
    write_file("sub/base.yaml", "name: base\nincludes: [{file: deep.yaml}]\n"
                                "bolts: [{id: out, plugin: sink}]\n"
                                "streams: [{from: in, to: out, "
                                "grouping: GLOBAL}]\n");
    write_file("sub/deep.yaml",
               "name: deep\nspouts: [{id: in, plugin: numbers}]\n"
               "bolts: [{id: out, plugin: sink, parallelism: 9}]\n");
    write_file("weak.yaml",
               "name: mine\nincludes:\n  - {file: sub/base.yaml}\n"
               "bolts: [{id: out, plugin: sink, parallelism: 3}]\n");
    write_file("strong.yaml",
               "name: mine\nincludes:\n"
               "  - {file: ./sub/base.yaml, override: true, resource: false}\n"
               "bolts: [{id: out, plugin: sink, parallelism: 3}]\n");
    write_file("bare.yaml", "includes:\n  - {file: sub/base.yaml}\n");
    expect_graph("weak.yaml", "topology mine: 2 components, 4 executors");
    expect_graph("weak.yaml", "-> out: global");
    expect_graph("weak.yaml", "out: bolt sink, 3 executors");
    expect_graph("strong.yaml", "topology base: 2 components");
    expect_graph("strong.yaml", "out: bolt sink, 1 executor");
    expect_graph("bare.yaml", "topology base: 2 components");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_makes_the_model_that_code_makes),
        cmocka_unit_test(
            keys_and_forms_of_flux_and_values_from_outside_make_the_same),
        cmocka_unit_test(a_value_from_outside_never_becomes_a_part_of_the_file),
        cmocka_unit_test(
            what_a_file_includes_is_there_and_gives_way_unless_it_overrides),
    };

    return cmocka_run_group_tests(tests, flux_files_here, NULL);
}
