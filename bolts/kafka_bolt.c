/*
 * kafka_bolt.c - bolt: tuples as records of Kafka's topics.
 *
 * An idempotent producer of librdkafka per task (connectors/kafka_writer.h). An
 * input is held until the report about its record: written by all replicas that
 * are in sync, it is acked; what may work later fails, and its spout emits it
 * again; a record that can never be written is poison. A report comes before
 * the tuple times out, so no record is written after its replay has been.
 *
 * While the queue is full no more input is taken, which is back pressure;
 * reports wake the bolt. It has a thread of its own, since the beginning and
 * the end of a producer may take seconds.
 */
#include "connectors/kafka_writer.h"
#include "connectors/message_timeout.h"
#include <gale/bolt.h>
#include <inttypes.h>

#define MS INT64_C(1000000)

enum {
    FAIL = 1, /* bad.rows */
    POLL_MS = 100,
    END_MS = 5000,           /* for reports that are late, at the end */
    TIMEOUT_MOST_MS = 300000 /* Kafka's own default */
};

struct kafka_bolt {
    struct kafka_fields fields; /* options */
    gale_str brokers, properties;
    int64_t queue_records, queue_bytes, start_secs, max_topics;
    int32_t bad_rows;

    struct kafka_writer writer;
    int64_t timeout_ms;  /* until a record is reported */
    bool paused, ending; /* no more input for now, or ever */
    gale_metric *written, *failed, *bad, *queued;
    /* of those that failed, not said yet */
    uint64_t n_failed;
    const char *error;
    char topic[256];
};

/* -- reports --------------------------------------------------------------- */

static void say_failed(gale_task *task)
{
    struct kafka_bolt *b = gale_instance(task);

    if (b->n_failed > 0)
        gale_report_error(task,
                          "topic %s: %" PRIu64 " records were not written: "
                          "%s; their inputs fail",
                          b->topic, b->n_failed, b->error);
    b->n_failed = 0;
}

static void note_failed(gale_task *task, const char *topic, const char *error)
{
    struct kafka_bolt *b = gale_instance(task);

    if (b->n_failed > 0 && (error != b->error || strcmp(topic, b->topic) != 0))
        say_failed(task);
    b->n_failed++;
    b->error = error;
    snprintf(b->topic, sizeof(b->topic), "%s", topic);
    gale_counter_add(task, b->failed, 1);
}

static void settle_bad(gale_task *task, gale_handle input, const char *why)
{
    struct kafka_bolt *b = gale_instance(task);

    gale_counter_add(task, b->bad, 1);
    if (b->bad_rows == FAIL) {
        gale_report_error(task, "%s", why);
        gale_fail(task, input);
        return;
    }
    gale_error(task, GALE_POISON, "%s", why);
    gale_poison(task, input);
}

static void settled(gale_task *task, gale_handle input, enum kafka_fate fate,
                    const char *topic, const char *error)
{
    struct kafka_bolt *b = gale_instance(task);

    if (fate == KAFKA_FATE_WRITTEN) {
        gale_counter_add(task, b->written, 1);
        gale_ack(task, input);
    } else if (fate == KAFKA_FATE_BAD) {
        settle_bad(task, input, error);
    } else {
        note_failed(task, topic, error);
        gale_fail(task, input);
    }
}

static bool has_room(struct kafka_bolt *b)
{
    return b->writer.n_out < (uint64_t)b->queue_records &&
           b->writer.bytes_out < (uint64_t)b->queue_bytes &&
           kafka_writer_is_ready(&b->writer);
}

/* Reports say when there is room again, and ticks when there is a producer; the
 * first tick comes anyway. */
static int64_t tick_ms(struct kafka_bolt *b)
{
    if (b->paused && !kafka_writer_is_ready(&b->writer))
        return POLL_MS;
    return b->writer.awake ? 0 : 1;
}

static void look_for_room(gale_task *task)
{
    struct kafka_bolt *b = gale_instance(task);
    bool pauses = !b->ending && !has_room(b);

    if (!pauses && !b->paused)
        return;
    b->paused = pauses;
    if (pauses)
        gale_pause_input(task);
    else
        gale_resume_input(task);
    if (!b->ending)
        gale_tick_every(task, tick_ms(b));
}

static void served(gale_task *task)
{
    struct kafka_bolt *b = gale_instance(task);

    say_failed(task);
    gale_gauge_set(task, b->queued, (double)b->writer.n_out);
    look_for_room(task);
}

/* -- records --------------------------------------------------------------- */

static gale_result bad_record(gale_task *task, const char *why)
{
    struct kafka_bolt *b = gale_instance(task);

    gale_counter_add(task, b->bad, 1);
    return gale_error(task, b->bad_rows == FAIL ? GALE_RETRY : GALE_POISON,
                      "%s", why);
}

