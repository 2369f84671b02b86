/*
 * describe_model.c - a topology as a graph in text (gale inspect).
 *
 * Components stand in the order of the stream, each with its streams, each of
 * these with those that take it and how tuples are spread over their tasks.
 */
#include "topology-api/describe.h"

static void put_count(FILE *out, const char *before, uint32_t n,
                      const char *what)
{
    fprintf(out, "%s%u %s%s", before, n, what, n == 1 ? "" : "s");
}

static void put_title(FILE *out, const struct model *m)
{
    uint32_t n_executors = 0;

    for (uint32_t i = 0; i < m->n_components; i++)
        n_executors += m->components[i].executors;
    fprintf(out, "topology %s", m->name);
    put_count(out, ": ", m->n_components, "component");
    put_count(out, ", ", n_executors, "executor");
    put_count(out, ", ", m->n_tasks, "task");
    fputs("\n", out);
}

/* The others of its cycle. */
static void put_cycle(FILE *out, const struct model *m,
                      const struct component *c)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++) {
        const struct component *other = &m->components[m->order[i]];

        if (other->cycle == c->cycle && other != c)
            fprintf(out, "%s\"%s\"", n++ == 0 ? ", in a cycle with " : ", ",
                    other->id);
    }
    if (n == 0)
        fputs(", feeds itself", out);
}

static void put_component(FILE *out, const struct model *m,
                          const struct component *c)
{
    fprintf(out, "\n%s: %s %s", c->id, c->is_spout ? "spout" : "bolt",
            c->plugin);
    put_count(out, ", ", c->executors, "executor");
    if (c->tasks != c->executors)
        put_count(out, ", ", c->tasks, "task");
    if (c->cyclic)
        put_cycle(out, m, c);
    fputs("\n", out);
}

static void put_grouping(FILE *out, const struct input_decl *input,
                         const struct stream_decl *stream)
{
    static const char *const names[] = {
        [GALE_SHUFFLE] = "shuffle",
        [GALE_BY_FIELDS] = "fields",
        [GALE_ALL] = "all",
        [GALE_GLOBAL] = "global",
        [GALE_NONE] = "none",
        [GALE_DIRECT] = "direct",
        [GALE_LOCAL_OR_SHUFFLE] = "local or shuffle",
        [GALE_PARTIAL_KEY] = "partial key",
        [GALE_CUSTOM] = "custom",
    };

    fputs(names[input->kind], out);
    for (uint32_t i = 0; i < input->n_key; i++)
        fprintf(out, "%s%s", i == 0 ? " " : ", ",
                stream->fields[input->key[i]]);
    if (input->custom != NULL)
        fprintf(out, " %s", input->custom->name);
}

/* Who takes the stream `number` of component `from`. */
static void put_consumers(FILE *out, const struct model *m, uint32_t from,
                          uint32_t number)
{
    const struct stream_decl *stream = &m->components[from].streams[number];
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++) {
        const struct component *to = &m->components[m->order[i]];

        for (uint32_t j = 0; j < to->n_inputs; j++) {
            const struct input_decl *input = &to->inputs[j];

            if (input->from != from || input->stream != number)
                continue;
            fprintf(out, "    -> %s: ", to->id);
            put_grouping(out, input, stream);
            fputs(input->in_cycle ? ", in a cycle\n" : "\n", out);
            n++;
        }
    }
    if (n == 0)
        fputs("    -> nobody\n", out);
}

static void put_stream(FILE *out, const struct model *m, uint32_t from,
                       uint32_t number)
{
    const struct stream_decl *stream = &m->components[from].streams[number];

    fprintf(out, "  %s%s (", stream->name,
            stream->flags & GALE_STREAM_DIRECT ? ", direct" : "");
    for (uint32_t i = 0; i < stream->n_fields; i++)
        fprintf(out, "%s%s", i == 0 ? "" : ", ", stream->fields[i]);
    fputs(")\n", out);
    put_consumers(out, m, from, number);
}

void describe_model(FILE *out, const struct model *m)
{
    put_title(out, m);
    for (uint32_t i = 0; i < m->n_components; i++) {
        uint32_t at = m->order[i];

        put_component(out, m, &m->components[at]);
        for (uint32_t j = 0; j < m->components[at].n_streams; j++)
            put_stream(out, m, at, j);
    }
}
