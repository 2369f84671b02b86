/*
 * option_table.c - options tables: checked, applied to instance memory.
 *
 * What holds for one row and one value is in option_value.c, and how a map is
 * gathered in option_map.c. A checked table has no default that could fail
 * later.
 */
#include "topology-api/option_table.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/option_fields.h"
#include "topology-api/option_map.h"
#include "topology-api/option_value.h"
#include "topology-api/readable.h"

/* -- rows ------------------------------------------------------------------ */

const gale_options *option_table(const struct component *c)
{
    return c->is_spout ? &c->spout.options : &c->bolt.options;
}

uint32_t option_instance_size(const struct component *c)
{
    return c->is_spout ? c->spout.instance_size : c->bolt.instance_size;
}

const gale_option *option_at(const gale_options *options, uint32_t i)
{
    const char *rows = (const char *)options->items;

    return (const gale_option *)(const void *)(rows +
                                               (size_t)i * options->item_size);
}

static const gale_option *row_of_name(const gale_options *options,
                                      const char *name)
{
    for (uint32_t i = 0; i < options->n; i++)
        if (!strcmp(option_at(options, i)->name, name))
            return option_at(options, i);
    return NULL;
}

const gale_option *option_find(const gale_options *options, const char *name)
{
    const gale_option *row = row_of_name(options, name);

    if (row != NULL && row->type != GALE_OPTION_TYPE_MAP)
        return row;
    for (uint32_t i = 0; i < options->n; i++)
        if (option_map_takes(option_at(options, i), name))
            return option_at(options, i);
    return NULL;
}

/* -- the table ------------------------------------------------------------- */

/* Bytes of the member, which is also its alignment, but for text. */
static uint32_t member_size(uint32_t type)
{
    static const uint32_t sizes[] = {
        [GALE_OPTION_TYPE_INT] = sizeof(int64_t),
        [GALE_OPTION_TYPE_FLOAT] = sizeof(double),
        [GALE_OPTION_TYPE_BOOL] = sizeof(bool),
        [GALE_OPTION_TYPE_STR] = sizeof(gale_str),
        [GALE_OPTION_TYPE_ENUM] = sizeof(int32_t),
        [GALE_OPTION_TYPE_MAP] = sizeof(gale_str),
        [GALE_OPTION_TYPE_FIELDS] = sizeof(gale_str),
    };

    return type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : 0;
}

/* Words with one blank between, each once. */
static bool choices_valid(const gale_option *option)
{
    const char *at = option->choices;
    int32_t i = 0;

    if (at == NULL)
        return false;
    for (;; i++) {
        size_t size = strcspn(at, " ");

        if (option_value_choice(option, gale_str_make(at, size)) != i)
            return false;
        if (at[size] == '\0')
            return true;
        at += size + 1;
    }
}

/* NULL, or what is wrong with the row but for its name and default. */
static const char *row_defect(const gale_option *option, uint32_t instance_size)
{
    uint32_t size = member_size(option->type);
    uint32_t align = size < 8 ? size : 8;

    if (size == 0)
        return "has a type that this gale does not know";
    if (instance_size < size || option->offset > instance_size - size)
        return "lies outside the instance memory; set instance_size";
    if (option->offset % align != 0)
        return "is not aligned in the instance memory";
    if (option->type == GALE_OPTION_TYPE_INT && option->min > option->max)
        return "has a least value above its largest";
    if (option->type == GALE_OPTION_TYPE_ENUM && !choices_valid(option))
        return "has no choices, or not as words with one blank between, each "
               "once";
    if (option->type == GALE_OPTION_TYPE_MAP &&
        option->name[strlen(option->name) - 1] != '.')
        return "is a map, whose name ends with a dot";
    if (option->type == GALE_OPTION_TYPE_FIELDS &&
        option_fields_form(option) == OPTION_FIELDS_UNKNOWN)
        return "names fields in a way that this gale does not know";
    return NULL;
}

