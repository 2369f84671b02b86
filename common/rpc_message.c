/* rpc_message.c - MessagePack-RPC; see rpc_message.h. */
#include "common/rpc_message.h"
#include "common/check.h"
#include <string.h>

static const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};

/* -- reading --------------------------------------------------------------- */

static bool is_u32(const msgpack_object *o)
{
    return o->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
           o->via.u64 <= UINT32_MAX;
}

static gale_str str_of(const msgpack_object *o)
{
    return o->type == MSGPACK_OBJECT_STR ? unpack_str(o)
                                         : gale_str_make(NULL, 0);
}

/* Method and params are at `i` and behind it. */
static const char *read_call(const msgpack_object *root, uint32_t i,
                             struct rpc_message *m)
{
    const msgpack_object *params = unpack_at(root, i + 1);

    m->method = str_of(unpack_at(root, i));
    if (m->method.data == NULL)
        return "has no text as its method";
    if (params->type != MSGPACK_OBJECT_ARRAY || unpack_n(params) > 1)
        return "has no list of at most one object as its params";
    m->params = unpack_n(params) == 1 ? unpack_at(params, 0) : &nil;
    return NULL;
}

static const char *read_error(const msgpack_object *error,
                              struct rpc_message *m)
{
    gale_str word;

    m->failed = true;
    if (unpack_n(error) < 2)
        return "has an error that is not [word, sentence, detail]";
    word = str_of(unpack_at(error, 0));
    m->error = rpc_error_of(word.data, word.size);
    m->text = str_of(unpack_at(error, 1));
    if (word.data == NULL || m->text.data == NULL)
        return "has an error that is not [word, sentence, detail]";
    if (unpack_n(error) > 2)
        m->detail = str_of(unpack_at(error, 2));
    return NULL;
}

static const char *read_response(const msgpack_object *root,
                                 struct rpc_message *m)
{
    const msgpack_object *error = unpack_at(root, 2);

    m->result = unpack_at(root, 3);
    return error->type == MSGPACK_OBJECT_NIL ? NULL : read_error(error, m);
}

const char *rpc_message_read(const msgpack_object *root,
                             struct rpc_message *message)
{
    uint32_t n = unpack_n(root);
    uint64_t kind = n > 0 ? unpack_uint(unpack_at(root, 0), 99) : 99;

    *message = (struct rpc_message){.kind = (enum rpc_kind)kind};
    if (n != 4 && !(n == 3 && kind == RPC_NOTIFICATION))
        return "is no message of MessagePack-RPC";
    if (kind == RPC_NOTIFICATION && n == 3)
        return read_call(root, 1, message);
    if (kind > RPC_RESPONSE || !is_u32(unpack_at(root, 1)))
        return "is no message of MessagePack-RPC";
    message->id = (uint32_t)unpack_at(root, 1)->via.u64;
    return kind == RPC_REQUEST ? read_call(root, 2, message)
                               : read_response(root, message);
}

/* -- writing --------------------------------------------------------------- */

static void pack_or_nil(struct pack *out, const struct pack *object)
{
    if (object == NULL)
        pack_nil(out);
    else
        pack_packed(out, object);
}

void rpc_message_request(struct pack *out, uint32_t id, const char *method,
                         const struct pack *params)
{
    pack_array(out, 4);
    pack_uint(out, RPC_REQUEST);
    pack_uint(out, id);
    pack_text(out, method);
    pack_array(out, 1);
    pack_or_nil(out, params);
}

void rpc_message_notification(struct pack *out, const char *method,
                              const struct pack *params)
{
    pack_array(out, 3);
    pack_uint(out, RPC_NOTIFICATION);
    pack_text(out, method);
    pack_array(out, 1);
    pack_or_nil(out, params);
}

void rpc_message_result(struct pack *out, uint32_t id,
                        const struct pack *result)
{
    pack_array(out, 4);
    pack_uint(out, RPC_RESPONSE);
    pack_uint(out, id);
    pack_nil(out);
    pack_or_nil(out, result);
}

void rpc_message_error(struct pack *out, uint32_t id, enum rpc_error error,
                       const char *text, const char *detail)
{
    pack_array(out, 4);
    pack_uint(out, RPC_RESPONSE);
    pack_uint(out, id);
    pack_array(out, 3);
    pack_text(out, rpc_error_word(error));
    pack_text(out, text);
    pack_text(out, detail);
    pack_nil(out);
}
