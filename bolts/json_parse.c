/*
 * json_parse.c - bolt: the fields of a JSON object.
 *
 * A text field of the input holds one JSON object, such as
 *
 *     {"user": "zoe", "age": 7, "tags": ["a", "b"]}
 *
 * The option `fields` names the keys that become fields, each with a type if
 * it must have one: `user:string`, `age:int`, `tags`. The types are any, bool,
 * int, float (which takes whole numbers, too, if it can hold them), string,
 * list, map. A key that is not there, or is null, becomes nil, or is poison if
 * the option `missing` says so. What is no JSON object, or has another type,
 * is poison, with the column or the key. Other keys are left out.
 *
 * `keep` names fields of the input that are passed on behind them.
 */
#include "bolts/field_names.h"
#include "bolts/text_of.h"
#include "connectors/json_values.h"
#include "connectors/must.h"
#include <inttypes.h>

enum type { ANY, BOOLEAN, INTEGER, REAL, TEXT, LIST, MAP, N_TYPES };

static const char *const type_names[N_TYPES] = {
    "any", "bool", "int", "float", "string", "list", "map"};

enum missing { NIL, POISON };

struct columns {
    struct field_names names;
    enum type types[FIELD_NAMES_MAX];
};

struct json_parse {
    gale_str field, fields, keep; /* options */
    int32_t missing;
    int64_t max_bytes;

    struct columns columns;
    struct field_names kept;
};

/* -- the option fields ----------------------------------------------------- */

static bool read_type(const char *text, enum type *type)
{
    for (int i = 0; i < N_TYPES; i++)
        if (!strcmp(text, type_names[i])) {
            *type = (enum type)i;
            return true;
        }
    return false;
}

/* Cut the type off the i-th name; false: there is no such type. */
static bool read_column(struct columns *c, uint32_t i)
{
    char *colon = strchr(c->names.names[i], ':');

    c->types[i] = ANY;
    if (colon == NULL)
        return true;
    *colon = '\0';
    return read_type(colon + 1, &c->types[i]);
}

static bool read_columns(struct columns *c, gale_str text)
{
    bool right = field_names_read(&c->names, text) && c->names.n > 0;

    for (uint32_t i = 0; i < c->names.n; i++)
        right = read_column(c, i) && right;
    return right;
}

static gale_result refuse_type(gale_outputs *out, const char *name,
                               const char *type)
{
    char text[400];

    snprintf(text, sizeof(text),
             "option fields: the type of \"%.100s\" is \"%.100s\", expected "
             "any, bool, int, float, string, list or map",
             name, type);
    return gale_declare_error(out, text);
}

/* Each that is wrong is said. */
static gale_result declare_columns(gale_outputs *out, struct columns *c,
                                   gale_str text)
{
    gale_result result = GALE_OK;

    if (!field_names_read(&c->names, text) || c->names.n == 0)
        result = gale_declare_error(out, "option fields: give 1 to 255 names");
    for (uint32_t i = 0; i < c->names.n; i++)
        if (!read_column(c, i))
            result =
                refuse_type(out, c->names.names[i],
                            c->names.names[i] + strlen(c->names.names[i]) + 1);
    return result;
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct json_parse *s = instance;
    struct columns columns;
    struct field_names kept;
    gale_result result = declare_columns(out, &columns, s->fields);

    result = field_names_keep(out, &kept, s->keep, result);
    result = field_names_declare(out, &columns.names, &kept, result);
    field_names_free(&columns.names);
    field_names_free(&kept);
    return result;
}

/* -- values ---------------------------------------------------------------- */

static bool has_type(gale_value *v, enum type type)
{
    static const uint32_t kinds[N_TYPES] = {
        [BOOLEAN] = GALE_BOOL, [INTEGER] = GALE_INT, [REAL] = GALE_FLOAT,
        [TEXT] = GALE_STRING,  [LIST] = GALE_LIST,   [MAP] = GALE_MAP};

    if (type == REAL && v->kind == GALE_INT) {
        double number = (double)v->as.i;

        if (number >= 0x1p63 || (int64_t)number != v->as.i)
            return false;
        *v = gale_float(number);
    }
    return type == ANY || v->kind == kinds[type];
}

static const char *kind_name(gale_value v)
{
    static const char *const names[] = {
        "null",     "a bool", "a whole number", "a number with a fraction",
        "a string", "bytes",  "a list",         "a map"};

    return names[v.kind];
}

