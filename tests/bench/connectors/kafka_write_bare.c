/*
 * kafka_write_bare.c - what librdkafka can do, without gale: the lines of a
 * file into a topic, by an idempotent producer with the settings of kafka_bolt.
 *
 *     kafka_write_bare BROKERS TOPIC FILE
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long long n_written;

static void end(const char *why)
{
    fprintf(stderr, "kafka_write_bare: %s\n", why);
    exit(1);
}

static void reported(rd_kafka_t *handle, const rd_kafka_message_t *m, void *arg)
{
    (void)handle;
    (void)arg;
    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        end(rd_kafka_err2str(m->err));
    n_written++;
}

static rd_kafka_t *producer(const char *brokers)
{
    static const char *const settings[][2] = {
        {"enable.idempotence", "true"},
        {"message.timeout.ms", "22500"},
        {"partitioner", "murmur2_random"},
        {"queue.buffering.max.messages", "100000"},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[300];
    rd_kafka_t *handle;

    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why,
                              sizeof(why)) != RD_KAFKA_CONF_OK)
            end(why);
    rd_kafka_conf_set_dr_msg_cb(conf, reported);
    handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (handle == NULL)
        end(why);
    return handle;
}

static void write_line(rd_kafka_t *handle, rd_kafka_topic_t *topic, char *line,
                       size_t size)
{
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            line, size, NULL, 0, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            end(rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(handle, 100);
    }
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t capacity = 0;
    long long n_lines = 0;
    rd_kafka_topic_t *topic;
    rd_kafka_t *handle;
    FILE *file;
    ssize_t n;

    if (argc != 4 || (file = fopen(argv[3], "r")) == NULL)
        end("kafka_write_bare BROKERS TOPIC FILE");
    handle = producer(argv[1]);
    topic = rd_kafka_topic_new(handle, argv[2], NULL);
    while ((n = getline(&line, &capacity, file)) > 0) {
        write_line(handle, topic, line, (size_t)n - 1);
        if (++n_lines % 64 == 0)
            rd_kafka_poll(handle, 0);
    }
    free(line);
    fclose(file);
    if (rd_kafka_flush(handle, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        n_written != n_lines)
        end("not all lines were written");
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(handle);
    return 0;
}
