/*
 * kafka_spout.c - spout: the records of Kafka's topics.
 *
 * One consumer of librdkafka per task (connectors/kafka_reader.h). `next` takes
 * what its queue has, a batch at a time, and waits for the descriptor that it
 * writes to. A record is kept until it is acked, in the ledger of its
 * partition, which knows what may be committed; what failed is emitted again
 * from there. Its message id is the partition's stay and its offset.
 */
#include "connectors/kafka_complaint.h"
#include "connectors/kafka_consumer.h"
#include "connectors/kafka_reader.h"
#include "connectors/kafka_record.h"
#include "connectors/must.h"
#include "connectors/post_clock.h"
#include "connectors/retry_queue.h"
#include "spouts/per_call.h"
#include <gale/spout.h>
#include <poll.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

enum { BATCH = 512, AHEAD = 2048, RECORD_BYTES = 64 };
enum { REST_MS = 500 }; /* looks at answers while it is deactivated */

enum { ASSIGN_TASKS, ASSIGN_GROUP };
enum { AT_LEAST_ONCE, AT_MOST_ONCE, NO_GUARANTEE };
enum { UNTIL_STOPPED, UNTIL_END };

struct kafka_spout {
    /* options */
    gale_str brokers, topics, group, fields, offsets, properties;
    int64_t timestamp, commit_ms, max_uncommitted, max_bytes;
    int64_t retry_ms, retry_max_ms, refresh_secs, start_secs;
    int32_t start, fallback, assign, guarantee, isolation, out_of_range, until;

    struct kafka_reader reader;
    struct kafka_record record;
    struct retry_queue retries;
    struct kafka_complaints complaints;
    uint32_t batch;
    bool active;
    struct post_clock rest; /* runs while it is not */
    /* at most once: read, and emitted when it is committed */
    rd_kafka_message_t *ahead[AHEAD];
    uint32_t n_ahead;
};

/* -- emitting -------------------------------------------------------------- */

static gale_result emit(gale_task *task, struct kafka_spout *s,
                        const char *topic, const rd_kafka_message_t *m,
                        const gale_msgid *id)
{
    struct kafka_values values;

    kafka_record_values(&s->record, topic, m, &values);
    if (id == NULL)
        return gale_emit_values(task, values.items, s->record.n);
    return gale_emit_values_msg(task, *id, values.items, s->record.n);
}

/* What has failed and may come again now; true if that is all for now. */
static bool emit_due(gale_task *task, struct kafka_spout *s,
                     gale_result *result)
{
    gale_msgid id;
    uint32_t n;

    for (n = 0; n < s->batch && *result == GALE_OK &&
                retry_queue_pop(&s->retries, gale_now(task), &id);) {
        struct kafka_partition *p =
            kafka_partitions_of(&s->reader.partitions, id);
        struct offset_entry *e =
            p == NULL ? NULL : offset_ledger_find(&p->ledger, (int64_t)id.lo);

        if (e == NULL)
            continue; /* the partition is not ours any longer */
        *result = emit(task, s, p->topic, e->record, &id);
        n++;
    }
    return n > 0 || *result != GALE_OK;
}

/* -- what comes ------------------------------------------------------------ */

/* Of what all partitions of the task may have. */
static int64_t bytes_of_each(const struct kafka_spout *s)
{
    return s->max_bytes / (int64_t)s->reader.partitions.n;
}

static bool is_full(const struct kafka_spout *s,
                    const struct kafka_partition *p)
{
    return (int64_t)p->ledger.n >= s->max_uncommitted ||
           (int64_t)p->ledger.bytes > bytes_of_each(s);
}

static bool is_half_empty(const struct kafka_spout *s,
                          const struct kafka_partition *p)
{
    return (int64_t)p->ledger.n <= s->max_uncommitted / 2 &&
           (int64_t)p->ledger.bytes <= bytes_of_each(s) / 2;
}

static void come_again(gale_task *task, struct kafka_spout *s,
                       struct kafka_partition *p, const rd_kafka_message_t *m)
{
    gale_report_error(
        task,
        "topic %s, partition %d: offset %lld comes after %lld: it begins anew "
        "there, since it was made again, cut, or lost records",
        p->topic, (int)p->number, (long long)m->offset,
        (long long)p->ledger.next - 1);
    kafka_reader_forget(&s->reader, p);
    p->start = m->offset;
    p->latest = -1;
    kafka_partitions_renew(&s->reader.partitions, p);
    offset_ledger_fini(&p->ledger);
    offset_ledger_init(&p->ledger);
}

