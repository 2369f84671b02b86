/* file_fetch.c - one file from a nimbus's store; see file_fetch.h. */
#include "common/file_fetch.h"
#include "common/description.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define CHUNK_NS (30 * INT64_C(1000000000))

struct file_fetch {
    struct rpc_client *from;
    struct store *store;
    struct digest hash;
    void (*done)(void *arg, const char *failed, enum file_fetch_end end);
    void *arg;
    struct store_id upload; /* text "": it has not begun */
    uint64_t offset, size;
};

static void chunk_came(void *arg, const struct rpc_result *result);

static void ask(struct file_fetch *f)
{
    char hash[DIGEST_HEX];
    struct pack params;

    digest_hex(&f->hash, hash);
    pack_init(&params);
    pack_map(&params, 3);
    pack_key_text(&params, "hash", hash);
    pack_key_uint(&params, "offset", f->offset);
    pack_key_uint(&params, "size", STORE_CHUNK_MAX);
    rpc_client_call(f->from, "fetch", &params, CHUNK_NS, chunk_came, f);
    pack_free(&params);
}

/* The first answer says how large it is. */
static int begin_upload(struct file_fetch *f, const msgpack_object *value,
                        gale_err *error)
{
    f->size = unpack_uint(unpack_key(value, "size"), UINT64_MAX);
    if (store_begin(f->store, &f->hash, f->size, DESCRIPTION_FILE_BYTES_MAX,
                    &f->upload, error) == 0)
        return 0;
    f->upload.text[0] = '\0';
    return -1;
}

static int take_chunk(struct file_fetch *f, const msgpack_object *value,
                      gale_err *error)
{
    gale_str data = unpack_str(unpack_key(value, "data"));

    if (f->upload.text[0] == '\0' && begin_upload(f, value, error) != 0)
        return -1;
    if (data.size == 0 && f->offset < f->size)
        return error_set(error, "it ends after %llu of %llu bytes",
                         (unsigned long long)f->offset,
                         (unsigned long long)f->size);
    if (store_append(f->store, f->upload.text, f->offset, data.data, data.size,
                     error) != 0)
        return -1;
    f->offset += data.size;
    return 0;
}

static int finish(struct file_fetch *f, gale_err *error)
{
    int result = store_finish(f->store, f->upload.text, error);

    f->upload.text[0] = '\0';
    return result;
}

static enum file_fetch_end no_answer(const struct rpc_result *result)
{
    return result->outcome == RPC_REFUSED && result->code == RPC_NOT_FOUND
               ? FILE_NOT_THERE
               : FILE_NOT_ANSWERED;
}

static void chunk_came(void *arg, const struct rpc_result *result)
{
    struct file_fetch *f = arg;
    gale_err error;

    if (result->outcome != RPC_OK)
        f->done(f->arg, result->text, no_answer(result));
    else if (take_chunk(f, result->value, &error) != 0)
        f->done(f->arg, error.text, FILE_NOT_KEPT);
    else if (f->offset < f->size)
        ask(f);
    else if (finish(f, &error) != 0)
        f->done(f->arg, error.text, FILE_NOT_KEPT);
    else
        f->done(f->arg, NULL, FILE_IS_HERE);
}

struct file_fetch *file_fetch_begin(
    struct rpc_client *from, struct store *store, const struct digest *hash,
    void (*done)(void *arg, const char *failed, enum file_fetch_end end),
    void *arg)
{
    struct file_fetch *f = xcalloc(1, sizeof(*f));

    f->from = from;
    f->store = store;
    f->hash = *hash;
    f->done = done;
    f->arg = arg;
    ask(f);
    return f;
}

void file_fetch_free(struct file_fetch *f)
{
    if (f == NULL)
        return;
    rpc_client_forget(f->from, f);
    if (f->upload.text[0] != '\0')
        store_abort(f->store, f->upload.text);
    free(f);
}
