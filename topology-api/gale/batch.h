/*
 * gale/batch.h - many tuples in one call, for bolts that gain from it.
 *
 * A bolt may have `execute_batch` beside `execute`. The host then hands over
 * what has come from one stream, up to GALE_BATCH_MAX tuples, in order: a sink
 * writes them in one statement, a table looks many keys up at a time. How many
 * there are is what was waiting; nothing is ever held back to fill a batch.
 * Some tuples (those anchored to several inputs) still come one by one.
 *
 *     static gale_result execute_batch(gale_task *task, gale_batch *in)
 *     {
 *         int64_t values[GALE_BATCH_MAX]; …
 *         for (uint32_t i = 0; i < in->n; i++)
 *             values[i] = gale_get_int(gale_batch_tuple(in, i), 0);
 *         return write_all(values, in->n);
 *     }
 *
 * The result settles every tuple that gale_batch_settle() has not settled: all
 * are acked, or all fail. What is emitted is anchored to the tuple that
 * gale_batch_tuple() gave last (the first one, before any). An accessor that
 * refuses a field fails that tuple alone.
 *
 * A batch, its tuples and what is borrowed from them are valid until the
 * callback returns; only its thread may use them. Nothing here blocks.
 */
#ifndef GALE_BATCH_H
#define GALE_BATCH_H

#include <gale/task.h>

enum { GALE_BATCH_MAX = 256 }; /* tuples */

typedef struct gale_batch gale_batch;

/* The host's side; members are only ever added at the end. */
typedef struct gale_batch_host {
    size_t size; /* of this table, in bytes */
    const gale_tuple *(*tuple)(gale_batch *, uint32_t i);
    uint32_t (*values)(gale_batch *, uint32_t field, uint32_t from,
                       gale_value *values, uint32_t max);
    uint32_t (*keys)(gale_batch *, uint32_t field, uint32_t from,
                     gale_key *keys, uint32_t max);
    void (*settle)(gale_batch *, uint32_t i, gale_result);
} gale_batch_host;

struct gale_batch {
    const gale_batch_host *host;
    uint32_t n; /* tuples, at least 1 */
    /* what follows belongs to the host */
};

/* Tuple i < n becomes the current one. The pointer that an earlier call gave is
 * now about this tuple; what was borrowed from its fields stays valid. */
static inline const gale_tuple *gale_batch_tuple(gale_batch *batch, uint32_t i)
{
    return batch->host->tuple(batch, i);
}

/*
 * One field of the tuples from `from` on, at most max of them, as gale_get()
 * would give it; returns how many. The current tuple stays; gale_item() reads
 * an element of a list or a map only when its own tuple is the current one. A
 * field that the stream does not have is nil, and all tuples fail as gale_get()
 * says.
 */
static inline uint32_t gale_batch_values(gale_batch *batch, uint32_t field,
                                         uint32_t from, gale_value *values,
                                         uint32_t max)
{
    return batch->host->values(batch, field, from, values, max);
}

/* The same for the keys, as gale_get_key() would give them. */
static inline uint32_t gale_batch_keys(gale_batch *batch, uint32_t field,
                                       uint32_t from, gale_key *keys,
                                       uint32_t max)
{
    return batch->host->keys(batch, field, from, keys, max);
}

/* Settle tuple i by itself, as if `execute` had returned this for it; it
 * becomes the current one. Once for a tuple; a second time does nothing. */
static inline void gale_batch_settle(gale_batch *batch, uint32_t i,
                                     gale_result result)
{
    batch->host->settle(batch, i, result);
}

/* Hand each tuple to `execute`: for a bolt that works on whole batches only
 * sometimes. */
static inline gale_result gale_batch_each(
    gale_task *task, gale_batch *batch,
    gale_result (*execute)(gale_task *, const gale_tuple *))
{
    for (uint32_t i = 0; i < batch->n; i++) {
        gale_result result = execute(task, gale_batch_tuple(batch, i));

        if (result != GALE_OK)
            gale_batch_settle(batch, i, result);
        if (result == GALE_FATAL)
            return result;
    }
    return GALE_OK;
}

#endif
