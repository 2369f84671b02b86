/* test_json_bolts.c - bolts/json_parse.c and bolts/json_build.c: what becomes
 * of each kind of value, what is refused, and that one undoes the other. */
#include "common/random.h"
#include "tests/support/kit_setup.h"
#include <inttypes.h>
#include <math.h>

#define LONG "12345678901234567890"

/* -- json_parse ------------------------------------------------------------ */

static gale_test *parser(const char *fields)
{
    gale_test *t = gale_test_bolt("json_parse");

    gale_test_option(t, "fields", gale_cstr(fields));
    return t;
}

static void each_kind_of_json_becomes_its_kind_of_value(void **state)
{
    static const gale_value items[] = {{GALE_INT, 0, {.i = 1}},
                                       {GALE_NIL, 0, {.i = 0}}};
    const gale_value inner[] = {gale_cstr("k"), gale_list(items, 2)};
    const struct {
        const char *json;
        gale_value value;
    } cases[] = {
        {"{\"x\":null}", gale_nil()},
        {"{\"y\":1}", gale_nil()},
        {"{\"x\":true}", gale_bool(true)},
        {"{\"x\":-9223372036854775808}", gale_int(INT64_MIN)},
        {"{\"x\":9223372036854775807}", gale_int(INT64_MAX)},
        {"{\"x\":1.0}", gale_float(1)},
        {"{\"x\":1e3}", gale_float(1000)},
        {" {\"x\" : \"\\u00e9\\ud83d\\ude00\\n\"} ",
         gale_cstr("\xc3\xa9\xf0\x9f\x98\x80\n")},
        {"{\"x\":\"a\\u0000b\"}", gale_string("a\0b", 3)},
        {"{\"x\":[]}", gale_list(NULL, 0)},
        {"{\"x\":{\"k\":[1,null]},\"z\":0}", gale_map(inner, 1)},
    };
    gale_test *t = parser("x");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test_feed(t, gale_cstr(cases[i].json));
        gale_test_expect_emit(t, cases[i].value);
    }
    gale_test_free(t);
}

static void what_is_no_sound_object_is_poison_with_its_column(void **state)
{
    static const struct {
        const char *json, *why;
    } cases[] = {
        {"", "the JSON text is bad: column 0: "},
        {"{", "column 1: "},
        {"{\"x\":1", "column 6: '}' expected near end of file"},
        {"{\"x\":tru}", "column 8: invalid token near 'tru'"},
        {"{\"x\":1}\n!", "line 2, column 1: end of file expected near '!'"},
        {"{\"x\":01}", "column 6: invalid token near '0'"},
        {"{\"x\":1,\"x\":2}", "column 10: duplicate object key near '\"x\"'"},
        {"{\"x\":9223372036854775808}", "column 24: too big integer"},
        {"{\"x\":1e999}", "column 10: real number overflow near '1e999'"},
        {"{\"x\":\"\xff\"}", "column 6: unable to decode byte 0xff near"},
        {"{\"x\":\"\\ud800\"}", "column 13: invalid Unicode '\\uD800' near"},
        {"[1]", "expected an object, found a list"},
        {"7", "expected an object, found a number"},
    };
    gale_test *t = parser("x");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test_feed(t, gale_cstr(cases[i].json));
        gale_test_expect(t, GALE_TEST_FAILED, i + 1);
        gale_test_expect_error(t, NULL, cases[i].why);
    }
    gale_test_expect_of(t, NULL, GALE_TEST_POISONED,
                        sizeof(cases) / sizeof(cases[0]));
    gale_test_expect_no_emit(t);
    gale_test_free(t);
}

