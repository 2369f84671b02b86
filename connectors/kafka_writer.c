/* kafka_writer.c - see kafka_writer.h. */
#include "connectors/kafka_writer.h"
#include "connectors/must.h"
#include <inttypes.h>

#define MS INT64_C(1000000)

enum {
    RECORD_BYTES = 128, /* about what librdkafka needs for one */
    MISSING_MS = 2000,  /* a new topic may not be known everywhere yet */
    POLL_MS = 100,
    RENEW_MS = 5000, /* as long as reports of dropped records are awaited */
};

/* -- topics ---------------------------------------------------------------- */

static int compare(gale_str name, const rd_kafka_topic_t *topic)
{
    const char *other = rd_kafka_topic_name(topic);
    int order = strncmp(name.data, other, name.size);

    return order != 0 ? order : -(other[name.size] != '\0');
}

/* Where it is, or would be. */
static size_t place_of(const struct kafka_writer *w, gale_str name, bool *found)
{
    size_t low = 0, high = w->n_topics;

    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, w->topics[middle]);

        if (order < 0)
            high = middle;
        else
            low = order == 0 ? middle : middle + 1;
        *found = order == 0;
    }
    return low;
}

/* NULL with the sentence. */
static rd_kafka_topic_t *add_topic(struct kafka_writer *w, gale_str name,
                                   size_t at, char *text)
{
    char copy[256];
    rd_kafka_topic_t *handle = NULL;

    snprintf(copy, sizeof(copy), "%.*s", (int)name.size, name.data);
    if ((int64_t)w->n_topics >= w->max_topics)
        snprintf(text, KAFKA_TEXT,
                 "topic %.249s would be one more than max.topics, which is "
                 "%" PRId64,
                 copy, w->max_topics);
    else if ((handle = rd_kafka_topic_new(w->client.handle, copy, NULL)) ==
             NULL)
        snprintf(text, KAFKA_TEXT, "topic %.249s: %s", copy,
                 rd_kafka_err2str(rd_kafka_last_error()));
    if (handle == NULL)
        return NULL;
    w->topics =
        must_alloc(w->topics, (w->n_topics + 1) * sizeof(*w->topics));
    memmove(w->topics + at + 1, w->topics + at,
            (w->n_topics++ - at) * sizeof(*w->topics));
    w->topics[at] = handle;
    return handle;
}

static rd_kafka_topic_t *topic_of(struct kafka_writer *w, gale_str name,
                                  char *text)
{
    bool found;
    size_t at = place_of(w, name, &found);

    return found ? w->topics[at] : add_topic(w, name, at, text);
}

static void drop_topics(struct kafka_writer *w)
{
    while (w->n_topics > 0)
        rd_kafka_topic_destroy(w->topics[--w->n_topics]);
}

/* -- records --------------------------------------------------------------- */

static size_t headers_size(const rd_kafka_headers_t *headers)
{
    const char *name;
    const void *data;
    size_t size, all = 0;

    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &data,
                                               &size) ==
                       RD_KAFKA_RESP_ERR_NO_ERROR;
         i++)
        all += strlen(name) + size;
    return all;
}

static size_t size_of(const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *headers;
    size_t size = m->len + m->key_len + RECORD_BYTES;

    if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        size += headers_size(headers);
    return size;
}

static void *opaque_of(gale_handle input)
{
    _Static_assert(sizeof(void *) >= sizeof(input.id), "a handle is a pointer");
    return (void *)(uintptr_t)input.id;
}

static rd_kafka_resp_err_t produce(struct kafka_writer *w,
                                   rd_kafka_topic_t *topic,
                                   struct kafka_outgoing *r, gale_handle input)
{
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = r->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque_of(input)},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = r->timestamp},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)r->key.data, r->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)r->value.data, r->value.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = r->headers},
    };
    size_t n = sizeof(parts) / sizeof(parts[0]) - (r->headers == NULL);
    rd_kafka_error_t *error =
        rd_kafka_produceva(w->client.handle, parts, n);
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);

    rd_kafka_error_destroy(error);
    return code;
}

static enum kafka_fate refused(const struct kafka_writer *w,
                               const struct kafka_outgoing *r,
                               rd_kafka_resp_err_t error, char *text)
{
    /* Nothing was sent, so no other record is to blame. */
    snprintf(text, KAFKA_TEXT,
             "topic %.*s: a record with a value of %zu bytes and a key of %zu "
             "is not taken: %s",
             (int)r->topic.size, r->topic.data, r->value.size, r->key.size,
             rd_kafka_err2str(error));
    return kafka_fate(error, true, w->named);
}

