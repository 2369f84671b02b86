/* test_record_format.c - a tuple as one line of a file:
 * connectors/record_format.c. */
#include "connectors/record_format.h"
#include "tests/support/cmocka_all.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- tuples ---------------------------------------------------------------- */

enum { FIELDS_MAX = 4 };

static const char *const names[FIELDS_MAX] = {"a", "b", "c", "d"};

struct row {
    gale_tuple tuple;
    uint32_t n;
    gale_value values[FIELDS_MAX];
};

static gale_value get(const gale_tuple *t, uint32_t field)
{
    return ((const struct row *)t)->values[field];
}

static uint32_t n_fields(const gale_tuple *t)
{
    return ((const struct row *)t)->n;
}

static uint32_t index_of(const gale_tuple *t, const char *name)
{
    for (uint32_t i = 0; i < ((const struct row *)t)->n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return GALE_NO_FIELD;
}

static const char *field_name(const gale_tuple *t, uint32_t field)
{
    (void)t;
    return names[field];
}

static gale_value item(const gale_tuple *t, gale_value v, uint32_t i)
{
    (void)t;
    return ((const gale_value *)v.as.data)[i];
}

static const gale_tuple_host host = {.size = sizeof(host),
                                     .get = get,
                                     .n_fields = n_fields,
                                     .index_of = index_of,
                                     .field_name = field_name,
                                     .item = item};

static gale_str text(const char *t)
{
    return gale_str_make(t, strlen(t));
}

static struct record_format format_of(int32_t kind, int32_t escape,
                                      const char *delimiter, const char *fields)
{
    return (struct record_format){.kind = kind,
                                  .escape = escape,
                                  .fields = text(fields),
                                  .delimiter = text(delimiter),
                                  .null = text("\\N")};
}

/* The line, to be freed; NULL, and *why: it is bad. */
static char *line_of(const struct record_format *f, const struct row *row,
                     size_t *size, const char **why)
{
    const char *field;
    struct text_out out = {NULL, 0, 0};

    *why = record_format_write(f, &out, &row->tuple, &field);
    *size = out.size;
    text_out_char(&out, '\0');
    if (*why == NULL)
        return out.data;
    text_out_fini(&out);
    return NULL;
}

static void expect_line(struct record_format *f, const struct row *row,
                        const char *expected)
{
    const char *why;
    size_t size;
    char *line;

    assert_null(record_format_init(f));
    line = line_of(f, row, &size, &why);
    if (line == NULL)
        fail_msg("expected %s, but it is bad: %s", expected, why);
    assert_string_equal(line, expected);
    free(line);
    record_format_fini(f);
}

/* -- tests ----------------------------------------------------------------- */

static const gale_value *some_items(void)
{
    static gale_value items[2];

    items[0] = gale_int(1);
    items[1] = gale_cstr("x|y");
    return items;
}

static void values_of_every_kind_have_a_text(void **state)
{
    struct row numbers = {
        {&host},
        4,
        {gale_int(-7), gale_float(0.1), gale_bool(true), gale_nil()}};
    struct row texts = {
        {&host},
        3,
        {gale_cstr("cow"), gale_bytes("\x80", 1), gale_list(some_items(), 2)}};
    struct record_format f =
        format_of(RECORD_DELIMITED, RECORD_REFUSE, ",", "");

    (void)state;
    expect_line(&f, &numbers, "-7,0.1,true,\\N\n");
    f.escape = RECORD_BLANK;
    f.delimiter = text("|");
    expect_line(&f, &texts, "cow|\x80|[1,\"x y\"]\n");
    numbers.values[1] = gale_cstr("\"\n");
    f = format_of(RECORD_JSON, 0, "", "");
    expect_line(&f, &numbers,
                "{\"a\":-7,\"b\":\"\\\"\\n\",\"c\":true,\"d\":null}\n");
}

static void fields_are_those_that_are_named_in_their_order(void **state)
{
    struct row row = {{&host}, 3, {gale_int(1), gale_int(2), gale_int(3)}};
    struct record_format f =
        format_of(RECORD_DELIMITED, RECORD_REFUSE, "::", "c\na");

    (void)state;
    expect_line(&f, &row, "3::1\n");
    f.kind = RECORD_JSON;
    expect_line(&f, &row, "{\"c\":3,\"a\":1}\n");
    f.fields = text("a\nnothing");
    assert_null(record_format_init(&f));
    assert_string_equal(record_format_missing(&f, &row.tuple), "nothing");
    record_format_fini(&f);
}

static void what_a_value_must_not_hold_is_as_the_option_says(void **state)
{
    static const struct {
        const char *delimiter, *value;
        const char *lines[3]; /* refuse, backslash, blank; NULL: it is bad */
    } cases[] = {
        {"|", "plain", {"plain\n", "plain\n", "plain\n"}},
        {"|", "", {"\n", "\n", "\n"}},
        {"|", "a|b", {NULL, "a\\|b\n", "a b\n"}},
        {"|", "|", {NULL, "\\|\n", " \n"}},
        {"|", "a\nb\r", {NULL, "a\\nb\\r\n", "a b \n"}},
        {"|", "a\\b", {"a\\b\n", "a\\\\b\n", "a\\b\n"}},
        {"||", "a|b", {"a|b\n", "a|b\n", "a|b\n"}},
        {"||", "a|||b", {NULL, "a\\|||b\n", "a |b\n"}},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
        for (int32_t escape = 0; escape < 3; escape++) {
            struct row row = {{&host}, 1, {gale_cstr(cases[k].value)}};
            struct record_format f =
                format_of(RECORD_DELIMITED, escape, cases[k].delimiter, "");
            const char *why;
            size_t size;

            if (cases[k].lines[escape] != NULL)
                expect_line(&f, &row, cases[k].lines[escape]);
            else
                assert_null(line_of(&f, &row, &size, &why));
        }
}

static void json_has_no_bytes_and_no_broken_text(void **state)
{
    static const struct {
        gale_value value;
        const char *why;
    } cases[] = {
        {{.kind = GALE_BYTES, .size = 1, .as.data = "x"}, "JSON has no bytes"},
        {{.kind = GALE_STRING, .size = 1, .as.data = "\xff"}, "UTF-8"},
        {{.kind = GALE_FLOAT, .as.f = NAN}, "not finite"},
    };
    struct record_format f = format_of(RECORD_JSON, 0, "", "");

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct row row = {{&host}, 1, {cases[k].value}};
        const char *why;
        size_t size;

        assert_null(line_of(&f, &row, &size, &why));
        assert_non_null(strstr(why, cases[k].why));
    }
}

static void delimiters_that_nobody_could_read_are_refused(void **state)
{
    static const struct {
        const char *delimiter;
        int32_t escape;
        const char *why;
    } cases[] = {
        {"", RECORD_REFUSE, "empty or too long"},
        {"12345678901234567", RECORD_REFUSE, "empty or too long"},
        {"a\n", RECORD_REFUSE, "the end of a line"},
        {"\r", RECORD_REFUSE, "the end of a line"},
        {"\\", RECORD_BACKSLASH, "a backslash"},
        {" ", RECORD_BLANK, "a blank"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct record_format f = format_of(RECORD_DELIMITED, cases[k].escape,
                                           cases[k].delimiter, "");
        const char *why = record_format_init(&f);

        assert_non_null(why);
        assert_non_null(strstr(why, cases[k].why));
    }
}

/* -- the way back ---------------------------------------------------------- */

static unsigned random_below(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 8) % n;
}

/* As a reader of escape: backslash does it. */
static size_t read_field(const char **at, const char *delimiter, char *to)
{
    size_t n = 0, size = strlen(delimiter);

    while (**at != '\n' && strncmp(*at, delimiter, size) != 0) {
        if (**at == '\\') {
            ++*at;
            to[n++] = **at == 'n' ? '\n' : **at == 'r' ? '\r' : **at;
        } else {
            to[n++] = **at;
        }
        ++*at;
    }
    *at += **at == '\n' ? 0 : size;
    return n;
}

static void what_is_escaped_reads_back_as_it_was(void **state)
{
    static const char letters[] = "ab|\\\n\r,";
    char values[FIELDS_MAX][8], found[16];

    (void)state;
    for (unsigned seed = 1; seed <= 20000; seed++) {
        unsigned r = seed;
        struct row row = {{&host}, 1 + random_below(&r, FIELDS_MAX), {{0}}};
        struct record_format f =
            format_of(RECORD_DELIMITED, RECORD_BACKSLASH, "|", "");
        const char *why, *at;
        size_t size;
        char *line;

        for (uint32_t i = 0; i < row.n; i++) {
            unsigned n = random_below(&r, sizeof(values[i]));

            for (unsigned k = 0; k < n; k++)
                values[i][k] = letters[random_below(&r, sizeof(letters) - 1)];
            row.values[i] = gale_string(values[i], n);
        }
        at = line = line_of(&f, &row, &size, &why);
        assert_non_null(line);
        assert_ptr_equal(strchr(line, '\n'), line + size - 1);
        for (uint32_t i = 0; i < row.n; i++) {
            size_t n = read_field(&at, "|", found);

            if (n != row.values[i].size || memcmp(found, values[i], n) != 0)
                fail_msg("seed %u: field %u of %s", seed, i, line);
        }
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_kind_have_a_text),
        cmocka_unit_test(fields_are_those_that_are_named_in_their_order),
        cmocka_unit_test(what_a_value_must_not_hold_is_as_the_option_says),
        cmocka_unit_test(json_has_no_bytes_and_no_broken_text),
        cmocka_unit_test(delimiters_that_nobody_could_read_are_refused),
        cmocka_unit_test(what_is_escaped_reads_back_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
