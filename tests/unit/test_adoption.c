/* test_adoption.c - which workers of an earlier supervisor go on. */
#include "tests/support/cmocka_all.h"
#include "supervisor/adoption.h"
#include <string.h>

#define BOOT "boot-2"

static const struct slot_wanted a = {"a-1-1", 0, 5, 5, true, false};
static const struct slot_wanted a_newer = {"a-1-1", 0, 9, 9, true, false};
static const struct slot_wanted a_v7 = {"a-1-1", 0, 5, 7, false, false};
static const struct slot_wanted b = {"b-2-1", 1, 6, 6, true, false};
static const struct slot_wanted none;

static struct env_process_facts facts_of(bool runs, uint64_t start,
                                         const char *command, size_t size)
{
    struct env_process_facts f = {.runs = runs, .start = start, .size = size};

    memcpy(f.command, command, size);
    return f;
}

#define COMMAND(text) text, sizeof(text)
#define AS_A COMMAND("gale\0worker\0--id\0a-1-1")
#define AS_B COMMAND("gale\0worker\0--id\0b-2-1")

static struct kept_worker kept_of(uint16_t port, const struct slot_wanted *as,
                                  int pid, uint64_t start)
{
    return (struct kept_worker){
        .port = port, .as = *as, .pid = pid, .start = start, .boot = BOOT};
}

/* -- one ------------------------------------------------------------------- */

static void one_process(void **state)
{
    static const struct {
        const char *boot;
        int pid;
        bool runs;
        uint64_t start;
        const char *command;
        size_t size;
        uint16_t port;
        bool told;
        const struct slot_wanted *wanted;
        enum adoption_verdict verdict;
        const char *why;
    } cases[] = {
        {BOOT, 7, true, 70, AS_A, 6700, true, &a, ADOPTION_ADOPT, "it goes on"},
        {BOOT, 7, true, 70, AS_A, 6700, false, &none, ADOPTION_ADOPT,
         "it goes on"},
        {BOOT, 7, true, 70, AS_A, 6700, true, &a_v7, ADOPTION_ADOPT,
         "it goes on"},
        {BOOT, 7, true, 70, AS_A, 6700, true, &a_newer, ADOPTION_END,
         "it is not wanted in its slot"},
        {BOOT, 7, true, 70, AS_A, 6700, true, &none, ADOPTION_END,
         "it is not wanted in its slot"},
        {BOOT, 7, true, 70, AS_A, 6799, true, &a, ADOPTION_END,
         "its port is none of this supervisor's slots"},
        {BOOT, 7, false, 70, AS_A, 6700, true, &a, ADOPTION_IGNORE,
         "its process has ended"},
        {BOOT, 7, true, 71, AS_A, 6700, true, &a, ADOPTION_IGNORE,
         "its process has ended, and another one has its number"},
        {BOOT, 0, true, 70, AS_A, 6700, true, &a, ADOPTION_IGNORE,
         "it had no process"},
        {"boot-3", 7, true, 70, AS_A, 6700, true, &a, ADOPTION_IGNORE,
         "it ran before the system was started anew"},
        {"", 7, true, 70, AS_A, 6700, true, &a, ADOPTION_IGNORE,
         "it ran before the system was started anew"},
        {BOOT, 7, true, 70, COMMAND("vi\0a-1-1"), 6700, true, &a,
         ADOPTION_IGNORE, "its process is no worker"},
        {BOOT, 7, true, 70, AS_B, 6700, true, &a, ADOPTION_IGNORE,
         "its process is no worker"},
        {BOOT, 7, true, 70, COMMAND("gale\0worker\0a-1-11"), 6700, true, &a,
         ADOPTION_IGNORE, "its process is no worker"},
        {BOOT, 7, true, 70, "gale\0worker\0a-1-1", 17, 6700, true, &a,
         ADOPTION_IGNORE, "its process is no worker"}, /* cut */
        {BOOT, 7, true, 70, "", 0, 6700, true, &a, ADOPTION_IGNORE,
         "its process is no worker"},
        {BOOT, 7, true, 70, COMMAND("gale\0launch\0a-1-1\0--\0worker"), 6700,
         true, &a, ADOPTION_ADOPT, "it goes on"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kept_worker worker =
            kept_of(cases[i].port, &a, cases[i].pid, 70);
        struct env_process_facts facts = facts_of(
            cases[i].runs, cases[i].start, cases[i].command, cases[i].size);
        struct adoption one = {.worker = &worker, .facts = &facts};
        struct adoption_slot slot = {6700, cases[i].told, *cases[i].wanted};

        adoption_decide(&one, 1, cases[i].boot, &slot, 1);
        if (one.verdict != cases[i].verdict ||
            strcmp(one.why, cases[i].why) != 0)
            fail_msg("case %zu: %d, %s; expected %d, %s", i, one.verdict,
                     one.why, cases[i].verdict, cases[i].why);
    }
}

/* -- several --------------------------------------------------------------- */

static void of_two_in_a_slot_the_wanted_one_stays_else_the_younger(void **state)
{
    static const struct {
        bool told;
        const struct slot_wanted *wanted;
        enum adoption_verdict of_old, of_new;
    } cases[] = {
        {false, &none, ADOPTION_END, ADOPTION_ADOPT},
        {true, &a, ADOPTION_ADOPT, ADOPTION_END},
        {true, &a_newer, ADOPTION_END, ADOPTION_ADOPT},
        {true, &b, ADOPTION_END, ADOPTION_END},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int turned = 0; turned < 2; turned++) {
            struct kept_worker workers[2] = {kept_of(6700, &a, 7, 70),
                                             kept_of(6700, &a_newer, 8, 80)};
            struct env_process_facts facts[2] = {facts_of(true, 70, AS_A),
                                                 facts_of(true, 80, AS_A)};
            struct adoption list[2];
            struct adoption_slot slot = {6700, cases[i].told, *cases[i].wanted};
            int of_old = turned, of_new = 1 - turned;

            list[of_old] = (struct adoption){&workers[0], &facts[0], 0, NULL};
            list[of_new] = (struct adoption){&workers[1], &facts[1], 0, NULL};
            adoption_decide(list, 2, BOOT, &slot, 1);
            assert_int_equal(list[of_old].verdict, cases[i].of_old);
            assert_int_equal(list[of_new].verdict, cases[i].of_new);
        }
    }
}

