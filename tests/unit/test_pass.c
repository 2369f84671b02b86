/* test_pass.c - what identity and filter pass on, whatever it is. */
#include "tests/support/kit_setup.h"

static void identity_passes_on_every_kind_of_value(void **state)
{
    static const gale_value inner[] = {{GALE_STRING, 3, {.data = "cow"}},
                                       {GALE_INT, 0, {.i = 7}}};
    const gale_value pair[] = {gale_cstr("k"), gale_list(inner, 2)};
    const gale_value values[] = {
        gale_nil(),         gale_bool(true),     gale_int(INT64_MIN),
        gale_float(-0.5),   gale_cstr("text"),   gale_bytes("\0\xff", 2),
        gale_list(NULL, 0), gale_list(inner, 2), gale_map(pair, 1)};
    gale_test *t = gale_test_bolt("identity");

    (void)state;
    gale_test_option(t, "fields", gale_cstr("value"));
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        gale_test_feed(t, values[i]);
        gale_test_expect_emit(t, values[i]);
    }
    gale_test_free(t);
}

static void filter_passes_on_lists(void **state)
{
    const gale_value words[] = {gale_cstr("a"), gale_cstr("b")};
    gale_test *t = gale_test_bolt("filter");

    (void)state;
    gale_test_option(t, "fields", gale_cstr("n\nwords"));
    gale_test_option(t, "min", gale_int(1));
    gale_test_feed(t, gale_int(1), gale_list(words, 2));
    gale_test_expect_emit(t, gale_int(1), gale_list(words, 2));
    gale_test_free(t);
}

static void a_tuple_with_fewer_values_fails(void **state)
{
    gale_test *t = gale_test_bolt("identity");

    (void)state;
    gale_test_option(t, "fields", gale_cstr("a\nb"));
    gale_test_feed(t, gale_int(1));
    gale_test_expect(t, GALE_TEST_FAILED, 1);
    gale_test_expect_error(t, NULL, "has 1 field, number 1 was asked for");
    gale_test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_passes_on_every_kind_of_value),
        cmocka_unit_test(filter_passes_on_lists),
        cmocka_unit_test(a_tuple_with_fewer_values_fails),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
