/* json_values.c - JSON texts and gale's values; see json_values.h. */
#include "connectors/json_values.h"
#include "connectors/must.h"
#include <math.h>

static void *refused(char why[JSON_WHY], const char *text)
{
    snprintf(why, JSON_WHY, "%s", text);
    return NULL;
}

#define TOO_DEEP "lists and maps that lie in each other more than 16 deep"

/* -- reading --------------------------------------------------------------- */

static const char *kind_of(const json_t *j)
{
    static const char *const names[] = {"an object", "a list",   "a text",
                                        "a number",  "a number", "true",
                                        "false",     "null"};

    return names[json_typeof(j)];
}

static void *bad_syntax(char why[JSON_WHY], const json_error_t *error)
{
    if (error->line > 1)
        snprintf(why, JSON_WHY, "line %d, column %d: %s", error->line,
                 error->column, error->text);
    else
        snprintf(why, JSON_WHY, "column %d: %s", error->column, error->text);
    return NULL;
}

json_t *json_object_of(gale_str text, size_t max_bytes, char why[JSON_WHY])
{
    json_error_t error;
    json_t *j;

    if (text.size > max_bytes) {
        snprintf(why, JSON_WHY,
                 "it has %zu bytes, at most max.bytes (%zu) are "
                 "read",
                 text.size, max_bytes);
        return NULL;
    }
    j = json_loadb(text.size > 0 ? text.data : "", text.size,
                   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
                   &error);
    if (j == NULL)
        return bad_syntax(why, &error);
    if (json_is_object(j))
        return j;
    snprintf(why, JSON_WHY, "expected an object, found %s", kind_of(j));
    json_decref(j);
    return NULL;
}

static bool read_value(const json_t *j, int depth, gale_value *value);

/* As far as it came, *value can be freed. */
static bool read_list(const json_t *j, int depth, gale_value *value)
{
    size_t n = json_array_size(j);
    gale_value *items = must_alloc(NULL, n * sizeof(*items));
    bool fits = true;
    uint32_t i;

    for (i = 0; i < n && fits; i++)
        fits = read_value(json_array_get(j, i), depth, &items[i]);
    *value = gale_list(items, i);
    return fits;
}

static bool read_map(const json_t *j, int depth, gale_value *value)
{
    json_t *object = (json_t *)(uintptr_t)j;
    size_t n = json_object_size(j);
    gale_value *pairs = must_alloc(NULL, 2 * n * sizeof(*pairs));
    bool fits = true;
    uint32_t i = 0;

    for (void *at = json_object_iter(object); at != NULL && fits;
         at = json_object_iter_next(object, at), i++) {
        pairs[2 * i] = gale_cstr(json_object_iter_key(at));
        fits = read_value(json_object_iter_value(at), depth, &pairs[2 * i + 1]);
    }
    *value = gale_map(pairs, i);
    return fits;
}

/* depth: of containers around it. */
static bool read_value(const json_t *j, int depth, gale_value *value)
{
    *value = gale_nil();
    if (json_is_array(j) || json_is_object(j)) {
        if (depth == JSON_VALUES_DEPTH)
            return false;
        return json_is_array(j) ? read_list(j, depth + 1, value)
                                : read_map(j, depth + 1, value);
    }
    if (json_is_string(j))
        *value = gale_string(json_string_value(j), json_string_length(j));
    else if (json_is_integer(j))
        *value = gale_int(json_integer_value(j));
    else if (json_is_real(j))
        *value = gale_float(json_real_value(j));
    else if (json_is_boolean(j))
        *value = gale_bool(json_is_true(j));
    return true;
}

bool json_value_of(const json_t *j, gale_value *value, char why[JSON_WHY])
{
    if (read_value(j, 0, value))
        return true;
    json_value_free(*value);
    refused(why, TOO_DEEP);
    return false;
}

void json_value_free(gale_value value)
{
    uint32_t n = value.kind == GALE_MAP ? 2 * value.size : value.size;

    if (value.kind != GALE_LIST && value.kind != GALE_MAP)
        return;
    for (uint32_t i = 0; i < n; i++)
        json_value_free(value.as.items[i]);
    free((void *)(uintptr_t)value.as.items);
}

/* -- building -------------------------------------------------------------- */

struct builder {
    const gale_tuple *in;
    bool base64;
    char *why;
};

static json_t *build(const struct builder *b, gale_value value, int depth);

static json_t *refuse(json_t *container, const struct builder *b,
                      const char *why)
{
    json_decref(container);
    return refused(b->why, why);
}