static void renew(struct kafka_writer *w);

enum kafka_fate kafka_writer_add(struct kafka_writer *w,
                                 struct kafka_outgoing *r, gale_handle input,
                                 char *text)
{
    size_t size = r->key.size + r->value.size + RECORD_BYTES;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__FATAL;

    if (r->headers != NULL)
        size += headers_size(r->headers);
    for (int i = 0; i < 2 && error == RD_KAFKA_RESP_ERR__FATAL; i++) {
        rd_kafka_topic_t *topic;

        if (i > 0)
            renew(w);
        if (w->broken[0] != '\0') {
            snprintf(text, KAFKA_TEXT, "%s", w->broken);
            return KAFKA_FATE_FAILED;
        }
        topic = topic_of(w, r->topic, text);
        if (topic == NULL)
            return KAFKA_FATE_BAD;
        error = produce(w, topic, r, input);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refused(w, r, error, text);
    r->headers = NULL;
    w->n_out++;
    w->bytes_out += size;
    return KAFKA_FATE_WRITTEN;
}

/* -- reports --------------------------------------------------------------- */

/* True if the other producer has it now. */
static bool send_alone(struct kafka_writer *w, const rd_kafka_message_t *m);

static void settle(struct kafka_writer *w, const rd_kafka_message_t *m,
                   bool alone)
{
    gale_handle input = {(uint64_t)(uintptr_t)m->_private};
    enum kafka_fate fate = kafka_fate(m->err, alone, w->named);

    if (fate == KAFKA_FATE_ALONE && send_alone(w, m))
        return;
    w->n_out--;
    w->bytes_out -= size_of(m);
    w->settled(w->task, input, fate == KAFKA_FATE_ALONE ? KAFKA_FATE_FAILED
                                                        : fate,
               rd_kafka_topic_name(m->rkt), rd_kafka_err2str(m->err));
    if (fate == KAFKA_FATE_WRITTEN && w->down) {
        w->down = false;
        gale_log(w->task, GALE_LOG_INFO, "a broker of %.200s is back",
                 w->from);
    }
}

static void take_error(struct kafka_writer *w, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t error = rd_kafka_event_error(event);

    if (rd_kafka_event_error_is_fatal(event)) {
        snprintf(w->fatal, sizeof(w->fatal), "%s",
                 rd_kafka_event_error_string(event));
    } else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !w->down) {
        w->down = true;
        gale_report_error(w->task,
                          "no broker of %.200s answers: %s; it goes on when "
                          "one is back",
                          w->from, w->client.trouble);
    } else if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        gale_report_error(w->task, "%s", rd_kafka_event_error_string(event));
    }
}

static void serve_client(struct kafka_writer *w, struct kafka_client *c,
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
    serve_client(w, &w->client, timeout_ms);
    serve_client(w, &w->alone, 0);
    w->served(w->task);
}

void kafka_writer_serve(struct kafka_writer *w, int timeout_ms)
{
    serve_both(w, timeout_ms);
    if (w->fatal[0] != '\0')
        renew(w);
}

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

/* -- producers ------------------------------------------------------------- */

