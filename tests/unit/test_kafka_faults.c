/*
 * test_kafka_faults.c - kafka_spout and brokers that refuse and move: three in
 * librdkafka's own mock. Half of the records are there before, half come
 * after the fault has been prepared; all must come, and be committed.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
// clang-format off: the mock needs the other one before it
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// clang-format on
#include <stdlib.h>

enum { HALF = 500, ALL = 2 * HALF, FETCH = 1, OFFSET_COMMIT = 8 };

struct fixture {
    rd_kafka_t *owner, *producer;
    rd_kafka_mock_cluster_t *mock;
    struct topology_run run;
    struct tally seen;
    uint32_t times[ALL];
};

static rd_kafka_t *client(rd_kafka_type_t type, const char *brokers)
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

static const char *brokers(const struct fixture *f)
{
    return rd_kafka_mock_cluster_bootstraps(f->mock);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct tally none = TALLY_INIT;

    if (f == NULL)
        return -1;
    f->seen = none;
    f->owner = client(RD_KAFKA_PRODUCER, NULL);
    f->mock = rd_kafka_mock_cluster_new(f->owner, 3);
    rd_kafka_mock_topic_create(f->mock, "t", 1, 3);
    rd_kafka_mock_partition_set_leader(f->mock, "t", 0, 1);
    rd_kafka_mock_coordinator_set(f->mock, "group", "g", 1);
    f->producer = client(RD_KAFKA_PRODUCER, brokers(f));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    rd_kafka_destroy(f->producer);
    rd_kafka_mock_cluster_destroy(f->mock);
    rd_kafka_destroy(f->owner);
    free(f);
    return 0;
}

static void produce(struct fixture *f, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        assert_int_equal(
            rd_kafka_producev(f->producer, RD_KAFKA_V_TOPIC("t"),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_VALUE(&i, sizeof(i)), RD_KAFKA_V_END),
            RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_flush(f->producer, 60000), 0);
}

static gale_result note(gale_task *task, const gale_tuple *in)
{
    struct fixture *f = probe_arg(task);
    gale_str value = gale_str_of(in, "value");
    uint32_t i = ALL;

    if (value.size == sizeof(i))
        memcpy(&i, value.data, sizeof(i));
    if (i < ALL && f->times[i]++ == 0)
        tally_add(&f->seen, 1);
    return GALE_OK;
}

static void begin(struct fixture *f, struct probe *sink)
{
    gale_declarer *source;

    *sink = (struct probe){.arg = f, .execute = note};
    topology_run_begin(&f->run, "faults");
    source = gale_add_spout(f->run.builder, "source", "kafka_spout", 1);
    gale_set(source, "brokers", gale_cstr(brokers(f)));
    gale_set(source, "topics", gale_cstr("t"));
    gale_set(source, "group", gale_cstr("g"));
    gale_set(source, "start", gale_cstr("earliest"));
    gale_set(source, "commit.ms", gale_int(20));
    gale_shuffle(topology_run_bolt(&f->run, "sink", sink, 1), "source");
    produce(f, 0, HALF);
    topology_run_start(&f->run);
    tally_await(&f->seen, HALF, "the first half");
}

static int64_t committed(const struct fixture *f)
{
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, brokers(f));
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    int64_t offset;

    rd_kafka_topic_partition_list_add(list, "t", 0);
    assert_int_equal(rd_kafka_committed(consumer, list, 60000),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(consumer);
    return offset;
}

/* The second half comes, once each, and all of it is committed. */
static void finish(struct fixture *f)
{
    produce(f, HALF, ALL);
    tally_await(&f->seen, ALL, "the second half");
    assert_int_equal(topology_run_stop(&f->run, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    for (uint32_t i = 0; i < ALL; i++)
        assert_int_equal(f->times[i], 1);
    assert_int_equal(committed(f), ALL);
}

static bool is_said(void *arg)
{
    struct fixture *f = arg;

    return strstr(topology_run_log(&f->run), "cannot commit offsets: ") != NULL;
}

static void a_commit_that_is_refused_is_said_and_done_again(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    rd_kafka_mock_push_request_errors(
        f->mock, OFFSET_COMMIT, 2, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
    begin(f, &sink);
    topology_run_until(is_said, f, "the refusal");
    finish(f);
    assert_says(topology_run_log(&f->run),
                "cannot commit offsets: Broker: Group authorization failed; "
                "they are committed later");
    topology_run_end(&f->run);
}

static void a_coordinator_that_moves_is_found_again(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    rd_kafka_mock_coordinator_set(f->mock, "group", "g", 2);
    finish(f);
    topology_run_end(&f->run);
}

static void a_leader_that_moves_is_found_again(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    rd_kafka_mock_partition_set_leader(f->mock, "t", 0, 3);
    finish(f);
    topology_run_end(&f->run);
}

static void a_broker_that_goes_and_comes_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    rd_kafka_mock_broker_set_down(f->mock, 1);
    rd_kafka_mock_broker_set_up(f->mock, 1);
    finish(f);
    topology_run_end(&f->run);
}

static void fetches_that_fail_are_done_again(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    rd_kafka_mock_push_request_errors(
        f->mock, FETCH, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE);
    finish(f);
    topology_run_end(&f->run);
}

/* Nobody answers any more: the end is bounded, and what was not committed is
 * said. */
static void it_ends_without_a_broker(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    for (int32_t i = 1; i <= 3; i++)
        rd_kafka_mock_broker_set_down(f->mock, i);
    assert_int_equal(topology_run_stop(&f->run, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    topology_run_end(&f->run);
    for (int32_t i = 1; i <= 3; i++)
        rd_kafka_mock_broker_set_up(f->mock, i);
}

#define WITH_BROKERS(test_)                                                    \
    cmocka_unit_test_setup_teardown(test_, set_up, tear_down)

#ifdef __SANITIZE_THREAD__
#define HAS_THREADS_OF_C11 false
#else
#define HAS_THREADS_OF_C11 true
#endif

static void with_brokers_in_memory(void **state)
{
    (void)state;
    print_message("skip: librdkafka starts threads by thrd_create(), which "
                  "this TSan does not know\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest none[] = {cmocka_unit_test(with_brokers_in_memory)};
    const struct CMUnitTest tests[] = {
        WITH_BROKERS(a_commit_that_is_refused_is_said_and_done_again),
        WITH_BROKERS(a_coordinator_that_moves_is_found_again),
        WITH_BROKERS(a_leader_that_moves_is_found_again),
        WITH_BROKERS(a_broker_that_goes_and_comes_is_waited_for),
        WITH_BROKERS(fetches_that_fail_are_done_again),
        WITH_BROKERS(it_ends_without_a_broker),
    };

    return HAS_THREADS_OF_C11 ? cmocka_run_group_tests(tests, NULL, NULL)
                              : cmocka_run_group_tests(none, NULL, NULL);
}
