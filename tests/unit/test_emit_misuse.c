/*
 * test_emit_misuse.c - what cannot be emitted stops the worker with a sentence.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "tests/support/parcel.h"
#include "tests/support/topology_run.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool check_one(const gale_tuple *in)
{
    return gale_get_int(in, 0) == 1;
}

static gale_result emit_too_many(gale_task *task)
{
    return gale_emit(task, gale_int(1), gale_int(2));
}

static gale_result emit_too_few(gale_task *task)
{
    return gale_emit_to(task, 1, gale_int(1));
}

static gale_result emit_to_stranger(gale_task *task)
{
    return gale_emit_to(task, 7, gale_int(1));
}

static gale_result emit_to_no_stream(gale_task *task)
{
    return gale_emit_to(task, gale_stream_of(task, "nobody's"), gale_int(1));
}

static gale_result emit_reserved(gale_task *task)
{
    return gale_emit(task, gale_make_(GALE_TIMESTAMP, 0, 1));
}

static gale_result emit_nothing_at_all(gale_task *task)
{
    return gale_emit(task, gale_string(NULL, 3));
}

static gale_result emit_too_deep(gale_task *task)
{
    gale_value lists[18];

    lists[17] = gale_int(1);
    for (int i = 16; i >= 0; i--)
        lists[i] = gale_list(&lists[i + 1], 1);
    return gale_emit_to(task, 1, gale_int(1), lists[0]);
}

static gale_result emit_too_large(gale_task *task)
{
    static char large[3000];

    return gale_emit(task, gale_string(large, sizeof(large)));
}

static gale_result emit_too_large_beside(gale_task *task)
{
    static char large[3000];

    return gale_emit_to(task, 1, gale_int(1),
                        gale_string(large, sizeof(large)));
}

static gale_result emit_direct_nowhere(gale_task *task)
{
    return gale_emit_to(task, 3, gale_int(1));
}

static gale_result emit_with(gale_task *task, gale_emit_opts opts)
{
    opts.size = sizeof(opts);
    return gale_emit_with(task, &opts, gale_int(1));
}

static gale_result emit_direct_to_stranger(gale_task *task)
{
    return emit_with(task, (gale_emit_opts){.stream = 3, .direct_task = 4711});
}

static gale_result emit_not_direct(gale_task *task)
{
    return emit_with(task, (gale_emit_opts){.direct_task = 2});
}

static gale_result emit_with_time(gale_task *task)
{
    return emit_with(task, (gale_emit_opts){.time_us = 1});
}

static gale_result emit_with_unknown_flags(gale_task *task)
{
    return emit_with(task, (gale_emit_opts){.flags = 1u << 1});
}

static gale_result emit_with_short_options(gale_task *task)
{
    gale_emit_opts opts = {.size = 8};

    return gale_emit_with(task, &opts, gale_int(1));
}

static gale_result emit_with_anchors(gale_task *task)
{
    gale_handle h = {0};

    return emit_with(task, (gale_emit_opts){.n_anchors = 1, .anchors = &h});
}

static void what_cannot_be_emitted_stops_the_worker(void **state)
{
    static const struct {
        gale_result (*next)(gale_task *task);
        const char *says[4];
    } cases[] = {
        {emit_too_many, {"2 values", "\"default\"", "1 field", "\"spout\""}},
        {emit_too_few, {"1 value ", "\"two\"", "2 fields", "\"spout\""}},
        {emit_to_stranger, {"stream number 7", "declares 4", "", ""}},
        {emit_to_no_stream, {"no stream", "declares 4", "", ""}},
        {emit_reserved,
         {"\"default\"", "field \"one\"", "it is of a kind that is reserved",
          ""}},
        {emit_nothing_at_all,
         {"\"default\"", "field \"one\"", "it is a text without data", ""}},
        {emit_too_deep,
         {"\"two\"", "field \"two\"", "lists nested more than 16 deep", ""}},
        {emit_too_large,
         {"\"default\"", "gale.topology.max.tuple.bytes", "2000", "30"}},
        {emit_too_large_beside,
         {"\"two\"", "gale.topology.max.tuple.bytes", "2000", "30"}},
        {emit_direct_nowhere, {"\"direct\"", "direct_task", "", ""}},
        {emit_direct_to_stranger, {"4711", "\"direct\"", "", ""}},
        {emit_not_direct, {"\"default\"", "not direct", "", ""}},
        {emit_with_time, {"time_us", "reserved", "", ""}},
        {emit_with_unknown_flags, {"gale_emit_opts.flags", "reserved", "", ""}},
        {emit_with_short_options, {"gale_emit_opts.size", "", "", ""}},
        {emit_with_anchors, {"anchor", "", "", ""}},
    };
    static struct parcel p = {.check = check_one};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct probe spout = {
            .streams = {parcel_streams, 4, sizeof(parcel_streams[0])},
            .next = cases[i].next};
        struct probe bolt = {.arg = &p, .execute = parcel_check};
        struct topology_run r;
        const char *why;

        topology_run_begin(&r, "misuse");
        gale_configure(r.builder, "gale.topology.max.tuple.bytes",
                       gale_int(2000));
        topology_run_spout(&r, "spout", &spout, 1);
        gale_direct_stream(
            gale_shuffle_stream(
                gale_shuffle(topology_run_bolt(&r, "bolt", &bolt, 2), "spout"),
                "spout", "two"),
            "spout", "direct");
        why = topology_run_fails(&r);
        for (int k = 0; k < 4; k++)
            assert_says(why, cases[i].says[k]);
        assert_says(why, "spout \"spout\"");
        topology_run_end(&r);
        assert_int_equal(p.right, 0); /* nothing of it arrived */
    }
}

