/*
 * test_bolt_task.c - a bolt in a running topology: what its results do, how it
 * begins and ends.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <stdatomic.h>
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

/* -- results --------------------------------------------------------------- */

static gale_result drop_odd(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) % 2 ? GALE_DROP : GALE_OK;
}

static void ok_and_drop_ack_the_input(void **state)
{
    static const struct probe bolt = {.execute = drop_odd};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(bolt_stats(s).acked, N);
    assert_int_equal(bolt_stats(s).dropped, N / 2);
    assert_int_equal(bolt_stats(s).failed, 0);
}

/* The first time, each number that can be divided by 7. */
static _Atomic(bool) tried[N];

static gale_result retry_some(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    (void)task;
    return k % 7 == 0 && !atomic_exchange(&tried[k], true) ? GALE_RETRY
                                                           : GALE_OK;
}

static void retry_fails_the_input_and_the_spout_may_emit_again(void **state)
{
    static const struct probe bolt = {.execute = retry_some};
    struct setting *s = *state;

    s->numbers.replays = true;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(s->numbers.acks[k], 1);
        assert_int_equal(s->numbers.fails[k], k % 7 == 0);
    }
    assert_int_equal(bolt_stats(s).failed, (N + 6) / 7);
    assert_int_equal(bolt_stats(s).acked, N);
    assert_int_equal(bolt_stats(s).errors, 0); /* no text, no report */
    assert_int_equal(topology_run_stats(&s->r, "numbers").failed, (N + 6) / 7);
    assert_int_equal(s->numbers.strangers, 0);
}

static gale_result poison_one(gale_task *task, const gale_tuple *in)
{
    if (gale_get_int(in, 0) == 5)
        return gale_error(task, GALE_POISON, "five is %s", "too much");
    return GALE_OK;
}

static void poison_fails_counts_and_is_reported(void **state)
{
    static const struct probe bolt = {.execute = poison_one};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(s->numbers.fails[5], 1);
    assert_int_equal(bolt_stats(s).poisoned, 1);
    assert_int_equal(bolt_stats(s).failed, 1);
    assert_int_equal(bolt_stats(s).errors, 1);
    assert_string_equal(bolt_stats(s).last_error, "five is too much");
    assert_says(topology_run_log(&s->r), "five is too much");
}

static gale_result poison_silently(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) == 5 ? GALE_POISON : GALE_OK;
}

static void poison_without_a_reason_is_reported_all_the_same(void **state)
{
    static const struct probe bolt = {.execute = poison_silently};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_says(bolt_stats(s).last_error, "poison");
}

static gale_result odd_result;

static gale_result return_odd(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) == 5 ? odd_result : GALE_OK;
}

static void a_result_that_is_not_known_stops_the_worker(void **state)
{
    static const struct probe bolt = {.execute = return_odd};
    static const int odd[] = {GALE_AGAIN, GALE_ALREADY, GALE_FENCED,
                              8,          4711,         -1};

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        void *own;
        struct setting *s;
        char number[20];
        const char *why;

        setup(&own);
        s = own;
        odd_result = (gale_result)odd[i];
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        why = topology_run_fails(&s->r);
        snprintf(number, sizeof(number), "returned %d,", odd[i]);
        assert_says(why, number);
        assert_says(why, "\"bolt\"");
        assert_says(why, "execute");
        setting_end(&own);
    }
}

static gale_result be_fatal(gale_task *task, const gale_tuple *in)
{
    if (gale_get_int(in, 0) != 5)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "the disk of %d is gone", 5);
}

static void fatal_stops_the_worker_with_the_text(void **state)
{
    static const struct probe bolt = {.execute = be_fatal};
    struct setting *s = *state;
    const char *why;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    why = topology_run_fails(&s->r);
    assert_says(why, "the disk of 5 is gone");
    assert_says(why, "bolt \"bolt\"");
    assert_says(why, "task 2");
}

static _Atomic(uint32_t) after_fatal;

static gale_result be_fatal_early(gale_task *task, const gale_tuple *in)
{
    (void)in;
    if (after_fatal++ == 0)
        return gale_error(task, GALE_FATAL, "no more");
    return GALE_OK;
}

