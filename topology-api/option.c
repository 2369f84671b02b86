/*
 * option.c - options tables: checked, explained, applied to instance memory.
 *
 * A default is text and goes the way of a configured value: it is parsed into a
 * gale_value, which must suit the row, and is then stored at its offset. So a
 * checked table has no default that could fail later.
 */
#include "topology-api/option.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/text_buffer.h"
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>

/* -- rows -------------------------------------------------------------------- */

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

const gale_option *option_find(const gale_options *options, const char *name)
{
    for (uint32_t i = 0; i < options->n; i++)
        if (!strcmp(option_at(options, i)->name, name))
            return option_at(options, i);
    return NULL;
}

/* The number of a word in `choices`, -1 if it is none of them. */
static int32_t choice_of(const gale_option *option, gale_str word)
{
    const char *at = option->choices;

    for (int32_t i = 0; word.size > 0; i++) {
        size_t size = strcspn(at, " ");

        if (size == word.size && !memcmp(at, word.data, size))
            return i;
        if (at[size] == '\0')
            break;
        at += size + 1;
    }
    return -1;
}

static void put_range(struct text_buffer *text, const gale_option *option)
{
    text_buffer_put(text, "an integer");
    if (option->min > INT64_MIN && option->max < INT64_MAX)
        text_buffer_put(text, " from %" PRId64 " to %" PRId64, option->min,
                        option->max);
    else if (option->min > INT64_MIN)
        text_buffer_put(text, " of at least %" PRId64, option->min);
    else if (option->max < INT64_MAX)
        text_buffer_put(text, " of at most %" PRId64, option->max);
}

char *option_expected(const gale_option *option, char *buffer, size_t size)
{
    struct text_buffer text;

    text_buffer_init(&text, buffer, size);
    switch (option->type) {
    case GALE_OPTION_TYPE_INT:
        put_range(&text, option);
        break;
    case GALE_OPTION_TYPE_FLOAT:
        text_buffer_put(&text, "a number");
        break;
    case GALE_OPTION_TYPE_BOOL:
        text_buffer_put(&text, "true or false");
        break;
    case GALE_OPTION_TYPE_STR:
        text_buffer_put(&text, "a string or a list of strings "
                               "without line breaks");
        break;
    case GALE_OPTION_TYPE_ENUM:
        text_buffer_put(&text, "one of ");
        for (const char *at = option->choices; *at != '\0'; at++)
            text_buffer_put(&text, "%s%c", *at == ' ' ? "," : "", *at);
        break;
    }
    return buffer;
}

/* -- values ---------------------------------------------------------------------- */

/* A number with a point, whatever the locale of the embedding program. */
static bool parse_float(const char *text, double *f)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char *end = NULL;

    if (c == (locale_t)0)
        return false;
    *f = strtod_l(text, &end, c);
    freelocale(c);
    return *text != '\0' && *end == '\0' && isfinite(*f);
}

/* What a default says; nil, which suits no row, if it cannot be read. */
static gale_value parse_default(const gale_option *option)
{
    const char *text = option->fallback;
    char *end;
    long long i;
    double f;

    switch (option->type) {
    case GALE_OPTION_TYPE_INT:
        errno = 0;
        i = strtoll(text, &end, 10);
        return *text == '\0' || *end != '\0' || errno ? gale_nil()
                                                      : gale_int(i);
    case GALE_OPTION_TYPE_FLOAT:
        return parse_float(text, &f) ? gale_float(f) : gale_nil();
    case GALE_OPTION_TYPE_BOOL:
        return !strcmp(text, "true")    ? gale_bool(true)
               : !strcmp(text, "false") ? gale_bool(false)
                                        : gale_nil();
    default:
        return gale_cstr(text);
    }
}

static bool suits(const gale_option *option, gale_value v)
{
    switch (option->type) {
    case GALE_OPTION_TYPE_INT:
        return v.kind == GALE_INT && v.as.i >= option->min &&
               v.as.i <= option->max;
    case GALE_OPTION_TYPE_FLOAT:
        return v.kind == GALE_INT || (v.kind == GALE_FLOAT && isfinite(v.as.f));
    case GALE_OPTION_TYPE_BOOL:
        return v.kind == GALE_BOOL;
    case GALE_OPTION_TYPE_STR:
        return v.kind == GALE_STRING;
    default:
        return v.kind == GALE_STRING &&
               choice_of(option, gale_value_str(v)) >= 0;
    }
}

/* The value suits; member is aligned, or so option_check_table() said. */
static void store(const gale_option *option, gale_value v, void *instance)
{
    void *member = (char *)instance + option->offset;

    switch (option->type) {
    case GALE_OPTION_TYPE_INT:
        *(int64_t *)member = v.as.i;
        break;
    case GALE_OPTION_TYPE_FLOAT:
        *(double *)member = v.kind == GALE_INT ? (double)v.as.i : v.as.f;
        break;
    case GALE_OPTION_TYPE_BOOL:
        *(bool *)member = v.as.i != 0;
        break;
    case GALE_OPTION_TYPE_STR:
        *(gale_str *)member = gale_value_str(v);
        break;
    default:
        *(int32_t *)member = choice_of(option, gale_value_str(v));
    }
}

