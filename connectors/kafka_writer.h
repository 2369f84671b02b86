/*
 * kafka_writer.h - an idempotent producer in a task: records go in, and what
 * became of each comes back.
 *
 * librdkafka's threads write records, and wake the task by gale_post() when
 * there are reports; these come in the task, by the owner's `settled`. Nothing
 * here waits but what says so.
 *
 * A broker refuses a batch as a whole, even if one of its records is to blame;
 * then each is sent again alone, by a second producer.
 *
 * A producer that cannot go on (a fatal error: its sequence is broken, it may
 * not be idempotent) is ended, and what it had not reported fails: it may have
 * been written. Another one takes its place after a pause.
 */
#ifndef CONNECTORS_KAFKA_WRITER_H
#define CONNECTORS_KAFKA_WRITER_H

#include "connectors/back_off.h"
#include "connectors/kafka_fate.h"
#include "connectors/kafka_fields.h"
#include "connectors/kafka_handles.h"
#include "connectors/kafka_presence.h"
#include <stdatomic.h>

struct kafka_writer {
    /* the owner's, before it is opened */
    gale_task *task;
    const char *from; /* brokers, for people */
    bool named;       /* topic or partition are the input's */
    struct kafka_handles topics;
    /* What became of a record. error: what librdkafka calls it, a text that
     * stays; of a bad one, the whole sentence. */
    void (*settled)(gale_task *task, gale_handle input, enum kafka_fate fate,
                    const char *topic, const char *error);
    /* All that had come by now has been settled. */
    void (*served)(gale_task *task);

    /* for the owner to look at */
    uint64_t n_out, bytes_out; /* of records that were not reported yet */

    /* its own */
    struct kafka_client client; /* without a handle: it is in a pause */
    struct kafka_client alone;  /* without a handle until it is needed */
    rd_kafka_conf_t *conf;      /* of the next producer */
    char fatal[KAFKA_TEXT / 2]; /* why the producer cannot go on */
    struct back_off pause;      /* ms */
    int64_t due;                /* of the next producer */
    bool down;                  /* no broker answers */
    bool awake;                 /* there has been kafka_writer_wake() */
    atomic_bool posted;         /* the task is about to look */
};

/* Takes the configuration, whatever comes of it, and waits for brokers and for
 * the topic (NULL: any) as kafka_presence.h says. For `prepare`. False with the
 * sentence in text[KAFKA_TEXT]; kafka_writer_close() in any case. The writer
 * starts zeroed. */
bool kafka_writer_open(struct kafka_writer *w, rd_kafka_conf_t *conf,
                       const char *topic, int64_t partition, int64_t start_ms,
                       char *text);

/* From now on the task is woken when there is something to serve. Not for
 * `prepare`, in which nobody may call gale_post(). */
void kafka_writer_wake(struct kafka_writer *w);

/* True unless it is in a pause. */
bool kafka_writer_is_ready(struct kafka_writer *w);

/* The record is copied, its headers are taken. KAFKA_FATE_WRITTEN: it is under
 * way; else the error is in text[KAFKA_TEXT], and nothing more comes of it. */
enum kafka_fate kafka_writer_add(struct kafka_writer *w,
                                 struct kafka_outgoing *record,
                                 gale_handle input, char *text);

/* Reports, errors, log; waits up to timeout_ms for the first of them, or for
 * the end of a pause. */
void kafka_writer_serve(struct kafka_writer *w, int timeout_ms);

/* What is not sent is dropped, and no report comes any more; at most 10 s,
 * without a broker. */
void kafka_writer_close(struct kafka_writer *w);

#endif