static void after_fatal_nothing_is_executed(void **state)
{
    static const struct probe bolt = {.execute = be_fatal_early};
    struct setting *s = *state;

    after_fatal = 0;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    assert_says(topology_run_fails(&s->r), "no more");
    assert_int_equal(after_fatal, 1);
    assert_int_equal(bolt_stats(s).executed, 1);
}

static gale_result fatal_silently(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_FATAL;
}

static void fatal_without_a_text_says_that_there_was_none(void **state)
{
    static const struct probe bolt = {.execute = fatal_silently};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    assert_says(topology_run_fails(&s->r), "no reason");
}

static gale_result retry_with_text(gale_task *task, const gale_tuple *in)
{
    int64_t k = gale_get_int(in, 0);

    if (k == 5)
        return gale_error(task, GALE_RETRY, "number five");
    if (k == 6)
        return GALE_RETRY; /* the text of number 5 is not shown again */
    if (k == 7)
        gale_error(task, GALE_RETRY,
                   "number seven"); /* and then it went well */
    return k == 8 ? GALE_POISON : GALE_OK;
}

static void a_text_belongs_to_the_call_that_set_it(void **state)
{
    static const struct probe bolt = {.execute = retry_with_text};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    topology_run_complete(&s->r);
    assert_int_equal(bolt_stats(s).errors, 2);
    assert_says(topology_run_log(&s->r), "number five");
    assert_null(strstr(topology_run_log(&s->r), "number seven"));
    assert_says(bolt_stats(s).last_error, "poison");
}

/* -- beginning and end ----------------------------------------------------- */

static gale_result refuse_prepare(gale_task *task)
{
    _Atomic(uint32_t) *calls = probe_arg(task);

    ++*calls;
    if (gale_task_index(task) == 1)
        return gale_error(task, GALE_RETRY, "no table %s", "today");
    return GALE_OK;
}

static void count_cleanup(gale_task *task)
{
    _Atomic(uint32_t) *calls = probe_arg(task);

    calls[1]++;
}

static void an_error_of_prepare_refuses_the_start(void **state)
{
    static _Atomic(uint32_t) calls[2];
    static const struct probe bolt = {.arg = &calls,
                                      .open = refuse_prepare,
                                      .close = count_cleanup,
                                      .execute = setting_take};
    struct setting *s = *state;

    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 3), "numbers");
    assert_false(topology_run_tries(&s->r));
    assert_says(s->r.error.text, "no table today");
    assert_says(s->r.error.text, "bolt \"bolt\"");
    assert_says(s->r.error.text, "prepare");
    assert_int_equal(calls[0], calls[1]); /* who prepared has cleaned up */
    assert_int_equal(s->numbers.emitted.n, 0);
}

/* Who ended when, in the order of the stream. */
struct chain {
    struct chain *before;
    _Atomic(uint64_t) sum;   /* of the inputs */
    _Atomic(uint32_t) ended; /* tasks */
    _Atomic(uint32_t) cleaned;
    _Atomic(uint32_t) wrong;
    uint32_t tasks;
};

static gale_result add_up(gale_task *task, const gale_tuple *in)
{
    struct chain *c = probe_arg(task);

    if (c->ended)
        c->wrong++;
    c->sum += (uint64_t)gale_get_int(in, 0);
    *(uint64_t *)probe_state(task) += (uint64_t)gale_get_int(in, 0);
    return GALE_OK;
}

static gale_result end_chain(gale_task *task)
{
    struct chain *c = probe_arg(task);

    if (c->before != NULL && c->before->ended != c->before->tasks)
        c->wrong++;
    c->ended++;
    return gale_emit(task, gale_int(*(int64_t *)probe_state(task)));
}

static void clean_chain(gale_task *task)
{
    struct chain *c = probe_arg(task);

    if (c->before != NULL && c->before->cleaned != c->before->tasks)
        c->wrong++;
    c->cleaned++;
}

