/*
 * test_position_save.c - positions get to ZooKeeper, with what others write
 * meanwhile: none takes the place of a newer one, and none is written by whom a
 * check does not let.
 */
#include "common/position_save.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/memory_world.h"
#include <stdio.h>
#include <string.h>

#define BIRTH 3u
#define VERSION 5u /* of the assignment */
#define TOPOLOGY "words-1-9"

static struct memory_world world;
static uint32_t n_done, failed_check;
static enum zookeeper_result outcome;

static void done(void *arg, enum zookeeper_result result, uint32_t failed)
{
    (void)arg;
    n_done++;
    outcome = result;
    failed_check = failed;
}

static int setup(void **state)
{
    static const char *const folders[] = {
        "/epoch", "/positions", "/assignments", "/assignments/" TOPOLOGY};

    (void)state;
    n_done = 0;
    memory_world_begin(&world);
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        memory_world_create(&world, folders[i], "", 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    memory_world_end(&world);
    return 0;
}

/* -- lists ----------------------------------------------------------------- */

/* Positions of the splits "a", "b", …, each of that time: 0 ends them. */
static void pack_of_birth(struct pack *data, uint32_t i, uint64_t birth,
                          uint64_t at)
{
    char split = (char)('a' + i), position[24];
    int n =
        snprintf(position, sizeof(position), "%llu", (unsigned long long)at);
    const struct position_record r = {
        .component = gale_str_make("source", 6),
        .split = gale_str_make(&split, 1),
        .position = gale_str_make(position, (size_t)n),
        .order = {birth, at},
    };

    pack_init(data);
    position_record_pack(&r, data);
}

static void pack_data(struct pack *data, uint32_t i, uint64_t at)
{
    pack_of_birth(data, i, BIRTH, at);
}

static void pack_list(struct pack *p, const uint64_t *at, uint32_t n)
{
    pack_init(p);
    pack_array(p, n);
    for (uint32_t i = 0; i < n; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        struct pack data;

        pack_data(&data, i, at[i]);
        pack_map(p, 2);
        pack_key_text(p, "name", name);
        pack_key_bytes(p, "data", data.buffer.data, data.buffer.size);
        pack_free(&data);
    }
}

static struct position_save *save_of(const uint64_t *at, uint32_t n,
                                     uint32_t max)
{
    struct position_save *s;
    struct unpacked u;
    struct pack p;

    pack_list(&p, at, n);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1u << 20, 1000}, "it", NULL),
                     0);
    s = position_save_new(TOPOLOGY, u.root, max);
    unpacked_free(&u);
    pack_free(&p);
    return s;
}

static void begin_at(struct position_save *s, int32_t epoch, int32_t node)
{
    const struct position_save_options options = {
        .zookeeper = world.mine,
        .n_checks = 2,
        .checks = {{"/epoch", epoch}, {"/assignments/" TOPOLOGY, node}},
        .version = VERSION,
        .done = done,
    };

    position_save_begin(s, &options);
    assert_int_equal(n_done, 0); /* not from within */
}

static void begin(struct position_save *s)
{
    begin_at(s, 0, 0);
}

static void end_with(struct position_save *s, enum zookeeper_result result)
{
    memory_world_settle(&world, 50);
    assert_int_equal(n_done, 1);
    assert_int_equal(outcome, result);
    n_done = 0;
    position_save_free(s);
}

/* -- what is there --------------------------------------------------------- */

static const char *path_of(uint32_t i)
{
    static char path[60];

    snprintf(path, sizeof(path), "/positions/" TOPOLOGY "/%c", (char)('a' + i));
    return path;
}

/* Somebody else writes. */
static void put(uint32_t i, uint64_t at, bool anew)
{
    struct pack data;

    pack_data(&data, i, at);
    (anew ? memory_world_create : memory_world_set)(
        &world, path_of(i), data.buffer.data, data.buffer.size);
    pack_free(&data);
}

/* "vVERSION" of it; of the time `at`, which is its text, too. */
static void expect(uint32_t i, uint64_t at, const char *version)
{
    const char *found = memory_world_at(&world, path_of(i));
    char end[60];

    assert_non_null(strstr(found, version));
    snprintf(end, sizeof(end), "%llu", (unsigned long long)at);
    if (strstr(found, end) == NULL)
        fail_msg("expected %s in %s", end, found);
}

