/* test_split_bolt.c - where bolts/split.c sees words. */
#include "tests/support/fake_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static int make_split(void **state)
{
    struct fake_host *f = fake_host_new("split", false);

    *state = f;
    return fake_host_start(f);
}

static int free_split(void **state)
{
    fake_host_free(*state);
    return 0;
}

/* The words, each with a bar behind it. */
static void expect(struct fake_host *f, gale_str text, const char *words)
{
    char found[512] = "";
    size_t n = 0;

    fake_host_clear(f);
    assert_int_equal(fake_host_execute(f, GALE_VALUES(gale_s(text))), GALE_OK);
    for (size_t i = 0; i < f->n_emitted; i++)
        n += (size_t)snprintf(found + n, sizeof(found) - n, "%s|",
                              f->emitted[i].values[0].as.data);
    assert_string_equal(found, words);
}

static void words_stand_between_ascii_white_space(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", ""},
        {" ", ""},
        {" \t\n\v\f\r ", ""},
        {"cow", "cow|"},
        {"the cow", "the|cow|"},
        {"  the\t\tcow\r", "the|cow|"},
        {"a\nb\vc\fd\re", "a|b|c|d|e|"},
        {"a\b\x0e\x1f\x7f", "a\b\x0e\x1f\x7f|"},
        {"caf\xc3\xa9 \xa0\x85\xff", "caf\xc3\xa9|\xa0\x85\xff|"},
        {"four score and seven years ago", "four|score|and|seven|years|ago|"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect(*state, gale_str_make(cases[i].text, strlen(cases[i].text)),
               cases[i].words);
}

static void a_nul_byte_belongs_to_its_word(void **state)
{
    struct fake_host *f = *state;

    assert_int_equal(
        fake_host_execute(f, GALE_VALUES(gale_string("a\0b c", 5))), GALE_OK);
    assert_int_equal(f->n_emitted, 2);
    assert_int_equal(f->emitted[0].values[0].size, 3);
    assert_memory_equal(f->emitted[0].values[0].as.data, "a\0b", 3);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Byte by byte, as the definition says. */
static void check_words(struct fake_host *f, const char *text, size_t size)
{
    size_t word = 0;

    for (size_t at = 0; at < size;) {
        size_t end = at;

        while (end < size && !is_blank(text[end]))
            end++;
        if (end > at) {
            gale_value v;

            assert_true(word < f->n_emitted);
            v = f->emitted[word++].values[0];
            assert_int_equal(v.size, end - at);
            assert_memory_equal(v.as.data, text + at, end - at);
        }
        at = end + 1;
    }
    assert_int_equal(f->n_emitted, word);
}

static unsigned random_below(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % n;
}

/* Each text has memory of its own size, so that a sanitizer sees every byte
 * that is read beside it. */
static void texts_of_every_size_are_split_as_if_byte_by_byte(void **state)
{
    static const char letters[] = "ab  \t\n\r\x1f!\xff";
    struct fake_host *f = *state;
    unsigned seed = 1;

    for (size_t size = 1; size < 300; size++) {
        for (unsigned round = 0; round < 20; round++) {
            char *text = malloc(size);

            for (size_t i = 0; i < size; i++)
                text[i] = letters[random_below(&seed, 4 + round % 7)];
            fake_host_clear(f);
            fake_host_execute(f, GALE_VALUES(gale_string(text, size)));
            check_words(f, text, size);
            free(text);
        }
    }
}

static void the_option_field_names_the_text(void **state)
{
    struct fake_host *f = fake_host_new("split", false);

    (void)state;
    fake_host_set(f, "field", gale_cstr("f1"));
    fake_host_start(f);
    fake_host_execute(f, GALE_VALUES(gale_int(7), gale_cstr("the cow")));
    assert_int_equal(f->n_emitted, 2);
    assert_false(f->mark);
    fake_host_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_stand_between_ascii_white_space,
                                        make_split, free_split),
        cmocka_unit_test_setup_teardown(a_nul_byte_belongs_to_its_word,
                                        make_split, free_split),
        cmocka_unit_test_setup_teardown(
            texts_of_every_size_are_split_as_if_byte_by_byte, make_split,
            free_split),
        cmocka_unit_test(the_option_field_names_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
