/*
 * kafka_partitions.h - the partitions that a task reads, each with its ledger.
 *
 * A message id names a partition by the number of its stay: what was read
 * before a partition was given away, or began anew, is not mistaken for what is
 * read later under the same offset. The records of a ledger are messages of
 * librdkafka. Not for several threads.
 */
#ifndef CONNECTORS_KAFKA_PARTITIONS_H
#define CONNECTORS_KAFKA_PARTITIONS_H

#include "connectors/kafka_client.h"
#include "connectors/offset_ledger.h"

struct kafka_partition {
    char *topic;
    int32_t number;
    uint32_t stay;
    struct offset_ledger ledger;
    int64_t committed; /* -1: not known to be */
    int64_t start;     /* the first that is read; -1: not known yet */
    int64_t latest;    /* where it ended when a broker was asked; -1: never */
    int64_t end;       /* of a bounded run: read up to here; -1: unknown */
    bool done;         /* of a bounded run: all of it is read */
    bool paused;       /* too much of it is not committed */
    bool said;         /* … and this has been told */
    /* gauges; NULL as long as what they show is not known */
    gale_metric *lag_shown, *latest_shown, *committed_shown;
};

struct kafka_partitions {
    struct kafka_partition **items;
    size_t n, last; /* last: where the latest message was from */
    uint32_t stays;
};

struct kafka_partition *kafka_partitions_add(struct kafka_partitions *all,
                                             const char *topic, int32_t number);
/* Its ledger must be empty of records. */
void kafka_partitions_remove(struct kafka_partitions *all, size_t i);
void kafka_partitions_fini(struct kafka_partitions *all);

/* NULL: it is not one of these. */
struct kafka_partition *kafka_partitions_find(struct kafka_partitions *all,
                                              const char *topic,
                                              int32_t number);
struct kafka_partition *kafka_partitions_of(struct kafka_partitions *all,
                                            gale_msgid id);

static inline gale_msgid kafka_partition_id(const struct kafka_partition *p,
                                            int64_t offset)
{
    return (gale_msgid){p->stay, (uint64_t)offset};
}

/* From now on, it is another stay. */
void kafka_partitions_renew(struct kafka_partitions *all,
                            struct kafka_partition *p);

/* What may be committed and is not; NULL if there is nothing. */
rd_kafka_topic_partition_list_t *kafka_partitions_uncommitted(
    const struct kafka_partitions *all);

bool kafka_partitions_all_committed(const struct kafka_partitions *all);

/* Lag, latest and committed offset, as far as they are known: a gauge is there
 * when it has something to show. As long as nothing is committed, the lag is
 * all that there is to read. */
void kafka_partition_measure(struct kafka_partition *p, gale_task *task,
                             rd_kafka_t *client);

/* The partition is another task's now, and so are these: here they show
 * nothing. */
void kafka_partition_unmeasure(const struct kafka_partition *p,
                               gale_task *task);

#endif
