/* pack_json.c - MessagePack that was read, as JSON; see pack_json.h. */
#include "cli/pack_json.h"
#include "topology-api/memory.h"

static void put_map(struct json *j, const msgpack_object *map)
{
    json_object(j);
    for (uint32_t i = 0; i < unpack_n_pairs(map); i++) {
        const msgpack_object_kv *pair = unpack_pair(map, i);
        gale_str key = unpack_str(&pair->key);
        char *text = xstrndup(key.data, key.size);

        json_key(j, text);
        pack_json(j, &pair->val);
        free(text);
    }
    json_end(j);
}

static void put_list(struct json *j, const msgpack_object *list)
{
    json_list(j);
    for (uint32_t i = 0; i < unpack_n(list); i++)
        pack_json(j, unpack_at(list, i));
    json_end(j);
}

void pack_json(struct json *j, const msgpack_object *o)
{
    gale_str text = unpack_str(o);

    switch (o == NULL ? MSGPACK_OBJECT_NIL : o->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        json_bool(j, o->via.boolean);
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        json_uint(j, o->via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        json_int(j, o->via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        json_float(j, o->via.f64);
        break;
    case MSGPACK_OBJECT_STR:
    case MSGPACK_OBJECT_BIN:
        json_bytes(j, text.data, text.size);
        break;
    case MSGPACK_OBJECT_MAP:
        put_map(j, o);
        break;
    case MSGPACK_OBJECT_ARRAY:
        put_list(j, o);
        break;
    default:
        json_null(j);
    }
}