/* In the state, and in its own record: one thing is said of it. */
static void a_process_that_is_listed_twice_is_one(void **state)
{
    static const struct {
        bool runs;
        enum adoption_verdict verdict;
        const char *why;
    } cases[] = {
        {true, ADOPTION_ADOPT, "it goes on"},
        {false, ADOPTION_IGNORE, "its process has ended"},
    };
    struct kept_worker workers[2] = {kept_of(6700, &a, 7, 70),
                                     kept_of(6700, &a, 7, 70)};
    struct adoption_slot slot = {6700, false, none};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct env_process_facts facts = facts_of(cases[i].runs, 70, AS_A);
        struct adoption list[2] = {{&workers[0], &facts, 0, NULL},
                                   {&workers[1], &facts, 0, NULL}};

        adoption_decide(list, 2, BOOT, &slot, 1);
        assert_int_equal(list[0].verdict, cases[i].verdict);
        assert_string_equal(list[0].why, cases[i].why);
        assert_int_equal(list[1].verdict, ADOPTION_IGNORE);
        assert_null(list[1].why);
    }
}

static void each_slot_has_its_own(void **state)
{
    struct kept_worker workers[2] = {kept_of(6700, &a, 7, 70),
                                     kept_of(6701, &b, 8, 80)};
    struct env_process_facts facts[2] = {facts_of(true, 70, AS_A),
                                         facts_of(true, 80, AS_B)};
    struct adoption list[2] = {{&workers[0], &facts[0], 0, NULL},
                               {&workers[1], &facts[1], 0, NULL}};
    struct adoption_slot slots[2] = {{6700, false, none}, {6701, true, b}};

    (void)state;
    adoption_decide(list, 2, BOOT, slots, 2);
    assert_int_equal(list[0].verdict, ADOPTION_ADOPT);
    assert_int_equal(list[1].verdict, ADOPTION_ADOPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_process),
        cmocka_unit_test(
            of_two_in_a_slot_the_wanted_one_stays_else_the_younger),
        cmocka_unit_test(a_process_that_is_listed_twice_is_one),
        cmocka_unit_test(each_slot_has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
