/* kafka_writer.c - see kafka_writer.h. */
#include "connectors/kafka_writer.h"
#include "connectors/must.h"
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#define MS INT64_C(1000000)

enum {
    RECORD_BYTES = 128, /* about what librdkafka needs for one */
    POLL_MS = 100,
    DROP_MS = 5000, /* as long as reports of dropped records are awaited */
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 10000,
};

/* -- records --------------------------------------------------------------- */

static size_t headers_size(const rd_kafka_headers_t *headers)
{
    const char *name;
    const void *data;
    size_t size, all = 0;

    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &data, &size) ==
         RD_KAFKA_RESP_ERR_NO_ERROR;
         i++)
        all += strlen(name) + size;
    return all;
}

static size_t size_of_record(const struct kafka_outgoing *r)
{
    return r->key.size + r->value.size + RECORD_BYTES +
           (r->headers != NULL ? headers_size(r->headers) : 0);
}

/* The same, of its report. */
static size_t size_of_message(const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *headers;
    size_t size = m->len + m->key_len + RECORD_BYTES;

    if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        size += headers_size(headers);
    return size;
}

_Static_assert(sizeof(void *) >= sizeof(((gale_handle *)NULL)->id),
               "a handle goes where librdkafka keeps a pointer");

static rd_kafka_resp_err_t produce(struct kafka_writer *w,
                                   rd_kafka_topic_t *topic,
                                   struct kafka_outgoing *r, gale_handle input)
{
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = r->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)input.id},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = r->timestamp},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)r->key.data, r->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)r->value.data, r->value.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = r->headers},
    };
    size_t n = sizeof(parts) / sizeof(parts[0]) - (r->headers == NULL);
    rd_kafka_error_t *error = rd_kafka_produceva(w->client.handle, parts, n);
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);

    rd_kafka_error_destroy(error);
    return code;
}

static void say_refused(char *text, gale_str topic, size_t key_size,
                        size_t value_size, rd_kafka_resp_err_t error)
{
    snprintf(text, KAFKA_TEXT,
             "topic %.*s: a record with a key of %zu bytes and a value of %zu "
             "is not taken: %s",
             (int)topic.size, topic.data, key_size, value_size,
             rd_kafka_err2str(error));
}

static void give_up(struct kafka_writer *w);

/* Nothing was sent, so no other record is to blame. */
static enum kafka_fate refused(struct kafka_writer *w,
                               const struct kafka_outgoing *r,
                               rd_kafka_resp_err_t error, char *text)
{
    bool fatal =
        rd_kafka_fatal_error(w->client.handle, w->fatal, sizeof(w->fatal)) !=
        RD_KAFKA_RESP_ERR_NO_ERROR;

    say_refused(text, r->topic, r->key.size, r->value.size, error);
    if (fatal)
        give_up(w);
    return fatal ? KAFKA_FATE_FAILED : kafka_fate(error, true, w->named);
}

enum kafka_fate kafka_writer_add(struct kafka_writer *w,
                                 struct kafka_outgoing *r, gale_handle input,
                                 char *text)
{
    size_t bytes = size_of_record(r);
    rd_kafka_topic_t *topic;
    rd_kafka_resp_err_t error;

    if (!kafka_writer_is_ready(w)) {
        snprintf(text, KAFKA_TEXT, "there is no producer for now");
        return KAFKA_FATE_FAILED;
    }
    topic = kafka_handles_find(&w->topics, w->client.handle, r->topic, text,
                               KAFKA_TEXT);
    if (topic == NULL)
        return KAFKA_FATE_BAD;
    error = produce(w, topic, r, input);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refused(w, r, error, text);
    r->headers = NULL;
    w->n_out++;
    w->bytes_out += bytes;
    return KAFKA_FATE_WRITTEN;
}

/* -- producers ------------------------------------------------------------- */

static void look(gale_task *task, void *arg)
{
    struct kafka_writer *w = arg;

    (void)task;
    atomic_store(&w->posted, false); /* before looking: nothing goes unseen */
    kafka_writer_serve(w, 0);
}

/* By a thread of librdkafka's. */
static void wake(rd_kafka_t *handle, void *arg)
{
    struct kafka_writer *w = arg;

    (void)handle;
    if (!atomic_exchange(&w->posted, true))
        gale_post(w->task, look, w);
}

