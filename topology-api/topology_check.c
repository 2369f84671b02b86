/*
 * topology_check.c - whether a topology makes sense, beyond its single calls.
 */
#include "topology-api/topology_check.h"
#include "topology-api/memory.h"
#include "topology-api/flat_key.h"
#include "topology-api/names.h"
#include "topology-api/text_buffer.h"
#include "topology-api/topology_letters.h"
#include "topology-api/topology_overrides.h"
#include <stdatomic.h>

#define QUOTED_MAX 300 /* of a key in a sentence */

/* -- parts ----------------------------------------------------------------- */

static int check_part(const struct wanted *w, bool gets_letters,
                      gale_err *error)
{
    if (w->tasks != 0 && w->tasks < w->executors)
        return error_set(error,
                         "component \"%s\" has %u executors for %u tasks; "
                         "expected at least as many tasks as executors",
                         w->id, w->executors, w->tasks);
    if (!w->is_spout && w->n_inputs == 0 && !gets_letters && !w->has_input)
        return error_set(error,
                         "component \"%s\" is a bolt without an input; "
                         "subscribe it to a stream",
                         w->id);
    return 0;
}

int topology_check_parts(struct builder *b, gale_err *error)
{
    uint64_t n_tasks = 0;
    bool spout = b->lacks_parts;

    for (uint32_t i = 0; i < b->n_wanted; i++) {
        const struct wanted *w = b->wanted[i];

        if (check_part(w, i == topology_letters_bolt(b), error) &&
            builder_mistake(b, w->place, error))
            return -1;
        spout = spout || w->is_spout;
        n_tasks += w->tasks ? w->tasks : w->executors;
    }
    if (!spout)
        error_set(error, "the topology has no spout; expected at least one");
    else if (n_tasks > MODEL_TASKS_MAX)
        error_set(error,
                  "the topology has %llu tasks in all, expected at most %u",
                  (unsigned long long)n_tasks, MODEL_TASKS_MAX);
    else
        return 0;
    return builder_mistake(b, NULL, error);
}

/* -- reach ----------------------------------------------------------------- */

/* `"a", "b"`: the cycle that begins at order[at]. */
static void put_cycle(struct text_buffer *text, const struct model *m,
                      uint32_t at)
{
    uint32_t cycle = m->components[m->order[at]].cycle;

    for (uint32_t i = at; i < m->n_components; i++) {
        const struct component *c = &m->components[m->order[i]];

        if (c->cycle != cycle)
            break;
        text_buffer_put(text, "%s\"%s\"", i == at ? "" : ", ", c->id);
    }
}

/* Whether something from outside feeds the cycle that begins at order[at], or
 * it is no cycle. */
static bool is_entered(const struct model *m, uint32_t at)
{
    uint32_t cycle = m->components[m->order[at]].cycle;

    for (uint32_t i = at; i < m->n_components; i++) {
        const struct component *c = &m->components[m->order[i]];

        if (c->cycle != cycle)
            break;
        if (!c->cyclic)
            return true;
        for (uint32_t j = 0; j < c->n_inputs; j++)
            if (!c->inputs[j].in_cycle)
                return true;
    }
    return false;
}

/*
 * A bolt has an input, so whoever walks upstream from it ends at a spout or in
 * a cycle. If every cycle is entered, every walk can end at a spout.
 */
int topology_check_reach(const struct model *m, gale_err *error)
{
    uint32_t before = UINT32_MAX;
    struct text_buffer text;
    char cycle[512];

    for (uint32_t i = 0; i < m->n_components; i++) {
        const struct component *c = &m->components[m->order[i]];

        if (c->cycle == before || is_entered(m, i)) {
            before = c->cycle;
            continue;
        }
        text_buffer_init(&text, cycle, sizeof(cycle));
        put_cycle(&text, m, i);
        return error_set(error,
                         "nothing enters the cycle of %s: no spout reaches it; "
                         "subscribe one of them to a stream from outside",
                         cycle);
    }
    return 0;
}

/* -- settings -------------------------------------------------------------- */

static bool known_by_its_dot(const char *key, char nearest[64])
{
    nearest[0] = '\0';
    return strchr(key, '.') != NULL;
}

/* Workers that share a process set it at the same time, to the same: it pairs
 * with nothing. */
static _Atomic(settings_known_fn *) known_key = known_by_its_dot;

void topology_check_keys(settings_known_fn *known)
{
    atomic_store(&known_key, known);
}