static void a_field_has_the_type_that_it_is_given_or_is_poison(void **state)
{
    static const struct {
        const char *fields, *json, *why;
        double value;
    } cases[] = {
        {"x:float", "{\"x\":7}", NULL, 7},
        {"x:float", "{\"x\":0.5}", NULL, 0.5},
        {"x:float", "{\"x\":9007199254740993}",
         "key \"x\": expected float, found a whole number that a float cannot "
         "hold",
         0},
        {"x:float", "{\"x\":9223372036854775807}", "that a float cannot hold",
         0},
        {"x:int", "{\"x\":7.0}",
         "key \"x\": expected int, found a number with a fraction", 0},
        {"x:int", "{\"x\":\"7\"}", "key \"x\": expected int, found a string",
         0},
        {"x:string", "{\"x\":[]}", "key \"x\": expected string, found a list",
         0},
        {"x:list", "{\"x\":{}}", "key \"x\": expected list, found a map", 0},
        {"x:map", "{\"x\":true}", "key \"x\": expected map, found a bool", 0},
        {"x:bool", "{\"x\":1}", "key \"x\": expected bool, found a whole", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test *t = parser(cases[i].fields);

        gale_test_feed(t, gale_cstr(cases[i].json));
        if (cases[i].why == NULL)
            gale_test_expect_emit(t, gale_float(cases[i].value));
        else
            gale_test_expect_error(t, NULL, cases[i].why);
        gale_test_free(t);
    }
}

static void a_key_that_is_missing_or_null_may_be_poison(void **state)
{
    gale_test *t = parser("x\ny:int");

    (void)state;
    gale_test_option(t, "missing", gale_cstr("poison"));
    gale_test_feed(t, gale_cstr("{\"x\":1}"));
    gale_test_expect_error(t, NULL, "key \"y\" is not there");
    gale_test_feed(t, gale_cstr("{\"x\":1,\"y\":null}"));
    gale_test_expect_error(t, NULL, "key \"y\" is null");
    gale_test_feed(t, gale_cstr("{\"x\":1,\"y\":2}"));
    gale_test_expect_emit(t, gale_int(1), gale_int(2));
    gale_test_free(t);
}

/* `[[[…]]]`, n deep, as the value of x. */
static char *nested(int n)
{
    size_t size = 2 * (size_t)n + 7;
    char *text = malloc(size);

    snprintf(text, size, "{\"x\":%*s}", 2 * n, "");
    memset(text + 5, '[', (size_t)n);
    memset(text + 5 + n, ']', (size_t)n);
    return text;
}

static void depth_and_size_have_limits(void **state)
{
    static const struct {
        int depth;
        const char *why;
    } cases[] = {
        {16, ""},
        {17, "key \"x\" has lists and maps that lie in each other more than 16 "
             "deep"},
        {5000, "maximum parsing depth reached"},
        {9000, "it has 18006 bytes, at most max.bytes (15000) are read"},
    };
    gale_test *t = parser("x");

    (void)state;
    gale_test_option(t, "max.bytes", gale_int(15000));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = nested(cases[i].depth);

        gale_test_feed(t, gale_cstr(text));
        gale_test_expect_error(t, NULL, cases[i].why);
        free(text);
    }
    gale_test_expect(t, GALE_TEST_ACKED, 1);
    gale_test_free(t);
}

static void fields_of_the_input_may_be_kept(void **state)
{
    gale_test *t = parser("x:int");

    (void)state;
    gale_test_fields(t, "offset", "value");
    gale_test_option(t, "field", gale_cstr("value"));
    gale_test_option(t, "keep", gale_cstr("offset"));
    gale_test_feed(t, gale_int(42), gale_cstr("{\"x\":7}"));
    gale_test_expect_emit(t, gale_int(7), gale_int(42));
    gale_test_feed(t, gale_int(43), gale_bytes("{\"x\":8}", 7));
    gale_test_expect_emit(t, gale_int(8), gale_int(43));
    gale_test_free(t);
}