static void final_results_go_down_the_stream_to_its_end(void **state)
{
    static struct chain chains[4];
    struct probe probes[4];
    struct setting *s = *state;
    const char *from = "numbers";

    for (int i = 3; i >= 0; i--) /* added in the wrong order */
        chains[i] = (struct chain){.before = i > 0 ? &chains[i - 1] : NULL,
                                   .tasks = i == 3 ? 1 : 3};
    for (int i = 0; i < 4; i++) {
        static const char *const names[] = {"one", "two", "three", "bolt"};

        probes[i] = (struct probe){.arg = &chains[i],
                                   .state_size = sizeof(uint64_t),
                                   .streams = OUTPUT_N,
                                   .execute = add_up,
                                   .end_of_input = end_chain,
                                   .close = clean_chain};
        gale_shuffle(topology_run_bolt(&s->r, names[i], &probes[i],
                                       (int)chains[i].tasks),
                     from);
        from = names[i];
    }
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(chains[i].sum, N * (N - 1) / 2);
        assert_int_equal(chains[i].ended, chains[i].tasks);
        assert_int_equal(chains[i].cleaned, chains[i].tasks);
        assert_int_equal(chains[i].wrong, 0);
    }
}

static void stopped_at_once_there_is_no_end_of_input(void **state)
{
    static struct chain c;
    static const struct probe bolt = {.arg = &c,
                                      .state_size = sizeof(uint64_t),
                                      .streams = OUTPUT_N,
                                      .execute = add_up,
                                      .end_of_input = end_chain,
                                      .close = clean_chain};
    struct setting *s = *state;

    c.tasks = 2;
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 2), "numbers");
    topology_run_start(&s->r);
    assert_int_equal(topology_run_stop(&s->r, GALE_STOP_NOW),
                     GALE_LOCAL_STOPPED);
    assert_int_equal(c.ended, 0);
    assert_int_equal(c.cleaned, 2);
}

static gale_result result_at_end;

static gale_result fail_at_end(gale_task *task)
{
    return gale_error(task, result_at_end, "could not commit");
}

static void an_error_at_the_end_of_input_is_the_outcome(void **state)
{
    static const struct probe bolt = {.execute = setting_take,
                                      .end_of_input = fail_at_end};
    static const gale_result results[] = {GALE_FATAL, GALE_RETRY, GALE_POISON};

    (void)state;
    for (int i = 0; i < 3; i++) {
        void *own;
        struct setting *s;

        setup(&own);
        s = own;
        result_at_end = results[i];
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        topology_run_until_complete(&s->r);
        assert_int_equal(topology_run_stop(&s->r, GALE_STOP_DRAIN),
                         GALE_LOCAL_FAILED);
        assert_says(gale_local_error(s->r.local), "could not commit");
        assert_says(gale_local_error(s->r.local), "end_of_input");
        setting_end(&own);
    }
}

/* -- bolts of all sorts ---------------------------------------------------- */

static void a_bolt_needs_execute_alone(void **state)
{
    static const struct probe bolt = {.execute = setting_take};
    struct setting *s = *state;

    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_bare", &bolt, 2),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
}

/* Two bolts wait for each other within execute: each needs its own thread. */
static gale_result meet(gale_task *task, const gale_tuple *in)
{
    struct tally *both = probe_arg(task);
    int me = strcmp(gale_component_id(task), "bolt") == 0;

    (void)in;
    tally_add(&both[me], 1);
    tally_await(&both[!me], tally_get(&both[me]), "the other bolt");
    return GALE_OK;
}

static void blocking_bolts_may_wait_for_each_other(void **state)
{
    static struct tally both[2] = {TALLY_INIT, TALLY_INIT};
    static const struct probe bolt = {.arg = both, .execute = meet};
    struct setting *s = *state;

    s->r.carriers = 1;
    gale_shuffle(
        topology_run_bolt_as(&s->r, "bolt", "probe_bolt_blocking", &bolt, 1),
        "numbers");
    gale_shuffle(
        topology_run_bolt_as(&s->r, "other", "probe_bolt_blocking", &bolt, 1),
        "numbers");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(both[0].n, N);
    assert_int_equal(both[1].n, N);
}

