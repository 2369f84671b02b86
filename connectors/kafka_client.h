/*
 * kafka_client.h - what every client of Kafka needs: its settings, its log, an
 * end that is bounded.
 *
 * Settings come in this order: those of the component, then what the user said
 * by kafka.PROPERTY, of which some are refused by name; a component may set
 * more afterwards. What librdkafka logs, on threads of its own, and the events
 * that a component asks for go to one queue, served by kafka_client_serve() in
 * the task.
 */
#ifndef CONNECTORS_KAFKA_CLIENT_H
#define CONNECTORS_KAFKA_CLIENT_H

#include <gale/option.h>
#include <gale/stream.h>
#include <gale/task.h>
#include <librdkafka/rdkafka.h>

enum { KAFKA_TEXT = 512, KAFKA_SAID = 8 };

struct kafka_setting {
    const char *property;
    const char *value; /* of a refusal: why, and what to do instead */
};

struct kafka_client {
    rd_kafka_t *handle;
    rd_kafka_queue_t *events;
    char trouble[KAFKA_TEXT];  /* the last error that was logged; "" if none */
    uint64_t said[KAFKA_SAID]; /* hashes of the latest ones … */
    uint32_t n_said;           /* … of so many */
};

/*
 * The configuration of a component: `own` are its defaults, `refused` the
 * properties that it does not leave to the user (both end with {NULL}), brokers
 * as in bootstrap.servers, properties the map of kafka.PROPERTY. NULL, with the
 * sentence in text[KAFKA_TEXT]; values that may be secret are not shown.
 */
rd_kafka_conf_t *kafka_client_conf(const struct kafka_setting *own,
                                   const struct kafka_setting *refused,
                                   gale_str brokers, gale_str properties,
                                   char *text);

/* For `declare`: all that is wrong with these options is said. */
gale_result kafka_client_declare(gale_outputs *out,
                                 const struct kafka_setting *refused,
                                 gale_str brokers, gale_str properties);

/* A property of the component; false with the sentence. */
bool kafka_client_set(rd_kafka_conf_t *conf, const char *property,
                      const char *value, char *text);

/* Takes the configuration, whatever comes of it. fd: an eventfd, written to
 * when there are events; -1: none. false with the sentence. */
bool kafka_client_open(struct kafka_client *c, rd_kafka_type_t type,
                       rd_kafka_conf_t *conf, int fd, char *text);

/* Logs what is to be logged, and returns the next other event, or NULL. The
 * event is the caller's, rd_kafka_event_destroy(). */
rd_kafka_event_t *kafka_client_serve(struct kafka_client *c, gale_task *task,
                                     int timeout_ms);

/* What is logged, for as long as this takes; nothing else is expected. */
void kafka_client_listen(struct kafka_client *c, gale_task *task,
                         int timeout_ms);

/* Whatever belongs to the client is gone: messages, queues, topics. Waits 5 s
 * at most; false if librdkafka has not ended by then, and is left behind. A
 * NULL handle is fine. */
bool kafka_client_close(struct kafka_client *c);

#endif