/* -- the table ----------------------------------------------------------------------- */

/* Bytes of the member, which is also its alignment, but for text. */
static uint32_t member_size(uint32_t type)
{
    static const uint32_t sizes[] = {
        [GALE_OPTION_TYPE_INT] = sizeof(int64_t),
        [GALE_OPTION_TYPE_FLOAT] = sizeof(double),
        [GALE_OPTION_TYPE_BOOL] = sizeof(bool),
        [GALE_OPTION_TYPE_STR] = sizeof(gale_str),
        [GALE_OPTION_TYPE_ENUM] = sizeof(int32_t),
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

        if (choice_of(option, gale_str_make(at, size)) != i)
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
    return NULL;
}

static int check_default(const gale_option *option, const char *owner,
                         gale_err *error)
{
    char found[128], expected[256];

    if (option->fallback == NULL || suits(option, parse_default(option)))
        return 0;
    value_text(gale_cstr(option->fallback), found, sizeof(found));
    return error_set(error,
                     "option \"%s\" of %s has the default %s, expected %s",
                     option->name, owner, found,
                     option_expected(option, expected, sizeof(expected)));
}

static int check_row(const gale_options *options, uint32_t i,
                     uint32_t instance_size, const char *owner, gale_err *error)
{
    const gale_option *option = option_at(options, i);
    const char *defect = row_defect(option, instance_size);
    gale_err cause;

    if (names_check("an option", option->name, &cause))
        return error_set(error, "%s: %s", owner, cause.text);
    if (defect != NULL)
        return error_set(error, "option \"%s\" of %s %s", option->name, owner,
                         defect);
    if (option_find(options, option->name) != option)
        return error_set(error, "%s has the option \"%s\" twice", owner,
                         option->name);
    return check_default(option, owner, error);
}

int option_check_table(const gale_options *options, uint32_t instance_size,
                       const char *owner, gale_err *error)
{
    if (options->n == 0)
        return 0;
    if (options->items == NULL || options->item_size < sizeof(gale_option) ||
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

/* -- filling --------------------------------------------------------------------------- */

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

static char *keep_text(struct option_texts *texts, char *text)
{
    texts->items =
        xreallocarray(texts->items, texts->n + 1, sizeof(*texts->items));
    return texts->items[texts->n++] = text;
}

static gale_value join_lines(gale_value list, struct option_texts *texts)
{
    size_t size = 0, n = 0;
    char *text;

    for (uint32_t i = 0; i < list.size; i++)
        size += list.as.items[i].size + 1;
    text = keep_text(texts, xmalloc(size + 1));
    for (uint32_t i = 0; i < list.size; i++) {
        gale_value item = list.as.items[i];

        if (i > 0)
            text[n++] = '\n';
        memcpy(text + n, item.as.data, item.size);
        n += item.size;
    }
    text[n] = '\0';
    return gale_string(text, n);
}

static int refuse(const struct component *c, const gale_option *option,
                  const gale_value *found, gale_err *error)
{
    char text[128], expected[512];

    option_expected(option, expected, sizeof(expected));
    if (found == NULL)
        return error_set(error,
                         "component \"%s\": the option \"%s\" of %s \"%s\" is "
                         "missing, expected %s",
                         c->id, option->name, c->is_spout ? "spout" : "bolt",
                         c->plugin, expected);
    return error_set(
        error, "component \"%s\": the option \"%s\" is %s, expected %s", c->id,
        option->name, value_text(*found, text, sizeof(text)), expected);
}

/* What the option is to be: configured or default, a list as lines. A null says
 * "as if it were not set". -1 if it must be set and is not. */
static int value_of(const struct model *m, const struct component *c,
                    const gale_option *option, struct option_texts *texts,
                    gale_value *value)
{
    const gale_value *found = model_config(m, c, option->name);

    if (found != NULL && found->kind == GALE_NIL)
        found = NULL;
    if (found == NULL && option->fallback == NULL)
        return -1;
    *value = found == NULL ? parse_default(option) : *found;
    if (value->kind == GALE_LIST && option->type == GALE_OPTION_TYPE_STR &&
        texts != NULL && is_lines(*value))
        *value = join_lines(*value, texts);
    return 0;
}

int option_fill(const struct model *m, const struct component *c,
                void *instance, struct option_texts *texts, gale_err *error)
{
    const gale_options *options = option_table(c);

    for (uint32_t i = 0; i < options->n; i++) {
        const gale_option *option = option_at(options, i);
        gale_value value;

        if (value_of(m, c, option, texts, &value))
            return refuse(c, option, NULL, error);
        if (!suits(option, value))
            return refuse(c, option, &value, error);
        store(option, value, instance);
    }
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
