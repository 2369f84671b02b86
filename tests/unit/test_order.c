/*
 * test_order.c - what one task sends another arrives in the order in which it
 * was emitted, whatever streams, groupings and blocks it goes by.
 */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "tests/support/topology_run.h"
#include <stdatomic.h>
#include <string.h>

enum { TASKS = 7, EXECUTORS = 3, KEYS = 500 };

/* -- order ----------------------------------------------------------------- */

enum { PRODUCERS = 3, CONSUMERS_MAX = 300, PAYLOAD_MAX = 20000 };

struct order {
    uint64_t seed;
    uint32_t per_producer;
    _Atomic(uint32_t) overtaken;
    _Atomic(uint32_t) damaged;
    _Atomic(uint64_t) arrived;
};

struct order_state {
    uint64_t sent;
    struct random random;
    char payload[PAYLOAD_MAX];
    uint64_t last[PRODUCERS];
};

static gale_result open_order(gale_task *task)
{
    const struct order *o = probe_arg(task);
    struct order_state *s = probe_state(task);

    random_seed(&s->random, o->seed + gale_task_index(task));
    for (uint32_t i = 0; i < PAYLOAD_MAX; i++)
        s->payload[i] = (char)i;
    return GALE_OK;
}

/* Mostly small, so that slices of many tuples are made, too. */
static uint32_t payload_size(struct random *r)
{
    uint64_t bits = random_next(r);

    switch (bits % 64) {
    case 0:
        return (uint32_t)(bits >> 8) % PAYLOAD_MAX;
    case 1:
    case 2:
        return (uint32_t)(bits >> 8) % 2000;
    default:
        return (uint32_t)(bits >> 8) % 40;
    }
}

/* A number that only grows, by one stream or another. */
static gale_result next_in_order(gale_task *task)
{
    const struct order *o = probe_arg(task);
    struct order_state *s = probe_state(task);
    gale_value number, payload;

    if (s->sent == o->per_producer) {
        gale_exhausted(task);
        return GALE_OK;
    }
    number = gale_int((int64_t)++s->sent);
    payload = gale_string(s->payload, payload_size(&s->random));
    switch (random_next(&s->random) % 4) {
    case 0:
        return gale_emit_to(task, 0, number);
    case 1:
        return gale_emit_to(task, 1, number, payload);
    case 2:
        return gale_emit_to(task, 2, payload, number);
    default: {
        gale_emit_opts opts = {.size = sizeof(opts), .stream = 3};
        int32_t ids[CONSUMERS_MAX];
        uint32_t n = gale_tasks_of(task, "sink", ids, CONSUMERS_MAX);

        opts.direct_task = ids[random_next(&s->random) % n];
        return gale_emit_with(task, &opts, number);
    }
    }
}

static gale_result check_order(gale_task *task, const gale_tuple *in)
{
    struct order *o = probe_arg(task);
    struct order_state *s = probe_state(task);
    uint32_t payload = gale_index_of(in, "payload"), producer;
    uint64_t number = (uint64_t)gale_int_of(in, "number");
    int32_t ids[PRODUCERS];

    gale_tasks_of(task, "source", ids, PRODUCERS);
    producer = (uint32_t)(gale_source_task(in) - ids[0]);
    if (payload != GALE_NO_FIELD) {
        gale_str text = gale_get_str(in, payload);

        for (size_t i = 0; i < text.size; i++)
            if (text.data[i] != (char)i) {
                o->damaged++;
                break;
            }
    }
    if (number <= s->last[producer])
        o->overtaken++;
    s->last[producer] = number;
    o->arrived++;
    return GALE_OK;
}

static void order_holds(const char *sink_plugin, int executors, int tasks,
                        uint32_t per_producer)
{
    static struct order o;
    const struct probe spout = {
        .arg = &o,
        .state_size = sizeof(struct order_state),
        .open = open_order,
        .next = next_in_order,
        .streams =
            GALE_STREAMS(GALE_STREAM("keyed", "number"),
                         GALE_STREAM("shuffled", "number", "payload"),
                         GALE_STREAM("to_all_or_few", "payload", "number"),
                         GALE_DIRECT_STREAM("direct", "number"))};
    const struct probe sink = {.arg = &o,
                               .state_size = sizeof(struct order_state),
                               .execute = check_order};
    struct topology_run r;
    gale_declarer *d;

    memset(&o, 0, sizeof(o));
    o.seed = topology_run_seed("build/release/tests/unit/test_groupings");
    o.per_producer = per_producer;
    topology_run_begin(&r, "order");
    topology_run_spout(&r, "source", &spout, PRODUCERS);
    d = gale_set_tasks(
        topology_run_bolt_as(&r, "sink", sink_plugin, &sink, executors), tasks);
    gale_by_fields_stream(d, "source", "keyed", "number");
    gale_shuffle_stream(d, "source", "shuffled");
    if (tasks <= TASKS)
        gale_all_stream(d, "source", "to_all_or_few");
    else
        gale_partial_key_stream(d, "source", "to_all_or_few", "number");
    gale_direct_stream(d, "source", "direct");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    assert_int_equal(o.overtaken, 0);
    assert_int_equal(o.damaged, 0);
    assert_true(o.arrived >= PRODUCERS * per_producer);
}

static void nothing_is_overtaken_between_two_tasks(void **state)
{
    (void)state;
    order_holds("probe_bolt", 2, 5, 20000);
}

static void nothing_is_overtaken_on_the_way_to_blocking_bolts(void **state)
{
    (void)state;
    order_holds("probe_bolt_blocking", 4, 4, 10000);
}

static void nothing_is_overtaken_in_the_small_blocks_of_many_targets(
    void **state)
{
    (void)state;
    order_holds("probe_bolt", CONSUMERS_MAX, CONSUMERS_MAX, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_overtaken_between_two_tasks),
        cmocka_unit_test(nothing_is_overtaken_on_the_way_to_blocking_bolts),
        cmocka_unit_test(
            nothing_is_overtaken_in_the_small_blocks_of_many_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
