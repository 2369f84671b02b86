/*
 * test_kafka_faults.c - kafka_spout and brokers that refuse and move: three in
 * librdkafka's own mock. Half of the records are there before, half come
 * after the fault has been prepared; all must come, and be committed.
 */
#include "tests/support/mock_kafka.h"
#include "tests/support/topology_run.h"
#include <stdlib.h>

enum { HALF = 500, ALL = 2 * HALF };

struct fixture {
    struct mock_kafka kafka;
    rd_kafka_t *producer;
    struct topology_run run;
    struct tally seen;
    uint32_t times[ALL];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct tally none = TALLY_INIT;

    if (f == NULL)
        return -1;
    f->seen = none;
    mock_kafka_begin(&f->kafka);
    f->producer =
        mock_kafka_client(RD_KAFKA_PRODUCER, mock_kafka_brokers(&f->kafka));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    rd_kafka_destroy(f->producer);
    mock_kafka_end(&f->kafka);
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

static gale_declarer *build(struct fixture *f, struct probe *sink, int tasks)
{
    gale_declarer *source;

    *sink = (struct probe){.arg = f, .execute = note};
    topology_run_begin(&f->run, "faults");
    source = gale_add_spout(f->run.builder, "source", "kafka_spout", tasks);
    gale_set(source, "brokers", gale_cstr(mock_kafka_brokers(&f->kafka)));
    gale_set(source, "topics", gale_cstr("t"));
    gale_set(source, "group", gale_cstr("g"));
    gale_set(source, "start", gale_cstr("earliest"));
    gale_set(source, "commit.ms", gale_int(20));
    gale_shuffle(topology_run_bolt(&f->run, "sink", sink, 1), "source");
    return source;
}

static void start(struct fixture *f)
{
    produce(f, 0, HALF);
    topology_run_start(&f->run);
    tally_await(&f->seen, HALF, "the first half");
}

static void begin(struct fixture *f, struct probe *sink)
{
    build(f, sink, 1);
    start(f);
}

static int64_t committed(const struct fixture *f)
{
    rd_kafka_t *consumer =
        mock_kafka_client(RD_KAFKA_CONSUMER, mock_kafka_brokers(&f->kafka));
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
        f->kafka.cluster, MOCK_KAFKA_OFFSET_COMMIT, 2,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
    begin(f, &sink);
    topology_run_until(is_said, f, "the refusal");
    finish(f);
    assert_says(topology_run_log(&f->run),
                "cannot commit offsets: Broker: Group authorization failed; "
                "they are committed later");
    topology_run_end(&f->run);
}

/* Nothing is committed before the end. */
static void a_last_commit_that_is_refused_is_done_again(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    gale_set(build(f, &sink, 1), "commit.ms", gale_int(86400000));
    start(f);
    rd_kafka_mock_push_request_errors(
        f->kafka.cluster, MOCK_KAFKA_OFFSET_COMMIT, 2,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    assert_int_equal(topology_run_stop(&f->run, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    assert_int_equal(committed(f), HALF);
    topology_run_end(&f->run);
}

static void a_coordinator_that_moves_is_found_again(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    rd_kafka_mock_coordinator_set(f->kafka.cluster, "group", "g", 2);
    finish(f);
    topology_run_end(&f->run);
}

static void a_leader_that_moves_is_found_again(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    rd_kafka_mock_partition_set_leader(f->kafka.cluster, "t", 0, 3);
    finish(f);
    topology_run_end(&f->run);
}

static void a_broker_that_goes_and_comes_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    rd_kafka_mock_broker_set_down(f->kafka.cluster, 1);
    rd_kafka_mock_broker_set_up(f->kafka.cluster, 1);
    finish(f);
    topology_run_end(&f->run);
}

static void fetches_that_fail_are_done_again(void **state)
{
    struct fixture *f = *state;
    struct probe sink;

    begin(f, &sink);
    rd_kafka_mock_push_request_errors(
        f->kafka.cluster, MOCK_KAFKA_FETCH, 3,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE);
    finish(f);
    topology_run_end(&f->run);
}

struct shown {
    const char *name;
    double value;
    bool is;
};

static void look_for(void *arg, const gale_metric_stats *m)
{
    struct shown *s = arg;

    s->is = s->is || (!strcmp(m->name, s->name) && m->value == s->value);
}

static bool is_shown(struct fixture *f, const char *name, double value)
{
    struct shown s = {name, value, false};

    gale_local_metrics(f->run.local, look_for, &s);
    return s.is;
}

static bool has_moved(void *arg)
{
    struct fixture *f = arg;

    return strstr(topology_run_log(&f->run),
                  "topic t, partition 0: it is not there any longer, or "
                  "another task's") != NULL;
}

static bool half_is_shown(void *arg)
{
    return is_shown(arg, "committed t[0]", HALF);
}

/* The mean of all tasks that show it. */
static bool all_is_shown(void *arg)
{
    return is_shown(arg, "committed t[0]", ALL) &&
           is_shown(arg, "latest t[0]", ALL) && is_shown(arg, "lag t[0]", 0);
}

/* With "s" before it, the first partition is that one, and "t" the second
 * task's. */
static void a_partition_that_moves_to_another_task_takes_its_gauges_along(
    void **state)
{
    struct fixture *f = *state;
    struct probe sink;
    gale_declarer *source = build(f, &sink, 2);

    gale_set(source, "topics", gale_cstr("^[st]$"));
    gale_set(source, "refresh.secs", gale_int(1));
    start(f);
    topology_run_until(half_is_shown, f, "the first half");
    rd_kafka_mock_topic_create(f->kafka.cluster, "s", 1, 3);
    topology_run_until(has_moved, f, "the move");
    produce(f, HALF, ALL);
    topology_run_until(all_is_shown, f, "all, of one task");
    assert_int_equal(topology_run_stop(&f->run, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
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
        rd_kafka_mock_broker_set_down(f->kafka.cluster, i);
    assert_int_equal(topology_run_stop(&f->run, GALE_STOP_DRAIN),
                     GALE_LOCAL_STOPPED);
    topology_run_end(&f->run);
    for (int32_t i = 1; i <= 3; i++)
        rd_kafka_mock_broker_set_up(f->kafka.cluster, i);
}

#define WITH_BROKERS(test_)                                                    \
    cmocka_unit_test_setup_teardown(test_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BROKERS(a_commit_that_is_refused_is_said_and_done_again),
        WITH_BROKERS(a_last_commit_that_is_refused_is_done_again),
        WITH_BROKERS(a_coordinator_that_moves_is_found_again),
        WITH_BROKERS(a_leader_that_moves_is_found_again),
        WITH_BROKERS(a_broker_that_goes_and_comes_is_waited_for),
        WITH_BROKERS(fetches_that_fail_are_done_again),
        WITH_BROKERS(
            a_partition_that_moves_to_another_task_takes_its_gauges_along),
        WITH_BROKERS(it_ends_without_a_broker),
    };

    return mock_kafka_run(tests);
}
