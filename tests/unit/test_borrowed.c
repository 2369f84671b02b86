/*
 * test_borrowed.c - lists and maps of a tuple are emitted as they were got: of
 * the current input, of another one of the batch, of a retained tuple, within a
 * list of the bolt's own.
 */
#include "tests/support/kit_setup.h"
#include "tests/support/topology_run.h"
#include <gale/testing.h>
#include <stdatomic.h>
#include <string.h>

#define LONG_TEXT "a text that does not fit into a slot"

static const gale_value inner[] = {{GALE_STRING, 36, {.data = LONG_TEXT}},
                                   {GALE_INT, 0, {.i = 7}},
                                   {GALE_STRING, 3, {.data = "cow"}},
                                   {GALE_LIST, 0, {.items = NULL}}};
static const gale_value pairs[] = {{GALE_STRING, 1, {.data = "k"}},
                                   {GALE_LIST, 4, {.items = inner}}};
static const gale_value nested[] = {{GALE_MAP, 1, {.items = pairs}},
                                    {GALE_LIST, 4, {.items = inner}}};

static const gale_value all[] = {
    {GALE_LIST, 4, {.items = inner}},  {GALE_MAP, 1, {.items = pairs}},
    {GALE_LIST, 2, {.items = nested}}, {GALE_LIST, 0, {.items = NULL}},
    {GALE_MAP, 0, {.items = NULL}},    {GALE_INT, 0, {.i = 3}},
};

enum { ALL = sizeof(all) / sizeof(all[0]) };

struct keeper {
    const gale_tuple *kept;
    gale_value value;
};

/* -- bolts ----------------------------------------------------------------- */

static gale_result pass(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0));
}

/* Of what the bolt makes, a part is the input's. */
static gale_result wrap(gale_task *task, const gale_tuple *in)
{
    const gale_value both[] = {gale_cstr(LONG_TEXT), gale_get(in, 0)};

    return gale_emit(task, gale_list(both, 2));
}

static gale_result take_apart(gale_task *task, const gale_tuple *in)
{
    gale_value v = gale_get(in, 0);

    if (v.kind != GALE_LIST || v.size == 0)
        return GALE_DROP;
    return gale_emit(task, gale_item(in, v, v.size - 1));
}

static gale_result keep(gale_task *task, const gale_tuple *in)
{
    struct keeper *k = gale_instance(task);

    k->kept = gale_retain(task, in);
    gale_tick_every(task, 10);
    return GALE_OK;
}

static gale_result emit_kept(gale_task *task)
{
    struct keeper *k = gale_instance(task);
    gale_result result = GALE_OK;

    if (k->kept != NULL)
        result = gale_emit(task, gale_get(k->kept, 0));
    gale_release(task, k->kept);
    k->kept = NULL;
    gale_tick_every(task, 0);
    return result;
}

static gale_result note(gale_task *task, const gale_tuple *in)
{
    struct keeper *k = gale_instance(task);

    k->value = gale_get(in, 0);
    gale_tick_every(task, 10);
    return GALE_OK;
}

static gale_result emit_noted(gale_task *task)
{
    struct keeper *k = gale_instance(task);

    return gale_emit(task, k->value);
}

static const gale_stream stream[] = {GALE_STREAM("default", "value")};

static gale_bolt bolt_of(gale_result (*execute)(gale_task *,
                                                const gale_tuple *),
                         gale_result (*tick)(gale_task *))
{
    return (gale_bolt){.abi = GALE_ABI,
                       .size = sizeof(gale_bolt),
                       .name = "bolt",
                       .streams = {stream, 1, sizeof(stream[0])},
                       .instance_size = sizeof(struct keeper),
                       .execute = execute,
                       .tick = tick};
}

/* -- tests ----------------------------------------------------------------- */

static void what_comes_in_can_go_out(void **state)
{
    gale_bolt bolt = bolt_of(pass, NULL);
    gale_test *t = gale_test_bolt_of(&bolt);

    (void)state;
    for (uint32_t i = 0; i < ALL; i++) {
        gale_test_feed(t, all[i]);
        gale_test_expect_emit(t, all[i]);
    }
    gale_test_free(t);
}

static void as_a_part_of_a_list_of_ones_own(void **state)
{
    gale_bolt bolt = bolt_of(wrap, NULL);
    gale_test *t = gale_test_bolt_of(&bolt);

    (void)state;
    for (uint32_t i = 0; i < ALL; i++) {
        const gale_value both[] = {gale_cstr(LONG_TEXT), all[i]};

        gale_test_feed(t, all[i]);
        gale_test_expect_emit(t, gale_list(both, 2));
    }
    gale_test_free(t);
}

