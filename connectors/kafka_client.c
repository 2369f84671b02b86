/* kafka_client.c - see kafka_client.h. */
#include "connectors/kafka_client.h"
#include <pthread.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

enum { CLOSE_SECONDS = 5 };

/* Of every client. */
static const struct kafka_setting defaults[] = {
    {"client.id", "gale"},
    {"log.queue", "true"},
    {"log.connection.close", "false"},
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "1000"},
    {"socket.keepalive.enable", "true"},
    {"topic.metadata.refresh.fast.interval.ms", "250"},
    {NULL, NULL},
};

static const struct kafka_setting always_refused[] = {
    {"bootstrap.servers", "say it by the option brokers"},
    {"metadata.broker.list", "say it by the option brokers"},
    {"log.queue", "its lines are part of this log"},
    {"plugin.library.paths", "no code is loaded by an option"},
    {NULL, NULL},
};

static const char *refusal(const struct kafka_setting *refused, const char *key)
{
    for (; refused->property != NULL; refused++)
        if (!strcmp(refused->property, key))
            return refused->value;
    return NULL;
}

/* A value that a log must not have. */
static bool is_secret(const char *property)
{
    static const char *const words[] = {"password", "secret",    "pem",
                                        "jaas",     "token",     "ssl.key",
                                        "oauth",    "sasl.user", NULL};

    for (size_t i = 0; words[i] != NULL; i++)
        if (strstr(property, words[i]) != NULL)
            return true;
    return false;
}

bool kafka_client_set(rd_kafka_conf_t *conf, const char *property,
                      const char *value, char *text)
{
    char why[KAFKA_TEXT / 2];
    bool secret = is_secret(property);

    if (rd_kafka_conf_set(conf, property, value, why, sizeof(why)) ==
        RD_KAFKA_CONF_OK)
        return true;
    snprintf(
        text, KAFKA_TEXT, "kafka.%s is %s%.100s%s: %s", property,
        secret ? "" : "\"", secret ? "not shown" : value, secret ? "" : "\"",
        secret && strstr(why, value) != NULL ? "librdkafka does not take it"
                                             : why);
    return false;
}

static bool set_one(rd_kafka_conf_t *conf, const struct kafka_setting *refused,
                    gale_str key, gale_str value, char *text)
{
    const char *why = refusal(always_refused, key.data);

    if (why == NULL)
        why = refusal(refused, key.data);
    if (why == NULL)
        return kafka_client_set(conf, key.data, value.data, text);
    snprintf(text, KAFKA_TEXT, "kafka.%.100s cannot be set: %s", key.data, why);
    return false;
}

static bool set_user(rd_kafka_conf_t *conf, const struct kafka_setting *refused,
                     gale_str properties, char *text)
{
    gale_str key, value;

    for (size_t at = 0; gale_option_pair(properties, &at, &key, &value);)
        if (!set_one(conf, refused, key, value, text))
            return false;
    return true;
}

static bool set_all(rd_kafka_conf_t *conf, const struct kafka_setting *settings,
                    char *text)
{
    for (; settings->property != NULL; settings++)
        if (!kafka_client_set(conf, settings->property, settings->value, text))
            return false;
    return true;
}

rd_kafka_conf_t *kafka_client_conf(const struct kafka_setting *own,
                                   const struct kafka_setting *refused,
                                   gale_str brokers, gale_str properties,
                                   char *text)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    if (brokers.size == 0)
        snprintf(text, KAFKA_TEXT,
                 "option brokers is empty, expected host:port, …");
    else if (set_all(conf, defaults, text) && set_all(conf, own, text) &&
             kafka_client_set(conf, "bootstrap.servers", brokers.data, text) &&
             set_user(conf, refused, properties, text))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

gale_result kafka_client_declare(gale_outputs *out,
                                 const struct kafka_setting *refused,
                                 gale_str brokers, gale_str properties)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    gale_result result = GALE_OK;
    char text[KAFKA_TEXT], said[KAFKA_TEXT + 8];
    gale_str key, value;

    if (brokers.size == 0)
        result = gale_declare_error(out, "option brokers is empty, expected "
                                         "host:port, …");
    for (size_t at = 0; gale_option_pair(properties, &at, &key, &value);) {
        if (set_one(conf, refused, key, value, text))
            continue;
        snprintf(said, sizeof(said), "option %s", text);
        result = gale_declare_error(out, said);
    }
    rd_kafka_conf_destroy(conf);
    return result;
}

