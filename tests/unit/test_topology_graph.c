/*
 * test_topology_graph.c - cycles of a model, and the order of its components:
 * drawn graphs, and random ones against a slow definition.
 */
#include "tests/support/cmocka_all.h"
#include "topology-api/topology_graph.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_MAX 64u

/* A model of n components; only inputs and what the graph sets count. */
static struct model *model_new(uint32_t n)
{
    struct model *m = calloc(1, sizeof(*m));

    assert_non_null(m);
    m->n_components = n;
    m->components = calloc(n ? n : 1, sizeof(*m->components));
    assert_non_null(m->components);
    return m;
}

static void model_free(struct model *m)
{
    for (uint32_t i = 0; i < m->n_components; i++)
        free(m->components[i].inputs);
    free(m->components);
    free(m->order);
    free(m);
}

static void connect(struct model *m, uint32_t from, uint32_t to)
{
    struct component *c = &m->components[to];

    c->inputs = realloc(c->inputs, (c->n_inputs + 1) * sizeof(*c->inputs));
    assert_non_null(c->inputs);
    c->inputs[c->n_inputs++] = (struct input_decl){.from = from};
}

/* `ab` is an edge from a to b. */
static struct model *model_drawn(uint32_t n, const char *edges)
{
    struct model *m = model_new(n);

    for (; *edges != '\0'; edges += edges[2] == ' ' ? 3 : 2)
        connect(m, (uint32_t)(edges[0] - 'a'), (uint32_t)(edges[1] - 'a'));
    return m;
}

/* `a b (cd)`: the order, cycles in brackets, a loop as (a). */
static void write_order(const struct model *m, char *text, size_t size)
{
    size_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++) {
        const struct component *c = &m->components[m->order[i]];
        bool begins =
            i == 0 || c[0].cycle != m->components[m->order[i - 1]].cycle;
        bool ends = i + 1 == m->n_components ||
                    c->cycle != m->components[m->order[i + 1]].cycle;

        n += (size_t)snprintf(
            text + n, size - n, "%s%s%c%s", begins && i > 0 ? " " : "",
            begins && c->cyclic ? "(" : "", (int)('a' + m->order[i]),
            ends && c->cyclic ? ")" : "");
    }
}

static void order_and_cycles_of_drawn_graphs(void **state)
{
    static const struct {
        uint32_t n;
        const char *edges;
        const char *order;
    } cases[] = {
        {1, "", "a"},
        {3, "", "a b c"},              /* as they were added */
        {3, "ab bc", "a b c"},         /* a line … */
        {3, "cb ba", "c b a"},         /* … added in reverse */
        {4, "ab ac bd cd", "a b c d"}, /* a diamond */
        {4, "db ac", "a d b c"},       /* as early as it was added */
        {1, "aa", "(a)"},              /* feeds itself */
        {3, "ab bb bc", "a (b) c"},
        {3, "ab bc cb", "a (bc)"},
        {4, "db bc cb", "a d (bc)"},
        {5, "ab bc cd db de", "a (bcd) e"},
        {6, "ab bc cb cd de ed ef", "a (bc) (de) f"},
        {6, "fe ed de dc cb bc ba", "f (de) (bc) a"},
        {4, "ab bc cd da", "(abcd)"},
        {4, "ab ba cd dc", "(ab) (cd)"},
        {5, "ab ab bc cb cd dc", "a (bcd) e"}, /* an edge twice */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model *m = model_drawn(cases[i].n, cases[i].edges);
        char text[64] = "";

        topology_graph(m);
        write_order(m, text, sizeof(text));
        if (strcmp(text, cases[i].order))
            fail_msg("%s: found \"%s\", expected \"%s\"", cases[i].edges, text,
                     cases[i].order);
        model_free(m);
    }
}

