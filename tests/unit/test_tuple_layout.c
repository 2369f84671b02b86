/* test_tuple_layout.c - values into the bytes of a tuple, and out again. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "worker/tuple_layout.h"
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* As emit writes it; to be freed. Everything is filled with junk before. */
static struct tuple *tuple_of(uint32_t n_anchors, const gale_value *values,
                              uint32_t n)
{
    uint64_t at = sizeof(struct tuple) + anchors_size(n_anchors), offset;
    uint64_t size = at + n * sizeof(struct slot);
    struct tuple *t;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t tail = value_tail(&values[i], 0);

        assert_true(tail != UINT64_MAX);
        assert_int_equal(tail % 8, 0);
        size += tail;
    }
    t = malloc(size);
    assert_non_null(t);
    memset(t, 0xa5, size);
    *t = (struct tuple){.size = (uint32_t)size, .n_fields = (uint8_t)n};
    if (n_anchors > 0)
        t->flags =
            n_anchors == 1 ? TUPLE_ANCHORED : TUPLE_ANCHORED | TUPLE_EXTENDED;
    if (n_anchors > 1) {
        uint64_t count = n_anchors;

        memcpy(t + 1, &count, sizeof(count));
    }
    offset = at + n * sizeof(struct slot);
    for (uint32_t i = 0; i < n; i++) {
        struct slot s = slot_of(&values[i], offset);

        slot_store((char *)t + at + i * sizeof(s), &s);
        offset = value_write_tail((char *)t, offset, &values[i]);
    }
    assert_int_equal(offset, size);
    return t;
}

static gale_value element(const struct tuple *t, gale_value v, uint32_t i)
{
    const struct slot *s = value_elements(&v);

    assert_true(value_is_borrowed(&v));
    assert_true((const char *)(s + i + 1) <= (const char *)t + t->size);
    return slot_value(t, s + i);
}

/* What came out is what went in. */
static void assert_same(const struct tuple *t, gale_value found,
                        gale_value wanted)
{
    uint32_t n = wanted.kind == GALE_MAP ? 2 * wanted.size : wanted.size;

    assert_int_equal(found.kind, wanted.kind);
    switch (wanted.kind) {
    case GALE_NIL:
        break;
    case GALE_STRING:
    case GALE_BYTES:
        assert_true(gale_str_eq(gale_value_str(found), gale_value_str(wanted)));
        break;
    case GALE_LIST:
    case GALE_MAP:
        assert_int_equal(found.size, wanted.size);
        for (uint32_t i = 0; i < n; i++)
            assert_same(t, element(t, found, i), wanted.as.items[i]);
        break;
    default: /* bit by bit: also NaN and -0 */
        assert_int_equal(found.as.i, wanted.as.i);
    }
}

static void round_trip(const gale_value *values, uint32_t n)
{
    for (uint32_t anchors = 0; anchors <= 3; anchors++) {
        struct tuple *t = tuple_of(anchors, values, n);
        uint32_t found;

        tuple_anchors(t, &found);
        assert_int_equal(found, anchors);
        for (uint32_t i = 0; i < n; i++)
            assert_same(t, slot_value(t, &tuple_slots(t)[i]), values[i]);
        free(t);
    }
}

/* -- round trips ----------------------------------------------------------- */

static void numbers_come_back_bit_by_bit(void **state)
{
    const gale_value values[] = {
        gale_nil(),          gale_bool(true),       gale_bool(false),
        gale_int(0),         gale_int(-1),          gale_int(INT64_MIN),
        gale_int(INT64_MAX), gale_float(0.0),       gale_float(-0.0),
        gale_float(0.1),     gale_float(-INFINITY), gale_float(NAN),
        gale_float(5e-324),
    };

    (void)state;
    round_trip(values, sizeof(values) / sizeof(*values));
}

static void texts_of_all_sizes_come_back(void **state)
{
    char text[1200];
    struct random r;

    (void)state;
    random_seed(&r, 1);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)random_next(&r);
    for (uint32_t size = 0; size < 1100; size += size < 300 ? 1 : 97) {
        const gale_value values[] = {
            gale_string(text, size),
            gale_bytes(text + 1, size),
            gale_string(text + 3, size / 2),
        };

        round_trip(values, 3);
    }
}

