/*
 * mock_kafka.h - brokers of Kafka in librdkafka's own mock, in this process:
 * for tests that let them refuse, move and go.
 */
#ifndef TESTS_MOCK_KAFKA_H
#define TESTS_MOCK_KAFKA_H

#include "tests/support/cmocka_all.h"
// clang-format off: the mock needs the other one before it
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// clang-format on

/* Keys of requests, for rd_kafka_mock_push_request_errors(). */
enum {
    MOCK_KAFKA_PRODUCE = 0,
    MOCK_KAFKA_FETCH = 1,
    MOCK_KAFKA_OFFSET_COMMIT = 8,
    MOCK_KAFKA_INIT_PRODUCER_ID = 22,
};

struct mock_kafka {
    rd_kafka_mock_cluster_t *cluster;
    rd_kafka_t *owner; /* of the cluster */
};

/* Three brokers. The first leads the only partition of the topic "t", and
 * coordinates the group "g". */
void mock_kafka_begin(struct mock_kafka *m);
void mock_kafka_end(struct mock_kafka *m);

/* The option `brokers`. */
const char *mock_kafka_brokers(const struct mock_kafka *m);

/* A client of the group "g"; brokers NULL: of none. */
rd_kafka_t *mock_kafka_client(rd_kafka_type_t type, const char *brokers);

/* As cmocka_run_group_tests(); TSan does not know librdkafka's threads, and
 * then a line says that all are skipped. */
#define mock_kafka_run(tests_)                                                 \
    mock_kafka_run_n(tests_, sizeof(tests_) / sizeof(tests_[0]))
int mock_kafka_run_n(const struct CMUnitTest *tests, size_t n);

#endif
