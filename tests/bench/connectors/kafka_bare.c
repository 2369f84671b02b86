/*
 * kafka_bare.c - what librdkafka can do, without gale.
 *
 *     kafka_bare read BROKERS TOPIC N       N records, and commits each second
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT = 512, BATCH = 1000, PATIENCE_MS = 10000 };

static void end(const char *what, const char *why)
{
    fprintf(stderr, "kafka_bare: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void set(rd_kafka_conf_t *conf, const char *property, const char *value)
{
    char why[TEXT];

    if (rd_kafka_conf_set(conf, property, value, why, sizeof(why)) !=
        RD_KAFKA_CONF_OK)
        end(property, why);
}

static rd_kafka_t *consumer(const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[TEXT];
    rd_kafka_t *handle;

    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", "bare");
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "queued.min.messages", "10000000");
    if (getenv("X")) {
        char *x = strdup(getenv("X")), *w;
        while ((w = strsep(&x, " "))) { char *e = strchr(w, '='); if (!e) continue; *e = 0; set(conf, w, e + 1); }
    }
    handle = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
    if (handle == NULL)
        end("settings", why);
    rd_kafka_poll_set_consumer(handle);
    return handle;
}

static rd_kafka_topic_partition_list_t *assign(rd_kafka_t *handle,
                                               const char *topic, int64_t at)
{
    const struct rd_kafka_metadata *meta;
    rd_kafka_topic_t *rkt = rd_kafka_topic_new(handle, topic, NULL);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);

    if (rd_kafka_metadata(handle, 0, rkt, &meta, PATIENCE_MS) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        meta->topic_cnt != 1)
        end(topic, "no broker tells its partitions");
    for (int i = 0; i < meta->topics[0].partition_cnt; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = at;
    rd_kafka_assign(handle, list);
    rd_kafka_metadata_destroy(meta);
    rd_kafka_topic_destroy(rkt);
    return list;
}

struct sums {
    int64_t n, bytes;
    rd_kafka_topic_partition_list_t *list;
};

static void take(struct sums *s, rd_kafka_message_t *m)
{
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        s->n++;
        s->bytes += (int64_t)m->len;
        s->list->elems[m->partition].offset = m->offset + 1;
    }
    rd_kafka_message_destroy(m);
}

static void by_poll(rd_kafka_t *h, struct sums *s, int64_t n)
{
    int64_t due = now_ms() + 1000;
    rd_kafka_message_t *m;

    while (s->n < n) {
        m = rd_kafka_consumer_poll(h, 1000);
        if (m != NULL)
            take(s, m);
        if (s->n % BATCH == 0 && now_ms() >= due) {
            due += 1000;
            rd_kafka_commit(h, s->list, 1);
        }
    }
}

static void by_batch(rd_kafka_t *h, struct sums *s, int64_t n)
{
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(h);
    rd_kafka_message_t *m[BATCH];
    int64_t due = now_ms() + 1000;

    while (s->n < n) {
        ssize_t got = rd_kafka_consume_batch_queue(q, 5, m, BATCH);

        for (ssize_t i = 0; i < got; i++)
            take(s, m[i]);
        if (now_ms() >= due) {
            due += 1000;
            rd_kafka_commit(h, s->list, 1);
        }
    }
    rd_kafka_queue_destroy(q);
}

int main(int argc, char **argv)
{
    rd_kafka_t *h;
    struct sums s = {0};
    int64_t n, t0;

    if (argc != 5)
        end("usage", "kafka_bare poll|batch BROKERS TOPIC N");
    n = atoll(argv[4]);
    h = consumer(argv[2]);
    s.list = assign(h, argv[3], 0);
    t0 = now_ms();
    if (!strcmp(argv[1], "poll"))
        by_poll(h, &s, n);
    else
        by_batch(h, &s, n);
    t0 = now_ms() - t0;
    rd_kafka_commit(h, s.list, 0);
    printf("%lld records, %lld bytes, %.0f/s\n", (long long)s.n,
           (long long)s.bytes, 1000.0 * (double)s.n / (double)t0);
    rd_kafka_topic_partition_list_destroy(s.list);
    rd_kafka_destroy(h);
    return 0;
}
