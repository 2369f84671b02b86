/* test_packed_values.c - values as bytes and back, equal ones as equal
 * bytes. */
#include "tests/support/cmocka_all.h"
#include "connectors/packed_values.h"

static void what_was_added_comes_back_in_its_order(void **state)
{
    struct packed_values p = {0};
    gale_value in[] = {gale_nil(),          gale_bool(true),  gale_int(-3),
                       gale_float(0.25),    gale_cstr("cow"), gale_cstr(""),
                       gale_bytes("\0x", 2)};
    gale_value v;
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
        packed_values_add(&p, in[i]);
    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
        assert_true(packed_values_next(packed_values_bytes(&p), &at, &v));
        assert_int_equal(v.kind, in[i].kind);
        assert_true(gale_str_eq(gale_value_str(v), gale_value_str(in[i])));
        if (v.kind < GALE_STRING)
            assert_true(v.as.i == in[i].as.i);
    }
    assert_false(packed_values_next(packed_values_bytes(&p), &at, &v));
    packed_values_fini(&p);
}

/* The place of a text is no part of it; where one ends, is. */
static void only_equal_values_are_equal_bytes(void **state)
{
    struct packed_values a = {0}, b = {0};
    char here[] = "cow", there[] = "cow";

    (void)state;
    packed_values_add(&a, gale_cstr(here));
    packed_values_add(&b, gale_cstr(there));
    assert_true(gale_str_eq(packed_values_bytes(&a), packed_values_bytes(&b)));
    packed_values_add(&a, gale_cstr("ab"));
    packed_values_add(&a, gale_cstr("c"));
    packed_values_add(&b, gale_cstr("a"));
    packed_values_add(&b, gale_cstr("bc"));
    assert_false(gale_str_eq(packed_values_bytes(&a), packed_values_bytes(&b)));
    packed_values_clear(&a);
    packed_values_clear(&b);
    packed_values_add(&a, gale_int(1));
    packed_values_add(&b, gale_bool(true));
    assert_false(gale_str_eq(packed_values_bytes(&a), packed_values_bytes(&b)));
    packed_values_fini(&a);
    packed_values_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_comes_back_in_its_order),
        cmocka_unit_test(only_equal_values_are_equal_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