static void options_that_are_wrong_are_refused(void **state)
{
    static const struct {
        const char *key, *value, *why;
    } cases[] = {
        {"fields", "", "option fields: give 1 to 255 names"},
        {"fields", "x:number",
         "option fields: the type of \"x\" is \"number\", expected any, "
         "bool, int, float, string, list or map"},
        {"field", "none",
         "the option \"field\" names the field \"none\", which the stream"},
        {"keep", "none",
         "the option \"keep\" names the field \"none\", which the stream"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test *t = parser("x");

        gale_test_option(t, cases[i].key, gale_cstr(cases[i].value));
        gale_test_feed(t, gale_cstr("{}"));
        gale_test_settle(t);
        if (strstr(gale_test_error(t), cases[i].why) == NULL)
            gale_test_expect_error(t, NULL, cases[i].why);
        gale_test_free(t);
    }
}

static void a_text_never_becomes_a_tuple_that_is_too_large(void **state)
{
    gale_test *t = parser("x");

    (void)state;
    gale_test_override(t, "gale.topology.max.tuple.bytes=4000000");
    gale_test_feed(t, gale_cstr("{}"));
    gale_test_expect_error(t, NULL,
                           "may be more than half of "
                           "gale.topology.max.tuple.bytes (4000000)");
    gale_test_free(t);
}

/* -- json_build ------------------------------------------------------------ */

static void each_kind_of_value_has_its_json(void **state)
{
    static const gale_value items[] = {{GALE_INT, 0, {.i = 1}},
                                       {GALE_NIL, 0, {.i = 0}}};
    const gale_value pair[] = {gale_cstr("k\""), gale_list(items, 2)};
    const struct {
        gale_value value;
        const char *json;
    } cases[] = {
        {gale_nil(), "{\"f0\":null}"},
        {gale_bool(false), "{\"f0\":false}"},
        {gale_int(INT64_MIN), "{\"f0\":-9223372036854775808}"},
        {gale_float(1), "{\"f0\":1.0}"},
        {gale_float(0.1), "{\"f0\":0.1}"},
        {gale_float(1e300), "{\"f0\":1e+300}"},
        {gale_cstr("a\n\x01\"\\\xc3\xa9"),
         "{\"f0\":\"a\\n\\u0001\\\"\\\\\xc3\xa9\"}"},
        {gale_string("a\0b", 3), "{\"f0\":\"a\\u0000b\"}"},
        {gale_string(NULL, 0), "{\"f0\":\"\"}"},
        {gale_bytes("", 0), "{\"f0\":\"\"}"},
        {gale_bytes("f", 1), "{\"f0\":\"Zg==\"}"},
        {gale_bytes("fo", 2), "{\"f0\":\"Zm8=\"}"},
        {gale_bytes("foo", 3), "{\"f0\":\"Zm9v\"}"},
        {gale_bytes("\xff\xfe\x00\x3e", 4), "{\"f0\":\"//4APg==\"}"},
        {gale_list(NULL, 0), "{\"f0\":[]}"},
        {gale_map(pair, 1), "{\"f0\":{\"k\\\"\":[1,null]}}"},
    };
    gale_test *t = gale_test_bolt("json_build");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test_feed(t, cases[i].value);
        gale_test_expect_emit(t, gale_cstr(cases[i].json));
    }
    gale_test_free(t);
}

static void what_json_does_not_have_is_poison_with_its_field(void **state)
{
    const gale_value number_key[] = {gale_int(1), gale_int(1)};
    const gale_value twice[] = {gale_cstr("k"), gale_int(1), gale_cstr("k"),
                                gale_int(2)};
    const gale_value bad_key[] = {gale_cstr("\xff"), gale_int(1)};
    const gale_value bad_text[] = {gale_cstr("\xc3")};
    const struct {
        gale_value value;
        const char *why;
    } cases[] = {
        {gale_float(NAN),
         "field \"f0\": JSON has no number that is not finite"},
        {gale_float(-INFINITY), "JSON has no number that is not finite"},
        {gale_cstr("\xff"), "JSON has no text that is not UTF-8"},
        {gale_list(bad_text, 1), "JSON has no text that is not UTF-8"},
        {gale_bytes("a", 1), "field \"f0\": JSON has no bytes"},
        {gale_map(number_key, 1), "JSON has no names but texts"},
        {gale_map(twice, 2), "JSON has no maps in which a name comes twice"},
        {gale_map(bad_key, 1), "JSON has no text that is not UTF-8"},
        {gale_cstr(LONG LONG LONG), "the JSON text has 69 bytes, at most "
                                    "max.bytes (50) are emitted"},
    };
    gale_test *t = gale_test_bolt("json_build");

    (void)state;
    gale_test_option(t, "bytes", gale_cstr("refuse"));
    gale_test_option(t, "max.bytes", gale_int(50));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test_feed(t, cases[i].value);
        gale_test_expect_error(t, NULL, cases[i].why);
    }
    gale_test_expect_of(t, NULL, GALE_TEST_POISONED,
                        sizeof(cases) / sizeof(cases[0]));
    gale_test_free(t);
}

static void fields_may_be_chosen_ordered_and_kept(void **state)
{
    gale_test *t = gale_test_bolt("json_build");

    (void)state;
    gale_test_fields(t, "a", "b", "c");
    gale_test_option(t, "fields", gale_cstr("c\na"));
    gale_test_option(t, "keep", gale_cstr("b"));
    gale_test_feed(t, gale_int(1), gale_cstr("key"), gale_int(3));
    gale_test_expect_emit(t, gale_cstr("{\"c\":3,\"a\":1}"), gale_cstr("key"));
    gale_test_free(t);
}

/* -- one undoes the other -------------------------------------------------- */

enum { ROUNDS = 400, ITEMS_MAX = 5, VALUES_MAX = 4096, TEXTS_MAX = 65536 };

/* Memory of one random value. */
struct made {
    struct random random;
    gale_value values[VALUES_MAX];
    char texts[TEXTS_MAX];
    size_t n_values, n_texts;
};

