/* topology_letters.c - a bolt that gets dead letters; see
 * topology_letters.h. */
#include "topology-api/topology_letters.h"
#include "topology-api/memory.h"

static const char *const fields[] = {
    "time_us",  "topology",  "spout",       "task",   "message",
    "failures", "component", "failed_task", "poison", "error",
    "stream",   "names",     "values"};

#define N_FIELDS ((uint32_t)(sizeof(fields) / sizeof(fields[0])))

uint32_t topology_letters_bolt(const struct builder *b)
{
    const struct settings *layers[] = {b->overrides, b->topology, b->file};
    const gale_value *place =
        settings_find(layers, sizeof(layers) / sizeof(layers[0]),
                      "gale.topology.dead.letter");
    uint32_t i;

    if (place == NULL || place->kind != GALE_STRING)
        return UINT32_MAX;
    i = builder_find(b, place->as.data); /* a copy of ours ends with a NUL */
    return i != UINT32_MAX && !b->wanted[i]->is_spout ? i : UINT32_MAX;
}

static void declare(struct component *c)
{
    struct stream_decl *s;

    c->streams = xrealloc(c->streams, (c->n_streams + 1) * sizeof(*c->streams));
    s = &c->streams[c->n_streams++];
    *s = (struct stream_decl){.name = xstrdup(TOPOLOGY_LETTERS_STREAM),
                              .n_fields = N_FIELDS};
    s->fields = xcalloc(N_FIELDS, sizeof(*s->fields));
    for (uint32_t i = 0; i < N_FIELDS; i++)
        s->fields[i] = xstrdup(fields[i]);
    c->has_letters = true;
}

void topology_letters_declare(const struct builder *b, struct model *m)
{
    m->letters = topology_letters_bolt(b);
    if (m->letters == UINT32_MAX)
        return;
    for (uint32_t i = 0; i < m->n_components; i++)
        if (m->components[i].is_spout && m->components[i].n_streams > 0)
            declare(&m->components[i]);
}

void topology_letters_subscribe(struct model *m, uint32_t component)
{
    struct component *to = &m->components[component];

    if (component != m->letters)
        return;
    for (uint32_t i = 0; i < m->n_components; i++) {
        const struct component *from = &m->components[i];

        if (!from->has_letters)
            continue;
        to->inputs =
            xrealloc(to->inputs, (to->n_inputs + 1) * sizeof(*to->inputs));
        to->inputs[to->n_inputs++] = (struct input_decl){
            .kind = GALE_SHUFFLE, .from = i, .stream = from->n_streams - 1};
    }
}

uint32_t topology_letters_subscribed(const struct model *m, uint32_t component)
{
    uint32_t n = 0;

    if (component != m->letters)
        return 0;
    for (uint32_t i = 0; i < m->n_components; i++)
        n += m->components[i].has_letters;
    return n;
}