static json_t *build_list(const struct builder *b, gale_value value, int depth)
{
    json_t *list = json_array();

    must(list != NULL);
    for (uint32_t i = 0; i < value.size; i++) {
        json_t *item = build(b, gale_item(b->in, value, i), depth);

        if (item == NULL) {
            json_decref(list);
            return NULL;
        }
        must(json_array_append_new(list, item) == 0);
    }
    return list;
}

/* Takes the item. */
static bool add_pair(const struct builder *b, json_t *map, gale_str key,
                     json_t *item)
{
    const char *wrong = NULL;
    char *copy = NULL;

    if (memchr(key.data, '\0', key.size) != NULL)
        wrong = "a map whose key has a NUL byte";
    else
        copy = strndup(key.data, key.size);
    if (copy != NULL && json_object_get(map, copy) != NULL)
        wrong = "a map in which a key comes twice";
    else if (copy != NULL && json_object_set(map, copy, item) != 0)
        wrong = "a map whose key is no UTF-8";
    free(copy);
    json_decref(item);
    if (wrong != NULL)
        refused(b->why, wrong);
    return wrong == NULL;
}

static json_t *build_map(const struct builder *b, gale_value value, int depth)
{
    json_t *map = json_object();

    must(map != NULL);
    for (uint32_t i = 0; i < value.size; i++) {
        gale_value key = gale_item(b->in, value, 2 * i);
        json_t *item;

        if (key.kind != GALE_STRING)
            return refuse(map, b, "a map with a key that is no text");
        item = build(b, gale_item(b->in, value, 2 * i + 1), depth);
        if (item == NULL ||
            !add_pair(b, map,
                      gale_str_make(key.size > 0 ? key.as.data : "", key.size),
                      item)) {
            json_decref(map);
            return NULL;
        }
    }
    return map;
}

static json_t *build_text(const struct builder *b, const char *data,
                          size_t size)
{
    json_t *text = json_stringn(size > 0 ? data : "", size);

    return text != NULL ? text : refused(b->why, "text that is no UTF-8");
}

static json_t *build_base64(const struct builder *b, gale_value value)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
                                  "stuvwxyz0123456789+/";
    size_t size = ((size_t)value.size + 2) / 3 * 4;
    char *text = must_alloc(NULL, size);
    const unsigned char *data = (const unsigned char *)value.as.data;
    json_t *built;

    for (size_t i = 0, at = 0; i < value.size; i += 3, at += 4) {
        size_t left = value.size - i;
        uint32_t bits = (uint32_t)data[i] << 16;

        bits |= left > 1 ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= left > 2 ? data[i + 2] : 0;
        text[at] = letters[bits >> 18];
        text[at + 1] = letters[bits >> 12 & 63];
        text[at + 2] = left > 1 ? letters[bits >> 6 & 63] : '=';
        text[at + 3] = left > 2 ? letters[bits & 63] : '=';
    }
    built = build_text(b, text, size);
    free(text);
    return built;
}

static json_t *build_bytes(const struct builder *b, gale_value value)
{
    if (b->base64)
        return build_base64(b, value);
    return refused(b->why, "bytes, which JSON does not have: set the option "
                           "bytes to base64");
}

static json_t *build_number(const struct builder *b, double number)
{
    if (isfinite(number))
        return json_real(number);
    return refused(b->why, isnan(number)
                               ? "NaN, which JSON does not have"
                               : "an infinite number, which JSON does not "
                                 "have");
}

static json_t *build(const struct builder *b, gale_value value, int depth)
{
    if ((value.kind == GALE_LIST || value.kind == GALE_MAP) &&
        depth == JSON_VALUES_DEPTH)
        return refused(b->why, TOO_DEEP);
    switch (value.kind) {
    case GALE_BOOL:
        return json_boolean(value.as.i);
    case GALE_INT:
        return json_integer(value.as.i);
    case GALE_FLOAT:
        return build_number(b, value.as.f);
    case GALE_STRING:
        return build_text(b, value.as.data, value.size);
    case GALE_BYTES:
        return build_bytes(b, value);
    case GALE_LIST:
        return build_list(b, value, depth + 1);
    case GALE_MAP:
        return build_map(b, value, depth + 1);
    default:
        return json_null();
    }
}

json_t *json_of_field(const gale_tuple *in, gale_value value, bool base64,
                      char why[JSON_WHY])
{
    struct builder b = {in, base64, why};

    return build(&b, value, 0);
}