static void an_input_is_in_a_cycle_if_both_ends_are(void **state)
{
    struct model *m = model_drawn(4, "ab bc cb cd dd");

    (void)state;
    topology_graph(m);
    assert_false(m->components[1].inputs[0].in_cycle); /* a → b */
    assert_true(m->components[1].inputs[1].in_cycle);  /* c → b */
    assert_true(m->components[2].inputs[0].in_cycle);  /* b → c */
    assert_false(m->components[3].inputs[0].in_cycle); /* c → d */
    assert_true(m->components[3].inputs[1].in_cycle);  /* d → d */
    model_free(m);
}

/* -- random graphs --------------------------------------------------------- */

static uint64_t mix(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* reach[i][j]: there is a way of at least one edge from i to j. */
static void close_over(const struct model *m, bool reach[N_MAX][N_MAX])
{
    uint32_t n = m->n_components;

    memset(reach, 0, sizeof(bool) * N_MAX * N_MAX);
    for (uint32_t to = 0; to < n; to++)
        for (uint32_t j = 0; j < m->components[to].n_inputs; j++)
            reach[m->components[to].inputs[j].from][to] = true;
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n && reach[i][k]; j++)
                reach[i][j] = reach[i][j] || reach[k][j];
}

static void expect_as_defined(const struct model *m)
{
    static bool reach[N_MAX][N_MAX];
    uint32_t place[N_MAX], n = m->n_components;

    close_over(m, reach);
    for (uint32_t i = 0; i < n; i++)
        place[m->order[i]] = i;
    for (uint32_t i = 0; i < n; i++) {
        const struct component *c = m->components;

        assert_int_equal(c[i].cyclic, reach[i][i]);
        assert_int_equal(m->order[place[i]], i); /* each is there once */
        for (uint32_t j = 0; j < n; j++) {
            bool same = i == j || (reach[i][j] && reach[j][i]);

            assert_int_equal(c[i].cycle == c[j].cycle, same);
            if (same)
                assert_int_equal(i < j, place[i] < place[j]);
            else if (reach[i][j])
                assert_true(place[i] < place[j]);
        }
    }
    for (uint32_t i = 1; i < n; i++) /* members stand next to each other */
        assert_true(m->components[m->order[i]].cycle ==
                        m->components[m->order[i - 1]].cycle ||
                    m->components[m->order[i]].cycle ==
                        m->components[m->order[i - 1]].cycle + 1);
}

static void random_graphs_are_ordered_as_defined(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (int run = 0; run < 2000; run++) {
        uint32_t n = 1 + (uint32_t)(mix(&seed) % 20);
        struct model *m = model_new(n);

        for (uint64_t edges = mix(&seed) % (2 * n + 1); edges > 0; edges--)
            connect(m, (uint32_t)(mix(&seed) % n), (uint32_t)(mix(&seed) % n));
        topology_graph(m);
        expect_as_defined(m);
        model_free(m);
    }
}

/* A recursive walk would need more stack than there is. */
static void a_chain_of_all_components_is_walked_without_recursion(void **state)
{
    struct model *line = model_new(MODEL_TASKS_MAX);
    struct model *ring = model_new(MODEL_TASKS_MAX);

    (void)state;
    for (uint32_t i = 1; i < MODEL_TASKS_MAX; i++) {
        connect(line, i, i - 1);
        connect(ring, i, i - 1);
    }
    connect(ring, 0, MODEL_TASKS_MAX - 1);
    topology_graph(line);
    topology_graph(ring);
    assert_int_equal(line->order[0], MODEL_TASKS_MAX - 1);
    assert_int_equal(line->order[MODEL_TASKS_MAX - 1], 0);
    assert_false(line->components[5].cyclic);
    assert_int_equal(ring->order[0], 0);
    assert_true(ring->components[5].cyclic);
    assert_int_equal(ring->components[5].cycle, 0);
    model_free(line);
    model_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_cycles_of_drawn_graphs),
        cmocka_unit_test(an_input_is_in_a_cycle_if_both_ends_are),
        cmocka_unit_test(random_graphs_are_ordered_as_defined),
        cmocka_unit_test(a_chain_of_all_components_is_walked_without_recursion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