static void note_gap(gale_task *task, const struct kafka_spout *s,
                     const struct kafka_partition *p,
                     const rd_kafka_message_t *m)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(s->reader.client.handle, p->topic,
                                       p->number, &low,
                                       &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        low > p->ledger.next)
        gale_report_error(
            task,
            "topic %s, partition %d: what was from offset %lld to %lld is "
            "gone before it was read, as its retention says",
            p->topic, (int)p->number, (long long)p->ledger.next,
            (long long)m->offset - 1);
}

/* Tracked: it is in the ledger before anybody can ack it. */
static gale_result emit_new(gale_task *task, struct kafka_spout *s,
                            struct kafka_partition *p, rd_kafka_message_t *m)
{
    gale_msgid id = kafka_partition_id(p, m->offset);
    gale_result result;

    offset_ledger_add(&p->ledger, m->offset, m,
                      (uint32_t)(m->len + m->key_len) + RECORD_BYTES);
    result = emit(task, s, p->topic, m, &id);
    if (!p->paused && is_full(s, p))
        kafka_reader_pause(&s->reader, p, true);
    return result;
}

/* Of a bounded run: false if it is behind the end, which is where the partition
 * ended when it was read first. */
static bool in_bounds(const struct kafka_spout *s, struct kafka_partition *p,
                      int64_t offset)
{
    int64_t low;

    if (s->until == UNTIL_STOPPED)
        return true;
    if (p->done)
        return false;
    if (p->end < 0)
        rd_kafka_get_watermark_offsets(s->reader.client.handle, p->topic,
                                       p->number, &low, &p->end);
    if (p->end < 0)
        return true; /* the end of the partition will tell */
    p->done |= offset + 1 >= p->end;
    return offset < p->end;
}

static gale_result take_record(gale_task *task, struct kafka_spout *s,
                               struct kafka_partition *p, rd_kafka_message_t *m)
{
    gale_result result;

    if (m->offset < p->ledger.next)
        come_again(task, s, p, m);
    else if (m->offset != p->ledger.next && p->ledger.next >= 0)
        note_gap(task, s, p, m);
    if (s->guarantee == AT_LEAST_ONCE)
        return emit_new(task, s, p, m);
    offset_ledger_reach(&p->ledger, m->offset + 1);
    if (s->guarantee == AT_MOST_ONCE) {
        s->ahead[s->n_ahead++] = m;
        return GALE_OK;
    }
    result = emit(task, s, p->topic, m, NULL);
    kafka_reader_drop(&s->reader, m);
    return result;
}

static gale_result take_error(gale_task *task, struct kafka_partition *p,
                              const rd_kafka_message_t *m)
{
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (p != NULL) {
            offset_ledger_reach(&p->ledger, m->offset);
            p->done = true;
        }
        return GALE_OK;
    }
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return kafka_out_of_range(task, p, m);
    if (m->err == RD_KAFKA_RESP_ERR__FATAL)
        return gale_error(task, GALE_FATAL, "librdkafka cannot go on: %s",
                          rd_kafka_message_errstr(m));
    gale_report_error(task, "%s%s%s", m->rkt ? rd_kafka_topic_name(m->rkt) : "",
                      m->rkt ? ": " : "", rd_kafka_message_errstr(m));
    return GALE_OK;
}

/* NULL: it is not of a partition that is read. */
static struct kafka_partition *partition_of(struct kafka_spout *s,
                                            const rd_kafka_message_t *m)
{
    if (m->rkt == NULL)
        return NULL;
    return kafka_partitions_find(&s->reader.partitions,
                                 rd_kafka_topic_name(m->rkt), m->partition);
}

static gale_result take(gale_task *task, struct kafka_spout *s,
                        struct kafka_partition *p, rd_kafka_message_t *m)
{
    gale_result result = GALE_OK;

    if (kafka_reader_was_down(&s->reader) && p != NULL)
        kafka_reader_is_back(&s->reader);
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        result = take_error(task, p, m);
    else if (p != NULL && !s->reader.change.revoking &&
             in_bounds(s, p, m->offset))
        return take_record(task, s, p, m);
    rd_kafka_message_destroy(m);
    return result;
}

