/* test_worker_terms.c - what a worker may: what its machine says, and what its
 * topology may change of that. */
#include "common/config.h"
#include "supervisor/worker_terms.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/shipment.h"
#include <inttypes.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000000)
#define MB (UINT64_C(1) << 20)

static struct daemon_config *configure(const char *const *lines)
{
    struct daemon_config *c = daemon_config_new(NULL, NULL);
    gale_err error;

    for (; *lines != NULL; lines++)
        assert_ok(daemon_config_override(c, *lines, &error), error);
    return c;
}

static void what_the_machine_says_holds_for_whoever_says_nothing(void **state)
{
    static const char *const nothing[] = {NULL};
    static const char *const all[] = {"supervisor.worker.timeout.secs=7",
                                      "supervisor.worker.start.timeout.secs=8",
                                      "supervisor.worker.shutdown.sleep.secs=9",
                                      "worker.heap.memory.mb=100",
                                      "gale.worker.processes=50",
                                      "gale.worker.cpu.percent=150",
                                      NULL};
    struct daemon_config *c = configure(nothing);
    struct worker_terms terms = worker_terms_usual(c);

    (void)state;
    assert_int_equal(terms.times.report, 30 * SECOND);
    assert_int_equal(terms.times.start, 120 * SECOND);
    assert_int_equal(terms.times.grace, 3 * SECOND);
    assert_int_equal(terms.limits.memory_bytes, 0);
    assert_int_equal(terms.limits.processes, 4096);
    assert_int_equal(terms.limits.cpu_percent, 0);
    daemon_config_free(c);
    c = configure(all);
    terms = worker_terms_usual(c);
    assert_int_equal(terms.times.report, 7 * SECOND);
    assert_int_equal(terms.times.start, 8 * SECOND);
    assert_int_equal(terms.times.grace, 9 * SECOND);
    assert_int_equal(terms.limits.memory_bytes, 100 * MB);
    assert_int_equal(terms.limits.processes, 50);
    assert_int_equal(terms.limits.cpu_percent, 150);
    daemon_config_free(c);
}

struct asked {
    const char *machine[4];    /* NULL: no more */
    const char *submitted[4];  /* the same */
    const char *rebalanced;    /* lines, or NULL */
    int64_t report_s, start_s; /* expected */
    uint64_t memory_mb;
    const char *memory_key;
};

#define TIMEOUT "topology.worker.timeout.secs"
#define MACHINES "worker.heap.memory.mb"
#define TOPOLOGYS "topology.worker.max.heap.size.mb"

static const struct asked cases[] = {
    /* It may be silent for longer, not shorter, and not longer than that. */
    {{NULL}, {NULL}, NULL, 30, 120, 0, MACHINES},
    {{NULL}, {TIMEOUT "=60"}, NULL, 60, 120, 0, MACHINES},
    {{NULL}, {TIMEOUT "=200"}, NULL, 200, 200, 0, MACHINES},
    {{NULL}, {TIMEOUT "=5"}, NULL, 30, 120, 0, MACHINES},
    {{NULL}, {TIMEOUT "=10000"}, NULL, 600, 600, 0, MACHINES},
    {{"worker.max.timeout.secs=50"},
     {TIMEOUT "=100"},
     NULL,
     50,
     120,
     0,
     MACHINES},
    {{"worker.max.timeout.secs=1"},
     {TIMEOUT "=100"},
     NULL,
     30,
     120,
     0,
     MACHINES},
    /* The less of both is its memory. */
    {{MACHINES "=100"}, {NULL}, NULL, 30, 120, 100, MACHINES},
    {{NULL}, {TOPOLOGYS "=64.5"}, NULL, 30, 120, 64, TOPOLOGYS},
    {{MACHINES "=100"}, {TOPOLOGYS "=64"}, NULL, 30, 120, 64, TOPOLOGYS},
    {{MACHINES "=100"}, {TOPOLOGYS "=200"}, NULL, 30, 120, 100, MACHINES},
    /* What a rebalance has set is stronger than what was submitted. */
    {{NULL},
     {TIMEOUT "=60", TOPOLOGYS "=64"},
     TIMEOUT "=70\n" TOPOLOGYS "=65\n",
     70,
     120,
     65,
     TOPOLOGYS},
    {{NULL}, {TIMEOUT "=60"}, TIMEOUT "=null\n", 30, 120, 0, MACHINES},
};

static void expect_terms(const struct asked *a)
{
    struct shipment_topology t = {.name = "x", .file = "wordcount"};
    struct daemon_config *config = configure(a->machine);
    struct worker_terms terms;
    gale_builder *b;
    gale_err error = {""};
    void *data;
    size_t size;

    t.args[0] = "x";
    for (int i = 0; a->submitted[i] != NULL; i++)
        t.overrides[i] = a->submitted[i];
    b = shipment_build(&t);
    shipment_ship(b);
    gale_builder_free(b);
    data = shipment_bytes(&size);
    assert_ok(
        worker_terms_of(&terms, config, data, size, a->rebalanced, &error),
        error);
    assert_int_equal(terms.times.report, a->report_s * SECOND);
    assert_int_equal(terms.times.start, a->start_s * SECOND);
    assert_int_equal(terms.times.grace, 3 * SECOND);
    assert_int_equal(terms.limits.memory_bytes / MB, a->memory_mb);
    assert_string_equal(terms.limits.memory_key, a->memory_key);
    free(data);
    daemon_config_free(config);
}

static void a_topology_may_ask_for_more_patience_and_for_less_memory(void **s)
{
    (void)s;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        print_message("case %zu\n", i);
        expect_terms(&cases[i]);
    }
}

static void of_a_damaged_description_the_usual_holds(void **state)
{
    static const char *const lines[] = {MACHINES "=100", NULL};
    struct daemon_config *config = configure(lines);
    struct worker_terms terms;
    gale_err error = {""};

    (void)state;
    assert_int_equal(worker_terms_of(&terms, config, "x", 1, NULL, &error), -1);
    assert_string_not_equal(error.text, "");
    assert_int_equal(terms.limits.memory_bytes, 100 * MB);
    assert_int_equal(terms.times.report, 30 * SECOND);
    daemon_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_machine_says_holds_for_whoever_says_nothing),
        cmocka_unit_test_setup_teardown(
            a_topology_may_ask_for_more_patience_and_for_less_memory,
            shipment_setup, shipment_teardown),
        cmocka_unit_test(of_a_damaged_description_the_usual_holds),
    };

    shipment_find_plugins();
    config_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