static int check_default(const gale_option *option, const char *owner,
                         gale_err *error)
{
    char found[128], expected[256];

    if (option->fallback == NULL || option->type == GALE_OPTION_TYPE_MAP ||
        option_value_suits(option, option_value_default(option)))
        return 0;
    value_text(gale_cstr(option->fallback), found, sizeof(found));
    return error_set(error,
                     "option \"%s\" of %s has the default %s, expected %s",
                     option->name, owner, found,
                     option_value_expected(option, expected, sizeof(expected)));
}

/* The row and its texts lie where they can be read. */
static int check_place(const gale_option *option, uint32_t number,
                       const char *owner, gale_err *error)
{
    static const struct {
        const char *name;
        size_t offset;
    } texts[] = {
        {"name", offsetof(gale_option, name)},
        {"fallback", offsetof(gale_option, fallback)},
        {"help", offsetof(gale_option, help)},
        {"choices", offsetof(gale_option, choices)},
    };
    char label[40];

    snprintf(label, sizeof(label), "option %u", number);
    if (readable_check_bytes(option, sizeof(*option), owner, label, error))
        return -1;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text;

        memcpy(&text, (const char *)option + texts[i].offset, sizeof(text));
        snprintf(label, sizeof(label), "the \"%s\" of option %u", texts[i].name,
                 number);
        if (readable_check_text(text, owner, label, error))
            return -1;
    }
    return 0;
}

static int check_row(const gale_options *options, uint32_t i,
                     uint32_t instance_size, const char *owner, gale_err *error)
{
    const gale_option *option = option_at(options, i);
    const char *defect;
    gale_err cause;

    if (check_place(option, i, owner, error))
        return -1;
    if (names_check("an option", option->name, &cause))
        return error_set(error, "%s: %s", owner, cause.text);
    defect = row_defect(option, instance_size);
    if (defect != NULL)
        return error_set(error, "option \"%s\" of %s %s", option->name, owner,
                         defect);
    if (row_of_name(options, option->name) != option)
        return error_set(error, "%s has the option \"%s\" twice", owner,
                         option->name);
    return check_default(option, owner, error);
}

int option_check_table(const gale_options *options, uint32_t instance_size,
                       const char *owner, gale_err *error)
{
    if (options->n == 0)
        return 0;
    if (options->items == NULL ||
        (uintptr_t)options->items % _Alignof(gale_option) != 0 ||
        options->item_size < sizeof(gale_option) ||
        options->item_size % _Alignof(gale_option) != 0)
        return error_set(error,
                         "%s has a damaged table of options: expected elements "
                         "of at least %zu bytes, found %u",
                         owner, sizeof(gale_option), options->item_size);
    if (options->n > OPTION_ROWS_MAX)
        return error_set(error, "%s has %u options, at most %u are allowed",
                         owner, options->n, OPTION_ROWS_MAX);
    for (uint32_t i = 0; i < options->n; i++)
        if (check_row(options, i, instance_size, owner, error))
            return -1;
    return 0;
}

/* -- filling --------------------------------------------------------------- */

/* Whether each item can be a line of its own. */
static bool is_lines(gale_value list)
{
    for (uint32_t i = 0; i < list.size; i++) {
        gale_value item = list.as.items[i];

        if (item.kind != GALE_STRING ||
            memchr(item.as.data, '\n', item.size) != NULL)
            return false;
    }
    return true;
}

char *option_texts_keep(struct option_texts *texts, char *text)
{
    texts->items =
        xreallocarray(texts->items, texts->n + 1, sizeof(*texts->items));
    return texts->items[texts->n++] = text;
}

