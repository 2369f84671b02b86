/*
 * test_held_misread.c - inputs that a bolt holds and of which it reads what is
 * not there, or emits what cannot be.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <string.h>

enum { N = 1000 };

static int setup(void **state)
{
    *state = setting_begin("bolts", N, 1);
    return 0;
}

static gale_component_stats bolt_stats(struct setting *s)
{
    return topology_run_stats(&s->r, "bolt");
}

static gale_result tick_each_ms(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

/* The numbers are no texts: each third input fails, and its bolt, which says
 * OK, need not know. */
static void misread(const gale_tuple *in, int64_t k)
{
    if (k % 3 == 0)
        gale_get_str(in, 0);
}

struct misread_ones {
    gale_handle handles[N];
    uint32_t n;
};

static gale_result hold_and_misread(gale_task *task, const gale_tuple *in)
{
    struct misread_ones *m = probe_arg(task);

    m->handles[m->n++] = gale_hold(task, in);
    misread(in, gale_get_int(in, 0));
    return GALE_OK;
}

static gale_result hold_and_misread_all(gale_task *task, gale_batch *in)
{
    for (uint32_t i = 0; i < in->n; i++)
        (void)!hold_and_misread(task, gale_batch_tuple(in, i));
    return GALE_OK;
}

/* Each is an anchor, with a neighbour, and settled: acked or failed. */
static gale_result emit_and_settle(gale_task *task)
{
    struct misread_ones *m = probe_arg(task);
    gale_result result = GALE_OK;

    if (m->n < N)
        return GALE_OK;
    for (uint32_t i = 0; i < N; i++)
        result |= gale_emit_anchored(
            task, GALE_HANDLES(m->handles[i], m->handles[(i + 1) % N]),
            gale_int(i));
    for (uint32_t i = 0; i < N; i++) {
        if (i % 2)
            gale_fail(task, m->handles[i]);
        else
            gale_ack(task, m->handles[i]);
    }
    m->n = 0;
    return result;
}

static void anchors_that_were_misread_stop_nothing(struct setting *s,
                                                   const char *kind,
                                                   const struct probe *bolt)
{
    static const struct probe sink = {.execute = setting_take};

    gale_shuffle(topology_run_bolt_as(&s->r, "bolt", kind, bolt, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 2), "bolt");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t i = 0; i < N; i++) {
        bool fails = i % 3 == 0 || i % 2;

        assert_int_equal(s->numbers.acks[i], !fails);
        assert_int_equal(s->numbers.fails[i], fails);
    }
    assert_int_equal(topology_run_stats(&s->r, "sink").executed, N);
    assert_int_equal(bolt_stats(s).held, 0);
    assert_int_equal(bolt_stats(s).stale, 0);
}

/* A join that asks nothing: holds, reads, emits, acks. */
static gale_result hold_misread_and_ack(gale_task *task, const gale_tuple *in)
{
    gale_handle h = gale_hold(task, in);
    gale_result result;

    misread(in, gale_get_int(in, 0));
    result = gale_emit_anchored(task, GALE_HANDLES(h), gale_int(1));
    gale_ack(task, h);
    return result;
}

static void one_that_was_misread_is_not_acked_within_execute(void **state)
{
    const struct probe bolt = {.streams = GALE_OUTPUTS("n"),
                               .execute = hold_misread_and_ack};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(s->numbers.fails[i], i % 3 == 0);
    assert_int_equal(bolt_stats(s).failed, (N + 2) / 3);
    assert_says(bolt_stats(s).last_error, "wanted a string");
}

/* The last number is emitted with a value too many, and acked. */
static gale_result emit_wrongly_and_ack(gale_task *task, const gale_tuple *in)
{
    gale_handle h = gale_hold(task, in);
    gale_result result = GALE_OK;

    if (gale_get_int(in, 0) == N - 1)
        result = gale_emit(task, gale_int(1), gale_int(2));
    gale_ack(task, h);
    return result == GALE_OK ? GALE_OK : GALE_DROP;
}

static void nor_is_one_whose_tuple_was_refused(void **state)
{
    const struct probe bolt = {.streams = GALE_OUTPUTS("n"),
                               .execute = emit_wrongly_and_ack};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_manual", &bolt, 1),
        "numbers");
    assert_says(topology_run_fails(&s->r), "2 values");
    assert_int_equal(s->numbers.acks[N - 1], 0);
    assert_int_equal(bolt_stats(s).failed, 1);
}

static void a_held_input_that_was_misread_stays_an_anchor(void **state)
{
    static struct misread_ones m;
    const struct probe bolt = {.arg = &m,
                               .streams = GALE_OUTPUTS("n"),
                               .open = tick_each_ms,
                               .execute = hold_and_misread,
                               .tick = emit_and_settle};

    anchors_that_were_misread_stop_nothing(*state, "probe_bolt_manual", &bolt);
}

static void so_does_one_of_a_batch(void **state)
{
    static struct misread_ones m;
    const struct probe bolt = {.arg = &m,
                               .streams = GALE_OUTPUTS("n"),
                               .open = tick_each_ms,
                               .execute_batch = hold_and_misread_all,
                               .tick = emit_and_settle};

    anchors_that_were_misread_stop_nothing(*state, "probe_bolt_batch_manual",
                                           &bolt);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_held_input_that_was_misread_stays_an_anchor),
        TEST(so_does_one_of_a_batch),
        TEST(one_that_was_misread_is_not_acked_within_execute),
        TEST(nor_is_one_whose_tuple_was_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
