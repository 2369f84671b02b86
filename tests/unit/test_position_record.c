/*
 * test_position_record.c - positions as they are kept: which of two is newer,
 * what is none, and that names are those of earlier gales.
 */
#include "common/position_record.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

static gale_str text(const char *t)
{
    return gale_str_make(t, strlen(t));
}

static struct position_record sample(void)
{
    return (struct position_record){
        text("source"), 3, text("a/b"), text("17"), {5, 1700}};
}

static void a_birth_counts_more_than_a_time(void **state)
{
    static const struct {
        struct position_order a, b;
        int order;
    } cases[] = {
        {{1, 5}, {1, 5}, 0},  {{1, 5}, {1, 6}, -1}, {{1, 6}, {1, 5}, 1},
        {{1, 9}, {2, 1}, -1}, {{2, 1}, {1, 9}, 1},  {{0, 0}, {1, 0}, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(position_order_compare(cases[i].a, cases[i].b),
                         cases[i].order);
}

static void the_next_one_is_later_than_that_before_whatever_the_clock_says(
    void **state)
{
    (void)state;
    assert_int_equal(position_next_at(0, 100), 100);
    assert_int_equal(position_next_at(99, 100), 100);
    assert_int_equal(position_next_at(100, 100), 101);
    assert_int_equal(position_next_at(500, 100), 501);
    assert_int_equal(position_next_at(0, -5), 1);
    assert_int_equal(position_next_at(POSITION_AT_MAX, 100), POSITION_AT_MAX);
}

static void what_is_packed_is_read_again(void **state)
{
    struct position_record r = sample(), found;
    struct unpacked u;
    struct pack p;

    (void)state;
    pack_init(&p);
    position_record_pack(&r, &p);
    assert_int_equal(
        position_record_read(&found, &u, p.buffer.data, p.buffer.size), 0);
    assert_int_equal(found.component.size, 6);
    assert_memory_equal(found.component.data, "source", 6);
    assert_int_equal(found.index, 3);
    assert_memory_equal(found.split.data, "a/b", 3);
    assert_memory_equal(found.position.data, "17", 2);
    assert_int_equal(found.order.birth, 5);
    assert_int_equal(found.order.at, 1700);
    unpacked_free(&u);
    assert_int_equal(position_order_of(p.buffer.data, p.buffer.size).at, 1700);
    pack_free(&p);
}

/* As an earlier gale has written it. */
static void one_without_an_order_has_none(void **state)
{
    struct position_record found;
    struct unpacked u;
    struct pack p;

    (void)state;
    pack_init(&p);
    pack_map(&p, 4);
    pack_key_text(&p, "component", "source");
    pack_key_uint(&p, "index", 3);
    pack_key_bytes(&p, "split", "", 0);
    pack_key_bytes(&p, "position", "17", 2);
    assert_int_equal(
        position_record_read(&found, &u, p.buffer.data, p.buffer.size), 0);
    assert_int_equal(found.order.birth, 0);
    assert_int_equal(found.order.at, 0);
    unpacked_free(&u);
    pack_free(&p);
}

/* SHA-256 of "source\0" "3\0" "a/b". */
static void names_are_those_that_they_always_were(void **state)
{
    struct position_record r = sample();
    char name[DIGEST_HEX];

    (void)state;
    position_record_name(&r, name);
    assert_string_equal(
        name,
        "548e2cc84fe12864f5905e4ae8657504acf5607a2a7933302e16d4bd90f83def");
}

static void refuse(const struct position_record *r)
{
    struct position_record found;
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    position_record_pack(r, &p);
    assert_int_equal(
        position_record_read(&found, &u, p.buffer.data, p.buffer.size), -1);
    assert_int_equal(position_order_of(p.buffer.data, p.buffer.size).birth, 0);
    pack_free(&p);
}

static void what_is_too_large_or_makes_no_sense_is_none(void **state)
{
    static char large[POSITION_BYTES_MAX + 1];
    struct position_record r = sample();
    struct position_record found;
    struct unpacked u;

    (void)state;
    r.position = gale_str_make(large, sizeof(large));
    refuse(&r);
    r = sample();
    r.split = gale_str_make(large, POSITION_SPLIT_MAX + 1);
    refuse(&r);
    r = sample();
    r.component = gale_str_make("a\0b", 3);
    refuse(&r);
    r = sample();
    r.order.at = POSITION_AT_MAX + 1;
    refuse(&r);
    assert_int_equal(position_record_read(&found, &u, "17", 2), -1);
    assert_int_equal(position_record_read(&found, &u, NULL, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_birth_counts_more_than_a_time),
        cmocka_unit_test(
            the_next_one_is_later_than_that_before_whatever_the_clock_says),
        cmocka_unit_test(what_is_packed_is_read_again),
        cmocka_unit_test(one_without_an_order_has_none),
        cmocka_unit_test(names_are_those_that_they_always_were),
        cmocka_unit_test(what_is_too_large_or_makes_no_sense_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
