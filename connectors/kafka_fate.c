/* kafka_fate.c - see kafka_fate.h. */
#include "connectors/kafka_fate.h"

enum kafka_fate kafka_fate(rd_kafka_resp_err_t error, bool alone, bool named)
{
    switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return KAFKA_FATE_WRITTEN;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return alone ? KAFKA_FATE_BAD : KAFKA_FATE_ALONE;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: /* no name that a topic has */
        return KAFKA_FATE_BAD;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return named ? KAFKA_FATE_BAD : KAFKA_FATE_FAILED;
    default:
        return KAFKA_FATE_FAILED;
    }
}
