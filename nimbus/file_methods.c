/* file_methods.c - files by RPC; see file_methods.h. */
#include "nimbus/file_methods.h"
#include "common/description.h"
#include "topology-api/memory.h"
#include <stdlib.h>

/* False: the caller has been told what is wrong. */
static bool take_hash(struct rpc_call *call, const msgpack_object *params,
                      struct digest *hash)
{
    gale_str text = unpack_str(unpack_key(params, "hash"));

    if (digest_read_hex(text.data, text.size, hash))
        return true;
    rpc_fail(call, RPC_BAD_REQUEST,
             "\"hash\" is no SHA-256, expected 64 hexadecimal digits");
    return false;
}

static bool take_id(struct rpc_call *call, const msgpack_object *params,
                    struct store_id *id)
{
    char *text = unpack_text(unpack_key(params, "id"), sizeof(id->text) - 1);

    if (text == NULL) {
        rpc_fail(call, RPC_BAD_REQUEST, "\"id\" is not that of an upload");
        return false;
    }
    snprintf(id->text, sizeof(id->text), "%s", text);
    free(text);
    return true;
}

static void reply_have(struct rpc_call *call)
{
    struct pack result;

    pack_init(&result);
    pack_map(&result, 1);
    pack_key_bool(&result, "have", true);
    rpc_reply(call, &result);
    pack_free(&result);
}

static void reply_id(struct rpc_call *call, const struct store_id *id)
{
    struct pack result;

    pack_init(&result);
    pack_map(&result, 1);
    pack_key_text(&result, "id", id->text);
    rpc_reply(call, &result);
    pack_free(&result);
}

void file_method_upload(struct store *store, struct rpc_call *call,
                        const msgpack_object *params)
{
    uint64_t size = unpack_uint(unpack_key(params, "size"), UINT64_MAX);
    struct digest hash;
    struct store_id id;
    gale_err error;

    if (!take_hash(call, params, &hash))
        return;
    if (store_has(store, &hash, NULL))
        reply_have(call);
    else if (store_begin(store, &hash, size, DESCRIPTION_FILE_BYTES_MAX, &id,
                         &error) != 0)
        rpc_fail(call, RPC_UNABLE, "%s", error.text);
    else
        reply_id(call, &id);
}

void file_method_append(struct store *store, struct rpc_call *call,
                        const msgpack_object *params)
{
    uint64_t offset = unpack_uint(unpack_key(params, "offset"), UINT64_MAX);
    gale_str data = unpack_str(unpack_key(params, "data"));
    struct store_id id;
    gale_err error;

    if (!take_id(call, params, &id))
        return;
    if (store_append(store, id.text, offset, data.data, data.size, &error) != 0)
        rpc_fail(call, RPC_UNABLE, "%s", error.text);
    else
        rpc_reply(call, NULL);
}

void file_method_finish(struct store *store, struct rpc_call *call,
                        const msgpack_object *params)
{
    struct store_id id;
    gale_err error;

    if (!take_id(call, params, &id))
        return;
    if (store_finish(store, id.text, &error) != 0)
        rpc_fail(call, RPC_UNABLE, "%s", error.text);
    else
        rpc_reply(call, NULL);
}

void file_method_fetch(struct store *store, struct rpc_call *call,
                       const msgpack_object *params)
{
    uint64_t offset = unpack_uint(unpack_key(params, "offset"), UINT64_MAX);
    uint64_t size = unpack_uint(unpack_key(params, "size"), 0);
    struct digest hash;
    struct pack result;
    uint64_t whole;
    gale_err error;
    int64_t n;
    void *data;

    if (!take_hash(call, params, &hash))
        return;
    if (!store_has(store, &hash, &whole)) {
        rpc_fail(call, RPC_NOT_FOUND, "this nimbus does not have that file");
        return;
    }
    if (size > STORE_CHUNK_MAX || offset > whole) {
        rpc_fail(call, RPC_BAD_REQUEST,
                 "expected an \"offset\" within the file, and a \"size\" of %u "
                 "at most",
                 STORE_CHUNK_MAX);
        return;
    }
    data = xmalloc(size);
    n = store_read(store, &hash, offset, data, size, &error);
    if (n < 0) {
        rpc_fail(call, RPC_UNABLE, "%s", error.text);
    } else {
        pack_init(&result);
        pack_map(&result, 2);
        pack_key_uint(&result, "size", whole);
        pack_key_bytes(&result, "data", data, (size_t)n);
        rpc_reply(call, &result);
        pack_free(&result);
    }
    free(data);
}
