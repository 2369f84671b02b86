/* test_sorted.c - where something is in a sorted list, or where it would be. */
#include "tests/support/cmocka_all.h"
#include "common/sorted.h"

struct item {
    const char *says; /* so that a key is not where an item begins */
    int number;
};

static int by_number(const void *item, const void *key)
{
    const struct item *i = item;

    return i->number - *(const int *)key;
}

static const struct {
    const char *what;
    int numbers[5];
    uint32_t n;
    int key;
    uint32_t place;
} cases[] = {
    {"nothing is there", {0}, 0, 7, 0},
    {"before all", {2, 4, 6}, 3, 1, 0},
    {"the first", {2, 4, 6}, 3, 2, 0},
    {"between two", {2, 4, 6}, 3, 5, 2},
    {"one in the middle", {2, 4, 6}, 3, 4, 1},
    {"the last", {2, 4, 6, 8}, 4, 8, 3},
    {"behind all", {2, 4, 6, 8}, 4, 9, 4},
    {"the first of those that are the same", {2, 4, 4, 4, 6}, 5, 4, 1},
};

static void it_is_before_the_first_that_is_not_smaller(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct item items[5];
        uint32_t place;

        for (uint32_t k = 0; k < 5; k++)
            items[k] = (struct item){"", cases[i].numbers[k]};
        place = sorted_place(items, cases[i].n, sizeof(items[0]), by_number,
                             &cases[i].key);
        if (place != cases[i].place)
            fail_msg("%s: at %u, expected %u", cases[i].what, place,
                     cases[i].place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_before_the_first_that_is_not_smaller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
