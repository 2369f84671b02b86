/* test_yaml_tree.c - YAML as nodes: what is where, and what is too much. */
#include "common/yaml_tree.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct yaml_limits limits = {
    .size = 1000, .depth = 4, .nodes = 20};

static void put_node(FILE *out, const struct yaml_node *node)
{
    static const char *const ends[] = {
        [YAML_IS_SCALAR] = "", [YAML_IS_LIST] = "[]", [YAML_IS_MAP] = "{}"};
    static const char styles[] = {[YAML_IS_PLAIN] = '-',
                                  [YAML_IS_DOUBLE] = '"',
                                  [YAML_IS_TEXT] = '\'',
                                  [YAML_IS_FLOW] = 'f',
                                  [YAML_IS_BLOCK] = 'b'};

    fprintf(out, "%u:%u%c%s%s%s", node->line, node->column, styles[node->style],
            node->alias      ? "*"
            : node->anchored ? "&"
                             : "",
            node->tag == NULL ? "" : node->tag,
            node->kind == YAML_IS_SCALAR ? node->text : "");
    if (node->kind == YAML_IS_SCALAR)
        return;
    fputc(ends[node->kind][0], out);
    for (uint32_t i = 0; i < node->n; i++) {
        fputs(i == 0 ? "" : " ", out);
        put_node(out, &node->items[i]);
    }
    fputc(ends[node->kind][1], out);
}

static void nodes_know_their_places_and_styles(void **state)
{
    static const struct {
        const char *text, *nodes;
    } cases[] = {
        {"", ""},
        {"# nothing\n", ""},
        {"a", "1:1-a"},
        {"a: 1\nb:\n  - 'x'\n  - \"y\"\n",
         "1:1b{1:1-a 1:4-1 2:1-b 3:3b[3:5'x 4:5\"y]}"},
        {"{a: [1, {b: 2}]}", "1:1f{1:2-a 1:5f[1:6-1 1:9f{1:10-b 1:13-2}]}"},
        {"a: &x [1]\nb: *x\n", "1:1b{1:1-a 1:4f&[1:8-1] 2:1-b 2:4f*[1:8-1]}"},
        {"a: 1\na: 2\n", "1:1b{1:1-a 1:4-1 2:1-a 2:4-2}"},
        {"? [k]\n: v\n", "1:1b{1:3f[1:4-k] 2:3-v}"},
        {"a: !x 1\n", "1:1b{1:1-a 1:4-!x1}"},
        {"a: |\n  two\n  lines\n", "1:1b{1:1-a 1:4'two\nlines\n}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error;
        struct yaml_tree *t = yaml_tree_read(
            "f", cases[i].text, strlen(cases[i].text), &limits, &error);
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        if (t == NULL)
            fail_msg("%s: %s", cases[i].text, error.text);
        if (t->root != NULL)
            put_node(out, t->root);
        fclose(out);
        assert_string_equal(text, cases[i].nodes);
        free(text);
        yaml_tree_free(t);
    }
}

static void a_node_knows_how_high_it_is_and_how_much_is_in_it(void **state)
{
    const char *text = "a: &x [1, [2]]\nb: [*x]\n";
    struct yaml_tree *t =
        yaml_tree_read("f", text, strlen(text), &limits, NULL);

    (void)state;
    assert_int_equal(t->root->items[0].height, 0);
    assert_int_equal(t->root->items[1].height, 2);
    assert_int_equal(t->root->items[1].total, 4);
    assert_int_equal(t->root->items[3].height, 3);
    assert_int_equal(t->root->items[3].total, 5);
    assert_int_equal(t->root->height, 4);
    yaml_tree_free(t);
}

static void what_is_too_much_or_no_yaml_is_refused(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"[[[[1]]]]", NULL},
        {"[[[[[1]]]]]", "f:1:5: nested deeper than 4"},
        {"[&x [[1]], [*x]]", NULL},
        {"[&x [[1]], [[*x]]]", "f:1:14: nested deeper than 4"},
        {"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]", NULL},
        {"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]",
         "f:1:53: more than 20 values, aliases counted in full"},
        {"[&a [1, 2, 3], &b [*a, *a], &c [*b, *b]]",
         "f:1:33: more than 20 values, aliases counted in full"},
        {"[*x]", "f:1:2: the alias *x has no anchor before it"},
        {"&x [*x]", "f:1:5: the alias *x has no anchor before it"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document: expected one"},
        {"a: [1\n",
         "f:2:1: not valid YAML: did not find expected ',' or ']' while "
         "parsing a flow sequence"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error = {""};
        struct yaml_tree *t = yaml_tree_read(
            "f", cases[i].text, strlen(cases[i].text), &limits, &error);

        if (cases[i].sentence == NULL && t == NULL)
            fail_msg("%s: %s", cases[i].text, error.text);
        if (cases[i].sentence != NULL)
            assert_string_equal(error.text, cases[i].sentence);
        yaml_tree_free(t);
    }
}

static void a_text_that_is_too_long_is_not_even_looked_at(void **state)
{
    char text[1002];
    gale_err error;

    (void)state;
    memset(text, '#', sizeof(text));
    assert_null(yaml_tree_read("f", text, 1001, &limits, &error));
    assert_string_equal(error.text, "f: larger than 1000 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_know_their_places_and_styles),
        cmocka_unit_test(a_node_knows_how_high_it_is_and_how_much_is_in_it),
        cmocka_unit_test(what_is_too_much_or_no_yaml_is_refused),
        cmocka_unit_test(a_text_that_is_too_long_is_not_even_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
