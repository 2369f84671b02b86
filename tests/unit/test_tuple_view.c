/*
 * test_tuple_view.c - a bolt that asks for a field which is not there or not of
 * that type.
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

/* -- wrong accesses -------------------------------------------------------- */

enum {
    WRONG_STR,
    WRONG_FLOAT,
    WRONG_BOOL,
    WRONG_BYTES,
    WRONG_INDEX,
    WRONG_NAME,
    WRONG_LONG_NAME,
    NO_NAME,
    WRONG_ITEM,
    RIGHT_FLOAT,
    RIGHT_GET
};

#define NUMMER_9 "nummernummernummernummernummernummernummernummernummer"

static gale_result access_wrongly(gale_task *task, const gale_tuple *in)
{
    int how = *(const int *)probe_arg(task);

    if (gale_get_int(in, 0) != 5)
        return GALE_OK;
    switch (how) {
    case WRONG_STR:
        return gale_get_str(in, 0).size != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_BOOL:
        return gale_get_bool(in, 0) ? GALE_FATAL : GALE_DROP;
    case WRONG_BYTES:
        return gale_get_bytes(in, 0).size != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_INDEX:
        return gale_get_int(in, 3) != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_NAME:
        return gale_int_of(in, "nummer") != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_LONG_NAME:
        return gale_int_of(in, NUMMER_9 NUMMER_9) != 0 ? GALE_FATAL : GALE_OK;
    case NO_NAME:
        return gale_get_int(in, GALE_NO_FIELD) != 0 ? GALE_FATAL : GALE_OK;
    case WRONG_ITEM:
        return gale_item(in, gale_get(in, 0), 0).kind ? GALE_FATAL : GALE_OK;
    case RIGHT_FLOAT:
        return gale_get_float(in, 0) == 5.0 ? GALE_OK : GALE_FATAL;
    default:
        return gale_get(in, 0).as.i == 5 &&
                       gale_index_of(in, "x") == GALE_NO_FIELD
                   ? GALE_OK
                   : GALE_FATAL;
    }
}

static void a_wrong_access_fails_the_input_and_says_why(void **state)
{
    static const struct {
        int how;
        const char *says[4];
    } cases[] = {
        {WRONG_STR, {"\"number\"", "\"default\"", "a string", "an integer"}},
        {WRONG_BOOL, {"\"number\"", "\"numbers\"", "true or false", "integer"}},
        {WRONG_BYTES, {"\"number\"", "\"numbers\"", "bytes", "an integer"}},
        {WRONG_INDEX, {"\"default\"", "\"numbers\"", "1 field", "number 3"}},
        {WRONG_NAME,
         {"\"default\"", "\"numbers\"", "has no field \"nummer\"",
          "it has \"number\""}},
        {WRONG_LONG_NAME,
         {"\"numbers\"", "has no field \"nummer", "numm\", it has", ""}},
        {NO_NAME, {"\"default\"", "\"numbers\"", "GALE_NO_FIELD was", ""}},
        {WRONG_ITEM,
         {"element 0 of an integer was asked for, which has none",
          "expected a list or a map", "", ""}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct probe bolt = {.arg = (void *)(intptr_t)&cases[i].how,
                                   .execute = access_wrongly};
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        topology_run_complete(&s->r);
        assert_balanced(&s->r);
        for (uint32_t k = 0; k < N; k++) {
            assert_int_equal(s->numbers.fails[k], k == 5);
            assert_int_equal(s->numbers.acks[k], k != 5);
        }
        assert_int_equal(bolt_stats(s).errors, 1);
        for (int k = 0; k < 4; k++)
            assert_says(bolt_stats(s).last_error, cases[i].says[k]);
        assert_says(topology_run_log(&s->r), "bolt");
        setting_end(&own);
    }
}

static void reading_with_care_marks_nothing(void **state)
{
    static const int hows[] = {RIGHT_FLOAT, RIGHT_GET};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct probe bolt = {.arg = (void *)(intptr_t)&hows[i],
                                   .execute = access_wrongly};
        struct setting *s;
        void *own;

        setup(&own);
        s = own;
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers");
        topology_run_complete(&s->r);
        assert_int_equal(number_source_unacked(&s->numbers), 0);
        assert_int_equal(bolt_stats(s).errors, 0);
        setting_end(&own);
    }
}

/* A wrong access to a retained tuple, outside of execute. */
static void misread(gale_task *task, gale_result result, void *arg)
{
    const gale_tuple **kept = arg;

    (void)result;
    (void)gale_get_str(*kept, 0);
    gale_release(task, *kept);
    *kept = NULL;
}

static gale_result no_work(void *arg)
{
    (void)arg;
    return GALE_OK;
}

static gale_result misread_later(gale_task *task, const gale_tuple *in)
{
    const gale_tuple **kept = probe_state(task);

    if (gale_get_int(in, 0) != 0)
        return GALE_OK;
    *kept = gale_retain(task, in);
    return gale_async(task, no_work, misread, kept);
}

static void a_wrong_access_elsewhere_fails_no_innocent_input(void **state)
{
    static const struct probe bolt = {.state_size = sizeof(void *),
                                      .execute = misread_later};
    struct setting *s = *state;

    gale_set(gale_add_spout(s->r.builder, "more", "sequence", 1), "to",
             gale_int(50000));
    gale_shuffle(
        gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "numbers"),
        "more");
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(bolt_stats(s).failed, 0);
    assert_int_equal(bolt_stats(s).errors, 1);
    assert_says(bolt_stats(s).last_error, "a string");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, setting_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_access_fails_the_input_and_says_why),
        cmocka_unit_test(reading_with_care_marks_nothing),
        TEST(a_wrong_access_elsewhere_fails_no_innocent_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
