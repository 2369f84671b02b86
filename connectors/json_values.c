/* json_values.c - JSON texts and gale's values; see json_values.h. */
#include "connectors/json_values.h"
#include "connectors/must.h"

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