/* The line of a single empty item is ended: it is one item, and not none. */
static gale_value join_lines(gale_value list, struct option_texts *texts)
{
    size_t size = 0, n = 0;
    char *text;

    for (uint32_t i = 0; i < list.size; i++)
        size += list.as.items[i].size + 1;
    text = option_texts_keep(texts, xmalloc(size + 1));
    for (uint32_t i = 0; i < list.size; i++) {
        gale_value item = list.as.items[i];

        if (i > 0)
            text[n++] = '\n';
        memcpy(text + n, item.as.data, item.size);
        n += item.size;
    }
    if (list.size == 1 && n == 0)
        text[n++] = '\n';
    text[n] = '\0';
    return gale_string(text, n);
}

static bool is_parted(gale_value text)
{
    return text.size > 0 && memchr(text.as.data, ',', text.size) != NULL &&
           memchr(text.as.data, '\n', text.size) == NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* "a, b" as the lines a and b. */
static gale_value part_text(gale_value value, struct option_texts *texts)
{
    char *text = option_texts_keep(texts, xmalloc(value.size + 1));
    size_t n = 0, end = 0; /* of the item, but for blanks behind it */

    for (size_t i = 0; i < value.size; i++) {
        char c = value.as.data[i];

        if (c == ',')
            n = end;
        else if (is_blank(c) && (n == 0 || text[n - 1] == '\n'))
            continue;
        text[n++] = c == ',' ? '\n' : c;
        if (!is_blank(c))
            end = n;
    }
    text[end] = '\0';
    return gale_string(text, end);
}

/* Whether it would be right if it were not a text: "7" for a number. */
static bool is_quoted(const gale_option *option, gale_value value)
{
    gale_option row = *option;
    char text[64];

    if (value.kind != GALE_STRING || value.size >= sizeof(text) ||
        (option->type != GALE_OPTION_TYPE_INT &&
         option->type != GALE_OPTION_TYPE_FLOAT &&
         option->type != GALE_OPTION_TYPE_BOOL))
        return false;
    memcpy(text, value.as.data, value.size);
    text[value.size] = '\0';
    row.fallback = text;
    return strlen(text) == value.size &&
           option_value_suits(option, option_value_default(&row));
}

/* As no number of JSON: +5, 007. */
static bool is_written_otherwise(const char *number)
{
    const char *p = number + (*number == '-');

    return *p == '+' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9');
}

/* What a wrong value may have been meant to be. */
static const char *hint(const gale_option *option, gale_value found,
                        struct names_nearest *nearest)
{
    char word[NAMES_MAX + 1];

    if (is_quoted(option, found) && is_written_otherwise(found.as.data))
        return "; numbers are written as in JSON, without a plus or zeros in "
               "front";
    if (is_quoted(option, found))
        return "; in quotes it is a text: take them away";
    if (option->type != GALE_OPTION_TYPE_ENUM || found.kind != GALE_STRING)
        return "";
    names_start(nearest, found.as.data);
    for (const char *at = option->choices; *at != '\0'; at += *at == ' ') {
        size_t size = strcspn(at, " ");

        snprintf(word, sizeof(word), "%.*s", (int)size, at);
        names_consider(nearest, word);
        at += size;
    }
    return names_hint(nearest);
}

/* layer: where it was found; NULL: nowhere, it is the default. */
static int refuse(const struct component *c, const gale_option *option,
                  const gale_value *found, const struct settings *layer,
                  gale_err *error)
{
    struct settings_source from = {NULL, NULL};
    char text[128], expected[512];
    struct names_nearest nearest;

    option_value_expected(option, expected, sizeof(expected));
    if (found == NULL)
        return error_set(error,
                         "component \"%s\": the option \"%s\" of %s \"%s\" is "
                         "missing, expected %s; the topology or -c %s=VALUE "
                         "gives it",
                         c->id, option->name, c->is_spout ? "spout" : "bolt",
                         c->plugin, expected, option->name);
    if (layer != NULL)
        from = settings_source(layer, option->name);
    return error_set(error,
                     "%s%scomponent \"%s\": the option \"%s\" is %s, expected "
                     "%s%s",
                     from.place == NULL ? "" : from.place,
                     from.place == NULL || *from.place == '\0' ? "" : ": ",
                     c->id, option->name,
                     value_found_as(*found, from.written, text, sizeof(text)),
                     expected, hint(option, *found, &nearest));
}

/* A list may be the lines of a text, which join_lines() makes of it. */
static bool suits_as_lines(const gale_option *option, gale_value value)
{
    return option_value_is_text(option) && value.kind == GALE_LIST &&
           is_lines(value);
}

/* What a file says must be right, also where something stronger wins. */
static int check_file(const struct model *m, const struct component *c,
                      const gale_option *option, gale_err *error)
{
    const struct settings *layers[] = {c->from_file, m->file};
    const gale_value *found = NULL;

    for (size_t i = 0; i < 2 && found == NULL; i++) {
        if (layers[i] == NULL)
            continue;
        found = settings_get(layers[i], option->name);
        if (found != NULL && found->kind != GALE_NIL &&
            !suits_as_lines(option, *found) &&
            !option_value_suits(option, *found))
            return refuse(c, option, found, layers[i], error);
    }
    return 0;
}

/* What the option is to be: configured or default, several as lines. A null
 * says "as if it were not set". -1 if it must be set and is not. */
static int value_of(const struct model *m, const struct component *c,
                    const gale_option *option, struct option_texts *texts,
                    gale_value *value)
{
    const gale_value *found = model_config(m, c, option->name);

    if (found != NULL && found->kind == GALE_NIL)
        found = NULL;
    if (found == NULL && option->fallback == NULL)
        return -1;
    *value = found == NULL ? option_value_default(option) : *found;
    if (texts != NULL && suits_as_lines(option, *value))
        *value = join_lines(*value, texts);
    else if (texts != NULL && option_value_is_list(option) &&
             value->kind == GALE_STRING && is_parted(*value))
        *value = part_text(*value, texts);
    return 0;
}

/* What says the value that holds; NULL: nothing does. */
static const struct settings *layer_of(const struct model *m,
                                       const struct component *c,
                                       const char *name)
{
    const struct settings *layers[MODEL_LAYERS];

    model_layers(m, c, layers);
    for (size_t i = 0; i < MODEL_LAYERS; i++)
        if (layers[i] != NULL && settings_get(layers[i], name) != NULL)
            return layers[i];
    return NULL;
}

const char *option_place(const struct model *m, const struct component *c,
                         const char *name)
{
    const struct settings *layer = layer_of(m, c, name);

    return layer == NULL ? "" : settings_place(layer, name);
}

int option_fill_row(const struct model *m, const struct component *c,
                    uint32_t i, void *instance, struct option_texts *texts,
                    gale_err *error)
{
    const gale_option *option = option_at(option_table(c), i);
    gale_value value;

    if (option->type == GALE_OPTION_TYPE_MAP) {
        if (option_map_gather(m, c, option, texts, &value, error))
            return -1;
    } else if (check_file(m, c, option, error)) {
        return -1;
    } else if (value_of(m, c, option, texts, &value)) {
        return refuse(c, option, NULL, NULL, error);
    } else if (!option_value_suits(option, value)) {
        return refuse(c, option, &value, layer_of(m, c, option->name), error);
    }
    option_value_store(option, value, instance);
    return 0;
}

int option_fill(const struct model *m, const struct component *c,
                void *instance, struct option_texts *texts, gale_err *error)
{
    for (uint32_t i = 0; i < option_table(c)->n; i++)
        if (option_fill_row(m, c, i, instance, texts, error))
            return -1;
    return 0;
}

void option_texts_free(struct option_texts *texts)
{
    for (uint32_t i = 0; i < texts->n; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = (struct option_texts){0, NULL};
}

int model_fill_options(const struct model *m, const struct component *c,
                       void *instance, gale_err *error)
{
    if (c->image == NULL)
        return option_fill(m, c, instance, NULL, error);
    memcpy(instance, c->image, option_instance_size(c));
    return 0;
}