static gale_result execute_with_id(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return gale_emit_msg(task, ((gale_msgid){0, 1}), gale_int(1));
}

static gale_result execute_with_id_in_options(gale_task *task,
                                              const gale_tuple *in)
{
    gale_msgid id = {0, 1};

    (void)in;
    return emit_with(task, (gale_emit_opts){.id = &id});
}

static gale_result emit_early(gale_task *task)
{
    return gale_emit(task, gale_int(1));
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static void emit_late(gale_task *task)
{
    (void)gale_emit(task, gale_int(1));
}

static void what_a_bolt_may_not_emit_stops_the_worker(void **state)
{
    const struct {
        struct probe bolt;
        const char *says;
    } cases[] = {
        {{.execute = execute_with_id}, "only a spout"},
        {{.execute = execute_with_id_in_options}, "only a spout"},
        {{.execute = take, .open = emit_early},
         "nor before open or prepare has returned"},
        {{.execute = take, .close = emit_late},
         "called from cleanup; nothing can be emitted"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct probe bolt = cases[i].bolt;
        struct number_source numbers;
        struct topology_run r;
        const char *why;

        bolt.streams =
            (gale_streams){parcel_streams, 1, sizeof(parcel_streams[0])};
        number_source_init(&numbers, 10);
        topology_run_begin(&r, "misuse");
        topology_run_spout(&r, "numbers", &numbers.probe, 1);
        gale_shuffle(topology_run_bolt(&r, "bolt", &bolt, 1), "numbers");
        if (bolt.close != NULL) {
            topology_run_until_complete(&r);
            gale_local_stop(r.local, GALE_STOP_DRAIN);
        }
        why = topology_run_fails(&r);
        assert_says(why, cases[i].says);
        assert_says(why, "bolt \"bolt\"");
        topology_run_end(&r);
        number_source_fini(&numbers);
    }
}

/* -- and its input is not acked -------------------------------------------- */

static gale_result ignore_a_refusal(gale_task *task, const gale_tuple *in)
{
    (void)in;
    (void)emit_too_many(task);
    return GALE_OK;
}

static gale_result ignore_refusals(gale_task *task, gale_batch *in)
{
    for (uint32_t i = 0; i < in->n; i++)
        (void)ignore_a_refusal(task, gale_batch_tuple(in, i));
    return GALE_OK;
}

static void what_could_not_be_emitted_leaves_its_input_unacked(void **state)
{
    static const char *const plugins[] = {"probe_bolt", "probe_bolt_batch"};
    const struct probe bolt = {
        .execute = ignore_a_refusal,
        .execute_batch = ignore_refusals,
        .streams = {parcel_streams, 1, sizeof(parcel_streams[0])}};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct number_source numbers;
        struct topology_run r;

        number_source_init(&numbers, 10);
        topology_run_begin(&r, "misuse");
        topology_run_spout(&r, "numbers", &numbers.probe, 1);
        gale_shuffle(topology_run_bolt_as(&r, "bolt", plugins[i], &bolt, 1),
                     "numbers");
        assert_says(topology_run_fails(&r), "2 values for stream");
        assert_int_equal(topology_run_stats(&r, "bolt").acked, 0);
        assert_int_equal(tally_get(&numbers.acked), 0);
        topology_run_end(&r);
        number_source_fini(&numbers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_emitted_stops_the_worker),
        cmocka_unit_test(what_a_bolt_may_not_emit_stops_the_worker),
        cmocka_unit_test(what_could_not_be_emitted_leaves_its_input_unacked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