/* One key; what *value has is to be freed. */
static gale_result take_key(gale_task *task, const json_t *object, uint32_t i,
                            gale_value *value)
{
    const struct json_parse *s = gale_instance(task);
    const char *name = s->columns.names.names[i];
    const json_t *found = json_object_get(object, name);
    char why[JSON_WHY];

    *value = gale_nil();
    if (found == NULL || json_is_null(found)) {
        if (s->missing == NIL)
            return GALE_OK;
        return gale_error(task, GALE_POISON, "key \"%s\" %s", name,
                          found == NULL ? "is not there" : "is null");
    }
    if (!json_value_of(found, value, why)) {
        *value = gale_nil();
        return gale_error(task, GALE_POISON, "key \"%s\" has %s", name, why);
    }
    if (has_type(value, s->columns.types[i]))
        return GALE_OK;
    return gale_error(task, GALE_POISON, "key \"%s\": expected %s, found %s%s",
                      name, type_names[s->columns.types[i]], kind_name(*value),
                      s->columns.types[i] == REAL && value->kind == GALE_INT
                          ? " that a float cannot hold"
                          : "");
}

static gale_result emit_object(gale_task *task, const gale_tuple *in,
                               const json_t *object)
{
    struct json_parse *s = gale_instance(task);
    gale_value values[FIELD_NAMES_MAX];
    uint32_t n = s->columns.names.n, i;
    gale_result result = field_names_take(task, in, &s->kept, values + n);

    for (i = 0; i < n && result == GALE_OK; i++)
        result = take_key(task, object, i, &values[i]);
    if (result == GALE_OK)
        result = gale_emit_values(task, values, n + s->kept.n);
    while (i-- > 0)
        json_value_free(values[i]);
    return result;
}

/* -- callbacks ------------------------------------------------------------- */

/* The densest text, [1,1,…], takes 16 bytes in a tuple for 2 of its own; a
 * tuple that is too large would stop the topology. */
static gale_result check_size(gale_task *task, const struct json_parse *s)
{
    gale_value most = gale_config(task, "gale.topology.max.tuple.bytes");

    if (most.kind == GALE_INT &&
        8 * s->max_bytes + 16 * FIELD_NAMES_MAX > most.as.i / 2)
        return gale_error(task, GALE_FATAL,
                          "the option max.bytes is %" PRId64 ", and what such "
                          "a text holds may be more than half of "
                          "gale.topology.max.tuple.bytes (%" PRId64 "): make "
                          "it less than a sixteenth",
                          s->max_bytes, most.as.i);
    return GALE_OK;
}

static gale_result prepare(gale_task *task)
{
    struct json_parse *s = gale_instance(task);

    must(read_columns(&s->columns, s->fields));
    must(field_names_read(&s->kept, s->keep));
    return check_size(task, s);
}

static void cleanup(gale_task *task)
{
    struct json_parse *s = gale_instance(task);

    field_names_free(&s->columns.names);
    field_names_free(&s->kept);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    const struct json_parse *s = gale_instance(task);
    char why[JSON_WHY];
    gale_str text;
    json_t *object;
    gale_result result = text_of(task, in, s->field, &text);

    if (result != GALE_OK)
        return result;
    object = json_object_of(text, (size_t)s->max_bytes, why);
    if (object == NULL)
        return gale_error(task, GALE_POISON, "the JSON text is bad: %s", why);
    result = emit_object(task, in, object);
    json_decref(object);
    return result;
}

GALE_BOLT(
    json_parse, .summary = "the fields of a JSON object", .declare = declare,
    .prepare = prepare, .cleanup = cleanup, .execute = execute,
    .instance_size = sizeof(struct json_parse),
    .options = GALE_OPTIONS(
        GALE_OPTION_LIST(struct json_parse, fields, "fields", NULL,
                         "keys that become fields, each NAME or NAME:TYPE "
                         "(any, bool, int, float, string, list, map)"),
        GALE_OPTION_FIELD(struct json_parse, field, "field", "",
                          "name of the field that holds the text; the "
                          "first one if empty"),
        GALE_OPTION_FIELDS(struct json_parse, keep, "keep", "",
                           "names of fields of the input that are passed on "
                           "behind them"),
        GALE_OPTION_ENUM(struct json_parse, missing, "missing", "nil",
                         "nil poison",
                         "what a key becomes that is not there, or null"),
        GALE_OPTION_INT(struct json_parse, max_bytes, "max.bytes", "1048576", 1,
                        1073741824, "a longer text is poison")));
