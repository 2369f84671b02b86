/*
 * test_supply.c - what a worker needs is read: nothing is told of it before all
 * records are there, and nothing by what somebody has damaged.
 */
#include "supervisor/supply.h"
#include "common/position_record.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/memory_world.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

static const struct digest key = {{7}};

static struct memory_world world;
static struct store *store;
static struct local_directory local;
static char directory[128];
static struct supply_from from;
static struct topology_record topology;
static struct slot_wanted worker;
static uint32_t n_done;
static char failed[300];

/* The records as they were written. */
enum { TOPOLOGY, ASSIGNMENT, RECORDS };
static struct {
    char data[4096];
    size_t size;
} written[RECORDS];

static void remember(uint32_t which, const struct pack *p)
{
    assert_true(p->buffer.size <= sizeof(written[which].data));
    memcpy(written[which].data, p->buffer.data, p->buffer.size);
    written[which].size = p->buffer.size;
}

static void done(void *arg, const char *why)
{
    (void)arg;
    n_done++;
    snprintf(failed, sizeof(failed), "%s", why == NULL ? "" : why);
}

/* -- what there is --------------------------------------------------------- */

static const char *path_of(const char *folder, const char *name)
{
    static char path[300];

    snprintf(path, sizeof(path), "/%s/%s%s", folder, topology.id, name);
    return path;
}

static void put_topology(void)
{
    static const uint32_t executors[] = {1};
    struct digest hash;
    struct pack p;

    sample_topology(&topology, "words", 1700000000, 1, 1, executors);
    assert_int_equal(store_put(store, "described", 9, &hash, NULL), 0);
    digest_hex(&hash, topology.description_hash);
    for (uint32_t i = 0; i < topology.n_files; i++)
        digest_hex(&hash, topology.files[i].hash);
    pack_init(&p);
    assert_int_equal(topology_record_pack(&topology, &key, &p, NULL), 0);
    memory_world_create(&world, path_of("topologies", ""), p.buffer.data,
                        p.buffer.size);
    remember(TOPOLOGY, &p);
    pack_free(&p);
}

static void put_assignment_of(uint64_t version, uint64_t birth)
{
    struct component_size size = {1};
    struct executor_range range = {0, 0, 1};
    struct assigned_worker one = {.supervisor = "s",
                                  .address = "127.0.0.1",
                                  .port = 6700,
                                  .birth = birth,
                                  .n_executors = 1,
                                  .executors = &range};
    struct assignment_record a = {.assignment_version = version,
                                  .epoch = 1,
                                  .n_components = 1,
                                  .components = &size,
                                  .n_workers = 1,
                                  .workers = &one};
    struct pack p;

    snprintf(a.topology, sizeof(a.topology), "%s", topology.id);
    pack_init(&p);
    assert_int_equal(assignment_record_pack(&a, &key, &p, NULL), 0);
    (version == 1 ? memory_world_create : memory_world_set)(
        &world, path_of("assignments", ""), p.buffer.data, p.buffer.size);
    remember(ASSIGNMENT, &p);
    pack_free(&p);
}

static void put_assignment(uint64_t version)
{
    put_assignment_of(version, 1);
}

/* Of two splits; p is to be freed. */
static void position_of(uint32_t i, struct pack *p, char name[DIGEST_HEX])
{
    const struct position_record r = {
        .component = gale_str_make("source", 6),
        .split = gale_str_make(i == 0 ? "a" : "b", 1),
        .position = gale_str_make("17", 2),
        .order = {1, 1},
    };

    position_record_name(&r, name);
    pack_init(p);
    position_record_pack(&r, p);
}

static const char *position_path(uint32_t i)
{
    static char path[400];
    char name[DIGEST_HEX];
    struct pack p;

    position_of(i, &p, name);
    snprintf(path, sizeof(path), "%s/%s", path_of("positions", ""), name);
    pack_free(&p);
    return path;
}

