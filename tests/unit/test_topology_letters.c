/* test_topology_letters.c - a bolt that gets the dead letters of all spouts. */
#include "tests/support/cmocka_all.h"
#include "tests/plugins/probe.h"
#include "tests/support/topology_run.h"
#include "topology-api/model.h"
#include "topology-api/topology_letters.h"
#include <string.h>

static const struct probe spout = {.streams = OUTPUT_N};
static const struct probe bolt;

static int setup(void **state)
{
    static struct topology_run r;

    topology_run_begin(&r, "letters");
    topology_run_spout(&r, "one", &spout, 1);
    topology_run_spout(&r, "two", &spout, 2);
    gale_shuffle(topology_run_bolt(&r, "taker", &bolt, 1), "one");
    *state = &r;
    return 0;
}

static int teardown(void **state)
{
    topology_run_end(*state);
    return 0;
}

static const struct model *model_with(struct topology_run *r, const char *place)
{
    const struct model *m;

    gale_configure(r->builder, "gale.topology.dead.letter", gale_cstr(place));
    m = model_of(r->builder, &r->error);
    if (m == NULL)
        fail_msg("%s", r->error.text);
    return m;
}

static void it_subscribes_to_a_stream_of_each_spout(void **state)
{
    struct topology_run *r = *state;
    const struct component *grave;
    const struct model *m;

    topology_run_bolt(r, "grave", &bolt, 1);
    m = model_with(r, "grave");
    grave = &m->components[m->letters];
    assert_string_equal(grave->id, "grave");
    assert_int_equal(grave->n_inputs, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct component *from = &m->components[grave->inputs[i].from];

        assert_true(from->is_spout && from->has_letters);
        assert_int_equal(grave->inputs[i].stream, from->n_streams - 1);
        assert_string_equal(from->streams[from->n_streams - 1].name,
                            TOPOLOGY_LETTERS_STREAM);
    }
}

static void a_bolt_with_other_inputs_gets_them_behind_those(void **state)
{
    const struct model *m = model_with(*state, "taker");
    const struct component *taker = &m->components[m->letters];

    assert_int_equal(taker->n_inputs, 3);
    assert_int_equal(taker->inputs[0].stream, 0);
    assert_int_equal(taker->inputs[1].stream, 1);
}

static void for_a_file_nothing_is_added(void **state)
{
    const struct model *m = model_with(*state, "./taker");

    assert_true(m->letters == UINT32_MAX);
    for (uint32_t i = 0; i < m->n_components; i++)
        assert_false(m->components[i].has_letters);
}

static void a_spout_gets_none(void **state)
{
    const struct model *m = model_with(*state, "one");

    assert_true(m->letters == UINT32_MAX);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_subscribes_to_a_stream_of_each_spout),
        TEST(a_bolt_with_other_inputs_gets_them_behind_those),
        TEST(for_a_file_nothing_is_added),
        TEST(a_spout_gets_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
