/*
 * topology_overrides.c - to whom an entry of a file or of the command line
 * goes.
 *
 * A component's id may hold dots, and so may an option. So each dot of the key
 * may be the one between both; the longest id that is there wins.
 */
#include "topology-api/topology_overrides.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/text_buffer.h"
#include "topology-api/topology_check.h"

/* The component whose id is the first n bytes of key, or NULL. */
static struct component *named(const struct model *m, const char *key, size_t n)
{
    for (uint32_t i = 0; i < m->n_components; i++)
        if (strlen(m->components[i].id) == n &&
            !memcmp(m->components[i].id, key, n))
            return &m->components[i];
    return NULL;
}

static bool has_option(const struct component *c, const char *name)
{
    return option_find(option_table(c), name) != NULL;
}

/* The first component that has such an option, or NULL. */
static const struct component *with_option(const struct model *m,
                                           const char *name)
{
    for (uint32_t i = 0; i < m->n_components; i++)
        if (has_option(&m->components[i], name))
            return &m->components[i];
    return NULL;
}

/* The dot before `end`, NULL if there is none. */
static const char *dot_before(const char *key, const char *end)
{
    return memrchr(key, '.', (size_t)(end - key));
}

/* -- what is wrong --------------------------------------------------------- */

static void put_options(struct text_buffer *text, const gale_options *options)
{
    if (options->n == 0)
        text_buffer_put(text, "; it has none");
    for (uint32_t i = 0; i < options->n; i++)
        text_buffer_put(text, "%s\"%s\"", i == 0 ? "; it has " : ", ",
                        option_at(options, i)->name);
}

static int no_such_option(const struct component *c, const char *where,
                          const char *option, gale_err *error)
{
    const gale_options *options = option_table(c);
    struct names_nearest nearest;
    struct text_buffer text;
    char near[64], there[300];

    names_start(&nearest, option);
    for (uint32_t i = 0; i < options->n; i++)
        names_consider(&nearest, option_at(options, i)->name);
    topology_check_known(option, near);
    names_consider(&nearest, near);
    text_buffer_init(&text, there, sizeof(there));
    if (nearest.best[0] == '\0')
        put_options(&text, options);
    return error_set(error,
                     "%s: component \"%s\", %s \"%s\", has no option "
                     "\"%s\"%s%s",
                     where, c->id, c->is_spout ? "spout" : "bolt", c->plugin,
                     option, names_hint(&nearest), there);
}

static int no_such_component(const struct model *m, const char *where,
                             const char *key, const char *dot, gale_err *error)
{
    const struct component *has = with_option(m, dot + 1);
    char *id = xstrndup(key, (size_t)(dot - key));
    struct names_nearest nearest;
    char there[600] = "";

    names_start(&nearest, id);
    for (uint32_t i = 0; i < m->n_components; i++)
        if (has_option(&m->components[i], dot + 1))
            names_consider(&nearest, m->components[i].id);
    if (nearest.best[0] == '\0')
        snprintf(there, sizeof(there), "; \"%s\" is an option of \"%s\"",
                 dot + 1, has->id);
    error_set(error, "%s: the topology has no component \"%s\"%s%s", where, id,
              names_hint(&nearest), there);
    free(id);
    return -1;
}

/* Nothing fits: is COMPONENT.OPTION nearer than any key or option alone? */
static int check_nearest(const struct model *m, const char *where,
                         const char *key, gale_err *error)
{
    struct names_nearest nearest;
    unsigned of_a_word;
    char name[2 * NAMES_MAX + 2];

    names_start(&nearest, key);
    topology_check_known(key, name);
    names_consider(&nearest, name);
    for (uint32_t i = 0; i < m->n_components; i++)
        for (uint32_t j = 0; j < option_table(&m->components[i])->n; j++)
            names_consider(&nearest,
                           option_at(option_table(&m->components[i]), j)->name);
    of_a_word = nearest.distance;
    for (uint32_t i = 0; i < m->n_components; i++)
        for (uint32_t j = 0; j < option_table(&m->components[i])->n; j++) {
            snprintf(name, sizeof(name), "%s.%s", m->components[i].id,
                     option_at(option_table(&m->components[i]), j)->name);
            names_consider(&nearest, name);
        }
    if (nearest.distance == of_a_word)
        return 0;
    return error_set(error, "%s: no component has this id and such an option%s",
                     where, names_hint(&nearest));
}

/*
 * Who writes what fits nowhere meant a component that is not there when the
 * rest is an option.
 */
int topology_overrides_fit(const struct model *m, const char *where,
                           const char *key, gale_err *error)
{
    const struct component *longest = NULL;
    const char *dot = key + strlen(key), *rest = NULL, *before_option = NULL;
    char near[64];

    if (topology_check_known(key, near) || with_option(m, key) != NULL)
        return 0;
    while ((dot = dot_before(key, dot)) != NULL) {
        const struct component *c = named(m, key, (size_t)(dot - key));

        if (c != NULL && longest == NULL) {
            longest = c;
            rest = dot + 1;
        }
        if (with_option(m, dot + 1) != NULL)
            before_option = dot;
    }
    if (longest != NULL)
        return no_such_option(longest, where, rest, error);
    if (before_option != NULL)
        return no_such_component(m, where, key, before_option, error);
    return strchr(key, '.') == NULL ? 0 : check_nearest(m, where, key, error);
}

/* -- whose it is ----------------------------------------------------------- */

/* The component that key begins with and that takes the rest, *option; NULL if
 * it holds for all. */
static struct component *owner_of(const struct model *m, const char *key,
                                  const char **option)
{
    const char *dot = key + strlen(key);
    char near[64];

    while ((dot = dot_before(key, dot)) != NULL) {
        struct component *c = named(m, key, (size_t)(dot - key));

        *option = dot + 1;
        if (c != NULL &&
            (has_option(c, *option) || topology_check_known(*option, near)))
            return c;
    }
    return NULL;
}

/* To all, or to the same layer of a component: `layer` is where its pointer
 * lies in it. */
static void deal(const struct model *m, const struct settings *from, size_t i,
                 struct settings *to_all, size_t layer)
{
    gale_value value;
    const char *key = settings_at(from, i, &value), *option = key;
    struct settings_source source = settings_source(from, key);
    struct component *owner = owner_of(m, key, &option);
    struct settings **to = &to_all;

    if (owner != NULL)
        to = (struct settings **)(void *)((char *)owner + layer);
    if (*to == NULL)
        *to = settings_new();
    settings_set_from(*to, owner != NULL ? option : key, value, &source);
}

int topology_overrides(const struct builder *b, struct model *m,
                       gale_err *error)
{
    m->overrides = settings_new();
    m->file = settings_new();
    for (size_t i = 0; i < settings_size(b->file); i++)
        deal(m, b->file, i, m->file, offsetof(struct component, from_file));
    for (size_t i = 0; i < settings_size(b->overrides); i++) {
        const char *key = settings_at(b->overrides, i, NULL), *option;
        char where[300];

        snprintf(where, sizeof(where), "-c %.250s", key);
        if (owner_of(m, key, &option) == NULL &&
            topology_overrides_fit(m, where, key, error))
            return -1;
        deal(m, b->overrides, i, m->overrides,
             offsetof(struct component, overrides));
    }
    return 0;
}
