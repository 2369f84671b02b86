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
    slots_record_assign(s, topology, &a, true, 0);
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
    struct slots_record s = {.supervisor = "s-1"};

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
    slots_record_assign(&s, "b-2-5", NULL, false, 0);
    expect(&s, "6702 a-1-5 1");
    slots_record_free(&s);
}

static void they_are_written_and_read(void **state)
{
    struct slots_record s = {.supervisor = "s-1"}, read;
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
    slots_record_free(&read);
    slots_record_free(&s);
    pack_free(&p);
}

static void ports_come_once(void **state)
{
    struct slots_record s = {.supervisor = "s-1"};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_slots_are_those_of_the_assignments),
        cmocka_unit_test(they_are_written_and_read),
        cmocka_unit_test(ports_come_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
