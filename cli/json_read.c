/* json_read.c - a JSON text as a value of gale's; see json_read.h. */
#include "cli/json_read.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "topology-api/values.h"
#include <jansson.h>

static gale_value value_of(const json_t *j);

static gale_value text_of(const char *data, size_t size)
{
    return gale_string(xstrndup(data, size), size);
}

static gale_value list_of(const json_t *j)
{
    size_t n = json_array_size(j);
    gale_value *items = xcalloc(n, sizeof(*items));

    for (size_t i = 0; i < n; i++)
        items[i] = value_of(json_array_get(j, i));
    return gale_list(items, (uint32_t)n);
}

static gale_value map_of(const json_t *j)
{
    size_t n = json_object_size(j), i = 0;
    gale_value *pairs = xcalloc(2 * n, sizeof(*pairs));
    void *at = json_object_iter((json_t *)(uintptr_t)j);

    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)j, at)) {
        const char *key = json_object_iter_key(at);

        pairs[i++] = text_of(key, strlen(key));
        pairs[i++] = value_of(json_object_iter_value(at));
    }
    return gale_map(pairs, (uint32_t)n);
}

static gale_value value_of(const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return map_of(j);
    case JSON_ARRAY:
        return list_of(j);
    case JSON_STRING:
        return text_of(json_string_value(j), json_string_length(j));
    case JSON_INTEGER:
        return gale_int(json_integer_value(j));
    case JSON_REAL:
        return gale_float(json_real_value(j));
    case JSON_TRUE:
    case JSON_FALSE:
        return gale_bool(json_is_true(j));
    case JSON_NULL:
        break;
    }
    return gale_nil();
}

int json_read(const char *text, size_t size, gale_value *value, gale_err *error)
{
    json_error_t why;
    json_t *j =
        json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    const char *defect;
    gale_value found;

    if (j == NULL)
        return error_set(error, "column %d: %s", why.column, why.text);
    found = value_of(j);
    json_decref(j);
    defect = values_defect(found);
    if (defect == NULL) {
        *value = found;
        return 0;
    }
    value_free(found);
    return error_set(error, "column 1: a value that is %s", defect);
}