/* -- tests ----------------------------------------------------------------- */

static void the_first_ones_make_the_folder(void **state)
{
    struct position_save *s = save_of((uint64_t[]){1001, 1002}, 2, 64);

    (void)state;
    begin(s);
    end_with(s, ZOOKEEPER_OK);
    expect(0, 1001, " v0");
    expect(1, 1002, " v0");
}

static void newer_ones_are_written_over_older_ones(void **state)
{
    struct position_save *s = save_of((uint64_t[]){1001, 1002}, 2, 64);

    (void)state;
    begin(s);
    end_with(s, ZOOKEEPER_OK);
    s = save_of((uint64_t[]){2001, 1002}, 2, 64);
    begin(s);
    end_with(s, ZOOKEEPER_OK);
    expect(0, 2001, " v1");
    expect(1, 1002, " v1"); /* the same once more */
}

/* The rest of the list is kept all the same. */
static void an_older_one_leaves_the_newer_one_and_is_as_good_as_kept(
    void **state)
{
    struct position_save *s;

    (void)state;
    memory_world_create(&world, "/positions/" TOPOLOGY, "", 0);
    put(0, 5000, true);
    s = save_of((uint64_t[]){4000, 4000}, 2, 64);
    begin(s);
    end_with(s, ZOOKEEPER_OK);
    expect(0, 5000, " v0");
    expect(1, 4000, " v0");
}

/* Whoever has written that: it was no worker of this topology. */
static void one_of_a_birth_that_there_is_not_yet_is_written_over(void **state)
{
    const uint64_t births[] = {VERSION + 1, UINT64_MAX};

    (void)state;
    memory_world_create(&world, "/positions/" TOPOLOGY, "", 0);
    put(0, 1000, true);
    for (size_t i = 0; i < 2; i++) {
        struct position_save *s = save_of((uint64_t[]){2000 + i}, 1, 64);
        struct pack data;

        pack_of_birth(&data, 0, births[i], 9000);
        memory_world_set(&world, path_of(0), data.buffer.data,
                         data.buffer.size);
        pack_free(&data);
        begin(s);
        end_with(s, ZOOKEEPER_OK);
        expect(0, 2000 + i, " v");
    }
}

/* It was older when it was looked at, and is not when it is written. */
static void what_another_writes_between_look_and_write_stays(void **state)
{
    struct position_nodes nodes = {.n = 0};
    struct position_save *s;

    (void)state;
    s = save_of((uint64_t[]){1000}, 1, 64);
    begin(s);
    memory_world_settle(&world, 50);
    position_save_learn(s, &nodes);
    end_with(s, ZOOKEEPER_OK);
    put(0, 3000, false);
    s = save_of((uint64_t[]){2000}, 1, 64);
    position_save_know(s, &nodes);
    begin(s);
    end_with(s, ZOOKEEPER_OK);
    expect(0, 3000, " v1");
    s = save_of((uint64_t[]){4000}, 1, 64);
    position_save_know(s, &nodes); /* as little true as before */
    begin(s);
    end_with(s, ZOOKEEPER_OK);
    expect(0, 4000, " v2");
    position_nodes_fini(&nodes);
}

/* What is known need not be read: the next write of the same is one request
 * each way. */
static void what_is_known_is_written_at_once(void **state)
{
    struct position_nodes nodes = {.n = 0};
    struct position_save *s = save_of((uint64_t[]){1000}, 1, 64);

    (void)state;
    begin(s);
    memory_world_settle(&world, 50);
    position_save_learn(s, &nodes);
    end_with(s, ZOOKEEPER_OK);
    s = save_of((uint64_t[]){2000}, 1, 64);
    position_save_know(s, &nodes);
    begin(s);
    memory_world_settle(&world, 3);
    assert_int_equal(n_done, 1);
    end_with(s, ZOOKEEPER_OK);
    expect(0, 2000, " v1");
    position_nodes_fini(&nodes);
}

static void nothing_is_written_if_a_check_does_not_hold(void **state)
{
    struct position_save *s;

    (void)state;
    memory_world_set(&world, "/epoch", "", 0);
    s = save_of((uint64_t[]){1000}, 1, 64);
    begin(s);
    end_with(s, ZOOKEEPER_BAD_VERSION);
    assert_int_equal(failed_check, 0);
    s = save_of((uint64_t[]){1000}, 1, 64);
    begin_at(s, 1, 7);
    end_with(s, ZOOKEEPER_BAD_VERSION);
    assert_int_equal(failed_check, 1);
    assert_string_equal(memory_world_at(&world, path_of(0)), "none");
}

