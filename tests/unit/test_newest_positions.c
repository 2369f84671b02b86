/*
 * test_newest_positions.c - a supervisor knows the newest positions of a
 * worker's spouts, and gives them to the next process of that worker alone.
 */
#include "tests/support/cmocka_all.h"
#include "common/position_save.h"
#include "supervisor/newest_positions.h"
#include <string.h>

static const struct slot_wanted worker = {
    .topology = "words-1", .worker = 2, .birth = 3, .version = 4};

static struct newest_positions all;

static int teardown(void **state)
{
    (void)state;
    newest_positions_fini(&all);
    return 0;
}

static void pack_one(struct pack *p, const char *name, const char *data)
{
    pack_map(p, 2);
    pack_key_text(p, "name", name);
    pack_key_bytes(p, "data", data, strlen(data));
}

static void take_packed(const struct slot_wanted *of, struct pack *p)
{
    struct unpacked u;

    assert_int_equal(unpack(&u, p->buffer.data, p->buffer.size,
                            (struct pack_limits){64u << 20, 1000000}, "it",
                            NULL),
                     0);
    newest_positions_take(&all, of, u.root);
    unpacked_free(&u);
    pack_free(p);
}

static void take(const struct slot_wanted *of, const char *name,
                 const char *data)
{
    struct pack p;

    pack_init(&p);
    pack_array(&p, 1);
    pack_one(&p, name, data);
    take_packed(of, &p);
}

static void assert_is(const char *name, const char *data)
{
    const struct newest_position *p =
        newest_positions_find(&all, &worker, name);

    if (data == NULL) {
        assert_null(p);
        return;
    }
    assert_non_null(p);
    assert_int_equal(p->size, strlen(data));
    assert_memory_equal(p->data, data, p->size);
}

static void the_newest_of_a_name_counts(void **state)
{
    (void)state;
    take(&worker, "b", "1");
    take(&worker, "a", "22");
    take(&worker, "c", "3");
    take(&worker, "b", "444");
    assert_int_equal(newest_positions_n(&all, &worker), 3);
    assert_is("a", "22");
    assert_is("b", "444");
    assert_is("c", "3");
    assert_is("d", NULL);
}

static void a_newer_assignment_of_the_worker_changes_nothing(void **state)
{
    struct slot_wanted told = worker;

    (void)state;
    take(&worker, "a", "1");
    told.version++;
    take(&told, "b", "2");
    assert_is("a", "1");
    assert_is("b", "2");
}

static void another_worker_gets_none_of_them(void **state)
{
    struct slot_wanted others[] = {worker, worker, worker};

    (void)state;
    others[0].birth++;
    others[1].worker++;
    snprintf(others[2].topology, sizeof(others[2].topology), "words-2");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        take(&worker, "a", "1");
        assert_int_equal(newest_positions_n(&all, &others[i]), 0);
        assert_null(newest_positions_find(&all, &others[i], "a"));
        take(&others[i], "b", "2");
        assert_is("a", NULL);
        assert_int_equal(newest_positions_n(&all, &worker), 0);
    }
}

static void what_is_no_position_is_passed_over(void **state)
{
    static const char *const names[] = {"", ".", "..", "a/b"};
    struct pack p;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        take(&worker, names[i], "1");
    pack_init(&p);
    pack_array(&p, 3);
    pack_nil(&p);
    pack_map(&p, 1);
    pack_key_text(&p, "name", "no-data");
    pack_one(&p, "right", "2");
    take_packed(&worker, &p);
    pack_init(&p);
    pack_text(&p, "no list");
    take_packed(&worker, &p);
    assert_int_equal(newest_positions_n(&all, &worker), 1);
    assert_is("right", "2");
}

/* An older one would be worse than none: then what is kept serves. */
static void what_has_no_room_leaves_no_older_one(void **state)
{
    static char large[NEWEST_POSITIONS_BYTES / 2 + 1];

    (void)state;
    memset(large, 'x', sizeof(large) - 1);
    take(&worker, "a", large);
    take(&worker, "b", "1");
    take(&worker, "b", large);
    assert_is("b", NULL);
    assert_is("a", large);
    take(&worker, "a", "2");
    take(&worker, "b", large);
    assert_is("a", "2");
    assert_is("b", large);
}

/* A position of that birth and time. */
static void pack_at(struct pack *data, uint64_t birth, uint64_t at)
{
    const struct position_record r = {.component = gale_str_make("source", 6),
                                      .split = gale_str_make("", 0),
                                      .position = gale_str_make("17", 2),
                                      .order = {birth, at}};

    pack_init(data);
    position_record_pack(&r, data);
}

static void take_at(const char *name, uint64_t birth, uint64_t at)
{
    struct pack p, data;

    pack_at(&data, birth, at);
    pack_init(&p);
    pack_array(&p, 1);
    pack_map(&p, 2);
    pack_key_text(&p, "name", name);
    pack_key_bytes(&p, "data", data.buffer.data, data.buffer.size);
    pack_free(&data);
    take_packed(&worker, &p);
}

static bool is_there_beside(uint64_t birth, uint64_t at,
                            const struct slot_wanted *of)
{
    struct pack kept;

    take_at("a", 3, 500);
    pack_at(&kept, birth, at);
    newest_positions_yield(&all, of, "a",
                           gale_str_make(kept.buffer.data, kept.buffer.size));
    newest_positions_yield(&all, of, "b",
                           gale_str_make(kept.buffer.data, kept.buffer.size));
    pack_free(&kept);
    return newest_positions_find(&all, &worker, "a") != NULL;
}

/* Nimbus has kept it, while the worker found this supervisor away. */
static void one_that_is_kept_and_newer_takes_its_place(void **state)
{
    struct slot_wanted other = worker;

    (void)state;
    other.birth++;
    assert_true(is_there_beside(3, 499, &worker));
    assert_true(is_there_beside(3, 500, &worker));
    assert_false(is_there_beside(3, 501, &worker));
    assert_true(is_there_beside(2, 900, &worker));
    assert_true(is_there_beside(0, 0, &worker)); /* of an earlier gale */
    assert_true(is_there_beside(3, 501, &other));
}

static void there_are_no_more_than_so_many(void **state)
{
    struct pack p;
    char name[32];

    (void)state;
    pack_init(&p);
    pack_array(&p, NEWEST_POSITIONS_MAX + 2);
    for (uint32_t i = 0; i < NEWEST_POSITIONS_MAX + 2; i++) {
        snprintf(name, sizeof(name), "%u", i);
        pack_one(&p, name, "x");
    }
    take_packed(&worker, &p);
    assert_int_equal(newest_positions_n(&all, &worker), NEWEST_POSITIONS_MAX);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_of_a_name_counts),
        TEST(a_newer_assignment_of_the_worker_changes_nothing),
        TEST(another_worker_gets_none_of_them),
        TEST(what_is_no_position_is_passed_over),
        TEST(what_has_no_room_leaves_no_older_one),
        TEST(one_that_is_kept_and_newer_takes_its_place),
        TEST(there_are_no_more_than_so_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