/* How many may be read until a partition, whichever, has its limit. */
static uint32_t room(const struct kafka_spout *s, uint32_t most)
{
    for (size_t i = 0; i < s->reader.partitions.n; i++) {
        const struct kafka_partition *p = s->reader.partitions.items[i];
        int64_t left = s->max_uncommitted - (int64_t)p->ledger.n;

        if (!p->paused && left < most)
            most = left > 0 ? (uint32_t)left : 1;
    }
    return most;
}

/* What an error leaves is dropped: the worker stops. True if the queue is
 * empty. */
static bool read_some(gale_task *task, struct kafka_spout *s, uint32_t most,
                      gale_result *result)
{
    rd_kafka_message_t *batch[BATCH];
    uint32_t n = kafka_reader_take(&s->reader, batch, most);
    const rd_kafka_topic_t *topic = NULL;
    struct kafka_partition *p = NULL;
    int32_t number = -1;

    for (uint32_t i = 0; i < n; i++) {
        rd_kafka_message_t *m = batch[i];

        if (m->rkt != topic || m->partition != number)
            p = partition_of(s, m);
        topic = m->rkt;
        number = m->partition;
        if (*result == GALE_OK)
            *result = take(task, s, p, m);
        else
            rd_kafka_message_destroy(m);
    }
    return n < most;
}

static void drop_ahead(struct kafka_spout *s)
{
    while (s->n_ahead > 0)
        rd_kafka_message_destroy(s->ahead[--s->n_ahead]);
}

static gale_result emit_ahead(gale_task *task, struct kafka_spout *s)
{
    gale_result result = GALE_OK;

    for (uint32_t i = 0; i < s->n_ahead && result == GALE_OK; i++)
        result = emit(task, s, rd_kafka_topic_name(s->ahead[i]->rkt),
                      s->ahead[i], NULL);
    drop_ahead(s);
    return result;
}

/* At most once: what is committed is emitted, then more is read, to be
 * committed. True if there is nothing to do for now. */
static bool go_ahead(gale_task *task, struct kafka_spout *s,
                     gale_result *result)
{
    struct kafka_reader *r = &s->reader;
    bool empty = false;

    if (s->n_ahead > 0 && !kafka_partitions_all_committed(&r->partitions)) {
        if (r->commit_ok) /* else it is tried again in time */
            kafka_reader_commit(r);
        return true;
    }
    *result = emit_ahead(task, s);
    while (!empty && *result == GALE_OK && s->n_ahead <= AHEAD - BATCH)
        empty = read_some(task, s, BATCH, result);
    if (s->n_ahead == 0)
        return empty;
    kafka_reader_commit(r);
    return true;
}

/* Partitions go, or begin anew: what failed of them is not emitted again. */
static void forgets(gale_task *task, const struct kafka_partition *p)
{
    struct kafka_spout *s = gale_instance(task);

    for (size_t i = 0; i < s->retries.n; i++)
        if (s->retries.heap[i].id.hi == p->stay)
            gale_give_up(task, s->retries.heap[i].id);
    drop_ahead(s);
}

/* -- opening --------------------------------------------------------------- */

static struct kafka_start start_of(const struct kafka_spout *s)
{
    return (struct kafka_start){s->start, s->fallback, s->offsets,
                                s->timestamp};
}

/* NULL, or what is wrong with it. */
static const char *check_group(const struct kafka_spout *s)
{
    if (s->assign != ASSIGN_GROUP)
        return NULL;
    if (s->start != KAFKA_START_COMMITTED)
        return "option assign is group: partitions come and go, and begin "
               "where they are committed; set start to committed, and fallback";
    if (s->until == UNTIL_END)
        return "option until is end: nobody knows the end of partitions that "
               "a group gives and takes; set assign to tasks";
    return NULL;
}

/* All that can be said of the options before anything runs. */
static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct kafka_spout *s = instance;
    const struct kafka_start start = start_of(s);
    const char *why = check_group(s);
    struct kafka_topics topics;
    char text[KAFKA_TEXT];

    if (!kafka_topics_init(&topics, s->topics, text, sizeof(text)))
        gale_declare_error(out, text);
    kafka_topics_fini(&topics);
    if (!kafka_start_check(&start, text, sizeof(text)))
        gale_declare_error(out, text);
    if (why != NULL)
        gale_declare_error(out, why);
    kafka_consumer_declare(out, s->brokers, s->properties);
    return kafka_record_declare(out, s->fields);
}

