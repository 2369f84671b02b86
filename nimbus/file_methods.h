/*
 * file_methods.h - files by RPC: into this nimbus's store, and out of it.
 *
 *     upload  {hash, size}          → {id}, or {have: true}
 *     append  {id, offset, data}    → nil
 *     finish  {id}                  → nil
 *     fetch   {hash, offset, size}  → {data, size: of the whole}
 *
 * hash is SHA-256 in hexadecimal digits. An upload belongs to whoever has its
 * id, which nobody can guess; one that rests for a minute is given up.
 */
#ifndef GALE_FILE_METHODS_H
#define GALE_FILE_METHODS_H

#include "common/rpc_call.h"
#include "common/store.h"

/* Each with the store as its arg. */
void file_method_upload(struct store *store, struct rpc_call *call,
                        const msgpack_object *params);
void file_method_append(struct store *store, struct rpc_call *call,
                        const msgpack_object *params);
void file_method_finish(struct store *store, struct rpc_call *call,
                        const msgpack_object *params);
void file_method_fetch(struct store *store, struct rpc_call *call,
                       const msgpack_object *params);

#endif