static void fourteen_bytes_lie_in_the_slot_fifteen_behind_it(void **state)
{
    const gale_value fourteen = gale_cstr("fourteen bytes");
    const gale_value fifteen = gale_cstr("fifteen bytes !");
    struct tuple *t = tuple_of(0, &fourteen, 1);

    (void)state;
    assert_int_equal(fourteen.size, 14);
    assert_int_equal(fifteen.size, 15);
    assert_int_equal(t->size, 24);
    free(t);
    t = tuple_of(0, &fifteen, 1);
    assert_int_equal(t->size, 24 + 16);
    free(t);
}

static void the_padding_of_a_text_is_zero(void **state)
{
    char zeros[8] = {0};

    (void)state;
    for (uint32_t size = 15; size < 40; size++) {
        gale_value v =
            gale_string("........................................", size);
        struct tuple *t = tuple_of(0, &v, 1);

        assert_memory_equal((char *)t + 24 + size, zeros, t->size - 24 - size);
        free(t);
    }
}

static void a_tuple_may_have_no_field_and_255(void **state)
{
    gale_value values[TUPLE_FIELDS_MAX];

    (void)state;
    round_trip(NULL, 0);
    for (uint32_t i = 0; i < TUPLE_FIELDS_MAX; i++)
        values[i] = i % 3 ? gale_int(i) : gale_cstr("this is a longer text");
    round_trip(values, TUPLE_FIELDS_MAX);
}

static void lists_and_maps_come_back_with_all_that_is_in_them(void **state)
{
    gale_value inner[] = {gale_cstr("key"), gale_cstr("a value of some length"),
                          gale_int(2), gale_nil()};
    gale_value pairs[] = {gale_cstr("list"),  gale_list(inner, 4),
                          gale_cstr("map"),   gale_map(inner, 2),
                          gale_list(NULL, 0), gale_map(NULL, 0)};
    const gale_value values[] = {
        gale_int(1),
        gale_map(pairs, 3),
        gale_cstr("between the two of them"),
        gale_list(pairs, 6),
        gale_list(NULL, 0),
    };

    (void)state;
    round_trip(values, 5);
}

/* A random value, at most `depth` deep; pool says where its elements lie. */
static gale_value any_value(struct random *r, uint32_t depth, gale_value **pool)
{
    static const char text[] = "all work and no play makes jack a dull boy";
    uint32_t kind = (uint32_t)(random_next(r) % (depth > 0 ? 8 : 6));
    uint32_t size = (uint32_t)(random_next(r) % 5);
    gale_value *items = *pool;

    if (kind == GALE_STRING || kind == GALE_BYTES) {
        gale_value v = gale_string(text, random_next(r) % sizeof(text));

        v.kind = kind;
        return v;
    }
    if (kind < GALE_STRING)
        return gale_make_(kind, 0,
                          (int64_t)random_next(r) % (kind == 1 ? 2 : 99));
    *pool += kind == GALE_MAP ? 2 * size : size;
    for (uint32_t i = 0; i < (kind == GALE_MAP ? 2 * size : size); i++)
        items[i] = any_value(r, depth - 1, pool);
    return gale_make_(kind, size, (int64_t)(intptr_t)items);
}

static void random_values_come_back(void **state)
{
    enum { POOL = 1 << 20 };
    gale_value *pool = calloc(POOL, sizeof(*pool));
    struct random r;

    (void)state;
    random_seed(&r, 5);
    for (int round = 0; round < 300; round++) {
        gale_value values[10], *at = pool;

        for (int i = 0; i < 10; i++)
            values[i] = any_value(&r, 4, &at);
        assert_true(at < pool + POOL);
        round_trip(values, 10);
    }
    free(pool);
}

/* -- refusals -------------------------------------------------------------- */

static void what_cannot_be_sent_has_no_size(void **state)
{
    gale_value bad[] = {
        gale_make_(GALE_UINT, 0, 1),
        gale_make_(GALE_DECIMAL, 0, 1),
        gale_make_(GALE_TIMESTAMP, 0, 1),
        gale_make_(11, 0, 1),
        gale_make_(UINT32_MAX, 0, 1),
        gale_string(NULL, 5),
        gale_bytes(NULL, 100),
        gale_list(NULL, 1),
        gale_map(NULL, 1),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        gale_value in_list = gale_list(&bad[i], 1);

        assert_true(value_tail(&bad[i], 0) == UINT64_MAX);
        assert_true(value_tail(&in_list, 0) == UINT64_MAX);
        assert_false(value_is_short(&bad[i]));
    }
}