static bool begin(struct kafka_writer *w, struct kafka_client *c,
                  rd_kafka_conf_t *conf, char *text)
{
    rd_kafka_queue_t *reports;

    if (!kafka_client_open(c, RD_KAFKA_PRODUCER, conf, -1, text))
        return false;
    reports = rd_kafka_queue_get_main(c->handle);
    rd_kafka_queue_forward(reports, c->events);
    rd_kafka_queue_destroy(reports);
    if (w->awake)
        rd_kafka_queue_cb_event_enable(c->events, wake, w);
    return true;
}

static void end(struct kafka_writer *w, struct kafka_client *c)
{
    if (c->handle == NULL)
        return;
    rd_kafka_queue_cb_event_enable(c->events, NULL, NULL);
    rd_kafka_purge(c->handle,
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING);
    if (!kafka_client_close(c))
        gale_log(w->task, GALE_LOG_WARN,
                 "librdkafka waits for a broker that does not answer, and is "
                 "left behind");
}

bool kafka_writer_is_ready(struct kafka_writer *w)
{
    char text[KAFKA_TEXT];

    if (w->client.handle == NULL && gale_now(w->task) >= w->due &&
        !begin(w, &w->client, rd_kafka_conf_dup(w->conf), text)) {
        w->due = gale_now(w->task) + PAUSE_MOST_MS * MS;
        gale_report_error(w->task, "%s", text);
    }
    return w->client.handle != NULL;
}

/* -- reports --------------------------------------------------------------- */

static bool begin_alone(struct kafka_writer *w)
{
    rd_kafka_conf_t *conf;
    char text[KAFKA_TEXT];

    if (w->alone.handle != NULL)
        return true;
    conf = rd_kafka_conf_dup(w->conf);
    if (kafka_client_set(conf, "batch.num.messages", "1", text) &&
        begin(w, &w->alone, conf, text))
        return true;
    gale_report_error(w->task, "%s", text);
    return false;
}

/* It is under way still, until the other producer reports. */
static bool send_alone(struct kafka_writer *w, const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *headers = NULL, *copy = NULL;
    rd_kafka_timestamp_type_t type;
    rd_kafka_resp_err_t error;

    if (!begin_alone(w))
        return false;
    if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        copy = rd_kafka_headers_copy(headers);
    error = rd_kafka_producev(
        w->alone.handle, RD_KAFKA_V_TOPIC(rd_kafka_topic_name(m->rkt)),
        RD_KAFKA_V_PARTITION(m->partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_OPAQUE(m->_private),
        RD_KAFKA_V_TIMESTAMP(rd_kafka_message_timestamp(m, &type)),
        RD_KAFKA_V_KEY(m->key, m->key_len),
        RD_KAFKA_V_VALUE(m->payload, m->len), RD_KAFKA_V_HEADERS(copy),
        RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && copy != NULL)
        rd_kafka_headers_destroy(copy);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void is_written(struct kafka_writer *w)
{
    if (w->down)
        gale_log(w->task, GALE_LOG_INFO, "a broker of %.200s is back", w->from);
    w->down = false;
    back_off_reset(&w->pause);
}

static void tell(struct kafka_writer *w, const rd_kafka_message_t *m,
                 enum kafka_fate fate)
{
    gale_handle input = {(uint64_t)(uintptr_t)m->_private};
    const char *topic = rd_kafka_topic_name(m->rkt);
    char text[KAFKA_TEXT];

    if (fate == KAFKA_FATE_BAD)
        say_refused(text, gale_str_make(topic, strlen(topic)), m->key_len,
                    m->len, m->err);
    w->settled(w->task, input, fate, topic,
               fate == KAFKA_FATE_BAD ? text : rd_kafka_err2str(m->err));
}

static void settle(struct kafka_writer *w, const rd_kafka_message_t *m,
                   bool alone)
{
    enum kafka_fate fate = kafka_fate(m->err, alone, w->named);

    if (fate == KAFKA_FATE_ALONE) {
        if (send_alone(w, m))
            return;
        fate = KAFKA_FATE_FAILED;
    }
    w->n_out--;
    w->bytes_out -= size_of_message(m);
    tell(w, m, fate);
    if (fate == KAFKA_FATE_WRITTEN)
        is_written(w);
}

static void take_error(struct kafka_writer *w, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t error = rd_kafka_event_error(event);

    if (rd_kafka_event_error_is_fatal(event))
        snprintf(w->fatal, sizeof(w->fatal), "%s",
                 rd_kafka_event_error_string(event));
    else if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION)
        gale_report_error(w->task, "%s", rd_kafka_event_error_string(event));
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || w->down)
        return;
    w->down = true;
    gale_report_error(w->task,
                      "no broker of %.200s answers: %s; it goes on when one is "
                      "back",
                      w->from,
                      w->client.trouble[0] != '\0'
                          ? w->client.trouble
                          : rd_kafka_event_error_string(event));
}