/* Also one that would write nothing. */
static void an_older_one_is_not_kept_for_whom_a_check_does_not_let(void **state)
{
    struct position_save *s;

    (void)state;
    memory_world_create(&world, "/positions/" TOPOLOGY, "", 0);
    put(0, 5000, true);
    s = save_of((uint64_t[]){4000}, 1, 64);
    begin_at(s, 0, 7);
    end_with(s, ZOOKEEPER_BAD_VERSION);
}

static void while_zookeeper_is_away_that_is_said(void **state)
{
    struct position_save *s = save_of((uint64_t[]){1000}, 1, 64);

    (void)state;
    zookeeper_memory_cut(world.mine, ZOOKEEPER_CUT_NOTICED);
    begin(s);
    end_with(s, ZOOKEEPER_AWAY);
    assert_int_equal(failed_check, 2); /* none of them */
}

/* An answer that is lost leaves open what is there. */
static void a_write_whose_answer_is_lost_is_looked_for_the_next_time(
    void **state)
{
    struct position_nodes nodes = {.n = 0};
    struct position_save *s = save_of((uint64_t[]){1000}, 1, 64);

    (void)state;
    begin(s);
    memory_world_settle(&world, 50);
    position_save_learn(s, &nodes);
    end_with(s, ZOOKEEPER_OK);
    zookeeper_memory_lose_answers(world.mine, 1);
    s = save_of((uint64_t[]){2000}, 1, 64);
    position_save_know(s, &nodes);
    begin(s);
    memory_world_settle(&world, 50);
    position_save_learn(s, &nodes);
    end_with(s, ZOOKEEPER_UNKNOWN);
    expect(0, 2000, " v1");
    s = save_of((uint64_t[]){3000}, 1, 64);
    position_save_know(s, &nodes);
    begin(s);
    end_with(s, ZOOKEEPER_OK);
    expect(0, 3000, " v2");
    position_nodes_fini(&nodes);
}

static void one_that_is_given_up_tells_nobody(void **state)
{
    struct position_save *s = save_of((uint64_t[]){1000, 1000}, 2, 64);

    (void)state;
    begin(s);
    position_save_free(s);
    memory_world_settle(&world, 50);
    assert_int_equal(n_done, 0);
}

static void a_list_is_of_1_to_so_many_positions(void **state)
{
    static const uint64_t at[4] = {1, 2, 3, 4};
    struct position_save *s;

    (void)state;
    assert_null(save_of(at, 0, 3));
    assert_null(save_of(at, 4, 3));
    s = save_of(at, 3, 3);
    assert_non_null(s);
    assert_int_equal(position_save_n(s), 3);
    position_save_free(s);
}

static void refuse_name(const char *name)
{
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    pack_array(&p, 1);
    pack_map(&p, 2);
    pack_key_text(&p, "name", name);
    pack_key_bytes(&p, "data", "x", 1);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1u << 20, 1000}, "it", NULL),
                     0);
    assert_null(position_save_new(TOPOLOGY, u.root, 64));
    unpacked_free(&u);
    pack_free(&p);
}

static void what_is_no_name_of_a_node_is_refused(void **state)
{
    (void)state;
    refuse_name("");
    refuse_name(".");
    refuse_name("../epoch");
    refuse_name("a/b");
    refuse_name(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_ones_make_the_folder),
        TEST(newer_ones_are_written_over_older_ones),
        TEST(an_older_one_leaves_the_newer_one_and_is_as_good_as_kept),
        TEST(one_of_a_birth_that_there_is_not_yet_is_written_over),
        TEST(what_another_writes_between_look_and_write_stays),
        TEST(what_is_known_is_written_at_once),
        TEST(nothing_is_written_if_a_check_does_not_hold),
        TEST(an_older_one_is_not_kept_for_whom_a_check_does_not_let),
        TEST(while_zookeeper_is_away_that_is_said),
        TEST(a_write_whose_answer_is_lost_is_looked_for_the_next_time),
        TEST(one_that_is_given_up_tells_nobody),
        TEST(a_list_is_of_1_to_so_many_positions),
        TEST(what_is_no_name_of_a_node_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
