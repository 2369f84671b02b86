/*
 * test_rows.c - gale_emit_rows in a running topology: each row is a tuple as if
 * it had been emitted alone.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { N = 20000 };

static _Atomic(uint32_t) seen[N];
static _Atomic(bool) failed_once[N];

static int setup(void **state)
{
    struct setting *s = setting_begin("rows", N, 1);

    s->numbers.replays = true;
    *state = s;
    return 0;
}

enum { ROWS = 40 };

/* Rows for k: numbers, short and long text, k % ROWS of them. */
static gale_value row_of(int64_t k, uint32_t i, char *text)
{
    if (i % 3 == 0)
        return gale_int(k);
    snprintf(text, 64, i % 3 == 1 ? "%lld" : "a longer text, of %lld",
             (long long)k);
    return gale_cstr(text);
}

static gale_result emit_rows(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);
    gale_value rows[ROWS];
    char texts[ROWS][64];
    uint32_t n = (uint32_t)k % ROWS;

    for (uint32_t i = 0; i < n; i++)
        rows[i] = row_of(k, i, texts[i]);
    return gale_emit_rows(task, 0, rows, n);
}

static int64_t number_in(gale_value v)
{
    char text[32] = "";

    if (v.kind == GALE_INT)
        return v.as.i;
    memcpy(text, v.as.data, v.size < 31 ? v.size : 31); /* it has no NUL */
    return strtoll(strpbrk(text, "0123456789"), NULL, 10);
}

/* One tuple of each number that has any fails once. */
static gale_result take_rows(gale_task *task, gale_batch *in)
{
    gale_value values[GALE_BATCH_MAX];
    uint32_t n = gale_batch_values(in, 0, 0, values, GALE_BATCH_MAX);

    (void)task;
    for (uint32_t i = 0; i < n; i++) {
        int64_t k = number_in(values[i]);

        if (!atomic_exchange(&failed_once[k], true))
            gale_batch_settle(in, i, GALE_RETRY);
        else
            seen[k]++;
    }
    return GALE_OK;
}

static gale_result take_row(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_FATAL; /* they all have one anchor */
}

static void rows_arrive(struct setting *s, bool keyed)
{
    static const struct probe middle = {.execute = emit_rows,
                                        .streams = OUTPUT_N};
    static const struct probe sink = {.execute = take_row,
                                      .execute_batch = take_rows};
    gale_declarer *d;

    memset((void *)seen, 0, sizeof(seen));
    memset((void *)failed_once, 0, sizeof(failed_once));
    gale_shuffle(topology_run_bolt(&s->r, "middle", &middle, 2), "numbers");
    d = topology_run_bolt_as(&s->r, "bolt", "probe_bolt_batch", &sink,
                             keyed ? 3 : 1);
    if (keyed)
        gale_by_fields(d, "middle", "n");
    else
        gale_shuffle(d, "middle");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        uint32_t rows = k % ROWS, fails = rows > 0;

        assert_int_equal(s->numbers.acks[k], 1);
        assert_int_equal(s->numbers.fails[k], fails);
        assert_int_equal(seen[k], rows * (1 + fails) - fails);
    }
}

static void each_row_is_a_tuple_of_its_own(void **state)
{
    rows_arrive(*state, false);
}

static void rows_with_keys_go_where_their_keys_belong(void **state)
{
    rows_arrive(*state, true);
}

static gale_result to_no_stream(gale_task *task, const gale_tuple *in)
{
    gale_value v = gale_get(in, 0);

    return gale_emit_rows(task, 7, &v, 1);
}

static void rows_for_a_stream_that_is_not_there_stop_the_worker(void **state)
{
    static const struct probe bolt = {.execute = to_no_stream,
                                      .streams = OUTPUT_N};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    assert_says(topology_run_fails(&s->r), "no stream number 7");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_row_is_a_tuple_of_its_own),
        TEST(rows_with_keys_go_where_their_keys_belong),
        TEST(rows_for_a_stream_that_is_not_there_stop_the_worker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
