/*
 * file_fetch.h - one file of a nimbus's store, fetched into one's own, a chunk
 * at a time. It is whole and is what it is called, or it is not there.
 *
 * On the loop's thread.
 */
#ifndef GALE_FILE_FETCH_H
#define GALE_FILE_FETCH_H

#include "common/rpc_client.h"
#include "common/store.h"

struct file_fetch;

enum file_fetch_end {
    FILE_IS_HERE,
    FILE_NOT_ANSWERED,
    FILE_NOT_THERE, /* whoever was asked does not have it */
    FILE_NOT_KEPT   /* it is not what it is called, or our disk refuses it */
};

/*
 * `done` is called once, never from within this function: failed is NULL if it
 * is here, else a sentence. Then, or before, file_fetch_free(). `from` and
 * `store` outlive it.
 */
struct file_fetch *file_fetch_begin(
    struct rpc_client *from, struct store *store, const struct digest *hash,
    void (*done)(void *arg, const char *failed, enum file_fetch_end end),
    void *arg);
/* Also from `done`. What has come is given up. NULL is fine. */
void file_fetch_free(struct file_fetch *f);

#endif
