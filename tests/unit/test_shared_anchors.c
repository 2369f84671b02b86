/*
 * test_shared_anchors.c - tuples emitted by rows share an anchor, and nobody
 * notices: a message is acked when all that was made of it is done, not before.
 *
 *     numbers --> rows --> middle --> leaf
 *
 * `rows` makes up to nine rows of a number in one call; `middle` holds some of
 * them, drops some, and emits others on; `leaf` holds them all for a while.
 * Whatever is under way is counted per number, and when the spout hears of an
 * ack the count must be 0.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { N = 6000, ROWS = 9, LONG_ROW = 4, HELD = 64 };

static _Atomic(int32_t) under_way[N];
static _Atomic(uint32_t) early, leaves;
static void (*note_ack)(gale_task *task, gale_msgid id);

static void ack(gale_task *task, gale_msgid id)
{
    early += under_way[id.lo] != 0;
    note_ack(task, id);
}

static int setup(void **state)
{
    struct setting *s = setting_begin("shared-anchors", N, 2);

    memset((void *)under_way, 0, sizeof(under_way));
    early = leaves = 0;
    note_ack = s->numbers.probe.ack;
    s->numbers.probe.ack = ack;
    *state = s;
    return 0;
}

/* -- what happens to a number ---------------------------------------------- */

static uint32_t rows_of(int64_t k)
{
    return (uint32_t)(k % (ROWS + 1));
}

/* One of them is too long to lie in its slot. */
static gale_value row_of(int64_t k, uint32_t i, char text[40])
{
    if (i != LONG_ROW)
        return gale_int(k * 16 + i);
    snprintf(text, 40, "%039lld", (long long)k * 16 + i);
    return gale_cstr(text);
}

static int64_t row_number(const gale_tuple *in)
{
    gale_value v = gale_get(in, 0);
    char text[40] = "";

    if (v.kind == GALE_INT)
        return v.as.i;
    memcpy(text, v.as.data, v.size < 39 ? v.size : 39); /* it has no NUL */
    return strtoll(text, NULL, 10);
}

static gale_result make_rows(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);
    gale_value rows[ROWS];
    char text[40];

    for (uint32_t i = 0; i < rows_of(k); i++)
        rows[i] = row_of(k, i, text);
    under_way[k] += (int32_t)rows_of(k);
    return gale_emit_rows(task, 0, rows, rows_of(k));
}

struct holding {
    gale_handle handles[HELD];
    int64_t numbers[HELD];
    uint32_t n;
};

static gale_result let_go(gale_task *task)
{
    struct holding *h = probe_state(task);

    while (h->n > 0) {
        under_way[h->numbers[--h->n]]--;
        gale_ack(task, h->handles[h->n]);
    }
    return GALE_OK;
}

static void hold(gale_task *task, const gale_tuple *in, int64_t k)
{
    struct holding *h = probe_state(task);

    if (h->n == HELD)
        let_go(task);
    under_way[k]++;
    h->numbers[h->n] = k;
    h->handles[h->n++] = gale_hold(task, in);
}

/* Holds every third row, emits every second one, once or twice, and drops some
 * of those that are not held. */
static gale_result handle_row(gale_task *task, const gale_tuple *in)
{
    int64_t row = row_number(in), k = row / 16;
    gale_result result = GALE_OK;

    if (row % 3 == 0)
        hold(task, in, k);
    for (int64_t i = row % 4; i >= 2 && result == GALE_OK; i--) {
        under_way[k]++;
        result = gale_emit(task, gale_int(k));
    }
    under_way[k]--;
    return result == GALE_OK && row % 3 != 0 && row % 5 == 0 ? GALE_DROP
                                                             : result;
}

/* From both ends to the middle. */
static gale_result handle_rows(gale_task *task, gale_batch *in)
{
    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t at = i % 2 ? in->n - 1 - i / 2 : i / 2;
        gale_result result = handle_row(task, gale_batch_tuple(in, at));

        if (result != GALE_OK)
            gale_batch_settle(in, at, result);
    }
    return GALE_OK;
}

static gale_result hold_all(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    hold(task, in, k);
    under_way[k]--;
    leaves++;
    return GALE_OK;
}

static gale_result tick_soon(gale_task *task)
{
    gale_tick_every(task, 1);
    return GALE_OK;
}

/* -- tests ----------------------------------------------------------------- */

static void run(struct setting *s, const char *plugin, uint32_t carriers)
{
    static const struct probe rows = {.execute = make_rows,
                                      .streams = OUTPUT_N};
    static const struct probe middle = {.open = tick_soon,
                                        .execute = handle_row,
                                        .execute_batch = handle_rows,
                                        .tick = let_go,
                                        .end_of_input = let_go,
                                        .state_size = sizeof(struct holding),
                                        .streams = OUTPUT_N};
    static const struct probe leaf = {.open = tick_soon,
                                      .execute = hold_all,
                                      .tick = let_go,
                                      .end_of_input = let_go,
                                      .state_size = sizeof(struct holding)};

    s->r.carriers = carriers;
    gale_shuffle(topology_run_bolt(&s->r, "rows", &rows, 2), "numbers");
    gale_shuffle(topology_run_bolt_as(&s->r, "middle", plugin, &middle, 1),
                 "rows");
    gale_shuffle(
        topology_run_bolt_as(&s->r, "leaf", "probe_bolt_manual", &leaf, 2),
        "middle");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(early, 0);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_true(leaves > N);
    for (uint32_t k = 0; k < N; k++)
        assert_int_equal(under_way[k], 0);
}

