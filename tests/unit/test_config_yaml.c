/* test_config_yaml.c - read configuration files: one map of keys and values. */
#include "common/config_yaml.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char *as_json(const struct config_yaml *y)
{
    struct json j;

    json_to_memory(&j);
    json_object(&j);
    for (uint32_t i = 0; i < y->n; i++) {
        json_key(&j, y->entries[i].key);
        json_value(&j, y->entries[i].value);
    }
    json_end(&j);
    return json_take(&j);
}

static void assert_reads(const char *text, const char *json)
{
    gale_err error;
    struct config_yaml *y = config_yaml_read("f", text, strlen(text), &error);
    char *found;

    if (!y)
        fail_msg("%s: %s", text, error.text);
    found = as_json(y);
    assert_string_equal(found, json);
    free(found);
    config_yaml_free(y);
}

static void assert_refused(const char *text, size_t size, const char *sentence)
{
    gale_err error;
    struct config_yaml *y = config_yaml_read("f", text, size, &error);

    if (y)
        fail_msg("was taken: %s", text);
    assert_string_equal(error.text, sentence);
}

static void files_and_what_they_hold(void **state)
{
    static const struct {
        const char *text, *json;
    } files[] = {
        {"", "{}"},
        {"# only a comment\n", "{}"},
        {"---\n", "{}"},
        {"a.b: 1\n", "{\"a.b\":1}"},
        {"a.b : [1, two, '3', \"4\", ~]",
         "{\"a.b\":[1,\"two\",\"3\",\"4\",null]}"},
        {"a:\n  - x\n  - y: 1\n    z: {}\nb: []\n",
         "{\"a\":[\"x\",{\"y\":1,\"z\":{}}],\"b\":[]}"},
        {"{\"a\": 1, \"b\": {\"c\": [true]}}",
         "{\"a\":1,\"b\":{\"c\":[true]}}"},
        {"a: |\n  two\n  lines\nb: >\n  one\n  line\n",
         "{\"a\":\"two\\nlines\\n\",\"b\":\"one line\\n\"}"},
        {"a: !!str 12\nb: ! 13\n", "{\"a\":\"12\",\"b\":\"13\"}"},
        {"8080: yes\nnull: 2\n", "{\"8080\":true,\"null\":2}"},
        {"\"a\\tb\": 1\n", "{\"a\\tb\":1}"},
        {"a: {1: x, yes: y, '1': z}\n",
         "{\"a\":{\"1\":\"x\",\"true\":\"y\",\"1\":\"z\"}}"},
        {"a: &x [1, 2]\nb: *x\nc: [*x, *x]\nd: &x 3\ne: *x\n",
         "{\"a\":[1,2],\"b\":[1,2],\"c\":[[1,2],[1,2]],\"d\":3,\"e\":3}"},
        {"\xef\xbb\xbf"
         "a: 1\n",
         "{\"a\":1}"}, /* byte order mark */
        {"a: Zürich\n", "{\"a\":\"Zürich\"}"},
        {"a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}"},
        {"a: 1\n...\n", "{\"a\":1}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        assert_reads(files[i].text, files[i].json);
}

static void entries_know_their_lines(void **state)
{
    const char *text = "# first\na: 1\n\nb:\n  - 2\n\"c\": 3\n";
    struct config_yaml *y = config_yaml_read("f", text, strlen(text), NULL);

    (void)state;
    assert_int_equal(y->n, 3);
    assert_int_equal(y->entries[0].line, 2);
    assert_int_equal(y->entries[1].line, 4);
    assert_int_equal(y->entries[2].line, 6);
    config_yaml_free(y);
}

static void bad_files_are_refused_with_file_line_and_column(void **state)
{
    static const struct {
        const char *text, *sentence;
    } files[] = {
        {"- a\n- b\n", "f:1:1: expected lines of \"key: value\""},
        {"just text\n", "f:1:1: expected lines of \"key: value\""},
        {"a: 1\nb: [1, 2\n",
         "f:3:1: not valid YAML: did not find expected ',' or ']' while "
         "parsing a flow sequence"},
        {"a: 1\n b: 2\n",
         "f:2:3: not valid YAML: mapping values are not allowed in this "
         "context"},
        {"a: 1\n\tb: 2\n",
         "f:2:1: not valid YAML: found a tab character that violates "
         "indentation while scanning a plain scalar"},
        {"a: \"1\n",
         "f:2:1: not valid YAML: found unexpected end of stream while scanning "
         "a quoted scalar"},
        {"a: 1\nb: caf\xe9 noir\n",
         "f:2:8: not valid YAML: invalid trailing UTF-8 octet (0x20)"},
        {"a: 1\nb: caf\xe9\n",
         "f:2:7: not valid YAML: incomplete UTF-8 octet sequence"},
        {"a: 1\nb: \x01\n",
         "f:2:4: not valid YAML: control characters are not allowed (0x01)"},
        {"a: 1\nb: 2\na: 3\n", "f:3:1: a: is there twice, first in line 1"},
        {"a: {x: 1, y: 2, x: 3}\n", "f:1:17: the key x is there twice"},
        {"a: {1: 1, 0x1: 2}\n", "f:1:11: the key 0x1 is there twice"},
        {"? [a]\n: 1\n", "f:1:3: expected a key and a colon"},
        {"a: {[b]: 1}\n", "f:1:5: expected a key that is a word"},
        {"'': 1\n", "f:1:1: a key must not be empty or hold a NUL byte"},
        {"\"a\\0b\": 1\n", "f:1:1: a key must not be empty or hold a NUL byte"},
        {"a: *x\n", "f:1:4: the alias *x has no anchor before it"},
        {"a: &x [*x]\n", "f:1:8: the alias *x has no anchor before it"},
        {"*x : 1\n", "f:1:1: the alias *x has no anchor before it"},
        {"a: &x 1\n*x : 2\n", "f:2:1: expected a key and a colon"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document: expected one"},
        {"x: &x {a: 1}\n<<: *x\n", "f:2:1: merge keys (<<) are not supported"},
        {"x: {<<: {a: 1}}\n", "f:1:5: merge keys (<<) are not supported"},
        {"a: !!int '3'\n",
         "f:1:4: the tag tag:yaml.org,2002:int is not supported"},
        {"a: !ruby/object {}\n",
         "f:1:4: the tag !ruby/object is not supported"},
        {"%YAML 2.0\n---\na: 1\n",
         "f:1:1: not valid YAML: found incompatible YAML document"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        assert_refused(files[i].text, strlen(files[i].text), files[i].sentence);
}

static void a_nul_byte_in_a_file_is_refused(void **state)
{
    (void)state;
    assert_refused("a: 1\n\0b: 2\n", 12,
                   "f:2:1: not valid YAML: control characters are not allowed "
                   "(0x00)");
}

/* n times the text, then the end; the caller's to free. */
static char *repeat(const char *text, size_t n, const char *end)
{
    char *all = malloc(strlen(text) * n + strlen(end) + 1), *to = all;

    for (size_t i = 0; i < n; i++)
        to = mempcpy(to, text, strlen(text));
    memcpy(to, end, strlen(end) + 1);
    return all;
}

static void depth_is_bounded(void **state)
{
    char *deep = repeat("[", 15, "1"), *closed = repeat("]", 15, "");
    char *text = malloc(100);

    (void)state;
    snprintf(text, 100, "a: %s%s", deep, closed);
    assert_reads(text, "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}");
    snprintf(text, 100, "a: [%s%s]", deep, closed);
    assert_refused(text, strlen(text), "f:1:19: nested deeper than 16");
    snprintf(text, 100, "a: &x %s%s\nb: [*x]\n", deep, closed);
    assert_refused(text, strlen(text), "f:2:5: nested deeper than 16");
    free(deep);
    free(closed);
    deep = repeat("[", 200000, "");
    memcpy(deep, "a: ", 3);
    assert_refused(deep, strlen(deep), "f:1:19: nested deeper than 16");
    free(deep);
    free(text);
}

static void the_number_of_values_is_bounded(void **state)
{
    char *text = repeat("- 1\n", CONFIG_YAML_VALUES_MAX - 2, "");
    char *file = malloc(strlen(text) + 20);
    struct config_yaml *y;
    size_t size;

    (void)state;
    size = (size_t)snprintf(file, strlen(text) + 20, "a:\n%s", text);
    y = config_yaml_read("f", file, size, NULL);
    assert_non_null(y);
    assert_int_equal(y->entries[0].value.size, CONFIG_YAML_VALUES_MAX - 2);
    config_yaml_free(y);
    size = (size_t)snprintf(file, strlen(text) + 20, "a:\n%s- 1\n", text);
    assert_refused(file, size,
                   "f:10000:3: more than 10000 values, aliases "
                   "counted in full");
    free(file);
    free(text);
}

static void an_alias_bomb_is_refused(void **state)
{
    const char *text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
                       "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                       "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                       "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                       "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n";

    (void)state;
    assert_refused(text, strlen(text),
                   "f:4:36: more than 10000 values, "
                   "aliases counted in full");
}

static void size_is_bounded(void **state)
{
    char *text = repeat("#", CONFIG_YAML_SIZE_MAX + 1, "");

    (void)state;
    assert_refused(text, strlen(text), "f: larger than 1048576 bytes");
    text[CONFIG_YAML_SIZE_MAX] = 0;
    assert_reads(text, "{}");
    free(text);
}

static void an_error_may_be_of_no_interest(void **state)
{
    (void)state;
    assert_null(config_yaml_read("f", "[", 1, NULL));
}

static char *read_json(const char *text)
{
    gale_value value;
    struct config_yaml *y = config_yaml_read_json(text, strlen(text), &value);
    struct json j;

    if (!y)
        return NULL;
    json_to_memory(&j);
    json_value(&j, value);
    config_yaml_free(y);
    return json_take(&j);
}

static void json_values_are_read(void **state)
{
    static const struct {
        const char *text, *json;
    } values[] = {
        {"[]", "[]"},
        {"{}", "{}"},
        {" [1, 2.5,\"x\"] ", "[1,2.5,\"x\"]"},
        {"{\"a\":1,\"b\":{\"c\":[true,false,null]}}",
         "{\"a\":1,\"b\":{\"c\":[true,false,null]}}"},
        {"\"a \\\"string\\\" \\u00e9\\n\"", "\"a \\\"string\\\" é\\n\""},
        {"\"Zürich 🌧\"", "\"Zürich 🌧\""},
        {"[\n1,\n2\n]\n", "[1,2]"},
        {"7", "7"},
        {"[\"yes\", \"#\"]", "[\"yes\",\"#\"]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char *found = read_json(values[i].text);

        if (!found)
            fail_msg("%s was refused", values[i].text);
        assert_string_equal(found, values[i].json);
        free(found);
    }
}

static void what_is_only_yaml_is_no_json(void **state)
{
    static const char *const values[] = {"",
                                         "[",
                                         "[1",
                                         "{\"a\"}",
                                         "[a]",
                                         "['a']",
                                         "[yes]",
                                         "[01]",
                                         "{a: 1}",
                                         "{'a': 1}",
                                         "{1: 1}",
                                         "[1] # comment",
                                         "[1] [2]",
                                         "[1]\n---\n2",
                                         "&x [1]",
                                         "[&x 1, *x]",
                                         "!!seq [1]",
                                         "[!!str 1]",
                                         "- 1",
                                         "a: 1",
                                         "|\n text",
                                         "\"a\" b",
                                         "{\"a\":1,\"a\":2}",
                                         "\"a",
                                         "[\"\xff\"]"};

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char *found = read_json(values[i]);

        if (found)
            fail_msg("%s was taken as %s", values[i], found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_what_they_hold),
        cmocka_unit_test(entries_know_their_lines),
        cmocka_unit_test(bad_files_are_refused_with_file_line_and_column),
        cmocka_unit_test(a_nul_byte_in_a_file_is_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(the_number_of_values_is_bounded),
        cmocka_unit_test(an_alias_bomb_is_refused),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(an_error_may_be_of_no_interest),
        cmocka_unit_test(json_values_are_read),
        cmocka_unit_test(what_is_only_yaml_is_no_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