static void put_positions(void)
{
    memory_world_create(&world, path_of("positions", ""), NULL, 0);
    for (uint32_t i = 0; i < 2; i++) {
        char name[DIGEST_HEX];
        struct pack p;

        position_of(i, &p, name);
        memory_world_create(&world, position_path(i), p.buffer.data,
                            p.buffer.size);
        pack_free(&p);
    }
}

static int setup(void **state)
{
    static const char *const folders[] = {"/topologies", "/assignments",
                                          "/positions"};
    const char *tmp = getenv("TMPDIR");
    char path[160];

    (void)state;
    snprintf(directory, sizeof(directory), "%s/supplyXXXXXX",
             tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(directory) == NULL)
        return -1;
    memory_world_begin(&world);
    for (uint32_t i = 0; i < 3; i++)
        memory_world_create(&world, folders[i], NULL, 0);
    snprintf(path, sizeof(path), "%s/store", directory);
    store = store_open(env_posix(), path, NULL);
    if (store == NULL ||
        local_directory_open(&local, env_posix(), directory, NULL) != 0)
        return -1;
    put_topology();
    put_assignment(1);
    put_positions();
    worker = (struct slot_wanted){.birth = 1, .version = 1};
    snprintf(worker.topology, sizeof(worker.topology), "%s", topology.id);
    from = (struct supply_from){.loop = world.loop,
                                .zookeeper = world.mine,
                                .files = {.loop = world.loop, .store = store},
                                .store = store,
                                .local = &local,
                                .records_key = &key};
    n_done = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    memory_world_end(&world);
    topology_record_free(&topology);
    local_directory_close(&local);
    store_close(store);
    return env_posix()->ops->tree_remove(env_posix(), directory);
}

/* -- what is told ---------------------------------------------------------- */

/* Who has the assignment may ask for the rest. */
static void look(const struct supply *s)
{
    if (supply_assignment(s)->n_workers == 0)
        return;
    assert_string_equal(supply_topology(s)->id, topology.id);
    assert_int_equal(supply_n_positions(s), 2);
    for (uint32_t i = 0; i < 2; i++) {
        const void *data;
        size_t size;
        const char *name = supply_position(s, i, &data, &size);

        assert_true(position_record_is(name, data, size));
    }
}

static void until_done(struct supply *s)
{
    look(s);
    while (n_done == 0) {
        memory_world_go_on(&world);
        look(s);
    }
    assert_string_equal(failed, "");
}

static void there_is_no_assignment_before_all_positions_are_read(void **state)
{
    struct supply *s = supply_begin(&from, &worker, false, done, NULL);

    (void)state;
    until_done(s);
    assert_int_equal(supply_assignment(s)->assignment_version, 1);
    supply_free(s);
}

/* A worker that was taken up asks for its plan, and another version is wanted
 * meanwhile. */
static void what_is_wanted_while_it_reads_is_read_with_the_rest(void **state)
{
    struct supply *s = supply_begin(&from, &worker, false, done, NULL);

    (void)state;
    supply_renew(s, 2);
    put_assignment(2);
    until_done(s);
    memory_world_settle(&world, 300);
    assert_int_equal(n_done, 1);
    assert_int_equal(supply_assignment(s)->assignment_version, 2);
    supply_free(s);
}

static void a_later_version_is_read_alone(void **state)
{
    struct supply *s = supply_begin(&from, &worker, false, done, NULL);

    (void)state;
    until_done(s);
    put_assignment(2);
    n_done = 0;
    supply_renew(s, 2);
    until_done(s);
    assert_int_equal(n_done, 1);
    assert_int_equal(supply_assignment(s)->assignment_version, 2);
    supply_free(s);
}

/* Who was replaced begins nothing by the assignment of who has replaced it, and
 * goes on by none: its slot tells, soon. */