static void lists_nest_sixteen_deep_and_no_deeper(void **state)
{
    gale_value lists[TUPLE_DEPTH_MAX + 1];

    (void)state;
    lists[0] = gale_list(NULL, 0);
    for (uint32_t i = 1; i <= TUPLE_DEPTH_MAX; i++)
        lists[i] = gale_list(&lists[i - 1], 1);
    round_trip(&lists[TUPLE_DEPTH_MAX - 1], 1);
    assert_true(value_tail(&lists[TUPLE_DEPTH_MAX], 0) == UINT64_MAX);
}

/* -- short texts ----------------------------------------------------------- */

static void both_ways_to_read_a_short_text_agree(void **state)
{
    char room[64];
    struct random r;

    (void)state;
    random_seed(&r, 6);
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof(room); i++)
            room[i] = (char)random_next(&r);
        for (size_t size = 0; size <= TUPLE_INLINE_MAX; size++)
            for (size_t shift = 0; shift < 16; shift++) {
                uint64_t wide[2], exact[2], naive[2] = {0, 0};

                memcpy(naive, room + shift, size);
                text_words_wide(room + shift, size, &wide[0], &wide[1]);
                text_words_exact(room + shift, size, &exact[0], &exact[1]);
                assert_int_equal(exact[0], naive[0]);
                assert_int_equal(exact[1], naive[1]);
                assert_int_equal(wide[0], naive[0]);
                assert_int_equal(wide[1], naive[1]);
            }
    }
}

/* Two pages, of which the second cannot be touched. */
static char *end_of_page(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(p != MAP_FAILED);
    assert_int_equal(mprotect(p + page, page, PROT_NONE), 0);
    return p + page;
}

static void free_pages(char *end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    munmap(end - page, 2 * page);
}

static void a_text_at_the_end_of_its_page_is_read_no_further(void **state)
{
    char *end = end_of_page();

    (void)state;
    for (uint32_t size = 1; size <= 40; size++) {
        gale_value v = gale_string(end - size, size);

        memset(end - size, (int)('a' + size % 26), size);
        round_trip(&v, 1);
    }
    free_pages(end);
}

static void texts_near_the_end_of_a_page_come_back(void **state)
{
    char *end = end_of_page();

    (void)state;
    for (uint32_t at = 1; at <= 40; at++)
        for (uint32_t size = 1; size <= at && size <= 20; size++) {
            gale_value v = gale_string(end - at, size);

            memset(end - 40, 'z', 40);
            memset(end - at, (int)('a' + size), size);
            round_trip(&v, 1);
        }
    free_pages(end);
}

static void of_an_empty_text_nothing_is_read(void **state)
{
    char *end = end_of_page();
    const gale_value values[] = {
        gale_string(end, 0),
        gale_bytes(end, 0),
        gale_string(NULL, 0),
        gale_bytes(NULL, 0),
    };

    (void)state;
    round_trip(values, 4);
    free_pages(end);
}

/* -- anchors --------------------------------------------------------------- */

static void anchors_stand_before_the_slots(void **state)
{
    (void)state;
    for (uint32_t n = 0; n <= 1000; n = n * 2 + 1) {
        gale_value v = gale_int(77);
        struct tuple *t = tuple_of(n, &v, 1);
        uint32_t found;
        const struct anchor *a = tuple_anchors(t, &found);

        assert_int_equal(found, n);
        if (n > 0)
            assert_ptr_equal(a + n, tuple_slots(t));
        else
            assert_ptr_equal(t + 1, tuple_slots(t));
        assert_int_equal(t->size % 8, 0);
        assert_int_equal(slot_value(t, tuple_slots(t)).as.i, 77);
        free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back_bit_by_bit),
        cmocka_unit_test(texts_of_all_sizes_come_back),
        cmocka_unit_test(fourteen_bytes_lie_in_the_slot_fifteen_behind_it),
        cmocka_unit_test(the_padding_of_a_text_is_zero),
        cmocka_unit_test(a_tuple_may_have_no_field_and_255),
        cmocka_unit_test(lists_and_maps_come_back_with_all_that_is_in_them),
        cmocka_unit_test(random_values_come_back),
        cmocka_unit_test(what_cannot_be_sent_has_no_size),
        cmocka_unit_test(lists_nest_sixteen_deep_and_no_deeper),
        cmocka_unit_test(both_ways_to_read_a_short_text_agree),
        cmocka_unit_test(a_text_at_the_end_of_its_page_is_read_no_further),
        cmocka_unit_test(texts_near_the_end_of_a_page_come_back),
        cmocka_unit_test(of_an_empty_text_nothing_is_read),
        cmocka_unit_test(anchors_stand_before_the_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