static void serve(struct kafka_writer *w, struct kafka_client *c,
                  int timeout_ms)
{
    const rd_kafka_message_t *m;
    rd_kafka_event_t *event;

    while (c->handle != NULL &&
           (event = kafka_client_serve(c, w->task, timeout_ms)) != NULL) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
            take_error(w, event);
        while ((m = rd_kafka_event_message_next(event)) != NULL)
            settle(w, m, c == &w->alone);
        rd_kafka_event_destroy(event);
        timeout_ms = 0;
    }
}

static void serve_both(struct kafka_writer *w, int timeout_ms)
{
    serve(w, &w->client, timeout_ms);
    serve(w, &w->alone, 0);
}

/* Ends both: what is under way is dropped, which is reported, too. */
static void give_up(struct kafka_writer *w)
{
    int64_t until = gale_now(w->task) + DROP_MS * MS;
    int64_t ms = back_off_next(&w->pause, gale_random(w->task));
    int how = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT;

    gale_report_error(w->task,
                      "the producer cannot go on: %s; another one takes its "
                      "place in %" PRId64 " ms, and the inputs of %" PRIu64
                      " records that are under way fail",
                      w->fatal, ms, w->n_out);
    rd_kafka_purge(w->client.handle, how);
    if (w->alone.handle != NULL)
        rd_kafka_purge(w->alone.handle, how);
    while (w->n_out > 0 && gale_now(w->task) < until)
        serve_both(w, POLL_MS);
    kafka_handles_drop(&w->topics);
    end(w, &w->client);
    end(w, &w->alone);
    w->n_out = w->bytes_out = 0;
    w->fatal[0] = '\0';
    w->due = gale_now(w->task) + ms * MS;
}

/* Of a pause. */
static void sleep_on(struct kafka_writer *w, int timeout_ms)
{
    int64_t ns = w->due - gale_now(w->task);
    struct timespec t;

    if (ns > timeout_ms * MS)
        ns = timeout_ms * MS;
    t = (struct timespec){0, ns > 0 ? (long)ns : 0};
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

void kafka_writer_serve(struct kafka_writer *w, int timeout_ms)
{
    if (w->client.handle == NULL)
        sleep_on(w, timeout_ms);
    else
        serve_both(w, timeout_ms);
    if (w->fatal[0] != '\0')
        give_up(w);
    w->served(w->task);
}

void kafka_writer_wake(struct kafka_writer *w)
{
    w->awake = true; /* whoever is in a pause begins like that */
    if (w->client.handle != NULL)
        rd_kafka_queue_cb_event_enable(w->client.events, wake, w);
    if (w->alone.handle != NULL)
        rd_kafka_queue_cb_event_enable(w->alone.events, wake, w);
    kafka_writer_serve(w, 0);
}

/* -- the beginning and the end --------------------------------------------- */

bool kafka_writer_open(struct kafka_writer *w, rd_kafka_conf_t *conf,
                       const char *topic, int64_t partition, int64_t start_ms,
                       char *text)
{
    struct kafka_presence presence = {
        .from = w->from, .partition = partition, .start_ms = start_ms};

    w->pause =
        (struct back_off){.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    w->conf = rd_kafka_conf_dup(conf);
    if (!begin(w, &w->client, conf, text))
        return false;
    if (topic != NULL)
        presence.topic = kafka_handles_find(&w->topics, w->client.handle,
                                            gale_str_make(topic, strlen(topic)),
                                            text, KAFKA_TEXT);
    if (topic != NULL && presence.topic == NULL)
        return false;
    return kafka_presence_await(&presence, &w->client, w->task, text);
}

void kafka_writer_close(struct kafka_writer *w)
{
    kafka_handles_drop(&w->topics);
    end(w, &w->client);
    end(w, &w->alone);
    if (w->conf != NULL)
        rd_kafka_conf_destroy(w->conf);
}
