/* test_slots_record.c - what a supervisor is to run, from assignments. */
#include "tests/support/cmocka_all.h"
#include "common/slots_record.h"
#include "topology-api/memory.h"

static const struct digest key = {{7}};

/* A topology whose workers are on these ports of s-1; 0: on s-2. */
static void assign(struct slots_record *s, const char *topology, uint32_t n,
                   const uint32_t *ports)
{
    struct assigned_worker workers[4] = {{.n_executors = 0}};
    struct assignment_record a = {
        .assignment_version = 8, .n_workers = n, .workers = workers};

    memcpy(a.topology, topology, strlen(topology) + 1);
    for (uint32_t i = 0; i < n; i++) {
        memcpy(workers[i].supervisor, ports[i] == 0 ? "s-2" : "s-1", 4);
        workers[i].port = ports[i] == 0 ? 6700 : ports[i];
        workers[i].birth = i + 1;
    }
    slots_record_assign(s, topology, &a, true, false);
}

/* As "port topology worker", one behind the other. */
static void expect(const struct slots_record *s, const char *wanted)
{
    char text[512] = "", *at = text;

    for (uint32_t i = 0; i < s->n_slots; i++)
        at += snprintf(at, 64, "%s%u %s %u", i == 0 ? "" : ", ",
                       (unsigned)s->slots[i].port, s->slots[i].topology,
                       (unsigned)s->slots[i].worker);
    assert_string_equal(text, wanted);
}

static void its_slots_are_those_of_the_assignments(void **state)
{
    struct slots_record s = {.supervisor = "s-1", .change = 4};

    (void)state;
    assign(&s, "a-1-5", 3, (const uint32_t[]){6702, 0, 6700});
    expect(&s, "6700 a-1-5 2, 6702 a-1-5 0");
    assign(&s, "b-2-5", 2, (const uint32_t[]){6701, 6703});
    expect(&s, "6700 a-1-5 2, 6701 b-2-5 0, 6702 a-1-5 0, 6703 b-2-5 1");
    assign(&s, "a-1-5", 2, (const uint32_t[]){0, 6702});
    expect(&s, "6701 b-2-5 0, 6702 a-1-5 1, 6703 b-2-5 1");
    assert_int_equal(s.slots[1].birth, 2);
    assert_int_equal(s.slots[1].assignment_version, 8);
    assert_true(s.slots[1].active);
    slots_record_assign(&s, "b-2-5", NULL, false, false);
    expect(&s, "6702 a-1-5 1");
    slots_record_free(&s);
}

static void they_are_written_and_read(void **state)
{
    struct slots_record s = {.supervisor = "s-1", .change = 4}, read;
    struct pack p;
    gale_err error;

    (void)state;
    assign(&s, "a-1-5", 3, (const uint32_t[]){6702, 0, 6700});
    pack_init(&p);
    assert_int_equal(slots_record_pack(&s, &key, &p, &error), 0);
    assert_int_equal(
        slots_record_unpack(p.buffer.data, p.buffer.size, &key, &read, &error),
        0);
    expect(&read, "6700 a-1-5 2, 6702 a-1-5 0");
    assert_int_equal(read.change, 4);
    slots_record_free(&read);
    slots_record_free(&s);
    pack_free(&p);
}

static void ports_come_once(void **state)
{
    struct slots_record s = {.supervisor = "s-1", .change = 4};
    struct pack p;
    gale_err error;

    (void)state;
    assign(&s, "a-1-5", 2, (const uint32_t[]){6700, 6701});
    s.slots[1].port = 6700;
    pack_init(&p);
    assert_int_equal(slots_record_pack(&s, &key, &p, &error), -1);
    assert_string_equal(
        error.text, "the slots record does not have its ports once each, in "
                    "ascending order");
    slots_record_free(&s);
    pack_free(&p);
}

/* The one before has one worker, on port 6700, and the number 7. */
static struct pack before_with(const struct digest *signed_by)
{
    struct slots_record s = {.supervisor = "s-1", .change = 7};
    struct pack p;

    assign(&s, "a-1-5", 1, (const uint32_t[]){6700});
    pack_init(&p);
    assert_int_equal(slots_record_pack(&s, signed_by, &p, NULL), 0);
    slots_record_free(&s);
    return p;
}

static void its_number_is_higher_than_all_that_were_different(void **state)
{
    static const struct digest another_key = {{8}};
    static const struct {
        const char *name;
        bool before, damaged, other; /* the one before; the slots now */
        uint64_t known, expected;
    } cases[] = {
        {"the first", false, false, false, 0, 1},
        {"the first, but the supervisor knows of more", false, false, false, 9,
         10},
        {"the same as before", true, false, false, 0, 7},
        {"the same, by which it acts", true, false, false, 7, 7},
        {"the same, but it knows of a higher one", true, false, false, 8, 9},
        {"another", true, false, true, 0, 8},
        {"another, and it acts by the one before", true, false, true, 7, 8},
        {"another, and it knows of a higher one", true, false, true, 20, 21},
        {"what was before is signed by somebody else", true, true, false, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slots_record s = {.supervisor = "s-1"};
        struct pack p = before_with(cases[i].damaged ? &another_key : &key);
        uint32_t port = cases[i].other ? 6701 : 6700;
        uint64_t change;

        assign(&s, "a-1-5", 1, &port);
        change = slots_record_change(&s, cases[i].before ? p.buffer.data : NULL,
                                     cases[i].before ? p.buffer.size : 0, &key,
                                     cases[i].known);
        if (change != cases[i].expected)
            fail_msg("%s: %llu, expected %llu", cases[i].name,
                     (unsigned long long)change,
                     (unsigned long long)cases[i].expected);
        slots_record_free(&s);
        pack_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_slots_are_those_of_the_assignments),
        cmocka_unit_test(they_are_written_and_read),
        cmocka_unit_test(ports_come_once),
        cmocka_unit_test(its_number_is_higher_than_all_that_were_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
