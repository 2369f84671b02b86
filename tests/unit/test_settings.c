/* test_settings.c - an ordered map from key to value. */
#include "tests/support/cmocka_all.h"
#include "topology-api/settings.h"
#include <stdio.h>

static void a_key_that_was_not_set_is_not_there(void **state)
{
    struct settings *s = settings_new();

    (void)state;
    assert_null(settings_get(s, "topology.workers"));
    assert_int_equal(settings_size(s), 0);
    settings_free(s);
    settings_free(NULL);
}

static void the_last_value_of_a_key_holds(void **state)
{
    struct settings *s = settings_new();

    (void)state;
    settings_set(s, "a", gale_int(1));
    settings_set(s, "b", gale_int(2));
    settings_set(s, "a", gale_cstr("three"));
    assert_int_equal(settings_size(s), 2);
    assert_int_equal(settings_get(s, "a")->kind, GALE_STRING);
    assert_string_equal(settings_get(s, "a")->as.data, "three");
    assert_int_equal(settings_get(s, "b")->as.i, 2);
    settings_free(s);
}

static void a_value_may_be_set_to_its_own_part(void **state)
{
    gale_value pair[] = {gale_cstr("x"), gale_cstr("y")};
    struct settings *s = settings_new();

    (void)state;
    settings_set(s, "a", gale_list(pair, 2));
    settings_set(s, "a", settings_get(s, "a")->as.items[1]);
    assert_string_equal(settings_get(s, "a")->as.data, "y");
    settings_free(s);
}

static void keys_and_values_are_copied(void **state)
{
    char key[] = "key", text[] = "text";
    gale_value items[] = {gale_string(text, 4)};
    struct settings *s = settings_new();

    (void)state;
    settings_set(s, key, gale_list(items, 1));
    key[0] = text[0] = '!';
    items[0] = gale_nil();
    assert_null(settings_get(s, "!ey"));
    assert_int_equal(settings_get(s, "key")->size, 1);
    assert_string_equal(settings_get(s, "key")->as.items[0].as.data, "text");
    settings_free(s);
}

static void many_keys_stay_in_the_order_in_which_they_were_set(void **state)
{
    struct settings *s = settings_new();
    char key[32];

    (void)state;
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof(key), "key.%d", i * 7919 % 5000);
        settings_set(s, key, gale_int(i));
    }
    assert_int_equal(settings_size(s), 5000);
    for (int i = 0; i < 5000; i++) {
        gale_value value;

        snprintf(key, sizeof(key), "key.%d", i * 7919 % 5000);
        assert_string_equal(settings_at(s, (size_t)i, &value), key);
        assert_int_equal(value.as.i, i);
        assert_int_equal(settings_get(s, key)->as.i, i);
    }
    settings_free(s);
}

static void the_strongest_layer_that_has_the_key_is_found(void **state)
{
    struct settings *strong = settings_new(), *weak = settings_new();
    const struct settings *layers[] = {strong, NULL, weak};

    (void)state;
    settings_set(weak, "a", gale_int(1));
    settings_set(weak, "b", gale_int(1));
    settings_set(strong, "b", gale_nil());
    assert_int_equal(settings_find(layers, 3, "a")->as.i, 1);
    assert_int_equal(settings_find(layers, 3, "b")->kind, GALE_NIL);
    assert_null(settings_find(layers, 3, "c"));
    assert_null(settings_find(layers, 0, "a"));
    settings_free(strong);
    settings_free(weak);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_was_not_set_is_not_there),
        cmocka_unit_test(the_last_value_of_a_key_holds),
        cmocka_unit_test(a_value_may_be_set_to_its_own_part),
        cmocka_unit_test(keys_and_values_are_copied),
        cmocka_unit_test(many_keys_stay_in_the_order_in_which_they_were_set),
        cmocka_unit_test(the_strongest_layer_that_has_the_key_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
