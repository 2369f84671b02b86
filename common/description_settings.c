/* description_settings.c - settings as MessagePack, and back. */
#include "common/description_settings.h"
#include "topology-api/memory.h"
#include "topology-api/values.h"

/* -- writing --------------------------------------------------------------- */

/* As deep as values_defect() lets values be. */
static void pack_value(struct pack *p, gale_value v)
{
    switch (v.kind) {
    case GALE_BOOL:
        pack_bool(p, v.as.i != 0);
        break;
    case GALE_INT:
        pack_int(p, v.as.i);
        break;
    case GALE_FLOAT:
        pack_float(p, v.as.f);
        break;
    case GALE_STRING:
        pack_text_n(p, v.as.data, v.size);
        break;
    case GALE_BYTES:
        pack_bytes(p, v.as.data, v.size);
        break;
    case GALE_LIST:
        pack_array(p, v.size);
        for (uint32_t i = 0; i < v.size; i++)
            pack_value(p, v.as.items[i]);
        break;
    case GALE_MAP:
        pack_map(p, v.size);
        for (size_t i = 0; i < 2 * (size_t)v.size; i++)
            pack_value(p, v.as.items[i]);
        break;
    default:
        pack_nil(p);
    }
}

void description_settings_pack(struct pack *p, const struct settings *s)
{
    uint32_t n = s == NULL ? 0 : (uint32_t)settings_size(s);

    pack_array(p, n);
    for (uint32_t i = 0; i < n; i++) {
        gale_value value;
        const char *key = settings_at(s, i, &value);
        const char *place = settings_place(s, key);

        pack_array(p, *place == '\0' ? 2 : 3);
        pack_text(p, key);
        pack_value(p, value);
        if (*place != '\0')
            pack_text(p, place);
    }
}

/* -- reading --------------------------------------------------------------- */

static bool read_value(const msgpack_object *o, gale_value *v, size_t *bytes);

/* n values, for `v` to own. What is not read is nil. */
static bool read_items(gale_value *items, gale_value *v, bool ok)
{
    v->as.items = items;
    if (ok)
        return true;
    value_free(*v);
    *v = gale_nil();
    return false;
}

static bool read_list(const msgpack_object *o, gale_value *v, size_t *bytes)
{
    gale_value *items = xcalloc(unpack_n(o), sizeof(*items));
    bool ok = true;

    *v = gale_make_(GALE_LIST, unpack_n(o), 0);
    for (uint32_t i = 0; i < v->size && ok; i++)
        ok = read_value(unpack_at(o, i), &items[i], bytes);
    return read_items(items, v, ok);
}

static bool read_map(const msgpack_object *o, gale_value *v, size_t *bytes)
{
    gale_value *items = xcalloc(unpack_n_pairs(o), 2 * sizeof(*items));
    bool ok = true;

    *v = gale_make_(GALE_MAP, unpack_n_pairs(o), 0);
    for (uint32_t i = 0; i < v->size && ok; i++)
        ok = read_value(&unpack_pair(o, i)->key, &items[2 * i], bytes) &&
             read_value(&unpack_pair(o, i)->val, &items[2 * i + 1], bytes);
    return read_items(items, v, ok);
}

static gale_value text_of(gale_value v, size_t *bytes)
{
    *bytes += v.size;
    return value_copy(v);
}

/* The caller frees what it owns. */
static bool read_value(const msgpack_object *o, gale_value *v, size_t *bytes)
{
    *bytes += 1;
    switch (o->type) {
    case MSGPACK_OBJECT_NIL:
        *v = gale_nil();
        return true;
    case MSGPACK_OBJECT_BOOLEAN:
        *v = gale_bool(o->via.boolean);
        return true;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        *v = gale_int(unpack_int(o, 0));
        return o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ||
               o->via.u64 <= INT64_MAX;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        *v = gale_float(o->via.f64);
        return true;
    case MSGPACK_OBJECT_STR:
        *v = text_of(gale_string(o->via.str.ptr, o->via.str.size), bytes);
        return true;
    case MSGPACK_OBJECT_BIN:
        *v = text_of(gale_bytes(o->via.bin.ptr, o->via.bin.size), bytes);
        return true;
    case MSGPACK_OBJECT_ARRAY:
        return read_list(o, v, bytes);
    case MSGPACK_OBJECT_MAP:
        return read_map(o, v, bytes);
    default:
        *v = gale_nil();
        return false;
    }
}

static bool read_entry(struct settings *s, const msgpack_object *entry,
                       size_t *bytes)
{
    char *key =
        unpack_n(entry) < 2 ? NULL : unpack_text(unpack_at(entry, 0), SIZE_MAX);
    char *place =
        unpack_n(entry) < 3 ? NULL : unpack_text(unpack_at(entry, 2), SIZE_MAX);
    gale_value value = gale_nil();
    bool ok = key != NULL && *key != '\0' &&
              read_value(unpack_at(entry, 1), &value, bytes) &&
              values_defect(value) == NULL;

    if (ok) {
        *bytes += strlen(key);
        settings_set_at(s, key, value, place);
    }
    value_free(value);
    free(key);
    free(place);
    return ok;
}

struct settings *description_settings_read(const msgpack_object *o,
                                           size_t *bytes)
{
    struct settings *s = settings_new();
    bool ok = o == NULL || o->type == MSGPACK_OBJECT_ARRAY;

    for (uint32_t i = 0; i < unpack_n(o) && ok; i++)
        ok = read_entry(s, unpack_at(o, i), bytes);
    if (ok)
        return s;
    settings_free(s);
    return NULL;
}
