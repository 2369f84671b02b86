/*
 * test_kafka_bolt.c - what tuples become as records, and what becomes of tuples
 * when brokers refuse, move and go: three in librdkafka's own mock.
 */
#include "tests/support/mock_kafka.h"
#include "tests/support/topology_run.h"
#include <stdlib.h>

enum { ALL = 200, FIELDS = 6 };

struct fixture {
    struct mock_kafka kafka;
    struct topology_run run;
    struct probe source;
    const gale_value (*rows)[FIELDS]; /* NULL: the numbers below n */
    uint32_t n, next;
    bool gives_up;
    uint32_t failed[ALL], n_failed;
    struct tally acked, failures;
};

/* -- brokers --------------------------------------------------------------- */

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct tally none = TALLY_INIT;

    if (f == NULL)
        return -1;
    f->acked = f->failures = none;
    mock_kafka_begin(&f->kafka);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    mock_kafka_end(&f->kafka);
    free(f);
    return 0;
}

/* Records of "t" from its beginning on, in their order. */
static rd_kafka_t *reader(const struct fixture *f)
{
    rd_kafka_t *consumer =
        mock_kafka_client(RD_KAFKA_CONSUMER, mock_kafka_brokers(&f->kafka));
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, "t", 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(consumer, list),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

static rd_kafka_message_t *read_one(rd_kafka_t *consumer)
{
    for (;;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(consumer, 60000);

        assert_non_null(m);
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return m;
        rd_kafka_message_destroy(m);
    }
}

/* -- the topology ---------------------------------------------------------- */

static gale_result emit(gale_task *task, struct fixture *f, uint32_t i)
{
    gale_msgid id = {0, i};
    char text[20];

    if (f->rows != NULL)
        return gale_emit_values_msg(task, id, f->rows[i], FIELDS);
    snprintf(text, sizeof(text), "%u", i);
    return gale_emit_msg(task, id, gale_nil(), gale_nil(), gale_nil(),
                         gale_nil(), gale_cstr(text), gale_nil());
}

static gale_result next(gale_task *task)
{
    struct fixture *f = probe_arg(task);

    if (f->n_failed > 0 && !f->gives_up)
        return emit(task, f, f->failed[--f->n_failed]);
    if (f->next < f->n)
        return emit(task, f, f->next++);
    gale_exhausted(task);
    return GALE_OK;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct fixture *f = probe_arg(task);

    (void)id;
    tally_add(&f->acked, 1);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct fixture *f = probe_arg(task);

    if (f->gives_up)
        gale_give_up(task, id);
    else
        f->failed[f->n_failed++] = (uint32_t)id.lo;
    tally_add(&f->failures, 1);
}

static const gale_stream streams[] = {GALE_STREAM(
    "default", "topic", "partition", "timestamp", "key", "value", "headers")};

static gale_declarer *begin(struct fixture *f, uint32_t n)
{
    gale_declarer *sink;

    f->n = n;
    f->source = (struct probe){.arg = f,
                               .next = next,
                               .ack = ack,
                               .fail = fail,
                               .streams = {streams, 1, sizeof(streams[0])}};
    topology_run_begin(&f->run, "records");
    topology_run_spout(&f->run, "source", &f->source, 1);
    sink = gale_shuffle(gale_add_bolt(f->run.builder, "sink", "kafka_bolt", 1),
                        "source");
    gale_set(sink, "brokers", gale_cstr(mock_kafka_brokers(&f->kafka)));
    gale_set(sink, "kafka.retry.backoff.ms", gale_int(10));
    return sink;
}

static gale_declarer *begin_numbers(struct fixture *f)
{
    gale_declarer *sink = begin(f, ALL);

    gale_set(sink, "topic", gale_cstr("t"));
    return sink;
}

/* Every number is there; returns how many there are. */
static uint32_t read_numbers(const struct fixture *f)
{
    rd_kafka_t *consumer = reader(f);
    bool seen[ALL] = {false};
    uint32_t distinct = 0, n = 0;

    while (distinct < ALL) {
        rd_kafka_message_t *m = read_one(consumer);
        char text[20];
        unsigned long i;

        snprintf(text, sizeof(text), "%.*s", (int)m->len, (char *)m->payload);
        i = strtoul(text, NULL, 10);
        assert_true(i < ALL);
        distinct += !seen[i];
        seen[i] = true;
        n++;
        rd_kafka_message_destroy(m);
    }
    rd_kafka_destroy(consumer);
    return n;
}

static void finish(struct fixture *f)
{
    topology_run_complete(&f->run);
    tally_await(&f->acked, ALL, "all acks");
}

/* -- records --------------------------------------------------------------- */

static const struct part {
    const char *data;
    size_t size;
} null_part = {NULL, 0};

static void assert_part(const void *data, size_t size, struct part wanted)
{
    assert_int_equal(data == NULL, wanted.data == NULL);
    assert_int_equal(size, wanted.size);
    assert_memory_equal(data == NULL ? "" : data,
                        wanted.data == NULL ? "" : wanted.data, size);
}

static void each_kind_of_value_becomes_what_it_says(void **state)
{
    const gale_value items[] = {gale_int(1), gale_nil()};
    const gale_value pair[] = {gale_cstr("k"), gale_list(items, 2)};
    const gale_value t = gale_cstr("t"), nil = gale_nil(), k = gale_cstr("k");
    const gale_value rows[][FIELDS] = {
        {t, nil, nil, k, gale_cstr("v"), nil},
        {t, nil, nil, nil, nil, nil},
        {t, nil, nil, gale_cstr(""), gale_cstr(""), nil},
        {t, gale_int(0), nil, gale_bytes("\0\xff", 2), gale_string("\xc3(", 2),
         nil},
        {t, nil, nil, gale_int(INT64_MIN), gale_bool(true), nil},
        {t, nil, nil, gale_bool(false), gale_float(0.1), nil},
        {t, nil, nil, nil, gale_list(items, 2), nil},
        {t, nil, nil, nil, gale_map(pair, 1), nil},
    };
    static const struct {
        struct part key, value;
    } wanted[] = {
        {{"k", 1}, {"v", 1}},
        {{NULL, 0}, {NULL, 0}},
        {{"", 0}, {"", 0}},
        {{"\0\xff", 2}, {"\xc3(", 2}},
        {{"-9223372036854775808", 20}, {"true", 4}},
        {{"false", 5}, {"0.10000000000000001", 19}},
        {{NULL, 0}, {"[1,null]", 8}},
        {{NULL, 0}, {"{\"k\":[1,null]}", 14}},
    };
    uint32_t n = sizeof(rows) / sizeof(rows[0]);
    struct fixture *f = *state;
    rd_kafka_t *consumer;
    gale_declarer *sink = begin(f, n);

    f->rows = rows;
    gale_set(sink, "topic.field", gale_cstr("topic"));
    gale_set(sink, "key.field", gale_cstr("key"));
    gale_set(sink, "partition.field", gale_cstr("partition"));
    topology_run_complete(&f->run);
    consumer = reader(f);
    for (uint32_t i = 0; i < n; i++) {
        rd_kafka_message_t *m = read_one(consumer);

        assert_part(m->key, m->key_len, wanted[i].key);
        assert_part(m->payload, m->len, wanted[i].value);
        rd_kafka_message_destroy(m);
    }
    rd_kafka_destroy(consumer);
    topology_run_end(&f->run);
}

static void assert_header(const rd_kafka_headers_t *headers, size_t i,
                          const char *name, struct part wanted)
{
    const char *found;
    const void *data;
    size_t size;

    assert_int_equal(rd_kafka_header_get_all(headers, i, &found, &data, &size),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_string_equal(found, name);
    assert_part(data, size, wanted);
}

static void headers_and_times_go_with_a_record(void **state)
{
    const gale_value map[] = {gale_cstr("b"), gale_bytes("\0", 1),
                              gale_cstr("n"), gale_nil(),
                              gale_cstr("b"), gale_int(7)};
    const gale_value rows[][FIELDS] = {
        {gale_cstr("t"), gale_nil(), gale_int(1234567890123), gale_nil(),
         gale_cstr("v"), gale_map(map, 3)},
    };
    struct fixture *f = *state;
    gale_declarer *sink = begin(f, 1);
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *headers;
    rd_kafka_message_t *m;
    rd_kafka_t *consumer;

    f->rows = rows;
    gale_set(sink, "topic", gale_cstr("t"));
    gale_set(sink, "key", gale_cstr("all"));
    gale_set(sink, "header.from", gale_cstr("here"));
    gale_set(sink, "headers.field", gale_cstr("headers"));
    gale_set(sink, "timestamp.field", gale_cstr("timestamp"));
    topology_run_complete(&f->run);
    consumer = reader(f);
    m = read_one(consumer);
    assert_part(m->key, m->key_len, (struct part){"all", 3});
    assert_int_equal(rd_kafka_message_timestamp(m, &type), 1234567890123);
    assert_int_equal(rd_kafka_message_headers(m, &headers),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_header_cnt(headers), 4);
    assert_header(headers, 0, "from", (struct part){"here", 4});
    assert_header(headers, 1, "b", (struct part){"\0", 1});
    assert_header(headers, 2, "n", null_part);
    assert_header(headers, 3, "b", (struct part){"7", 1});
    rd_kafka_message_destroy(m);
    rd_kafka_destroy(consumer);
    topology_run_end(&f->run);
}

static void what_no_record_can_be_made_of_is_poison_with_a_sentence(
    void **state)
{
    static char long_name[251];
    const gale_value t = gale_cstr("t"), nil = gale_nil(), v = gale_cstr("v");
    const gale_value bytes[] = {gale_bytes("x", 1)};
    const gale_value broken[] = {gale_cstr("\xff")};
    const gale_value nameless[] = {gale_int(1), gale_cstr("x")};
    const gale_value nul[] = {gale_string("a\0b", 3), gale_cstr("x")};
    const struct {
        gale_value row[FIELDS];
        const char *says;
    } cases[] = {
        {{nil, nil, nil, nil, v, nil},
         "field \"topic\" cannot be the topic of a record: expected at most "
         "249 letters"},
        {{gale_cstr("a b"), nil, nil, nil, v, nil}, "cannot be the topic"},
        {{gale_string("a\0b", 3), nil, nil, nil, v, nil}, "the topic"},
        {{gale_cstr(long_name), nil, nil, nil, v, nil}, "the topic"},
        {{gale_cstr("another"), nil, nil, nil, v, nil},
         "topic another would be one more than max.topics, which is 1"},
        {{t, gale_int(-1), nil, nil, v, nil},
         "field \"partition\" cannot be the partition of a record: expected an "
         "int from 0 on, or nil"},
        {{t, gale_int(INT64_C(1) << 32), nil, nil, v, nil}, "the partition"},
        {{t, v, nil, nil, v, nil}, "cannot be the partition"},
        {{t, gale_int(7), nil, nil, v, nil},
         "topic t: a record with a key of 0 bytes and a value of 1 is not "
         "taken: Local: Unknown partition"},
        {{t, nil, gale_int(-1), nil, v, nil},
         "the timestamp of a record: expected milliseconds since 1970, or nil"},
        {{t, nil, nil, gale_list(bytes, 1), v, nil},
         "field \"key\" cannot be the key of a record: JSON has no bytes"},
        {{t, nil, nil, nil, gale_list(broken, 1), nil},
         "field \"value\" cannot be the value of a record: "},
        {{t, nil, nil, nil, v, v},
         "field \"headers\" cannot be the headers of a record: expected a map"},
        {{t, nil, nil, nil, v, gale_map(nameless, 1)},
         "the headers of a record: the name of a header is a text"},
        {{t, nil, nil, nil, v, gale_map(nul, 1)}, "the name of a header"},
    };
    enum { N = sizeof(cases) / sizeof(cases[0]) };
    gale_value rows[N + 1][FIELDS] = {{t, nil, nil, nil, v, nil}};
    struct fixture *f = *state;
    gale_declarer *sink = begin(f, N + 1);

    gale_configure(f->run.builder, "topology.max.error.report.per.interval",
                   gale_int(N));
    memset(long_name, 'a', sizeof(long_name) - 1);
    for (size_t i = 0; i < N; i++)
        memcpy(rows[i + 1], cases[i].row, sizeof(cases[i].row));
    f->rows = rows;
    f->gives_up = true;
    gale_set(sink, "topic.field", gale_cstr("topic"));
    gale_set(sink, "key.field", gale_cstr("key"));
    gale_set(sink, "partition.field", gale_cstr("partition"));
    gale_set(sink, "timestamp.field", gale_cstr("timestamp"));
    gale_set(sink, "headers.field", gale_cstr("headers"));
    gale_set(sink, "max.topics", gale_int(1));
    topology_run_complete(&f->run);
    for (size_t i = 0; i < N; i++)
        assert_says(topology_run_log(&f->run), cases[i].says);
    tally_await(&f->failures, N, "all that is bad");
    tally_await(&f->acked, 1, "what is not");
    topology_run_end(&f->run);
}

/* -- brokers that refuse, move and go -------------------------------------- */

static void what_passes_is_tried_again_by_the_producer(void **state)
{
    struct fixture *f = *state;

    rd_kafka_mock_push_request_errors(
        f->kafka.cluster, MOCK_KAFKA_PRODUCE, 3,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    begin_numbers(f);
    finish(f);
    assert_int_equal(read_numbers(f), ALL);
    assert_int_equal(f->failures.n, 0);
    topology_run_end(&f->run);
}

static void a_batch_that_is_refused_is_sent_again_record_by_record(void **state)
{
    struct fixture *f = *state;
    gale_declarer *sink;

    rd_kafka_mock_push_request_errors(f->kafka.cluster, MOCK_KAFKA_PRODUCE, 2,
                                      RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                      RD_KAFKA_RESP_ERR_INVALID_RECORD);
    sink = begin_numbers(f);
    gale_set(sink, "kafka.max.in.flight", gale_int(1));
    gale_set(sink, "kafka.linger.ms", gale_int(200));
    f->gives_up = true;
    topology_run_complete(&f->run);
    assert_says(topology_run_log(&f->run),
                " is not taken: Broker: Broker failed to validate record");
    tally_await(&f->acked, ALL - 1, "all but one");
    assert_int_equal(f->failures.n, 1);
    topology_run_end(&f->run);
}

static void a_producer_that_may_not_go_on_is_followed_by_another(void **state)
{
    struct fixture *f = *state;

    rd_kafka_mock_push_request_errors(
        f->kafka.cluster, MOCK_KAFKA_INIT_PRODUCER_ID, 2,
        RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    begin_numbers(f);
    finish(f);
    assert_int_equal(read_numbers(f), ALL);
    assert_says(topology_run_log(&f->run), "the producer cannot go on: ");
    assert_says(topology_run_log(&f->run), "Cluster authorization failed");
    topology_run_end(&f->run);
}

static void a_leader_that_moves_is_found_again(void **state)
{
    struct fixture *f = *state;

    begin_numbers(f);
    topology_run_start(&f->run);
    rd_kafka_mock_partition_set_leader(f->kafka.cluster, "t", 0, 3);
    finish(f);
    assert_int_equal(read_numbers(f), ALL);
    topology_run_end(&f->run);
}

/* The reports say so, and their spouts emit again. */
static void what_no_broker_takes_in_time_fails_and_comes_again(void **state)
{
    struct fixture *f = *state;
    gale_declarer *sink = begin_numbers(f);

    gale_set(sink, "kafka.message.timeout.ms", gale_int(1000));
    for (int i = 0; i < 400; i++)
        rd_kafka_mock_push_request_errors(
            f->kafka.cluster, MOCK_KAFKA_PRODUCE, 1,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    topology_run_start(&f->run);
    tally_await(&f->failures, 1, "a failure");
    rd_kafka_mock_clear_request_errors(f->kafka.cluster, MOCK_KAFKA_PRODUCE);
    finish(f);
    read_numbers(f);
    assert_says(topology_run_log(&f->run),
                "records were not written: Local: Message timed out; their "
                "inputs fail");
    topology_run_end(&f->run);
}

static void a_queue_that_is_full_holds_inputs_up_and_fails_none(void **state)
{
    struct fixture *f = *state;
    gale_declarer *sink = begin_numbers(f);

    gale_set(sink, "queue.records", gale_int(3));
    gale_set(sink, "kafka.linger.ms", gale_int(1));
    finish(f);
    assert_int_equal(read_numbers(f), ALL);
    assert_int_equal(f->failures.n, 0);
    topology_run_end(&f->run);
}

#define WITH_BROKERS(test_)                                                    \
    cmocka_unit_test_setup_teardown(test_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BROKERS(each_kind_of_value_becomes_what_it_says),
        WITH_BROKERS(headers_and_times_go_with_a_record),
        WITH_BROKERS(what_no_record_can_be_made_of_is_poison_with_a_sentence),
        WITH_BROKERS(what_passes_is_tried_again_by_the_producer),
        WITH_BROKERS(a_batch_that_is_refused_is_sent_again_record_by_record),
        WITH_BROKERS(a_producer_that_may_not_go_on_is_followed_by_another),
        WITH_BROKERS(a_leader_that_moves_is_found_again),
        WITH_BROKERS(what_no_broker_takes_in_time_fails_and_comes_again),
        WITH_BROKERS(a_queue_that_is_full_holds_inputs_up_and_fails_none),
    };

    return mock_kafka_run(tests);
}
