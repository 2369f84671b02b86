/*
 * kafka_pace.c - N records for a topic, so many a second, each with the time at
 * which it was sent (delays.h).
 *
 *     kafka_pace BROKERS TOPIC RATE N
 */
#include "tests/bench/connectors/delays.h"
#include <librdkafka/rdkafka.h>

enum { TEXT = 512, WAIT_MS = 10000 };

static void end(const char *what, const char *why)
{
    fprintf(stderr, "kafka_pace: %s: %s\n", what, why);
    exit(1);
}

static rd_kafka_t *producer(const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *handle;
    char why[TEXT];

    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why,
                          sizeof(why)) != RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof(why)) !=
            RD_KAFKA_CONF_OK)
        end(brokers, why);
    handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (handle == NULL)
        end("settings", why);
    return handle;
}

static void wait_until(int64_t ns)
{
    struct timespec ts = {ns / 1000000000, ns % 1000000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) != 0)
        ;
}

static void send_now(rd_kafka_topic_t *topic)
{
    char text[DELAYS_DIGITS + 1];
    int n = snprintf(text, sizeof(text), "%lld", (long long)delays_now());

    if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                         text, (size_t)n, NULL, 0, NULL) != 0)
        end("produce", rd_kafka_err2str(rd_kafka_last_error()));
}

int main(int argc, char **argv)
{
    int64_t start = delays_now(), interval, n;
    rd_kafka_topic_t *topic;
    rd_kafka_t *handle;

    if (argc != 5)
        end("usage", "kafka_pace BROKERS TOPIC RATE N");
    interval = 1000000000 / strtoll(argv[3], NULL, 10);
    n = strtoll(argv[4], NULL, 10);
    handle = producer(argv[1]);
    topic = rd_kafka_topic_new(handle, argv[2], NULL);
    for (int64_t i = 0; i < n; i++) {
        wait_until(start + i * interval);
        send_now(topic);
        rd_kafka_poll(handle, 0);
    }
    rd_kafka_flush(handle, WAIT_MS);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(handle);
    return 0;
}
