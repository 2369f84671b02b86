/* kafka_reader.c - its life, and commits; see kafka_reader.h. */
#include "connectors/kafka_reader.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS INT64_C(1000000)

enum {
    SPLIT_MAX = 255, /* of gale_position_set(); Kafka's own limit is near */
    AGAIN_MS = 500,  /* between last commits that are refused */
};

/* -- committing ------------------------------------------------------------ */

void kafka_reader_commit(struct kafka_reader *r)
{
    rd_kafka_topic_partition_list_t *list;

    if (r->committing)
        return;
    list = kafka_partitions_uncommitted(&r->partitions);
    if (list == NULL)
        return;
    r->commit_ok = false;
    r->committing =
        rd_kafka_commit_queue(r->client.handle, list, r->client.events, NULL,
                              NULL) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
}

/* A start that is not what is committed is for the first start of the topology,
 * which is over when something is committed. */
static void note_begun(struct kafka_reader *r, const struct kafka_partition *p)
{
    char split[300];
    int n = snprintf(split, sizeof(split), "%s:%d", p->topic, (int)p->number);

    if (r->start.kind == KAFKA_START_COMMITTED || p->committed >= 0 ||
        n > SPLIT_MAX || atomic_load_explicit(&r->stop, memory_order_relaxed))
        return;
    gale_position_set(r->task, gale_str_make(split, (size_t)n),
                      gale_str_make("begun", 5));
}

static void refused(gale_task *task, rd_kafka_resp_err_t error)
{
    if (error == RD_KAFKA_RESP_ERR__NO_OFFSET ||
        error == RD_KAFKA_RESP_ERR__DESTROY)
        return;
    gale_report_error(task, "cannot commit offsets: %s; %s",
                      rd_kafka_err2str(error),
                      error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
                          ? "another consumer is in the group: set assign to "
                            "group, or give this topology a group of its own"
                          : "they are committed later");
}

static void answered(struct kafka_reader *r, rd_kafka_event_t *event)
{
    const rd_kafka_topic_partition_list_t *list =
        rd_kafka_event_topic_partition_list(event);
    rd_kafka_resp_err_t error = rd_kafka_event_error(event);

    for (int i = 0; list != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        struct kafka_partition *p =
            kafka_partitions_find(&r->partitions, at->topic, at->partition);

        if (at->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            error = at->err;
        else if (p != NULL && error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            note_begun(r, p);
            p->committed = at->offset;
        }
    }
    r->committing = false;
    r->commit_ok = error == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!r->commit_ok)
        refused(r->task, error);
}

static void serve_events(struct kafka_reader *r, int timeout_ms)
{
    rd_kafka_event_t *event;

    while ((event = kafka_client_serve(&r->client, r->task, timeout_ms)) !=
           NULL) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT)
            answered(r, event);
        rd_kafka_event_destroy(event);
        timeout_ms = 0;
    }
}

void kafka_reader_measure(struct kafka_reader *r)
{
    for (size_t i = 0; i < r->partitions.n; i++)
        kafka_partition_measure(r->partitions.items[i], r->task,
                                r->client.handle);
}

static void commit_in_turn(struct kafka_reader *r, int64_t now)
{
    r->commit_at = now + r->commit_ns;
    kafka_reader_commit(r);
    kafka_reader_measure(r);
    kafka_fetching_free(r);
}

void kafka_reader_serve(struct kafka_reader *r)
{
    int64_t now = gale_now(r->task);
    uint64_t events;

    while (read(r->fd, &events, sizeof(events)) > 0)
        ; /* before looking, so that nothing goes unseen */
    serve_events(r, 0);
    kafka_assignment_serve(r);
    kafka_fetching_look(r);
    if (now >= r->commit_at)
        commit_in_turn(r, now);
}

void kafka_reader_rest(struct kafka_reader *r)
{
    int64_t now = gale_now(r->task);

    serve_events(r, 0);
    if (now >= r->commit_at)
        commit_in_turn(r, now);
    else if (gale_n_pending(r->task) == 0)
        kafka_reader_commit(r); /* the last one: why wait for its time */
}

/* -- partitions ------------------------------------------------------------ */

void kafka_reader_forget(struct kafka_reader *r, struct kafka_partition *p)
{
    rd_kafka_message_t *m;

    r->forgets(r->task, p);
    while ((m = offset_ledger_clear(&p->ledger)) != NULL)
        rd_kafka_message_destroy(m);
}

/* librdkafka throws away what it has fetched of it. */
void kafka_reader_pause(struct kafka_reader *r, struct kafka_partition *p,
                        bool pause)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, p->topic, p->number);
    if (pause)
        rd_kafka_pause_partitions(r->client.handle, list);
    else
        rd_kafka_resume_partitions(r->client.handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (!pause)
        kafka_fetching_wake(r);
    p->paused = pause;
    p->said = false;
}

