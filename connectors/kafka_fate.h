/*
 * kafka_fate.h - what the report about a record means for its input. Pure.
 *
 * A broker takes or refuses a batch as a whole, so what it says may be about
 * another record of the batch: such a record is sent again alone. Whatever
 * nobody knows is KAFKA_FATE_FAILED, as that loses nothing.
 */
#ifndef CONNECTORS_KAFKA_FATE_H
#define CONNECTORS_KAFKA_FATE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

enum kafka_fate {
    KAFKA_FATE_WRITTEN,
    KAFKA_FATE_ALONE,  /* by itself it may be taken */
    KAFKA_FATE_BAD,    /* the record is to blame: it will never be taken */
    KAFKA_FATE_FAILED, /* its spout may emit it again */
};

/* alone: it was the only record of its batch; named: its topic and partition
 * are the input's, not options. */
enum kafka_fate kafka_fate(rd_kafka_resp_err_t error, bool alone, bool named);

#endif