static bool begin(struct kafka_writer *w, struct kafka_client *c,
                  rd_kafka_conf_t *conf, char *text)
{
    rd_kafka_queue_t *reports;

    if (!kafka_client_open(c, RD_KAFKA_PRODUCER, conf, -1, text))
        return false;
    reports = rd_kafka_queue_get_main(c->handle);
    rd_kafka_queue_forward(reports, c->events);
    rd_kafka_queue_destroy(reports);
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

/* A fatal error: what is under way is dropped, and that is reported. */
static void renew(struct kafka_writer *w)
{
    int64_t until = gale_now(w->task) + RENEW_MS * MS;
    uint64_t n = w->n_out;

    if (w->fatal[0] == '\0')
        rd_kafka_fatal_error(w->client.handle, w->fatal, sizeof(w->fatal));
    rd_kafka_purge(w->client.handle,
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (w->n_out > 0 && gale_now(w->task) < until)
        serve_both(w, POLL_MS);
    gale_report_error(w->task,
                      "the producer cannot go on: %.300s; another one takes "
                      "its place, and the inputs of %" PRIu64
                      " records that were under way fail",
                      w->fatal, n);
    drop_topics(w);
    end(w, &w->client);
    end(w, &w->alone);
    w->n_out = w->bytes_out = 0;
    w->fatal[0] = '\0';
    begin(w, &w->client, rd_kafka_conf_dup(w->conf), w->broken);
}

static bool begin_alone(struct kafka_writer *w)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(w->conf);
    char text[KAFKA_TEXT];

    if (kafka_client_set(conf, "batch.num.messages", "1", text) &&
        begin(w, &w->alone, conf, text))
        return true;
    gale_report_error(w->task, "%s", text);
    return false;
}

/* Its bytes are out still, until this one reports. */
static bool send_alone(struct kafka_writer *w, const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *headers = NULL, *copy = NULL;
    rd_kafka_timestamp_type_t type;
    rd_kafka_resp_err_t error;

    if (w->alone.handle == NULL && !begin_alone(w))
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

/* -- the beginning and the end --------------------------------------------- */

enum answer { IS_THERE, IS_MISSING, NOBODY_SAYS, WRONG_PARTITION };

static enum answer judge(const rd_kafka_metadata_topic_t *t, int64_t partition,
                         char *text)
{
    if (t->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        t->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
        snprintf(text, KAFKA_TEXT,
                 "there is no topic %.249s: create it, or name another one",
                 t->topic);
        return IS_MISSING;
    }
    if (t->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        snprintf(text, KAFKA_TEXT, "topic %.249s: %s", t->topic,
                 rd_kafka_err2str(t->err));
        return NOBODY_SAYS;
    }
    if (partition < t->partition_cnt)
        return IS_THERE;
    snprintf(text, KAFKA_TEXT,
             "topic %.249s has no partition %" PRId64 ", expected 0 to %d",
             t->topic, partition, t->partition_cnt - 1);
    return WRONG_PARTITION;
}

static enum answer ask(struct kafka_writer *w, rd_kafka_topic_t *topic,
                       int64_t partition, int timeout_ms, char *text)
{
    const struct rd_kafka_metadata *data;
    rd_kafka_resp_err_t error =
        rd_kafka_metadata(w->client.handle, false, topic, &data, timeout_ms);
    enum answer answer = IS_THERE;

    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        snprintf(text, KAFKA_TEXT, "%s", rd_kafka_err2str(error));
        return NOBODY_SAYS;
    }
    if (topic != NULL && data->topic_cnt == 1)
        answer = judge(&data->topics[0], partition, text);
    rd_kafka_metadata_destroy(data);
    return answer;
}

/* Nothing runs yet, so waiting holds up nobody. */
static bool ask_in_time(struct kafka_writer *w, rd_kafka_topic_t *topic,
                        int64_t partition, int64_t start_ms, char *text)
{
    int64_t now = gale_now(w->task), until = now + start_ms * MS;
    int64_t until_missing = now + MISSING_MS * MS;
    enum answer answer;
    char why[KAFKA_TEXT];

    do {
        answer = ask(w, topic, partition, 1000, why);
        serve_both(w, answer == IS_THERE ? 0 : POLL_MS);
        now = gale_now(w->task);
    } while ((answer == NOBODY_SAYS && now < until) ||
             (answer == IS_MISSING && now < until_missing && now < until));
    if (answer == NOBODY_SAYS)
        snprintf(text, KAFKA_TEXT,
                 "no broker of %.100s has answered within %" PRId64
                 " s: %.160s%s%.160s",
                 w->from, start_ms / 1000, why,
                 w->client.trouble[0] ? "; " : "", w->client.trouble);
    else
        snprintf(text, KAFKA_TEXT, "%s", why);
    return answer == IS_THERE;
}

bool kafka_writer_open(struct kafka_writer *w, rd_kafka_conf_t *conf,
                       const char *topic, int64_t partition, int64_t start_ms,
                       char *text)
{
    rd_kafka_topic_t *handle = NULL;

    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    w->conf = rd_kafka_conf_dup(conf);
    if (!begin(w, &w->client, conf, text))
        return false;
    if (topic != NULL)
        handle = topic_of(w, gale_str_make(topic, strlen(topic)), text);
    if (topic != NULL && handle == NULL)
        return false;
    return ask_in_time(w, handle, partition, start_ms, text);
}

void kafka_writer_close(struct kafka_writer *w)
{
    drop_topics(w);
    free(w->topics);
    end(w, &w->client);
    end(w, &w->alone);
    if (w->conf != NULL)
        rd_kafka_conf_destroy(w->conf);
}