static void one_by_one_no_message_is_acked_early(void **state)
{
    run(*state, "probe_bolt_manual", 1);
}

static void in_batches_no_message_is_acked_early(void **state)
{
    run(*state, "probe_bolt_batch_manual", 1);
}

static void nor_is_one_on_several_carriers(void **state)
{
    run(*state, "probe_bolt_manual", 3);
}

static void nor_is_one_in_batches_on_several_carriers(void **state)
{
    run(*state, "probe_bolt_batch_manual", 3);
}

/* -- one of them fails ----------------------------------------------------- */

static _Atomic(bool) failed_once[N];

/* The third row of each fifth number. */
static gale_result fail_third(gale_task *task, const gale_tuple *in)
{
    int64_t row = row_number(in), k = row / 16;

    (void)task;
    if (k % 5 == 0 && row % 16 == 2 && !atomic_exchange(&failed_once[k], true))
        return GALE_RETRY;
    return GALE_OK;
}

static void a_row_that_fails_fails_its_message_and_no_other(void **state)
{
    static const struct probe rows = {.execute = make_rows,
                                      .streams = OUTPUT_N};
    static const struct probe sink = {.execute = fail_third};
    struct setting *s = *state;

    memset((void *)failed_once, 0, sizeof(failed_once));
    s->numbers.replays = true;
    s->numbers.probe.ack = note_ack;
    gale_shuffle(topology_run_bolt(&s->r, "rows", &rows, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "rows");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (int64_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.acks[k], 1);
        assert_int_equal(s->numbers.fails[k], k % 5 == 0 && rows_of(k) > 2);
    }
}

/* -- the whole batch fails, or is dropped ---------------------------------- */

static _Atomic(bool) done[N];

static void ack_when_done(gale_task *task, gale_msgid id)
{
    early += !done[id.lo];
    note_ack(task, id);
}

static gale_result make_one_row(gale_task *task, const gale_tuple *in)
{
    gale_value row = gale_get(in, 0);

    return gale_emit_rows(task, 0, &row, 1);
}

/* Never looks at a tuple, only at the column. Each number fails in the first
 * batch that it comes in. */
static gale_result fail_first(gale_task *task, gale_batch *in)
{
    gale_value rows[GALE_BATCH_MAX];
    uint32_t n = gale_batch_values(in, 0, 0, rows, GALE_BATCH_MAX);
    bool fails = false;

    (void)task;
    for (uint32_t i = 0; i < n; i++)
        fails |= !atomic_exchange(&failed_once[rows[i].as.i], true);
    for (uint32_t i = 0; i < n && !fails; i++)
        done[rows[i].as.i] = true;
    return fails ? GALE_RETRY : GALE_OK;
}

static void run_into(struct setting *s, const struct probe *sink)
{
    static const struct probe rows = {.execute = make_one_row,
                                      .streams = OUTPUT_N};

    gale_shuffle(topology_run_bolt(&s->r, "rows", &rows, 1), "numbers");
    gale_shuffle(
        topology_run_bolt_as(&s->r, "sink", "probe_bolt_batch", sink, 1),
        "rows");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(early, 0);
    for (uint32_t k = 0; k < N; k++)
        assert_int_equal(s->numbers.acks[k], 1);
}

static void a_batch_that_fails_is_not_acked(void **state)
{
    static const struct probe sink = {.execute_batch = fail_first};
    struct setting *s = *state;

    memset((void *)failed_once, 0, sizeof(failed_once));
    memset((void *)done, 0, sizeof(done));
    s->numbers.replays = true;
    s->numbers.probe.ack = ack_when_done;
    run_into(s, &sink);
    for (uint32_t k = 0; k < N; k++)
        assert_true(s->numbers.fails[k] > 0);
}

static gale_result emit_and_drop(gale_task *task, gale_batch *in)
{
    gale_result result = gale_emit(task, gale_get(gale_batch_tuple(in, 0), 0));

    return result == GALE_OK ? GALE_DROP : result;
}

static void a_batch_that_is_dropped_is_acked(void **state)
{
    static const struct probe sink = {.execute_batch = emit_and_drop,
                                      .streams = OUTPUT_N};
    static const struct probe leaf = {.execute = setting_take};
    struct setting *s = *state;

    s->numbers.probe.ack = note_ack;
    gale_shuffle(topology_run_bolt(&s->r, "leaf", &leaf, 1), "sink");
    run_into(s, &sink);
    assert_int_equal(topology_run_stats(&s->r, "sink").acked, N);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_by_one_no_message_is_acked_early),
        TEST(in_batches_no_message_is_acked_early),
        TEST(nor_is_one_on_several_carriers),
        TEST(nor_is_one_in_batches_on_several_carriers),
        TEST(a_row_that_fails_fails_its_message_and_no_other),
        TEST(a_batch_that_fails_is_not_acked),
        TEST(a_batch_that_is_dropped_is_acked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
