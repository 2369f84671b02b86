/*
 * kafka_complaint.h - what is said of records that are gone, and of those that
 * always fail.
 */
#ifndef CONNECTORS_KAFKA_COMPLAINT_H
#define CONNECTORS_KAFKA_COMPLAINT_H

#include "connectors/kafka_partitions.h"

/* Starts zeroed. */
struct kafka_complaints {
    int64_t next; /* when one of a record that always fails may come */
};

/* The entry has just failed once more. Says so of one that holds up a partition
 * that is paused, and, once a minute, of one that fails again and again. */
void kafka_complain(gale_task *task, struct kafka_complaints *c,
                    struct kafka_partition *p, const struct offset_entry *e);

/* The fatal error of a partition whose offset is not there any longer, if
 * nobody has said where to go on. p is NULL if it is not ours any more. */
gale_result kafka_out_of_range(gale_task *task, const struct kafka_partition *p,
                               const rd_kafka_message_t *m);

#endif
