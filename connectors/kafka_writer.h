/*
 * kafka_writer.h - an idempotent producer in a task: records go in, and what
 * became of each comes back.
 *
 * Nothing here waits but what says so. librdkafka's threads write records, and
 * wake the task by gale_post() when there are reports; these come in the task,
 * by the owner's `settled`. A broker refuses a batch as a whole, even if one of
 * its records is to blame; then each is sent again alone, by a second producer.
 *
 * A producer that cannot go on (its sequence is broken: a fatal error) is ended
 * and another one takes its place. Records without a report by then fail: they
 * may have been written.
 */
#ifndef CONNECTORS_KAFKA_WRITER_H
#define CONNECTORS_KAFKA_WRITER_H

#include "connectors/kafka_client.h"
#include "connectors/kafka_fate.h"
#include "connectors/kafka_fields.h"
#include <stdatomic.h>

struct kafka_writer {
    /* the owner's, before it is opened */
    gale_task *task;
    const char *from; /* brokers, for people */
    bool named;       /* topic or partition are the input's */
    int64_t max_topics;
    /* What became of a record; error is a text for people. */
    void (*settled)(gale_task *task, gale_handle input, enum kafka_fate fate,
                    const char *topic, const char *error);
    /* All that had come by now has been settled. */
    void (*served)(gale_task *task);

    /* for the owner to look at */
    struct kafka_client client;
    uint64_t n_out, bytes_out; /* records that were not reported yet */
    bool down;                 /* no broker answers */
    char broken[KAFKA_TEXT];   /* it cannot go on at all; "": it can */

    /* its own */
    struct kafka_client alone; /* no handle until it is needed */
    rd_kafka_conf_t *conf;     /* of the next producer */
    rd_kafka_topic_t **topics; /* those that were met, by name */
    size_t n_topics;
    char fatal[KAFKA_TEXT / 2]; /* why the producer cannot go on */
    atomic_bool posted; /* the task is about to look */
};

/*
 * Takes the configuration, whatever comes of it, and waits up to start_ms for
 * brokers; and for `topic` (NULL: none is fixed) and its partition (-1: any).
 * For `prepare`. false with the sentence in text[KAFKA_TEXT];
 * kafka_writer_close() in any case. The writer starts zeroed.
 */
bool kafka_writer_open(struct kafka_writer *w, rd_kafka_conf_t *conf,
                       const char *topic, int64_t partition, int64_t start_ms,
                       char *text);

/* The record is copied, its headers are taken. KAFKA_FATE_WRITTEN: it is under
 * way; else the error is in text[KAFKA_TEXT], and nothing more comes of it. */
enum kafka_fate kafka_writer_add(struct kafka_writer *w,
                                 struct kafka_outgoing *record,
                                 gale_handle input, char *text);

/* Reports, errors, log; waits up to timeout_ms for the first of them. */
void kafka_writer_serve(struct kafka_writer *w, int timeout_ms);

/* What is not sent is dropped, and no report comes any more; at most 10 s,
 * without a broker. */
void kafka_writer_close(struct kafka_writer *w);

#endif
