/* test_assignment_record.c - an executor has one worker, a worker one slot. */
#include "tests/support/cmocka_all.h"
#include "common/assignment_record.h"
#include "topology-api/memory.h"

static const struct digest key = {{7}};

struct sample {
    struct component_size components[2];
    struct executor_range ranges[2][2];
    struct assigned_worker workers[2];
    struct assignment_record a;
};

/* Component 0 has 3 executors, component 1 has 2. */
static void sample(struct sample *s)
{
    *s = (struct sample){
        .components = {{3}, {2}},
        .ranges = {{{0, 0, 2}, {1, 1, 1}}, {{0, 2, 1}, {1, 0, 1}}},
        .workers = {{.supervisor = "s-1",
                     .address = "10.0.0.1",
                     .port = 6700,
                     .birth = 3,
                     .n_executors = 2},
                    {.supervisor = "s-2",
                     .address = "10.0.0.2",
                     .port = 6700,
                     .birth = 4,
                     .n_executors = 2}},
        .a = {.topology = "t-1-5",
              .assignment_version = 4,
              .epoch = 2,
              .n_components = 2,
              .n_workers = 2},
    };
    s->a.components = s->components;
    s->a.workers = s->workers;
    s->workers[0].executors = s->ranges[0];
    s->workers[1].executors = s->ranges[1];
}

static void it_is_written_and_read(void **state)
{
    struct sample s;
    struct assignment_record read;
    struct pack p;
    gale_err error;

    (void)state;
    sample(&s);
    pack_init(&p);
    assert_int_equal(assignment_record_pack(&s.a, &key, &p, &error), 0);
    assert_int_equal(assignment_record_unpack(p.buffer.data, p.buffer.size,
                                              &key, &read, &error),
                     0);
    assert_string_equal(read.topology, "t-1-5");
    assert_int_equal(read.assignment_version, 4);
    assert_int_equal(read.epoch, 2);
    assert_int_equal(read.n_workers, 2);
    assert_string_equal(read.workers[1].supervisor, "s-2");
    assert_string_equal(read.workers[1].address, "10.0.0.2");
    assert_int_equal(read.workers[1].birth, 4);
    assert_memory_equal(read.workers[1].executors, s.ranges[1],
                        sizeof(s.ranges[1]));
    assignment_record_free(&read);
    pack_free(&p);
}

static void twice(struct sample *s)
{
    s->ranges[1][0] = (struct executor_range){0, 1, 2};
}
static void missing(struct sample *s)
{
    s->ranges[0][0].n = 1;
}
static void of_none(struct sample *s)
{
    s->ranges[0][0].component = 2;
}
static void beyond(struct sample *s)
{
    s->ranges[0][0].n = 4;
}
static void far_beyond(struct sample *s)
{
    s->ranges[0][0] = (struct executor_range){0, UINT32_MAX, UINT32_MAX};
}
static void of_no_length(struct sample *s)
{
    s->ranges[0][1].n = 0;
}
static void same_slot(struct sample *s)
{
    memcpy(s->workers[1].supervisor, "s-1", 4);
}
static void too_young(struct sample *s)
{
    s->workers[1].birth = 5;
}
static void many(struct sample *s)
{
    s->components[0].executors = s->components[1].executors = UINT32_MAX;
}
static void empty_component(struct sample *s)
{
    s->components[1].executors = 0;
}
static void nobody(struct sample *s)
{
    s->a.n_workers = 0;
}

static void an_assignment_that_contradicts_itself_is_refused(void **state)
{
    static const struct {
        void (*spoil)(struct sample *s);
        const char *sentence;
    } cases[] = {
        {twice, "gives an executor to two workers"},
        {missing, "gives an executor to no worker"},
        {of_none, "gives a worker executors that there are not"},
        {beyond, "gives a worker executors that there are not"},
        {far_beyond, "gives a worker executors that there are not"},
        {of_no_length, "gives a worker executors that there are not"},
        {same_slot, "gives a slot to two workers"},
        {too_young, "has a worker that is younger than itself"},
        {many, "has more than 32767 executors"},
        {empty_component, "has a component without executors"},
        {nobody, "has no component or no worker"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sample s;
        struct pack p;
        gale_err error = {""};

        sample(&s);
        cases[i].spoil(&s);
        pack_init(&p);
        assert_int_equal(assignment_record_pack(&s.a, &key, &p, &error), -1);
        assert_memory_equal(error.text, "the assignment record ", 22);
        assert_string_equal(error.text + 22, cases[i].sentence);
        pack_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_written_and_read),
        cmocka_unit_test(an_assignment_that_contradicts_itself_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