bool topology_check_known(const char *key, char nearest[64])
{
    nearest[0] = '\0';
    return atomic_load(&known_key)(key, nearest);
}

/* The key as it can stand in a sentence. */
static const char *quoted(const char *key, char text[QUOTED_MAX])
{
    return value_text(gale_cstr(key), text, QUOTED_MAX);
}

static int no_such_setting(const struct component *c, const char *key,
                           const char *near, gale_err *error)
{
    const gale_options *options = option_table(c);
    struct names_nearest nearest;
    char text[QUOTED_MAX];

    names_start(&nearest, key);
    names_consider(&nearest, near);
    for (uint32_t i = 0; i < options->n; i++)
        names_consider(&nearest, option_at(options, i)->name);
    return error_set(error,
                     "component \"%s\" sets %s, which is neither an option of "
                     "%s \"%s\" nor a configuration key%s",
                     c->id, quoted(key, text), c->is_spout ? "spout" : "bolt",
                     c->plugin, names_hint(&nearest));
}

static int check_component_settings(struct builder *b,
                                    const struct component *c, gale_err *error)
{
    for (size_t i = 0; i < settings_size(c->settings); i++) {
        const char *key = settings_at(c->settings, i, NULL);
        char near[64];

        if (option_find(option_table(c), key) == NULL &&
            !topology_check_known(key, near) &&
            no_such_setting(c, key, near, error) &&
            builder_mistake(b, settings_place(c->settings, key), error))
            return -1;
    }
    return 0;
}

/* What the topology sets holds for all its components. */
static bool is_option(const struct model *m, struct names_nearest *nearest)
{
    for (uint32_t i = 0; i < m->n_components; i++) {
        const gale_options *options = option_table(&m->components[i]);

        if (option_find(options, nearest->wanted) != NULL)
            return true;
        for (uint32_t j = 0; j < options->n; j++)
            names_consider(nearest, option_at(options, j)->name);
    }
    return false;
}

/* Of a layer that holds for all components; `who` sets it. */
static void check_common_settings(struct builder *b, const struct model *m,
                                  const struct settings *layer, const char *who)
{
    for (size_t i = 0; i < settings_size(layer); i++) {
        const char *key = settings_at(layer, i, NULL), *place;
        struct names_nearest nearest;
        char near[64], text[QUOTED_MAX];

        names_start(&nearest, key);
        if (topology_check_known(key, near) || is_option(m, &nearest))
            continue;
        names_consider(&nearest, near);
        place = settings_place(layer, key);
        builder_warn(b,
                     "%s%s%s sets %s, which is neither a configuration key nor "
                     "an option of a component%s",
                     place, *place == '\0' ? "" : ": ", who, quoted(key, text),
                     names_hint(&nearest));
    }
}

static void check_file_entry(struct builder *b, const struct model *m,
                             const char *key, gale_value value)
{
    char near[64], text[QUOTED_MAX], where[700], flat[FLAT_KEY_MAX];
    struct names_nearest nearest;
    gale_err cause;

    names_start(&nearest, key);
    if (topology_check_known(key, near) || is_option(m, &nearest))
        return;
    names_consider(&nearest, near);
    snprintf(where, sizeof(where), "%s: %s", settings_place(m->file, key),
             names_valid(key) ? key : quoted(key, text));
    if (topology_overrides_fit(m, where, key, &cause))
        builder_warn(b, "%s", cause.text);
    else if (flat_key_hint(key, value, topology_check_known, flat))
        builder_warn(b, "%s: unknown key%s", where, flat);
    else
        builder_warn(b,
                     "%s: unknown key, and no component has such an option%s",
                     where, names_hint(&nearest));
}

static void check_files(struct builder *b, const struct model *m)
{
    gale_value value;

    for (size_t i = 0; i < settings_size(m->file); i++) {
        const char *key = settings_at(m->file, i, &value);

        check_file_entry(b, m, key, value);
    }
}

int topology_check_settings(struct builder *b, const struct model *m,
                            gale_err *error)
{
    for (uint32_t i = 0; i < m->n_components; i++)
        if (!b->wanted[i]->unknown &&
            check_component_settings(b, &m->components[i], error))
            return -1;
    if (b->n_mistakes > 0)
        return 0; /* whose options these are may not be known */
    check_common_settings(b, m, m->topology, "the topology");
    check_common_settings(b, m, m->overrides, "the command line");
    check_files(b, m);
    return 0;
}