static rd_kafka_conf_t *configuration(gale_task *task,
                                      const struct kafka_spout *s, char *text)
{
    struct kafka_consumer_options o = {.brokers = s->brokers,
                                       .properties = s->properties,
                                       .group = s->group,
                                       .isolation = s->isolation,
                                       .out_of_range = s->out_of_range,
                                       .refresh_secs = s->refresh_secs};

    return kafka_consumer_conf(task, &o, text);
}

static void set_up(gale_task *task, struct kafka_spout *s)
{
    struct kafka_reader *r = &s->reader;

    s->batch = per_call(task, BATCH);
    s->retries.first = s->retry_ms * MS;
    s->retries.most = s->retry_max_ms * MS;
    r->fd = -1;
    r->task = task;
    r->start = start_of(s);
    r->timestamp_ms = s->timestamp;
    r->refresh_ns = s->refresh_secs * SECOND;
    r->commit_ns = s->commit_ms * MS;
    r->start_ms = s->start_secs * 1000;
    r->by_group = s->assign == ASSIGN_GROUP;
    r->follows = s->until == UNTIL_STOPPED;
    r->from = s->brokers.data;
    r->forgets = forgets;
}

static gale_result open_spout(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);
    rd_kafka_conf_t *conf;
    char text[KAFKA_TEXT];

    set_up(task, s);
    must(kafka_record_init(&s->record, s->fields)); /* `declare` has looked */
    if (kafka_topics_init(&s->reader.topics, s->topics, text, KAFKA_TEXT) &&
        (conf = configuration(task, s, text)) != NULL &&
        kafka_reader_open(&s->reader, conf, text) &&
        kafka_reader_begin(&s->reader, text))
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "%s", text);
}

static void close_spout(gale_task *task, gale_close_reason reason)
{
    struct kafka_spout *s = gale_instance(task);

    (void)reason;
    post_clock_end(&s->rest);
    drop_ahead(s);
    kafka_reader_close(&s->reader);
    retry_queue_fini(&s->retries);
}

/* -- running --------------------------------------------------------------- */

static bool is_done(const struct kafka_spout *s)
{
    for (size_t i = 0; i < s->reader.partitions.n; i++)
        if (!s->reader.partitions.items[i]->done)
            return false;
    return s->until == UNTIL_END && s->retries.n == 0 && s->n_ahead == 0;
}

static void wait(gale_task *task, struct kafka_spout *s)
{
    int64_t due = retry_queue_due(&s->retries);

    if (is_done(s)) {
        gale_exhausted(task);
        return;
    }
    gale_wait_fd(task, s->reader.fd, POLLIN);
    gale_wait_until(task,
                    due < s->reader.commit_at ? due : s->reader.commit_at);
}

static gale_result next(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);
    gale_result result = GALE_OK;
    bool empty;

    kafka_reader_serve(&s->reader);
    if (s->reader.fatal[0] != '\0')
        return gale_error(task, GALE_FATAL, "%s", s->reader.fatal);
    if (emit_due(task, s, &result))
        return result;
    if (s->guarantee == AT_MOST_ONCE)
        empty = go_ahead(task, s, &result);
    else
        empty = read_some(task, s, room(s, s->batch), &result);
    if (empty && result == GALE_OK)
        wait(task, s);
    return result;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct kafka_spout *s = gale_instance(task);
    struct kafka_reader *r = &s->reader;
    struct kafka_partition *p = kafka_partitions_of(&r->partitions, id);
    rd_kafka_message_t *m =
        p == NULL ? NULL : offset_ledger_ack(&p->ledger, (int64_t)id.lo);

    if (m == NULL)
        return; /* of a partition that is another's now */
    kafka_reader_drop(r, m);
    if (p->paused && is_half_empty(s, p))
        kafka_reader_pause(r, p, false);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct kafka_spout *s = gale_instance(task);
    struct kafka_partition *p = kafka_partitions_of(&s->reader.partitions, id);
    struct offset_entry *e =
        p == NULL ? NULL : offset_ledger_find(&p->ledger, (int64_t)id.lo);

    if (e == NULL) {
        gale_give_up(task, id);
        return;
    }
    retry_queue_push(&s->retries, id, ++e->fails, gale_now(task),
                     gale_random(task));
    kafka_complain(task, &s->complaints, p, e);
}

