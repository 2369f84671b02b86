/*
 * offset_ledger.h - the offsets of one partition that are on their way.
 *
 * What is emitted enters in ascending order and leaves in any. The safe offset
 * is the one behind the longest prefix of which everything is acked: what may
 * be committed. Offsets that the partition does not have (compacted away,
 * markers of transactions) are never emitted, and so hold up nothing.
 *
 * An entry has a record, which belongs to whoever added it. Its bytes count
 * until the safe offset has passed it, since records of a partition lie in
 * buffers together, which are there as long as one of them is.
 *
 * Pure: no clock, no network. Not for several threads.
 */
#ifndef CONNECTORS_OFFSET_LEDGER_H
#define CONNECTORS_OFFSET_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct offset_entry {
    int64_t offset;
    void *record;   /* NULL: acked */
    uint32_t bytes; /* that it counts as */
    uint32_t fails; /* how often it has failed since it was emitted first */
};

struct offset_ledger {
    struct offset_entry *entries; /* a ring */
    size_t first, n, capacity;    /* capacity is a power of two, or 0 */
    int64_t safe;                 /* -1: nothing is known yet */
    int64_t next;                 /* expected next; -1 likewise */
    uint64_t bytes;               /* of all entries */
};

void offset_ledger_init(struct offset_ledger *l);
/* The records must be gone: see offset_ledger_clear(). */
void offset_ledger_fini(struct offset_ledger *l);

/* The source is now in front of this offset: what lies before is not there.
 * What is before `next` already changes nothing. */
void offset_ledger_reach(struct offset_ledger *l, int64_t offset);

/* Before it is emitted. false: it has been here before, and is not added. */
bool offset_ledger_add(struct offset_ledger *l, int64_t offset, void *record,
                       uint32_t bytes);

/* NULL: it is acked, or was never here. Until the ledger changes. */
struct offset_entry *offset_ledger_find(struct offset_ledger *l,
                                        int64_t offset);

/* Its record, to be freed; NULL if there is nothing to ack, as when an ack
 * comes late or twice. */
void *offset_ledger_ack(struct offset_ledger *l, int64_t offset);

/* All that is not acked, one record a call, then NULL; what is left is an empty
 * ledger that goes on where it was: nothing of it becomes safe. */
void *offset_ledger_clear(struct offset_ledger *l);

/* The first offset that is not acked, with its entry; NULL if there is none. */
const struct offset_entry *offset_ledger_oldest(const struct offset_ledger *l);

#endif