bool kafka_client_open(struct kafka_client *c, rd_kafka_type_t type,
                       rd_kafka_conf_t *conf, int fd, char *text)
{
    static const uint64_t one = 1;
    char why[KAFKA_TEXT / 2];

    c->handle = rd_kafka_new(type, conf, why, sizeof(why));
    if (c->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        snprintf(text, KAFKA_TEXT, "librdkafka does not take its settings: %s",
                 why);
        return false;
    }
    c->events = rd_kafka_queue_new(c->handle);
    rd_kafka_set_log_queue(c->handle, c->events);
    if (fd >= 0)
        rd_kafka_queue_io_event_enable(c->events, fd, &one, sizeof(one));
    return true;
}

/* Of syslog. */
static gale_log_level level_of(int level)
{
    if (level <= 3)
        return GALE_LOG_ERROR;
    if (level == 4)
        return GALE_LOG_WARN;
    return level <= 6 ? GALE_LOG_INFO : GALE_LOG_DEBUG;
}

/* A broker that has just started says so, and is asked again at once. */
static bool is_retried(const char *line)
{
    return strstr(line, "Failed to acquire idempotence PID") != NULL &&
           strstr(line, "Coordinator load in progress") != NULL;
}

/* Without how long it took, and how often. */
static size_t size_of_sentence(const char *line)
{
    const char *tail = strstr(line, " (after ");

    return tail != NULL ? (size_t)(tail - line) : strlen(line);
}

/* FNV-1a. */
static uint64_t hash_of(const char *text, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
    return hash;
}

/* It says the same of each try; who uses the client says that it goes on. */
static bool is_said(struct kafka_client *c, const char *line)
{
    uint64_t hash = hash_of(line, size_of_sentence(line));

    for (size_t i = 0; i < KAFKA_SAID; i++)
        if (c->said[i] == hash)
            return true;
    c->said[c->n_said++ % KAFKA_SAID] = hash;
    return false;
}

static void log_event(struct kafka_client *c, gale_task *task,
                      rd_kafka_event_t *event)
{
    const char *facility, *line;
    int level;

    if (rd_kafka_event_log(event, &facility, &line, &level) != 0)
        return;
    if (!strncmp(line, "[thrd:", 6) && strstr(line, "]: ") != NULL)
        line = strstr(line, "]: ") + 3; /* which of its threads, helps nobody */
    if (is_retried(line) && level < LOG_INFO)
        level = LOG_INFO;
    gale_log(task,
             level_of(level <= LOG_ERR && is_said(c, line) ? LOG_DEBUG : level),
             "librdkafka: %s", line);
    if (level <= LOG_ERR)
        snprintf(c->trouble, sizeof(c->trouble), "%s", line);
}

rd_kafka_event_t *kafka_client_serve(struct kafka_client *c, gale_task *task,
                                     int timeout_ms)
{
    rd_kafka_event_t *event;

    while ((event = rd_kafka_queue_poll(c->events, timeout_ms)) != NULL) {
        if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_LOG)
            return event;
        log_event(c, task, event);
        rd_kafka_event_destroy(event);
        timeout_ms = 0;
    }
    return NULL;
}

void kafka_client_listen(struct kafka_client *c, gale_task *task,
                         int timeout_ms)
{
    rd_kafka_event_t *event = kafka_client_serve(c, task, timeout_ms);

    if (event != NULL)
        rd_kafka_event_destroy(event);
}

static void *destroy(void *handle)
{
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

/* Whether librdkafka ends its threads is up to brokers that may not answer: a
 * thread that waits for it is left behind then. */
bool kafka_client_close(struct kafka_client *c)
{
    struct timespec until;
    pthread_t thread;
    bool ended = true;

    if (c->handle == NULL)
        return true;
    rd_kafka_set_log_queue(c->handle, NULL);
    rd_kafka_queue_destroy(c->events);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_SECONDS;
    if (pthread_create(&thread, NULL, destroy, c->handle) != 0)
        destroy(c->handle);
    else if (pthread_timedjoin_np(thread, NULL, &until) != 0) {
        pthread_detach(thread);
        ended = false;
    }
    c->handle = NULL;
    return ended;
}
