/* test_fields_split.c - bolts/fields_split.c: where a line is cut, what is
 * refused, and that it reads what `file` and `hdfs_bolt` write. */
#include "common/random.h"
#include "tests/support/kit_setup.h"

static gale_test *splitter(const char *fields)
{
    gale_test *t = gale_test_bolt("fields_split");

    gale_test_option(t, "fields", gale_cstr(fields));
    return t;
}

static void a_line_is_cut_at_its_delimiters(void **state)
{
    static const struct {
        const char *delimiter, *line, *first, *last;
    } cases[] = {
        {",", "Ann,Lee", "Ann", "Lee"},
        {",", " Ann , \"Lee\"", " Ann ", " \"Lee\""},
        {",", "Zoë,Müller", "Zoë", "Müller"},
        {",", "Robert'); DROP TABLE customer;--,O'Brien|\\",
         "Robert'); DROP TABLE customer;--", "O'Brien|\\"},
        {",", ",Lee", "", "Lee"},
        {",", "Ann,", "Ann", ""},
        {",", ",", "", ""},
        {"\t", "a,b\tc", "a,b", "c"},
        {"::", "a:::b", "a", ":b"},
        {"::", "a:b::", "a:b", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test *t = splitter("first\nlast");

        gale_test_option(t, "delimiter", gale_cstr(cases[i].delimiter));
        gale_test_feed(t, gale_cstr(cases[i].line));
        gale_test_expect_emit(t, gale_cstr(cases[i].first),
                              gale_cstr(cases[i].last));
        gale_test_free(t);
    }
}

static void a_line_may_be_bytes_and_one_field_may_be_all(void **state)
{
    gale_test *t = splitter("all");

    (void)state;
    gale_test_feed(t, gale_bytes("a\0b", 3));
    gale_test_expect_emit(t, gale_string("a\0b", 3));
    gale_test_feed(t, gale_bytes(NULL, 0));
    gale_test_expect_emit(t, gale_cstr(""));
    gale_test_free(t);
}

static void too_few_or_too_many_fields_are_poison(void **state)
{
    static const struct {
        const char *line, *why;
    } cases[] = {
        {"Cher", "a line has 1 field, expected 2 with \",\" between them: "
                 "\"Cher\""},
        {"", "a line has 1 field, expected 2 with \",\" between them: \"\""},
        {"Sammy,Davis,Jr.", "a line has 3 fields, expected 2"},
        {",,,,", "a line has 5 fields, expected 2"},
        {"1234567890123456789012345678901234567890123456789012345678901234567"
         "890123456789",
         "23456789\""},
        {"1234567890123456789012345678901234567890123456789012345678901234567"
         "8901234567890+",
         "34567890\" …"},
    };
    gale_test *t = splitter("first\nlast");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test_feed(t, gale_cstr(cases[i].line));
        gale_test_expect_error(t, NULL, cases[i].why);
    }
    gale_test_feed(t, gale_nil());
    gale_test_expect_error(t, NULL,
                           "field \"f0\" (from input, stream default) is nil, "
                           "expected text or bytes");
    gale_test_feed(t, gale_int(7));
    gale_test_expect_error(t, NULL, "wanted a string, found an integer");
    gale_test_expect_of(t, NULL, GALE_TEST_POISONED,
                        sizeof(cases) / sizeof(cases[0]) + 1);
    gale_test_expect_no_emit(t);
    gale_test_free(t);
}

static void or_they_become_nil_and_the_rest_as_the_options_say(void **state)
{
    gale_test *t = splitter("a\nb\nc");

    (void)state;
    gale_test_option(t, "missing", gale_cstr("nil"));
    gale_test_option(t, "more", gale_cstr("rest"));
    gale_test_feed(t, gale_cstr("1"));
    gale_test_expect_emit(t, gale_cstr("1"), gale_nil(), gale_nil());
    gale_test_feed(t, gale_cstr("1,2,3"));
    gale_test_expect_emit(t, gale_cstr("1"), gale_cstr("2"), gale_cstr("3"));
    gale_test_feed(t, gale_cstr("1,2,3,,4,"));
    gale_test_expect_emit(t, gale_cstr("1"), gale_cstr("2"),
                          gale_cstr("3,,4,"));
    gale_test_free(t);
}

static void fields_of_the_input_may_be_kept(void **state)
{
    gale_test *t = splitter("first\nlast");

    (void)state;
    gale_test_fields(t, "offset", "value");
    gale_test_option(t, "field", gale_cstr("value"));
    gale_test_option(t, "keep", gale_cstr("offset\nvalue"));
    gale_test_feed(t, gale_int(42), gale_bytes("Ann,Lee", 7));
    gale_test_expect_emit(t, gale_cstr("Ann"), gale_cstr("Lee"), gale_int(42),
                          gale_bytes("Ann,Lee", 7));
    gale_test_free(t);
}