static gale_result write_record(gale_task *task, const gale_tuple *in,
                                struct kafka_outgoing *record)
{
    struct kafka_bolt *b = gale_instance(task);
    char text[KAFKA_TEXT];

    switch (kafka_writer_add(&b->writer, record, gale_hold(task, in), text)) {
    case KAFKA_FATE_WRITTEN:
        return GALE_OK;
    case KAFKA_FATE_BAD:
        return bad_record(task, text);
    default:
        gale_counter_add(task, b->failed, 1);
        return gale_error(task, GALE_RETRY, "%s", text);
    }
}

static gale_result execute_one(gale_task *task, const gale_tuple *in)
{
    struct kafka_bolt *b = gale_instance(task);
    struct kafka_outgoing record;
    char text[KAFKA_FIELDS_TEXT];
    gale_result result;

    if (!kafka_fields_locate(&b->fields, in, text))
        return gale_error(task, GALE_FATAL, "%s", text);
    result = kafka_fields_take(&b->fields, in, &record, text)
                 ? write_record(task, in, &record)
                 : bad_record(task, text);
    kafka_outgoing_fini(&record);
    return result;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    gale_result result = execute_one(task, in);

    look_for_room(task);
    return result;
}

static gale_result execute_batch(gale_task *task, gale_batch *in)
{
    gale_result result = gale_batch_each(task, in, execute_one);

    look_for_room(task);
    return result;
}

/* The first one comes right after `prepare`. */
static gale_result tick(gale_task *task)
{
    struct kafka_bolt *b = gale_instance(task);

    if (!b->writer.awake)
        kafka_writer_wake(&b->writer);
    look_for_room(task);
    gale_tick_every(task, tick_ms(b));
    return GALE_OK;
}

static bool is_tracked(gale_task *task)
{
    gale_value ackers = gale_config(task, "topology.acker.executors");

    return ackers.kind != GALE_INT || ackers.as.i != 0;
}

/* What is held was reported by now, unless a stop has lost its patience;
 * without tracking nobody has waited yet. */
static gale_result end_of_input(gale_task *task)
{
    struct kafka_bolt *b = gale_instance(task);
    int64_t ms = is_tracked(task) ? END_MS : b->timeout_ms + END_MS;
    int64_t until = gale_now(task) + ms * MS;

    b->ending = true;
    while (b->writer.n_out > 0 && gale_now(task) < until)
        kafka_writer_serve(&b->writer, POLL_MS);
    if (b->writer.n_out > 0)
        return gale_error(task, GALE_RETRY,
                          "%" PRIu64 " records were not reported",
                          b->writer.n_out);
    return GALE_OK;
}

/* -- settings -------------------------------------------------------------- */

static const struct kafka_setting refused_settings[] = {
    {"enable.idempotence", "a record that is tried again would come twice"},
    {"acks", "an acked record is with all replicas that are in sync"},
    {"request.required.acks",
     "an acked record is with all replicas that are in sync"},
    {"enable.gapless.guarantee",
     "a record that times out would end all others"},
    {"delivery.report.only.error", "inputs are acked by reports"},
    {"enabled_events", "inputs are acked by reports"},
    {"transactional.id", "records are not written in transactions"},
    {"queue.buffering.max.messages", "say it by the option queue.records"},
    {"queue.buffering.max.kbytes", "say it by the option queue.bytes"},
    {NULL, NULL},
};

/* Three quarters, so that a tuple may wait for its turn, too. */
static void default_timeout(int64_t tuple_ms, char *text, size_t size)
{
    int64_t ms = tuple_ms / 4 * 3;

    snprintf(text, size, "%" PRId64,
             ms < TIMEOUT_MOST_MS ? ms : TIMEOUT_MOST_MS);
}

static int64_t timeout_of(const rd_kafka_conf_t *conf)
{
    char value[32];
    size_t size = sizeof(value);

    return rd_kafka_conf_get(conf, "message.timeout.ms", value, &size) ==
                   RD_KAFKA_CONF_OK
               ? strtoll(value, NULL, 10)
               : 0;
}

/* NULL with the sentence. */
static rd_kafka_conf_t *configuration(const struct kafka_bolt *b,
                                      int64_t tuple_ms, char *text)
{
    char timeout[24];
    const struct kafka_setting own[] = {
        {"enable.idempotence", "true"},
        {"message.timeout.ms", timeout},
        /* Both are bounded by the bolt, which knows how to wait. */
        {"queue.buffering.max.messages", "0"},
        {"queue.buffering.max.kbytes", "2147483647"},
        /* An unknown topic is doubted for so long. */
        {"topic.metadata.propagation.max.ms", "5000"},
        /* The same key goes where Kafka's own clients send it. */
        {"partitioner", "murmur2_random"},
        {NULL, NULL},
    };

    default_timeout(tuple_ms, timeout, sizeof(timeout));
    return kafka_client_conf(own, refused_settings, b->brokers, b->properties,
                             text);
}

