/*
 * kafka_words_bare.c - word count from Kafka to Kafka by librdkafka alone: for
 * each word of N records, a record with the word as its key and how often it
 * has come as its value.
 *
 *     kafka_words_bare BROKERS FROM TO N
 *
 * FROM is read as kafka_bare.c reads; the producer is idempotent.
 */
#include <librdkafka/rdkafka.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT = 512,
    BATCH = 1000,
    BATCH_MS = 5,
    WAIT_MS = 10000,
    WORDS = 262144,
};

struct words {
    rd_kafka_t *handle;
    rd_kafka_topic_t *to;
    struct hsearch_data counts;
};

static void end(const char *what, const char *why)
{
    fprintf(stderr, "kafka_words_bare: %s: %s\n", what, why);
    exit(1);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *brokers,
                          const char *const (*settings)[2])
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *handle;
    char why[TEXT];

    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why,
                          sizeof(why)) != RD_KAFKA_CONF_OK)
        end(brokers, why);
    for (; (*settings)[0] != NULL; settings++)
        if (rd_kafka_conf_set(conf, (*settings)[0], (*settings)[1], why,
                              sizeof(why)) != RD_KAFKA_CONF_OK)
            end((*settings)[0], why);
    handle = rd_kafka_new(type, conf, why, sizeof(why));
    if (handle == NULL)
        end("settings", why);
    return handle;
}

/* Its partition 0, from the start. */
static rd_kafka_queue_t *begin_reading(rd_kafka_t *handle, const char *topic)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);

    rd_kafka_poll_set_consumer(handle);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = 0;
    rd_kafka_assign(handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rd_kafka_queue_get_consumer(handle);
}

static int64_t count(struct words *w, char *word)
{
    ENTRY key = {.key = word}, *found;

    if (hsearch_r(key, FIND, &found, &w->counts) == 0) {
        key.key = strdup(word);
        if (hsearch_r(key, ENTER, &found, &w->counts) == 0)
            end("words", "too many of them");
        found->data = NULL;
    }
    found->data = (void *)((uintptr_t)found->data + 1);
    return (int64_t)(uintptr_t)found->data;
}

/* When the queue is full, what was sent is waited for. */
static void produce(struct words *w, char *word)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%lld", (long long)count(w, word));

    while (rd_kafka_produce(w->to, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            text, (size_t)n, word, strlen(word), NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            end("produce", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(w->handle, 1);
    }
}

static void take(struct words *w, rd_kafka_message_t *m)
{
    char line[1024], *rest = line, *word;
    size_t size = m->len < sizeof(line) - 1 ? m->len : sizeof(line) - 1;

    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        end("read", rd_kafka_message_errstr(m));
    memcpy(line, m->payload, size);
    line[size] = '\0';
    while ((word = strsep(&rest, " ")) != NULL)
        if (word[0] != '\0')
            produce(w, word);
    rd_kafka_message_destroy(m);
}

int main(int argc, char **argv)
{
    static const char *const reads[][2] = {
        {"group.id", "bare"}, {"enable.auto.commit", "false"}, {NULL, NULL}};
    static const char *const writes[][2] = {{"enable.idempotence", "true"},
                                            {NULL, NULL}};
    rd_kafka_message_t *batch[BATCH];
    struct words w = {0};
    rd_kafka_queue_t *queue;
    rd_kafka_t *reader;
    int64_t missing;

    if (argc != 5)
        end("usage", "kafka_words_bare BROKERS FROM TO N");
    missing = strtoll(argv[4], NULL, 10);
    hcreate_r(WORDS, &w.counts);
    w.handle = client(RD_KAFKA_PRODUCER, argv[1], writes);
    w.to = rd_kafka_topic_new(w.handle, argv[3], NULL);
    reader = client(RD_KAFKA_CONSUMER, argv[1], reads);
    queue = begin_reading(reader, argv[2]);
    while (missing > 0) {
        ssize_t n = rd_kafka_consume_batch_queue(queue, BATCH_MS, batch, BATCH);

        for (ssize_t i = 0; i < n; i++)
            take(&w, batch[i]);
        missing -= n > 0 ? n : 0;
        rd_kafka_poll(w.handle, 0);
    }
    if (rd_kafka_flush(w.handle, WAIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        end("produce", "not all was delivered");
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(reader);
    rd_kafka_topic_destroy(w.to);
    rd_kafka_destroy(w.handle);
    return 0;
}
