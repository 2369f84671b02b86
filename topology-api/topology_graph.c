/*
 * topology_graph.c - cycles of a model, and the order of its components.
 *
 * Tarjan's search for strongly connected components, walking from consumers to
 * their producers, since inputs are what a component lists. A strongly
 * connected component is complete after all that it can reach, here: after all
 * that feeds it, so the order in which they are completed is upstream first.
 * The walk keeps its own stack, so a long chain cannot overflow the thread's.
 */
#include "topology-api/topology_graph.h"
#include "topology-api/memory.h"

struct search {
    struct model *model;
    uint32_t *number; /* by component: when it was first seen, from 1 on */
    uint32_t *low;    /* by component: the least number that it reaches */
    uint32_t *next;   /* by component: the input to walk next */
    bool *open;       /* by component: seen, but its cycle is not complete */
    uint32_t *path;   /* from the root to where the walk stands */
    uint32_t n_path;
    uint32_t *pending; /* the open components, as they were first seen */
    uint32_t n_pending;
    uint32_t n_seen, n_ordered, n_cycles;
};

static void enter(struct search *s, uint32_t i)
{
    s->number[i] = s->low[i] = ++s->n_seen;
    s->open[i] = true;
    s->path[s->n_path++] = i;
    s->pending[s->n_pending++] = i;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static bool feeds_itself(const struct model *m, uint32_t i)
{
    for (uint32_t j = 0; j < m->components[i].n_inputs; j++)
        if (m->components[i].inputs[j].from == i)
            return true;
    return false;
}

/* root's strongly connected component is what is pending from root on. */
static void complete(struct search *s, uint32_t root)
{
    struct model *m = s->model;
    uint32_t *members = m->order + s->n_ordered, n = 0, i;

    do {
        i = s->pending[--s->n_pending];
        s->open[i] = false;
        members[n++] = i;
    } while (i != root);
    qsort(members, n, sizeof(*members), compare);
    for (i = 0; i < n; i++) {
        m->components[members[i]].cycle = s->n_cycles;
        m->components[members[i]].cyclic = n > 1 || feeds_itself(m, members[i]);
    }
    s->n_ordered += n;
    s->n_cycles++;
}

/* One step of the walk: to a producer, or back to the consumer. */
static void step(struct search *s)
{
    uint32_t i = s->path[s->n_path - 1];
    const struct component *c = &s->model->components[i];

    if (s->next[i] < c->n_inputs) {
        uint32_t from = c->inputs[s->next[i]++].from;

        if (s->number[from] == 0)
            enter(s, from);
        else if (s->open[from] && s->number[from] < s->low[i])
            s->low[i] = s->number[from];
        return;
    }
    if (s->low[i] == s->number[i])
        complete(s, i);
    if (--s->n_path > 0) {
        uint32_t consumer = s->path[s->n_path - 1];

        if (s->open[i] && s->low[i] < s->low[consumer])
            s->low[consumer] = s->low[i];
    }
}

static void mark_inputs(struct model *m)
{
    for (uint32_t i = 0; i < m->n_components; i++) {
        struct component *c = &m->components[i];

        for (uint32_t j = 0; j < c->n_inputs; j++)
            c->inputs[j].in_cycle =
                m->components[c->inputs[j].from].cycle == c->cycle;
    }
}

void topology_graph(struct model *m)
{
    uint32_t n = m->n_components;
    struct search s = {.model = m};
    uint32_t *words = xcalloc(n, 5 * sizeof(*words));

    s.number = words;
    s.low = words + n;
    s.next = words + 2 * (size_t)n;
    s.path = words + 3 * (size_t)n;
    s.pending = words + 4 * (size_t)n;
    s.open = xcalloc(n, sizeof(*s.open));
    m->order = xcalloc(n, sizeof(*m->order));
    for (uint32_t i = 0; i < n; i++) {
        if (s.number[i] == 0)
            enter(&s, i);
        while (s.n_path > 0)
            step(&s);
    }
    mark_inputs(m);
    free(s.open);
    free(words);
}