static void and_so_can_an_element_of_it(void **state)
{
    gale_bolt bolt = bolt_of(take_apart, NULL);
    gale_test *t = gale_test_bolt_of(&bolt);

    (void)state;
    gale_test_feed(t, gale_list(nested, 2));
    gale_test_expect_emit(t, gale_list(inner, 4));
    gale_test_free(t);
}

static void a_retained_tuple_is_as_good(void **state)
{
    gale_bolt bolt = bolt_of(keep, emit_kept);
    gale_test *t = gale_test_bolt_of(&bolt);

    (void)state;
    for (uint32_t i = 0; i < ALL; i++) {
        gale_test_feed(t, all[i]);
        gale_test_advance(t, 20);
        gale_test_expect_emit(t, all[i]);
    }
    gale_test_free(t);
}

static void of_a_tuple_that_is_gone_there_is_nothing_to_emit(void **state)
{
    gale_bolt bolt = bolt_of(note, emit_noted);
    gale_test *t = gale_test_bolt_of(&bolt);

    (void)state;
    gale_test_feed(t, gale_list(inner, 4));
    gale_test_advance(t, 20);
    gale_test_expect_error(
        t, NULL,
        "the value for the field \"value\" of stream "
        "\"default\" cannot be sent: it is a list of a tuple "
        "that is gone: gale_retain() keeps a copy");
    gale_test_free(t);
}

/* -- batches, groupings ---------------------------------------------------- */

enum { N = 300 };

static const gale_stream keyed[] = {GALE_STREAM("default", "n", "list")};

static gale_result emit_lists(gale_task *task)
{
    uint32_t *calls = probe_state(task);

    for (int64_t i = 0; *calls == 0 && i < N; i++) {
        const gale_value list[] = {gale_cstr(LONG_TEXT), gale_int(i)};

        (void)gale_emit(task, gale_int(i), gale_list(list, 2));
    }
    ++*calls;
    gale_exhausted(task);
    return GALE_OK;
}

/* What was got of all tuples is emitted while the last one is current. */
static gale_result pass_all(gale_task *task, gale_batch *in)
{
    gale_value numbers[GALE_BATCH_MAX], lists[GALE_BATCH_MAX];

    gale_batch_values(in, 0, 0, numbers, in->n);
    gale_batch_values(in, 1, 0, lists, in->n);
    gale_batch_tuple(in, in->n - 1);
    for (uint32_t i = 0; i < in->n; i++)
        if (gale_emit(task, numbers[i], lists[i]) != GALE_OK)
            return GALE_FATAL;
    return GALE_OK;
}

static gale_result pass_both(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0), gale_get(in, 1));
}

static gale_result count_right(gale_task *task, const gale_tuple *in)
{
    _Atomic(uint32_t) *right = probe_arg(task);
    gale_value list = gale_get(in, 1);
    gale_str text = gale_value_str(gale_item(in, list, 0));

    *right += gale_str_eq(text, gale_str_make(LONG_TEXT, 36)) &&
              gale_item(in, list, 1).as.i == gale_get_int(in, 0);
    return GALE_OK;
}

static void so_are_the_other_tuples_of_a_batch(void **state)
{
    static const char *const plugins[] = {"probe_bolt_batch", "probe_bolt"};
    static _Atomic(uint32_t) right;
    static const struct probe spout = {.state_size = sizeof(uint32_t),
                                       .streams = {keyed, 1, sizeof(keyed[0])},
                                       .next = emit_lists};
    static const struct probe bolt = {.streams = {keyed, 1, sizeof(keyed[0])},
                                      .execute = pass_both,
                                      .execute_batch = pass_all};
    static const struct probe sink = {.arg = &right, .execute = count_right};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct topology_run r;

        right = 0;
        topology_run_begin(&r, "borrowed");
        topology_run_spout(&r, "spout", &spout, 1);
        gale_shuffle(topology_run_bolt_as(&r, "bolt", plugins[i], &bolt, 2),
                     "spout");
        gale_by_fields(topology_run_bolt(&r, "keyed", &sink, 2), "bolt", "n");
        gale_all(topology_run_bolt(&r, "all", &sink, 2), "bolt");
        topology_run_complete(&r);
        assert_int_equal(right, 3 * N);
        topology_run_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_in_can_go_out),
        cmocka_unit_test(as_a_part_of_a_list_of_ones_own),
        cmocka_unit_test(and_so_can_an_element_of_it),
        cmocka_unit_test(a_retained_tuple_is_as_good),
        cmocka_unit_test(of_a_tuple_that_is_gone_there_is_nothing_to_emit),
        cmocka_unit_test(so_are_the_other_tuples_of_a_batch),
    };

    return cmocka_run_group_tests(tests, kit_setup, NULL);
}