static void activate(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);

    post_clock_end(&s->rest);
    s->active = true;
}

/* Acks still come, and `next` is not called. */
static void rest(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);

    if (!s->active)
        kafka_reader_rest(&s->reader);
}

/* What is acked by now is committed at once, the rest when it is time. */
static void deactivate(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);

    s->active = false;
    kafka_reader_commit(&s->reader);
    if (!post_clock_begin(&s->rest, task,
                          s->commit_ms < REST_MS ? s->commit_ms : REST_MS,
                          rest))
        gale_report_error(task, "no thread can be started: what is acked while "
                                "the spout is deactivated is committed when "
                                "all of it is, or when it is closed");
}

#define OPTION(kind_, member_, ...)                                            \
    GALE_OPTION_##kind_(struct kafka_spout, member_, __VA_ARGS__)

GALE_SPOUT(
    kafka_spout, .summary = "the records of Kafka's topics", .declare = declare,
    .open = open_spout, .close = close_spout, .activate = activate,
    .deactivate = deactivate, .next = next, .ack = ack, .fail = fail,
    .instance_size = sizeof(struct kafka_spout), .needs = GALE_NEEDS_NETWORK,
    .options = GALE_OPTIONS(
        OPTION(STR, brokers, "brokers", NULL,
               "where to ask first: host:port, …"),
        OPTION(STR, topics, "topics", NULL,
               "names of topics, or patterns that begin with ^"),
        OPTION(STR, group, "group", "",
               "under which offsets are committed; without one it is "
               "gale-TOPOLOGY-COMPONENT"),
        OPTION(ENUM, assign, "assign", "tasks", "tasks group",
               "who shares partitions out: by the index of the task, or "
               "Kafka's consumer group"),
        OPTION(ENUM, start, "start", "committed", KAFKA_START_WORDS,
               "where to begin; what is not committed is for the first start "
               "of the topology"),
        OPTION(ENUM, fallback, "fallback", "unsaid", KAFKA_FALLBACK_WORDS,
               "where to begin if nothing is committed, or offsets has none"),
        OPTION(INT, timestamp, "timestamp", "0", 0, INT64_MAX,
               "milliseconds since 1970, of start or fallback timestamp"),
        OPTION(STR, offsets, "offsets", "",
               "TOPIC:PARTITION:OFFSET, …, of start offsets"),
        OPTION(ENUM, out_of_range, "out.of.range", "error",
               KAFKA_OUT_OF_RANGE_WORDS,
               "what to do when the offset is gone: go on there, or stop"),
        OPTION(ENUM, guarantee, "guarantee", "at_least_once",
               "at_least_once at_most_once none",
               "commit what is acked; commit before it is emitted; neither"),
        OPTION(ENUM, isolation, "isolation", "read_committed",
               KAFKA_ISOLATION_WORDS,
               "whether records of open and aborted transactions are left out"),
        OPTION(INT, commit_ms, "commit.ms", "1000", 1, 86400000,
               "how often acked offsets are committed"),
        OPTION(INT, max_uncommitted, "max.uncommitted", "100000", 2, 100000000,
               "a partition with so many offsets that are emitted and cannot "
               "be committed yet is not read on"),
        OPTION(INT, max_bytes, "max.uncommitted.bytes", "33554432", 1,
               INT64_MAX, "the same in bytes, of all partitions of a task"),
        OPTION(INT, retry_ms, "retry.ms", "100", 1, 86400000,
               "pause before what failed is emitted again; it doubles"),
        OPTION(INT, retry_max_ms, "retry.max.ms", "10000", 1, 86400000,
               "no pause is longer"),
        OPTION(INT, refresh_secs, "refresh.secs", "30", 1, 86400,
               "how often to look for new partitions and topics"),
        OPTION(INT, start_secs, "start.secs", "10", 1, 3600,
               "how long to wait for a broker at the start"),
        OPTION(ENUM, until, "until", "stopped", "stopped end",
               "end: no further than the partitions reach at the start"),
        OPTION(LIST, fields, "fields", KAFKA_RECORD_FIELDS,
               "what a tuple has of a record, in this order"),
        OPTION(MAP, properties, "kafka.",
               "any property of librdkafka's consumer")));