static void another_birth_of_the_worker_is_another_worker(void **state)
{
    struct supply *s;

    (void)state;
    put_assignment_of(2, 2);
    s = supply_begin(&from, &worker, false, done, NULL);
    memory_world_settle(&world, 700);
    assert_int_equal(n_done, 0);
    assert_int_equal(supply_assignment(s)->n_workers, 0);
    put_assignment_of(3, 1); /* as nobody writes it: it is its own again */
    until_done(s);
    assert_int_equal(supply_assignment(s)->assignment_version, 3);
    n_done = 0;
    put_assignment_of(4, 4);
    supply_renew(s, 3);
    memory_world_settle(&world, 700);
    assert_int_equal(n_done, 0);
    assert_int_equal(supply_assignment(s)->assignment_version, 3);
    supply_free(s);
}

/* -- what is damaged ------------------------------------------------------- */

static void expect_failure(const char *path, const char *text)
{
    struct supply *s = supply_begin(&from, &worker, false, done, NULL);

    memory_world_settle(&world, 700);
    assert_int_equal(n_done, 1);
    if (strstr(failed, text) == NULL)
        fail_msg("%s: expected \"%s\" in \"%s\"", path, text, failed);
    assert_int_equal(supply_assignment(s)->n_workers, 0);
    supply_free(s);
    n_done = 0;
}

/* All that it can be taken for, in the place of `size` bytes of data. */
static void damage(const char *where, const void *data, size_t size,
                   const char *text)
{
    static char noise[512 * 1024];
    char path[400], *copy = memcpy(xmalloc(size), data, size);

    snprintf(path, sizeof(path), "%s", where);
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(i * 2654435761u >> 13);
    memory_world_set(&world, path, "", 0);
    expect_failure(path, text);
    memory_world_set(&world, path, "x", 1);
    expect_failure(path, text);
    memory_world_set(&world, path, noise, sizeof(noise));
    expect_failure(path, text);
    memory_world_set(&world, path,
                     "\x81\xa6record\xa5"
                     "epoch",
                     14);
    expect_failure(path, text);
    memory_world_set(&world, path, copy, size - 1);
    expect_failure(path, text);
    copy[1] ^= 1;
    memory_world_set(&world, path, copy, size);
    expect_failure(path, text);
    memory_world_set(&world, path, data, size);
    free(copy);
}

static void expect_a_start(void)
{
    struct supply *s = supply_begin(&from, &worker, false, done, NULL);

    until_done(s);
    supply_free(s);
    n_done = 0;
}

static void no_worker_starts_by_a_damaged_record_but_by_the_true_one(
    void **state)
{
    (void)state;
    damage(path_of("topologies", ""), written[TOPOLOGY].data,
           written[TOPOLOGY].size, "the topology record");
    expect_a_start();
    damage(path_of("assignments", ""), written[ASSIGNMENT].data,
           written[ASSIGNMENT].size, "the assignment record");
    expect_a_start();
}

static void nor_by_a_damaged_position_or_that_of_another_split(void **state)
{
    char name[DIGEST_HEX];
    struct pack p, other;

    (void)state;
    position_of(0, &p, name);
    damage(position_path(0), p.buffer.data, p.buffer.size,
           "is damaged: put it right, or remove it");
    position_of(1, &other, name);
    memory_world_set(&world, position_path(0), other.buffer.data,
                     other.buffer.size);
    expect_failure("of another", "is damaged: put it right, or remove it");
    memory_world_set(&world, position_path(0), p.buffer.data, p.buffer.size);
    expect_a_start();
    pack_free(&other);
    pack_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(there_is_no_assignment_before_all_positions_are_read),
        TEST(what_is_wanted_while_it_reads_is_read_with_the_rest),
        TEST(a_later_version_is_read_alone),
        TEST(another_birth_of_the_worker_is_another_worker),
        TEST(no_worker_starts_by_a_damaged_record_but_by_the_true_one),
        TEST(nor_by_a_damaged_position_or_that_of_another_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