/* -- backslashes ----------------------------------------------------------- */

static void a_backslash_keeps_a_delimiter_in_its_field(void **state)
{
    static const struct {
        const char *line, *first, *last;
    } cases[] = {
        {"a\\,b,c", "a,b", "c"},     {"a\\\\,c", "a\\", "c"},
        {"\\n\\r,\\t", "\n\r", "t"}, {"a,\\", "a", "\\"},
        {"a,b\\\\", "a", "b\\"},
    };
    gale_test *t = splitter("first\nlast");

    (void)state;
    gale_test_option(t, "escape", gale_cstr("backslash"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test_feed(t, gale_cstr(cases[i].line));
        gale_test_expect_emit(t, gale_cstr(cases[i].first),
                              gale_cstr(cases[i].last));
    }
    gale_test_feed(t, gale_cstr("a\\,"));
    gale_test_expect_error(t, NULL, "a line has 1 field, expected 2");
    gale_test_free(t);
}

enum { ROUNDS = 2000, FIELDS = 3, LETTERS_MAX = 6 };

/* As escape=backslash of connectors/record_format.h says. */
static char *write_escaped(char *line, const char *value)
{
    for (; *value; value++) {
        if (strchr("\\|\n\r", *value) != NULL)
            *line++ = '\\';
        *line++ = (char)(*value == '\n' ? 'n' : *value == '\r' ? 'r' : *value);
    }
    return line;
}

static void random_value(struct random *random, char *value)
{
    size_t n = random_below(random, LETTERS_MAX);

    for (size_t i = 0; i < n; i++)
        value[i] = "\\|\n\rnrab"[random_below(random, 8)];
    value[n] = '\0';
}

static void what_sinks_escape_comes_back_whatever_it_is(void **state)
{
    gale_test *t = splitter("a\nb\nc");
    struct random random;

    (void)state;
    random_seed(&random, 7);
    gale_test_option(t, "escape", gale_cstr("backslash"));
    gale_test_option(t, "delimiter", gale_cstr("|"));
    for (int round = 0; round < ROUNDS; round++) {
        char values[FIELDS][LETTERS_MAX + 1];
        char line[FIELDS * (2 * LETTERS_MAX + 1)], *end = line;

        for (int i = 0; i < FIELDS; i++) {
            random_value(&random, values[i]);
            end = write_escaped(end, values[i]);
            *end++ = '|';
        }
        end[-1] = '\0';
        gale_test_feed(t, gale_cstr(line));
        gale_test_expect_emit(t, gale_cstr(values[0]), gale_cstr(values[1]),
                              gale_cstr(values[2]));
    }
    gale_test_free(t);
}

/* -- options --------------------------------------------------------------- */

static void options_that_are_wrong_are_refused(void **state)
{
    static const struct {
        const char *key, *value, *why;
    } cases[] = {
        {"fields", "", "option fields: give 1 to 255 names"},
        {"delimiter", "", "option delimiter: give 1 to 16 bytes"},
        {"delimiter", "12345678901234567", "option delimiter: give 1 to 16"},
        {"delimiter", "\\|", "it holds a backslash, which escape=backslash"},
        {"field", "none",
         "the option \"field\" names the field \"none\", which the stream"},
        {"keep", "none",
         "the option \"keep\" names the field \"none\", which the stream"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_test *t = splitter("x");

        gale_test_option(t, "escape", gale_cstr("backslash"));
        gale_test_option(t, cases[i].key, gale_cstr(cases[i].value));
        gale_test_feed(t, gale_cstr("a"));
        gale_test_settle(t);
        if (strstr(gale_test_error(t), cases[i].why) == NULL)
            gale_test_expect_error(t, NULL, cases[i].why);
        gale_test_free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_cut_at_its_delimiters),
        cmocka_unit_test(a_line_may_be_bytes_and_one_field_may_be_all),
        cmocka_unit_test(too_few_or_too_many_fields_are_poison),
        cmocka_unit_test(or_they_become_nil_and_the_rest_as_the_options_say),
        cmocka_unit_test(fields_of_the_input_may_be_kept),
        cmocka_unit_test(a_backslash_keeps_a_delimiter_in_its_field),
        cmocka_unit_test(what_sinks_escape_comes_back_whatever_it_is),
        cmocka_unit_test(options_that_are_wrong_are_refused),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