static uint64_t below(struct made *m, uint64_t n)
{
    return random_next(&m->random) % n;
}

/* Letters of one to four bytes, controls and NUL among them. */
static gale_value random_text(struct made *m)
{
    static const struct {
        const char *bytes;
        size_t size;
    } letters[] = {{"a", 1},
                   {"\"", 1},
                   {"\\", 1},
                   {"\0", 1},
                   {"\n", 1},
                   {"\x7f", 1},
                   {"\xc3\xa9", 2},
                   {"/", 1},
                   {"}", 1},
                   {"\xe2\x82\xac", 3},
                   {"\xf0\x9f\x98\x80", 4}};
    char *text = m->texts + m->n_texts;
    size_t size = 0;

    for (uint64_t n = below(m, 20); n > 0; n--) {
        size_t k = below(m, sizeof(letters) / sizeof(letters[0]));

        memcpy(text + size, letters[k].bytes, letters[k].size);
        size += letters[k].size;
    }
    m->n_texts += size;
    return gale_string(text, size);
}

static double random_float(struct made *m)
{
    double f;

    do {
        uint64_t bits = random_next(&m->random);

        memcpy(&f, &bits, sizeof(f));
    } while (!isfinite(f));
    return f;
}

static gale_value random_value(struct made *m, int depth);

static gale_value random_container(struct made *m, int depth, bool is_map)
{
    uint32_t n = (uint32_t)below(m, ITEMS_MAX);
    uint32_t step = is_map ? 2 : 1;
    gale_value *items = m->values + m->n_values;

    m->n_values += (size_t)n * step;
    for (uint32_t i = 0; i < n; i++) {
        if (is_map) { /* no key twice */
            char *key = m->texts + m->n_texts;

            m->n_texts += 12;
            items[2 * i] =
                gale_string(key, (size_t)snprintf(key, 12, "k%u", i));
        }
        items[step * i + step - 1] = random_value(m, depth + 1);
    }
    return is_map ? gale_map(items, n) : gale_list(items, n);
}

static gale_value random_value(struct made *m, int depth)
{
    bool room = depth < 16 && m->n_values < VALUES_MAX - 2 * ITEMS_MAX &&
                m->n_texts < TEXTS_MAX - 200;

    switch (below(m, room ? 9 : 4)) {
    case 0:
        return gale_nil();
    case 1:
        return gale_bool(below(m, 2));
    case 2:
        return gale_int((int64_t)random_next(&m->random) >> below(m, 64));
    case 3:
        return gale_float(random_float(m));
    case 4:
        return random_text(m);
    case 5:
    case 6:
        return random_container(m, depth, false);
    default:
        return random_container(m, depth, true);
    }
}

static void what_is_built_is_parsed_to_the_same_value(void **state)
{
    static struct made m;
    const char *given = getenv("GALE_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20261129;
    gale_test *b = gale_test_bolt("json_build"), *p = parser("f0");

    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        gale_value value;
        gale_row text;

        m.n_values = m.n_texts = 0;
        random_seed(&m.random, seed + i);
        value = random_value(&m, 0);
        gale_test_feed(b, value);
        if (gale_test_n_rows(b, NULL, NULL) != i + 1)
            fail_msg("seed %" PRIu64 ": %s", seed + i,
                     gale_test_last_error(b, NULL));
        text = gale_test_row(b, NULL, NULL, i);
        gale_test_feed(p, text.values[0]);
        if (gale_test_n_rows(p, NULL, NULL) != i + 1)
            fail_msg("GALE_TEST_SEED=%" PRIu64 ": %s", seed + i,
                     gale_test_last_error(p, NULL));
        gale_test_expect_emit(p, value);
    }
    gale_test_free(b);
    gale_test_free(p);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_of_json_becomes_its_kind_of_value),
        TEST(what_is_no_sound_object_is_poison_with_its_column),
        TEST(a_field_has_the_type_that_it_is_given_or_is_poison),
        TEST(a_key_that_is_missing_or_null_may_be_poison),
        TEST(depth_and_size_have_limits),
        TEST(fields_of_the_input_may_be_kept),
        TEST(options_that_are_wrong_are_refused),
        TEST(a_text_never_becomes_a_tuple_that_is_too_large),
        TEST(each_kind_of_value_has_its_json),
        TEST(what_json_does_not_have_is_poison_with_its_field),
        TEST(fields_may_be_chosen_ordered_and_kept),
        TEST(what_is_built_is_parsed_to_the_same_value),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
