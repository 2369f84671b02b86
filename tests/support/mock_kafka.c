/* mock_kafka.c - brokers of Kafka in memory; see mock_kafka.h. */
#include "tests/support/mock_kafka.h"

enum { BROKERS = 3 };

rd_kafka_t *mock_kafka_client(rd_kafka_type_t type, const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[300];
    rd_kafka_t *handle;

    if (brokers != NULL)
        rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "g", NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    handle = rd_kafka_new(type, conf, why, sizeof(why));
    assert_non_null(handle);
    return handle;
}

void mock_kafka_begin(struct mock_kafka *m)
{
    m->owner = mock_kafka_client(RD_KAFKA_PRODUCER, NULL);
    m->cluster = rd_kafka_mock_cluster_new(m->owner, BROKERS);
    rd_kafka_mock_topic_create(m->cluster, "t", 1, BROKERS);
    rd_kafka_mock_partition_set_leader(m->cluster, "t", 0, 1);
    rd_kafka_mock_coordinator_set(m->cluster, "group", "g", 1);
}

void mock_kafka_end(struct mock_kafka *m)
{
    rd_kafka_mock_cluster_destroy(m->cluster);
    rd_kafka_destroy(m->owner);
}

const char *mock_kafka_brokers(const struct mock_kafka *m)
{
    return rd_kafka_mock_cluster_bootstraps(m->cluster);
}

#ifdef __SANITIZE_THREAD__

static void with_brokers_in_memory(void **state)
{
    (void)state;
    print_message("skip: librdkafka starts threads by thrd_create(), which "
                  "this TSan does not know\n");
    skip();
}

int mock_kafka_run_n(const struct CMUnitTest *tests, size_t n)
{
    const struct CMUnitTest none[] = {cmocka_unit_test(with_brokers_in_memory)};

    (void)tests;
    (void)n;
    return cmocka_run_group_tests(none, NULL, NULL);
}

#else

int mock_kafka_run_n(const struct CMUnitTest *tests, size_t n)
{
    return _cmocka_run_group_tests("tests", tests, n, NULL, NULL);
}

#endif
