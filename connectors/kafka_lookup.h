/*
 * kafka_lookup.h - questions to the brokers that block: which partitions there
 * are, and with which offsets to begin.
 *
 * A lookup is asked on whatever thread may wait (in open, or by gale_async()),
 * reads what it was made of, and leaves its answer in itself. It takes at most
 * timeout_ms for each question, of which there are three, and one more for each
 * topic that is named.
 */
#ifndef CONNECTORS_KAFKA_LOOKUP_H
#define CONNECTORS_KAFKA_LOOKUP_H

#include "connectors/kafka_client.h"
#include "connectors/kafka_start.h"
#include "connectors/kafka_topics.h"
#include "connectors/partition_share.h"
#include <stdatomic.h>

struct kafka_lookup {
    /* what is asked; borrowed */
    rd_kafka_t *client;
    const struct kafka_topics *topics;
    const struct kafka_start *start;
    int64_t timestamp_ms;
    int timeout_ms;
    const atomic_bool *stop; /* true: nobody waits for the answer any longer */
    bool late;               /* see kafka_start.h */
    /* Whether the topology has begun with a partition before; NULL: no. */
    bool (*begun)(void *arg, const char *topic, int32_t partition);
    void *arg;

    /* the answer */
    struct partition_name *names; /* of kafka_lookup_partitions() */
    size_t n_names;
    bool never;   /* asking again will not help */
    bool missing; /* a topic that is named */
    char error[KAFKA_TEXT];
};

/*
 * All partitions of the topics, in names. false with the sentence: nobody has
 * answered, or a topic is in a state in which nobody can say; or a topic that
 * is named is not there, unless `late`: then it is as if it had no partitions.
 */
bool kafka_lookup_partitions(struct kafka_lookup *l);

/* Sets the offset of each, as rd_kafka_assign() takes it. */
bool kafka_lookup_offsets(struct kafka_lookup *l,
                          rd_kafka_topic_partition_list_t *partitions);

void kafka_lookup_fini(struct kafka_lookup *l);

#endif