void kafka_reader_is_back(struct kafka_reader *r)
{
    outage_ends(&r->away, r->task, "a broker of %.200s is back", r->from);
}

/* -- opening and closing --------------------------------------------------- */

static void on_error(rd_kafka_t *handle, int code, const char *reason,
                     void *opaque)
{
    struct kafka_reader *r = opaque;
    size_t n;

    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        n = (size_t)snprintf(r->fatal, sizeof(r->fatal),
                             "librdkafka cannot go on: ");
        rd_kafka_fatal_error(handle, r->fatal + n, sizeof(r->fatal) - n);
    } else if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        outage_fails(&r->away, r->task,
                     "no broker of %.200s answers: %s; it goes on when one is "
                     "back",
                     r->from, r->client.trouble);
    } else if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        gale_report_error(r->task, "%s", reason);
    }
}

bool kafka_reader_open(struct kafka_reader *r, rd_kafka_conf_t *conf,
                       char *text)
{
    static const uint64_t one = 1;

    rd_kafka_conf_set_opaque(conf, r);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (r->by_group)
        rd_kafka_conf_set_rebalance_cb(conf, kafka_assignment_changed);
    r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (r->fd < 0) {
        rd_kafka_conf_destroy(conf);
        snprintf(text, KAFKA_TEXT, "cannot make an eventfd: %s",
                 strerror(errno));
        return false;
    }
    if (!kafka_client_open(&r->client, RD_KAFKA_CONSUMER, conf, r->fd, text))
        return false;
    rd_kafka_poll_set_consumer(r->client.handle);
    r->queue = rd_kafka_queue_get_consumer(r->client.handle);
    rd_kafka_queue_io_event_enable(r->queue, r->fd, &one, sizeof(one));
    kafka_fetching_begin(r);
    return true;
}

bool kafka_reader_begin(struct kafka_reader *r, char *text)
{
    int64_t now = gale_now(r->task);

    r->commit_at = now + r->commit_ns;
    r->refresh_at = now + r->refresh_ns;
    return kafka_assignment_begin(r, text);
}

/* The answer to a commit, as long as there is patience. */
static void await_commit(struct kafka_reader *r, int64_t until)
{
    while (r->committing && gale_now(r->task) < until)
        serve_events(r, 100);
}

/* What was refused may be taken a little later. */
static void last_commit(struct kafka_reader *r)
{
    int64_t until = gale_now(r->task) + KAFKA_ANSWER_MS * MS;

    await_commit(r, until);
    while (!kafka_partitions_all_committed(&r->partitions) &&
           r->fatal[0] == '\0' && gale_now(r->task) < until) {
        kafka_reader_commit(r);
        await_commit(r, until);
        if (!r->committing && !r->commit_ok)
            kafka_client_listen(&r->client, r->task, AGAIN_MS);
    }
    if (!kafka_partitions_all_committed(&r->partitions))
        gale_log(r->task, GALE_LOG_WARN,
                 "the last commit was not answered, or refused, for %d s: what "
                 "it says was acked may come again",
                 KAFKA_ANSWER_MS / 1000);
}

/* All is committed and forgotten, so the group gets its partitions at once. */
static void leave_group(struct kafka_reader *r)
{
    int64_t until = gale_now(r->task) + KAFKA_ANSWER_MS * MS;
    rd_kafka_error_t *error =
        rd_kafka_consumer_close_queue(r->client.handle, r->queue);
    rd_kafka_message_t *m;

    if (error != NULL) {
        rd_kafka_error_destroy(error);
        return;
    }
    while (!rd_kafka_consumer_closed(r->client.handle) &&
           gale_now(r->task) < until) {
        m = rd_kafka_consumer_poll(r->client.handle, 100);
        if (m != NULL)
            rd_kafka_message_destroy(m);
        if (r->change.revoking)
            rd_kafka_assign(r->client.handle, NULL);
        r->change.revoking = false;
    }
}

void kafka_reader_close(struct kafka_reader *r)
{
    atomic_store_explicit(&r->stop, true, memory_order_relaxed);
    if (r->client.handle != NULL) {
        last_commit(r);
        kafka_reader_measure(r);
        kafka_assignment_drop(r);
        if (r->by_group)
            leave_group(r);
        kafka_fetching_end(r);
        rd_kafka_queue_destroy(r->queue);
        if (!kafka_client_close(&r->client))
            gale_log(r->task, GALE_LOG_WARN,
                     "librdkafka waits for a broker that does not answer, and "
                     "is left behind");
    }
    kafka_partitions_fini(&r->partitions);
    kafka_topics_fini(&r->topics);
    if (r->fd >= 0)
        close(r->fd);
}
