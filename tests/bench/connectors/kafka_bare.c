/*
 * kafka_bare.c - what librdkafka can do, without gale.
 *
 *     kafka_bare values BROKERS TOPIC N    sums the bytes of N values
 *     kafka_bare fields BROKERS TOPIC N    and asks each record for all it has
 *     kafka_bare delays BROKERS TOPIC N    how old N values are: see delays.h
 *
 * It reads all partitions from the start. Values and fields are taken by the
 * batch, which is librdkafka's quickest way, delays one by one, which is the
 * soonest; what was read is committed each second, and at the end.
 */
#include "tests/bench/connectors/delays.h"
#include <librdkafka/rdkafka.h>

enum { TEXT = 512, BATCH = 1000, BATCH_MS = 5, WAIT_MS = 10000 };

struct bare {
    rd_kafka_t *handle;
    rd_kafka_topic_partition_list_t *next; /* partitions, what to read next */
    int64_t n, most, bytes, headers;
    int64_t commit_at;
    struct delays delays;
};

static void end(const char *what, const char *why)
{
    fprintf(stderr, "kafka_bare: %s: %s\n", what, why);
    exit(1);
}

/* -- opening --------------------------------------------------------------- */

/* What gale sets for its consumers is set here, too. */
static rd_kafka_t *consumer(const char *brokers)
{
    static const char *const settings[][2] = {
        {"group.id", "bare"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"queued.min.messages", "100000"},
        {"queued.max.messages.kbytes", "16384"},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *handle;
    char why[TEXT];

    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why,
                          sizeof(why)) != RD_KAFKA_CONF_OK)
        end(brokers, why);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why,
                              sizeof(why)) != RD_KAFKA_CONF_OK)
            end(settings[i][0], why);
    handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (handle == NULL)
        end("settings", why);
    rd_kafka_poll_set_consumer(handle);
    return handle;
}

static rd_kafka_topic_partition_list_t *assign(rd_kafka_t *handle,
                                               const char *name)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, name, NULL);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    const struct rd_kafka_metadata *data;

    if (rd_kafka_metadata(handle, 0, topic, &data, WAIT_MS) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        data->topic_cnt != 1 || data->topics[0].partition_cnt == 0)
        end(name, "no broker says which partitions it has");
    for (int i = 0; i < data->topics[0].partition_cnt; i++)
        rd_kafka_topic_partition_list_add(list, name, i)->offset = 0;
    rd_kafka_assign(handle, list);
    rd_kafka_metadata_destroy(data);
    rd_kafka_topic_destroy(topic);
    return list;
}

/* -- reading --------------------------------------------------------------- */

static void ask_all(struct bare *b, const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_headers_t *headers;

    b->bytes += (int64_t)strlen(rd_kafka_topic_name(m->rkt));
    b->bytes += rd_kafka_message_timestamp(m, &type) > 0;
    b->bytes += (int64_t)m->key_len;
    if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        b->headers += (int64_t)rd_kafka_header_cnt(headers);
}

static void take(struct bare *b, rd_kafka_message_t *m, bool all)
{
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        end("read", rd_kafka_message_errstr(m));
    b->n++;
    b->bytes += (int64_t)m->len;
    b->next->elems[m->partition].offset = m->offset + 1;
    if (all)
        ask_all(b, m);
    rd_kafka_message_destroy(m);
}

static void commit_in_time(struct bare *b)
{
    int64_t now = delays_now();

    if (now < b->commit_at)
        return;
    b->commit_at = now + 1000000000;
    rd_kafka_commit(b->handle, b->next, 1);
}

static void read_batches(struct bare *b, bool all)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(b->handle);
    rd_kafka_message_t *batch[BATCH];

    while (b->n < b->most) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, BATCH_MS, batch, BATCH);

        for (ssize_t i = 0; i < n; i++)
            take(b, batch[i], all);
        commit_in_time(b);
    }
    rd_kafka_queue_destroy(queue);
}

/* The first ones came while it was starting. */
static void read_delays(struct bare *b)
{
    bool last = false;

    b->delays.most = (size_t)b->most;
    b->delays.skip = (size_t)b->most / 4;
    while (!last) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(b->handle, WAIT_MS);

        if (m == NULL)
            end("read", "nothing comes");
        last = delays_add(&b->delays, m->payload, m->len);
        take(b, m, false);
        commit_in_time(b);
    }
    delays_print(&b->delays);
}

int main(int argc, char **argv)
{
    struct bare b = {0};

    if (argc != 5)
        end("usage", "kafka_bare values|fields|delays BROKERS TOPIC N");
    b.most = strtoll(argv[4], NULL, 10);
    b.handle = consumer(argv[2]);
    b.next = assign(b.handle, argv[3]);
    if (!strcmp(argv[1], "delays"))
        read_delays(&b);
    else
        read_batches(&b, !strcmp(argv[1], "fields"));
    rd_kafka_commit(b.handle, b.next, 0);
    rd_kafka_topic_partition_list_destroy(b.next);
    rd_kafka_destroy(b.handle);
    return b.bytes > 0 ? 0 : 1;
}
