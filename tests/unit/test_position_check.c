/*
 * test_position_check.c - a worker has positions kept of its own tasks alone,
 * under their names, and of its own birth.
 */
#include "common/position_check.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/sample_topology.h"
#include <string.h>

#define BIRTH 7u

/* Component c0 has 5 tasks of 2 executors: tasks 0, 1 and 2, 3, 4. Worker 0 has
 * the first of them, worker 1 the second. c1 has one task, of worker 1. */
static struct topology_record topology;
static struct component_size sizes[] = {{2}, {1}};
static struct executor_range first[] = {{0, 0, 1}};
static struct executor_range second[] = {{0, 1, 1}, {1, 0, 1}};
static struct assigned_worker workers[] = {
    {.birth = BIRTH, .n_executors = 1, .executors = first},
    {.birth = BIRTH, .n_executors = 2, .executors = second},
};
static const struct assignment_record assignment = {
    .n_components = 2, .components = sizes, .n_workers = 2, .workers = workers};

static int setup(void **state)
{
    (void)state;
    sample_topology(&topology, "words", 9, 2, 2, (uint32_t[]){2, 1});
    topology.components[0].tasks = 5;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    topology_record_free(&topology);
    return 0;
}

static struct position_record record_of(const char *component, uint32_t index,
                                        uint64_t birth)
{
    return (struct position_record){
        .component = gale_str_make(component, strlen(component)),
        .index = index,
        .split = gale_str_make("s", 1),
        .position = gale_str_make("17", 2),
        .order = {birth, 100},
    };
}

static const char *check_as(const struct position_record *r,
                            const struct position_record *named,
                            uint32_t worker)
{
    char name[DIGEST_HEX];
    struct pack p;
    const char *wrong;

    position_record_name(named, name);
    pack_init(&p);
    position_record_pack(r, &p);
    wrong = position_check(&topology, &assignment, worker, name,
                           gale_str_make(p.buffer.data, p.buffer.size));
    pack_free(&p);
    return wrong;
}

static void each_worker_keeps_those_of_its_own_tasks(void **state)
{
    static const struct {
        const char *component;
        uint32_t index;
        int worker; /* -1: nobody's */
    } cases[] = {
        {"c0", 0, 0}, {"c0", 1, 0},  {"c0", 2, 1},
        {"c0", 4, 1}, {"c0", 5, -1}, {"c0", UINT32_MAX - 1, -1},
        {"c1", 0, 1}, {"c1", 1, -1}, {"c2", 0, -1},
        {"c", 0, -1}, {"", 0, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int worker = 0; worker < 2; worker++) {
            struct position_record r =
                record_of(cases[i].component, cases[i].index, BIRTH);
            const char *wrong = check_as(&r, &r, (uint32_t)worker);

            if (worker == cases[i].worker)
                assert_null(wrong);
            else
                assert_string_equal(
                    wrong, "it is of a task that this worker does not have");
        }
}

static void what_is_under_the_name_of_another_is_refused(void **state)
{
    struct position_record r = record_of("c0", 0, BIRTH);
    struct position_record other = record_of("c0", 1, BIRTH);

    (void)state;
    assert_string_equal(check_as(&r, &other, 0),
                        "its name is that of another one");
}

/* Or it would be newer than all that comes after this worker. */
static void what_is_of_another_birth_is_refused(void **state)
{
    struct position_record later = record_of("c0", 0, BIRTH + 1);
    struct position_record earlier = record_of("c0", 0, BIRTH - 1);
    struct position_record none = record_of("c0", 0, 0);

    (void)state;
    assert_string_equal(check_as(&later, &later, 0),
                        "it is of another birth of this worker");
    assert_string_equal(check_as(&earlier, &earlier, 0),
                        "it is of another birth of this worker");
    assert_null(check_as(&none, &none, 0)); /* of an earlier gale */
}

static void what_is_no_position_is_refused(void **state)
{
    (void)state;
    assert_string_equal(
        position_check(&topology, &assignment, 0, "a", gale_str_make("17", 2)),
        "it is none, or too long");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_worker_keeps_those_of_its_own_tasks),
        TEST(what_is_under_the_name_of_another_is_refused),
        TEST(what_is_of_another_birth_is_refused),
        TEST(what_is_no_position_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