static gale_result emit_much(gale_task *task, const gale_tuple *in)
{
    static char text[1000];
    gale_result result = GALE_OK;

    (void)in;
    for (int i = 0; i < 100000 && result == GALE_OK; i++)
        result = gale_emit(task, gale_string(text, sizeof(text)));
    return result;
}

static void one_call_may_emit_only_so_much_beyond_the_room_there_is(
    void **state)
{
    static struct tally gate = TALLY_INIT;
    static const struct probe bolt = {.streams = OUTPUT_N,
                                      .execute = emit_much};
    static const struct probe sink = {.arg = &gate, .execute = setting_take};
    struct setting *s = *state;
    const char *why;

    gale_configure(s->r.builder, "gale.topology.max.emit.bytes",
                   gale_int(10000000));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "bolt");
    s->r.carriers = 1;
    why = topology_run_fails(&s->r);
    assert_says(why, "gale.topology.max.emit.bytes");
    assert_says(why, "\"bolt\"");
}

static void more_memory_than_the_worker_may_use_is_the_end_of_the_run(
    void **state)
{
    static const struct probe bolt = {.streams = OUTPUT_N,
                                      .execute = emit_much};
    static const struct probe sink = {.execute = setting_take};
    struct setting *s = *state;
    const char *why;

    gale_configure(s->r.builder, "gale.worker.memory.bytes", gale_int(2000000));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "bolt");
    s->r.carriers = 1;
    why = topology_run_fails(&s->r);
    assert_says(why, "gale.worker.memory.bytes, which is 2000000");
    assert_says(why, "raise it");
}

/* Which looks at no result, as `emit_much` does. */
static gale_result emit_on(gale_task *task, const gale_tuple *in)
{
    static char text[1000];
    uint32_t *n = probe_arg(task);

    (void)in;
    for (int i = 0; i < 100000; i++)
        *n += gale_emit(task, gale_string(text, sizeof(text))) == GALE_OK;
    return GALE_OK;
}

static void a_callback_that_emits_on_gets_no_more_memory_than_that(void **state)
{
    static uint32_t n;
    static const struct probe bolt = {
        .streams = OUTPUT_N, .arg = &n, .execute = emit_on};
    static const struct probe sink = {.execute = setting_take};
    struct setting *s = *state;

    gale_configure(s->r.builder, "gale.worker.memory.bytes", gale_int(2000000));
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
    gale_shuffle(topology_run_bolt(&s->r, "sink", &sink, 1), "bolt");
    s->r.carriers = 1;
    assert_says(topology_run_fails(&s->r), "gale.worker.memory.bytes");
    assert_in_range(n, 1, 3000); /* tuples of a little more than 1000 bytes */
    assert_int_equal(bolt_stats(s).errors, 1); /* not one for each emit */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ok_and_drop_ack_the_input),
        TEST(retry_fails_the_input_and_the_spout_may_emit_again),
        TEST(poison_fails_counts_and_is_reported),
        TEST(poison_without_a_reason_is_reported_all_the_same),
        cmocka_unit_test(a_result_that_is_not_known_stops_the_worker),
        TEST(fatal_stops_the_worker_with_the_text),
        TEST(after_fatal_nothing_is_executed),
        TEST(fatal_without_a_text_says_that_there_was_none),
        TEST(a_text_belongs_to_the_call_that_set_it),
        TEST(an_error_of_prepare_refuses_the_start),
        TEST(final_results_go_down_the_stream_to_its_end),
        TEST(stopped_at_once_there_is_no_end_of_input),
        cmocka_unit_test(an_error_at_the_end_of_input_is_the_outcome),
        TEST(a_bolt_needs_execute_alone),
        TEST(blocking_bolts_may_wait_for_each_other),
        TEST(one_call_may_emit_only_so_much_beyond_the_room_there_is),
        TEST(more_memory_than_the_worker_may_use_is_the_end_of_the_run),
        TEST(a_callback_that_emits_on_gets_no_more_memory_than_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