/* A record that is written after its tuple timed out would come twice. */
static void declare_timeout(gale_outputs *out, const struct kafka_bolt *b)
{
    int64_t tuple_ms = message_timeout_declared_ms(out), ms;
    char text[KAFKA_TEXT];
    rd_kafka_conf_t *conf = configuration(b, tuple_ms, text);

    if (conf == NULL)
        return; /* which kafka_client_declare() has said */
    ms = timeout_of(conf);
    rd_kafka_conf_destroy(conf);
    if (ms > 0 && ms < tuple_ms)
        return;
    snprintf(text, sizeof(text),
             "option kafka.message.timeout.ms is %" PRId64 ", expected from 1 "
             "to less than topology.message.timeout.secs, which is %" PRId64
             " ms, or a record could be written after its tuple has been "
             "emitted again",
             ms, tuple_ms);
    gale_declare_error(out, text);
}

/* -- the task's life ------------------------------------------------------- */

static void set_up(gale_task *task)
{
    struct kafka_bolt *b = gale_instance(task);
    struct kafka_writer *w = &b->writer;

    b->written = gale_counter(task, "records.written");
    b->failed = gale_counter(task, "records.failed");
    b->bad = gale_counter(task, "records.bad");
    b->queued = gale_gauge(task, "records.queued");
    w->task = task;
    w->from = b->brokers.data;
    w->named = b->fields.names[KAFKA_FIELD_TOPIC].size > 0 ||
               b->fields.names[KAFKA_FIELD_PARTITION].size > 0;
    w->topics.max = b->max_topics;
    w->settled = settled;
    w->served = served;
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct kafka_bolt *b = instance;

    kafka_client_declare(out, refused_settings, b->brokers, b->properties);
    declare_timeout(out, b);
    return kafka_fields_declare(out, &b->fields);
}

static gale_result prepare(gale_task *task)
{
    struct kafka_bolt *b = gale_instance(task);
    const char *topic = b->fields.topic.size > 0 ? b->fields.topic.data : NULL;
    rd_kafka_conf_t *conf;
    char text[KAFKA_TEXT];

    set_up(task);
    if (!kafka_fields_check(&b->fields, text) ||
        (conf = configuration(b, message_timeout_ms(task), text)) == NULL)
        return gale_error(task, GALE_FATAL, "%s", text);
    b->timeout_ms = timeout_of(conf);
    if (!kafka_writer_open(&b->writer, conf, topic, b->fields.partition,
                           b->start_secs * 1000, text))
        return gale_error(task, GALE_FATAL, "%s", text);
    gale_tick_every(task, 1);
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct kafka_bolt *b = gale_instance(task);

    kafka_writer_close(&b->writer);
}

#define B struct kafka_bolt
GALE_BOLT(
    kafka_bolt, .summary = "tuples as records of Kafka's topics",
    .flags = GALE_BOLT_BLOCKING | GALE_BOLT_MANUAL_ACK,
    .needs = GALE_NEEDS_NETWORK, .declare = declare, .prepare = prepare,
    .cleanup = cleanup, .execute = execute, .execute_batch = execute_batch,
    .tick = tick, .end_of_input = end_of_input, .instance_size = sizeof(B),
    .options = GALE_OPTIONS(
        GALE_OPTION_STR(B, brokers, "brokers", NULL,
                        "where to ask first: host:port, …"),
        KAFKA_FIELDS_OPTIONS(B, fields),
        GALE_OPTION_ENUM(B, bad_rows, "bad.rows", "poison", "poison fail",
                         "what becomes of the input of a record that cannot "
                         "be written"),
        GALE_OPTION_INT(B, queue_records, "queue.records", "100000", 1,
                        100000000,
                        "so many records are under way; then inputs wait "
                        "before the bolt"),
        GALE_OPTION_INT(B, queue_bytes, "queue.bytes", "33554432", 1, INT64_MAX,
                        "the same in bytes"),
        GALE_OPTION_INT(B, max_topics, "max.topics", "1000", 1, 1000000,
                        "a record for one more topic is bad"),
        GALE_OPTION_INT(B, start_secs, "start.secs", "10", 1, 3600,
                        "how long to wait for a broker at the start"),
        GALE_OPTION_MAP(B, properties, "kafka.",
                        "any property of librdkafka's producer")));
