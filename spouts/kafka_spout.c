/*
 * kafka_spout.c - spout: the records of Kafka's topics.
 *
 * One consumer of librdkafka per task. `next` takes what its queue has, one by
 * one, and waits for the descriptor that the queue writes to; what must be
 * asked and waited for goes to gale_async(). A record is kept until it is
 * acked, in the ledger of its partition, which knows what may be committed.
 *
 * Partitions change hands in steps, none of which waits: what was acked is
 * committed, its answer or CHANGE_NS awaited, the rest forgotten, and then it
 * is said that they are given back (`change`); new ones are assigned when it is
 * known with which offsets they begin (`job`). Until then messages that still
 * come are dropped: they are read again by whoever has the partition then.
 */
#include "connectors/kafka_lookup.h"
#include "connectors/kafka_partitions.h"
#include "connectors/kafka_record.h"
#include "connectors/must.h"
#include "connectors/retry_queue.h"
#include "spouts/per_call.h"
#include <errno.h>
#include <gale/spout.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
#define CHANGE_NS (5 * SECOND) /* as long as a commit is awaited */
#define MISSING_NS SECOND      /* a topic that was just made may be unknown */

enum { BATCH = 64, AHEAD = 256, ASK_MS = 3000, RECORD_BYTES = 64 };

enum { ASSIGN_TASKS, ASSIGN_GROUP };
enum { AT_LEAST_ONCE, AT_MOST_ONCE, NO_GUARANTEE };
enum { UNTIL_STOPPED, UNTIL_END };

/* A question on its way; one at a time. */
struct job {
    struct kafka_lookup lookup;
    rd_kafka_topic_partition_list_t *list; /* whose offsets; NULL: partitions */
    uint64_t assignment;                   /* for which it was asked */
};

/* Partitions that are given back: by the group, all of them. */
struct change {
    bool revoking;
    bool lost; /* they have another owner: nothing can be committed */
    bool sent; /* the last commit */
    int64_t until;
};

struct kafka_spout {
    /* options */
    gale_str brokers, topics_list, group, fields, properties;
    struct kafka_start start;
    int64_t timestamp, commit_ms, max_uncommitted, max_bytes;
    int64_t retry_ms, retry_max_ms, refresh_secs, start_secs;
    int32_t assign, guarantee, isolation, out_of_range, until;

    struct kafka_client client;
    struct kafka_topics topics;
    struct kafka_record record;
    struct kafka_partitions partitions;
    struct retry_queue retries;
    rd_kafka_queue_t *queue; /* of the consumer */
    int fd;                  /* readable: look at the queues */
    uint32_t batch;
    bool active, committing, brokers_down;
    int64_t commit_at, refresh_at;
    struct change change;
    struct job *job;
    uint64_t assignment; /* counts them */
    rd_kafka_topic_partition_list_t *to_assign; /* of the group, to look up */
    atomic_bool stop;
    char fatal[KAFKA_TEXT];
    /* at most once: what is committed before it is emitted */
    rd_kafka_message_t *ahead[AHEAD];
    uint32_t n_ahead;
    bool ahead_committed;
};

/* -- emitting -------------------------------------------------------------- */

static gale_result emit(gale_task *task, struct kafka_spout *s,
                        const rd_kafka_message_t *m, const gale_msgid *id)
{
    struct kafka_values values;

    kafka_record_values(&s->record, m, &values);
    if (id == NULL)
        return gale_emit_values(task, values.items, s->record.n);
    return gale_emit_values_msg(task, *id, values.items, s->record.n);
}

/* What has failed and may come again now; true if that was all for this time. */
static bool emit_due(gale_task *task, struct kafka_spout *s,
                     gale_result *result)
{
    gale_msgid id;
    uint32_t n;

    for (n = 0; n < s->batch && *result == GALE_OK &&
                retry_queue_pop(&s->retries, gale_now(task), &id);) {
        struct kafka_partition *p = kafka_partitions_of(&s->partitions, id);
        struct offset_entry *e =
            p == NULL ? NULL
                      : offset_ledger_find(&p->ledger, (int64_t)id.lo);

        if (e == NULL)
            continue; /* the partition is not ours any longer */
        *result = emit(task, s, e->record, &id);
        n++;
    }
    return n > 0 || *result != GALE_OK;
}

/* -- committing ------------------------------------------------------------ */

static void commit(struct kafka_spout *s)
{
    rd_kafka_topic_partition_list_t *list;

    if (s->committing)
        return;
    list = kafka_partitions_uncommitted(&s->partitions);
    if (list == NULL)
        return;
    s->committing = rd_kafka_commit_queue(s->client.handle, list,
                                          s->client.events, NULL, NULL) ==
                    RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
}

/* A start that is not what is committed counts once: for the first start of the
 * topology, which is over when it has committed. */
static void note_begun(gale_task *task, const struct kafka_spout *s,
                       struct kafka_partition *p)
{
    char split[300];
    int n = snprintf(split, sizeof(split), "%s:%d", p->topic, (int)p->number);

    if (s->start.kind != KAFKA_START_COMMITTED && p->committed < 0 &&
        !atomic_load(&s->stop))
        gale_position_set(task, gale_str_make(split, (size_t)n),
                          gale_str_make("begun", 5));
}

static bool has_begun(void *arg, const char *topic, int32_t partition)
{
    char split[300];
    int n = snprintf(split, sizeof(split), "%s:%d", topic, (int)partition);

    return gale_position_get(arg, gale_str_make(split, (size_t)n)).size > 0;
}

static void refused(gale_task *task, rd_kafka_resp_err_t error)
{
    if (error == RD_KAFKA_RESP_ERR__NO_OFFSET ||
        error == RD_KAFKA_RESP_ERR__DESTROY)
        return;
    gale_report_error(task, "cannot commit offsets: %s; %s",
                      rd_kafka_err2str(error),
                      error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
                          ? "another consumer is in the group: say assign is "
                            "group, or give this topology a group of its own"
                          : "they are committed later");
}

static void answered(gale_task *task, struct kafka_spout *s,
                     rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_event_topic_partition_list(event);
    rd_kafka_resp_err_t error = rd_kafka_event_error(event);

    for (int i = 0; list != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        struct kafka_partition *p = kafka_partitions_find(
            &s->partitions, at->topic, at->partition);

        if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
            error = at->err;
        if (p == NULL || error != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        note_begun(task, s, p);
        p->committed = at->offset;
    }
    s->committing = false;
    s->ahead_committed = error == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        refused(task, error);
}

static void serve(gale_task *task, struct kafka_spout *s, int timeout_ms)
{
    rd_kafka_event_t *event;

    while ((event = kafka_client_serve(&s->client, task, timeout_ms)) != NULL) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT)
            answered(task, s, event);
        rd_kafka_event_destroy(event);
        timeout_ms = 0;
    }
}

/* -- partitions that are given back ---------------------------------------- */

/* Its messages are nobody's business any longer. */
static void forget(gale_task *task, struct kafka_spout *s,
                   struct kafka_partition *p)
{
    rd_kafka_message_t *m;

    for (size_t i = 0; i < s->retries.n; i++)
        if (s->retries.heap[i].id.hi == p->stay)
            gale_give_up(task, s->retries.heap[i].id);
    while ((m = offset_ledger_clear(&p->ledger)) != NULL)
        rd_kafka_message_destroy(m);
}

static void drop_ahead(struct kafka_spout *s)
{
    while (s->n_ahead > 0)
        rd_kafka_message_destroy(s->ahead[--s->n_ahead]);
}

static void forget_all(gale_task *task, struct kafka_spout *s)
{
    drop_ahead(s);
    while (s->partitions.n > 0) {
        forget(task, s, s->partitions.items[s->partitions.n - 1]);
        kafka_partitions_remove(&s->partitions, s->partitions.n - 1);
    }
}

/* True when it is over. */
static bool give_back(gale_task *task, struct kafka_spout *s)
{
    struct change *c = &s->change;
    bool wait = !c->lost && gale_now(task) < c->until;

    if (wait && s->committing)
        return false;
    if (wait && !c->sent) {
        c->sent = true;
        commit(s);
        if (s->committing)
            return false;
    }
    forget_all(task, s);
    rd_kafka_assign(s->client.handle, NULL);
    c->revoking = false;
    return true;
}

static void rebalanced(rd_kafka_t *handle, rd_kafka_resp_err_t error,
                       rd_kafka_topic_partition_list_t *list, void *opaque)
{
    gale_task *task = opaque;
    struct kafka_spout *s = gale_instance(task);

    if (s->to_assign != NULL)
        rd_kafka_topic_partition_list_destroy(s->to_assign);
    s->to_assign = NULL;
    s->assignment++;
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        gale_log(task, GALE_LOG_INFO, "the group gives %d partitions",
                 list->cnt);
        s->to_assign = rd_kafka_topic_partition_list_copy(list);
        return;
    }
    s->change =
        (struct change){.revoking = true,
                        .lost = rd_kafka_assignment_lost(handle),
                        .until = gale_now(task) + CHANGE_NS};
    gale_log(task, GALE_LOG_INFO, "the group takes %d partitions%s", list->cnt,
             s->change.lost ? ", which have another owner" : "");
}

/* -- partitions that are new ----------------------------------------------- */

static void begin(gale_task *task, struct kafka_spout *s,
                  const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        struct kafka_partition *p = kafka_partitions_add(
            &s->partitions, task, at->topic, at->partition);

        if (at->offset >= 0)
            offset_ledger_reach(&p->ledger, at->offset);
        gale_log(task, GALE_LOG_INFO, "topic %s, partition %d: from %s%lld on",
                 at->topic, (int)at->partition,
                 at->offset == RD_KAFKA_OFFSET_BEGINNING ? "the beginning, "
                 : at->offset == RD_KAFKA_OFFSET_END     ? "the end, "
                                                         : "",
                 (long long)at->offset);
    }
}

/* Empty: in an assignment by tasks nothing has changed. */
static void assign(gale_task *task, struct kafka_spout *s,
                   const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *error = NULL;

    begin(task, s, list);
    if (s->assign == ASSIGN_GROUP)
        rd_kafka_assign(s->client.handle, list);
    else if (list->cnt > 0)
        error = rd_kafka_incremental_assign(s->client.handle, list);
    if (error == NULL)
        return;
    snprintf(s->fatal, sizeof(s->fatal), "cannot begin with partitions: %s",
             rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

static struct job *job_new(struct kafka_spout *s, bool late)
{
    struct job *job = must_alloc(NULL, sizeof(*job));

    memset(job, 0, sizeof(*job));
    job->lookup.client = s->client.handle;
    job->lookup.topics = &s->topics;
    job->lookup.start = &s->start;
    job->lookup.timestamp_ms = s->timestamp;
    job->lookup.timeout_ms = ASK_MS;
    job->lookup.stop = &s->stop;
    job->lookup.late = late;
    job->assignment = s->assignment;
    return job;
}

static void job_free(struct job *job)
{
    kafka_lookup_fini(&job->lookup);
    if (job->list != NULL)
        rd_kafka_topic_partition_list_destroy(job->list);
    free(job);
}

static gale_result look(void *arg)
{
    struct job *job = arg;
    bool ok = job->list == NULL
                  ? kafka_lookup_partitions(&job->lookup)
                  : kafka_lookup_offsets(&job->lookup, job->list);

    return ok ? GALE_OK : GALE_RETRY;
}

/* Of the share, what this task does not read yet. */
static rd_kafka_topic_partition_list_t *new_ones(struct kafka_spout *s,
                                                 const struct kafka_lookup *l,
                                                 size_t share)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)share);

    for (size_t i = 0; i < share; i++)
        if (kafka_partitions_find(&s->partitions, l->names[i].topic,
                                  l->names[i].number) == NULL)
            rd_kafka_topic_partition_list_add(list, l->names[i].topic,
                                              l->names[i].number);
    return list;
}

static bool in_share(const struct kafka_lookup *l, size_t share,
                     const struct kafka_partition *p)
{
    for (size_t i = 0; i < share; i++)
        if (l->names[i].number == p->number &&
            !strcmp(l->names[i].topic, p->topic))
            return true;
    return false;
}

static void give_up_partition(gale_task *task, struct kafka_spout *s, size_t i)
{
    struct kafka_partition *p = s->partitions.items[i];
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_error_t *error;

    gale_report_error(task,
                      "topic %s, partition %d: it is no longer there, or "
                      "another task's, and not read on",
                      p->topic, (int)p->number);
    rd_kafka_topic_partition_list_add(list, p->topic, p->number)->offset =
        p->ledger.safe;
    if (s->guarantee == AT_LEAST_ONCE && p->ledger.safe >= 0 &&
        p->ledger.safe != p->committed)
        rd_kafka_commit(s->client.handle, list, true);
    forget(task, s, p);
    error = rd_kafka_incremental_unassign(s->client.handle, list);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
    kafka_partitions_remove(&s->partitions, i);
}

static void job_done(gale_task *task, gale_result result, void *arg);

static void ask(gale_task *task, struct kafka_spout *s, struct job *job)
{
    s->job = job;
    if (gale_async(task, look, job_done, job) == GALE_OK)
        return;
    s->job = NULL; /* too many under way: at the next opportunity */
    job_free(job);
}

static void compare(gale_task *task, struct kafka_spout *s, struct job *job)
{
    struct kafka_lookup *l = &job->lookup;
    size_t share = partition_share(l->names, l->n_names, gale_task_index(task),
                                   gale_n_tasks(task));
    struct job *more;

    for (size_t i = s->partitions.n; i-- > 0;)
        if (!in_share(l, share, s->partitions.items[i]))
            give_up_partition(task, s, i);
    more = job_new(s, true);
    more->list = new_ones(s, l, share);
    if (more->list->cnt > 0)
        ask(task, s, more);
    else
        job_free(more);
}

/* Of the group, it is asked again until the assignment is another one. */
static void job_failed(gale_task *task, struct kafka_spout *s, struct job *job)
{
    if (job->lookup.never)
        snprintf(s->fatal, sizeof(s->fatal), "%s", job->lookup.error);
    else if (!atomic_load(&s->stop))
        gale_report_error(task, "%s; it is asked again", job->lookup.error);
    if (s->assign == ASSIGN_GROUP && s->to_assign == NULL) {
        s->to_assign = job->list;
        job->list = NULL;
    }
}

static void job_done(gale_task *task, gale_result result, void *arg)
{
    struct kafka_spout *s = gale_instance(task);
    struct job *job = arg;

    s->job = NULL;
    if (job->assignment != s->assignment)
        ; /* they have been taken away meanwhile */
    else if (result != GALE_OK)
        job_failed(task, s, job);
    else if (job->list == NULL)
        compare(task, s, job);
    else
        assign(task, s, job->list);
    job_free(job);
}

static void look_around(gale_task *task, struct kafka_spout *s, int64_t now)
{
    struct job *job;

    if (s->job != NULL || s->change.revoking)
        return;
    if (s->to_assign != NULL) {
        job = job_new(s, s->assignment > 1);
        job->list = s->to_assign;
        s->to_assign = NULL;
        ask(task, s, job);
    } else if (s->assign == ASSIGN_TASKS && s->until == UNTIL_STOPPED &&
               now >= s->refresh_at) {
        s->refresh_at = now + s->refresh_secs * SECOND;
        ask(task, s, job_new(s, true));
    }
}

/* -- what comes ------------------------------------------------------------ */

static void stop_for_now(gale_task *task, struct kafka_spout *s,
                         struct kafka_partition *p, bool stop)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    const struct offset_entry *oldest = offset_ledger_oldest(&p->ledger);

    rd_kafka_topic_partition_list_add(list, p->topic, p->number);
    if (stop)
        rd_kafka_pause_partitions(s->client.handle, list);
    else
        rd_kafka_resume_partitions(s->client.handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    p->paused = stop;
    if (stop && oldest != NULL && oldest->fails > 0)
        gale_report_error(
            task,
            "topic %s, partition %d: offset %lld has failed %u times and holds "
            "back what is behind it; see gale.topology.max.replays",
            p->topic, (int)p->number, (long long)oldest->offset, oldest->fails);
}

/* Its part of what all partitions of the task may have, halved to begin again. */
static bool is_much(const struct kafka_spout *s, const struct kafka_partition *p,
                    int64_t part)
{
    int64_t bytes = s->max_bytes / (int64_t)s->partitions.n;

    return (int64_t)p->ledger.n >= s->max_uncommitted / part ||
           (int64_t)p->ledger.bytes > bytes / part;
}

static void come_again(gale_task *task, struct kafka_spout *s,
                       struct kafka_partition *p,
                       const rd_kafka_message_t *m)
{
    gale_report_error(
        task,
        "topic %s, partition %d: offset %lld comes after %lld: it begins anew "
        "there, since it was made again, cut, or lost records",
        p->topic, (int)p->number, (long long)m->offset,
        (long long)p->ledger.next - 1);
    forget(task, s, p);
    kafka_partitions_renew(&s->partitions, p);
    offset_ledger_fini(&p->ledger);
    offset_ledger_init(&p->ledger);
}

static void note_gap(gale_task *task, const struct kafka_spout *s,
                     const struct kafka_partition *p,
                     const rd_kafka_message_t *m)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(s->client.handle, p->topic, p->number,
                                       &low, &high) ==
            RD_KAFKA_RESP_ERR_NO_ERROR &&
        low > p->ledger.next)
        gale_report_error(
            task,
            "topic %s, partition %d: what was from offset %lld to %lld is "
            "gone before it was read, as its retention says",
            p->topic, (int)p->number, (long long)p->ledger.next,
            (long long)m->offset - 1);
}

/* Tracked: it is in the ledger before anybody can ack it. */
static gale_result emit_new(gale_task *task, struct kafka_spout *s,
                            struct kafka_partition *p, rd_kafka_message_t *m)
{
    gale_msgid id = kafka_partition_id(p, m->offset);
    gale_result result;

    offset_ledger_add(&p->ledger, m->offset, m,
                      (uint32_t)(m->len + m->key_len) + RECORD_BYTES);
    result = emit(task, s, m, &id);
    if (!p->paused && is_much(s, p, 1))
        stop_for_now(task, s, p, true);
    return result;
}

/* Of a bounded run: false if it is behind the end, which is where the partition
 * ended when it was read first. */
static bool in_bounds(const struct kafka_spout *s, struct kafka_partition *p,
                      int64_t offset)
{
    int64_t low;

    if (s->until == UNTIL_STOPPED)
        return true;
    if (p->done)
        return false;
    if (p->end < 0)
        rd_kafka_get_watermark_offsets(s->client.handle, p->topic, p->number,
                                       &low, &p->end);
    if (p->end < 0)
        return true; /* the end of the partition will tell */
    p->done |= offset + 1 >= p->end;
    return offset < p->end;
}

static gale_result take_record(gale_task *task, struct kafka_spout *s,
                               struct kafka_partition *p, rd_kafka_message_t *m)
{
    gale_result result;

    if (m->offset < p->ledger.next)
        come_again(task, s, p, m);
    else if (m->offset != p->ledger.next && p->ledger.next >= 0)
        note_gap(task, s, p, m);
    if (s->guarantee == AT_LEAST_ONCE)
        return emit_new(task, s, p, m);
    offset_ledger_reach(&p->ledger, m->offset + 1);
    if (s->guarantee == AT_MOST_ONCE) {
        s->ahead[s->n_ahead++] = m;
        return GALE_OK;
    }
    result = emit(task, s, m, NULL);
    rd_kafka_message_destroy(m);
    return result;
}

static gale_result take_error(gale_task *task, struct kafka_partition *p,
                              const rd_kafka_message_t *m)
{
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (p != NULL) {
            offset_ledger_reach(&p->ledger, m->offset);
            p->done = true;
        }
        return GALE_OK;
    }
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        return gale_error(task, GALE_FATAL,
                          "topic %s, partition %d: its offset is not there any "
                          "longer (%s), and out.of.range is error",
                          rd_kafka_topic_name(m->rkt), (int)m->partition,
                          rd_kafka_message_errstr(m));
    gale_report_error(task, "%s%s%s", m->rkt ? rd_kafka_topic_name(m->rkt) : "",
                      m->rkt ? ": " : "", rd_kafka_message_errstr(m));
    return GALE_OK;
}

static gale_result take(gale_task *task, struct kafka_spout *s,
                        rd_kafka_message_t *m)
{
    struct kafka_partition *p =
        m->rkt == NULL ? NULL
                       : kafka_partitions_find(&s->partitions,
                                               rd_kafka_topic_name(m->rkt),
                                               m->partition);
    gale_result result = GALE_OK;

    if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        result = take_error(task, p, m);
    else if (p != NULL && !s->change.revoking && in_bounds(s, p, m->offset))
        return take_record(task, s, p, m);
    rd_kafka_message_destroy(m);
    return result;
}

/* True if the queue is empty. */
static bool read_some(gale_task *task, struct kafka_spout *s, uint32_t most,
                      gale_result *result)
{
    for (uint32_t i = 0; i < most && *result == GALE_OK; i++) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(s->client.handle, 0);

        if (m == NULL)
            return true;
        *result = take(task, s, m);
    }
    return false;
}

/* At most once: what is committed is emitted, then more is read and committed.
 * True if there is nothing to do for now. */
static bool go_ahead(gale_task *task, struct kafka_spout *s,
                     gale_result *result)
{
    bool empty = false;

    if (s->n_ahead > 0 && !s->ahead_committed)
        return true; /* tick() commits again what could not be */
    for (uint32_t i = 0; i < s->n_ahead; i++) {
        if (*result == GALE_OK)
            *result = emit(task, s, s->ahead[i], NULL);
        rd_kafka_message_destroy(s->ahead[i]);
    }
    s->n_ahead = 0;
    if (*result == GALE_OK)
        empty = read_some(task, s, AHEAD, result);
    s->ahead_committed = false;
    commit(s);
    return empty || s->n_ahead > 0;
}

/* -- callbacks of librdkafka ----------------------------------------------- */

static void on_error(rd_kafka_t *handle, int code, const char *reason,
                     void *opaque)
{
    gale_task *task = opaque;
    struct kafka_spout *s = gale_instance(task);
    rd_kafka_resp_err_t error = (rd_kafka_resp_err_t)code;

    if (error == RD_KAFKA_RESP_ERR__FATAL) {
        rd_kafka_fatal_error(handle, s->fatal, sizeof(s->fatal));
    } else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        s->brokers_down = true;
        gale_report_error(task, "no broker of %.200s answers: %s; it goes on "
                                "when one comes back",
                          s->brokers.data, s->client.trouble);
    } else if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        gale_report_error(task, "%s", reason);
    }
}

/* -- opening --------------------------------------------------------------- */

static const struct kafka_setting own_settings[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"partition.assignment.strategy", "range,roundrobin"},
    {"queued.max.messages.kbytes", "16384"},
    {"fetch.error.backoff.ms", "200"},
    {NULL, NULL},
};

static const struct kafka_setting refused_settings[] = {
    {"enable.auto.commit", "only what is acked is committed"},
    {"auto.commit.interval.ms", "say it by the option commit.ms"},
    {"auto.commit.enable", "only what is acked is committed"},
    {"enable.auto.offset.store", "only what is acked is committed"},
    {"enable.partition.eof", "the spout needs it"},
    {"group.id", "say it by the option group"},
    {"auto.offset.reset", "say it by the options start, fallback and "
                          "out.of.range"},
    {"isolation.level", "say it by the option isolation"},
    {"partition.assignment.strategy",
     "a rebalance is eager (range, roundrobin)"},
    {NULL, NULL},
};

static const char *const isolations[] = {"read_committed", "read_uncommitted"};
static const char *const resets[] = {"earliest", "latest", "error"};

static bool check_options(struct kafka_spout *s, char *text)
{
    if (!kafka_record_init(&s->record, s->fields, text, KAFKA_TEXT) ||
        !kafka_topics_init(&s->topics, s->topics_list, text, KAFKA_TEXT) ||
        !kafka_start_check(&s->start, text, KAFKA_TEXT))
        return false;
    if (s->assign == ASSIGN_GROUP && s->start.kind != KAFKA_START_COMMITTED)
        snprintf(text, KAFKA_TEXT,
                 "option assign is group: partitions come and go, and begin "
                 "where they are committed; set start to committed, and "
                 "fallback");
    else if (s->assign == ASSIGN_GROUP && s->until == UNTIL_END)
        snprintf(text, KAFKA_TEXT,
                 "option until is end: nobody knows the end of partitions that "
                 "a group gives and takes; set assign to tasks");
    else
        return true;
    return false;
}

static bool configure(gale_task *task, struct kafka_spout *s,
                      rd_kafka_conf_t *conf, char *text)
{
    char group[512], refresh[24];

    snprintf(group, sizeof(group), "gale-%s-%s", gale_topology_name(task),
             gale_component_id(task));
    snprintf(refresh, sizeof(refresh), "%lld",
             (long long)s->refresh_secs * 1000);
    if (!kafka_client_set(conf, "group.id",
                          s->group.size > 0 ? s->group.data : group, text) ||
        !kafka_client_set(conf, "isolation.level", isolations[s->isolation],
                          text) ||
        !kafka_client_set(conf, "auto.offset.reset", resets[s->out_of_range],
                          text) ||
        !kafka_client_set(conf, "topic.metadata.refresh.interval.ms", refresh,
                          text))
        return false;
    rd_kafka_conf_set_opaque(conf, task);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (s->assign == ASSIGN_GROUP)
        rd_kafka_conf_set_rebalance_cb(conf, rebalanced);
    return true;
}

static bool connect_client(gale_task *task, struct kafka_spout *s, char *text)
{
    static const uint64_t one = 1;
    rd_kafka_conf_t *conf = kafka_client_conf(
        own_settings, refused_settings, s->brokers, s->properties, text);

    if (conf == NULL)
        return false;
    if (!configure(task, s, conf, text)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->fd < 0) {
        rd_kafka_conf_destroy(conf);
        snprintf(text, KAFKA_TEXT, "cannot make an eventfd: %s",
                 strerror(errno));
        return false;
    }
    if (!kafka_client_open(&s->client, RD_KAFKA_CONSUMER, conf, s->fd, text))
        return false;
    rd_kafka_poll_set_consumer(s->client.handle);
    s->queue = rd_kafka_queue_get_consumer(s->client.handle);
    rd_kafka_queue_io_event_enable(s->queue, s->fd, &one, sizeof(one));
    return true;
}

/* Where a task begins, and of a group: that its topics are there. */
static bool find(gale_task *task, struct kafka_spout *s, struct job *job)
{
    struct kafka_lookup *l = &job->lookup;
    size_t share;

    if (!kafka_lookup_partitions(l))
        return false;
    if (s->assign == ASSIGN_GROUP)
        return true;
    share = partition_share(l->names, l->n_names, gale_task_index(task),
                            gale_n_tasks(task));
    if (job->list != NULL)
        rd_kafka_topic_partition_list_destroy(job->list);
    job->list = new_ones(s, l, share);
    return kafka_lookup_offsets(l, job->list);
}

/* Nothing runs yet, so waiting holds up nobody; at most start.secs. */
static gale_result find_in_time(gale_task *task, struct kafka_spout *s,
                                struct job *job)
{
    int64_t now = gale_now(task), until = now + s->start_secs * SECOND;
    int64_t until_missing = now + MISSING_NS;

    job->lookup.begun = has_begun;
    job->lookup.arg = task;
    if (s->start_secs * 1000 < ASK_MS)
        job->lookup.timeout_ms = (int)(s->start_secs * 1000);
    while (!find(task, s, job)) {
        kafka_client_listen(&s->client, task, 100);
        now = gale_now(task);
        if (job->lookup.never || now >= until ||
            (job->lookup.missing && now >= until_missing))
            return gale_error(task, GALE_FATAL, "%s (brokers %.100s)%s%s",
                              job->lookup.error, s->brokers.data,
                              s->client.trouble[0] ? ": " : "",
                              s->client.trouble);
    }
    return GALE_OK;
}

static gale_result subscribe(gale_task *task, struct kafka_spout *s)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)s->topics.n);
    rd_kafka_resp_err_t error;

    for (size_t i = 0; i < s->topics.n; i++)
        rd_kafka_topic_partition_list_add(list, s->topics.rules[i].text,
                                          RD_KAFKA_PARTITION_UA);
    error = rd_kafka_subscribe(s->client.handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "cannot subscribe: %s",
                      rd_kafka_err2str(error));
}

static gale_result open_spout(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);
    char text[KAFKA_TEXT];
    gale_result result;
    struct job *job;

    s->fd = -1;
    s->batch = per_call(task, BATCH);
    s->retries.first = s->retry_ms * MS;
    s->retries.most = s->retry_max_ms * MS;
    if (!check_options(s, text) || !connect_client(task, s, text))
        return gale_error(task, GALE_FATAL, "%s", text);
    job = job_new(s, false);
    result = find_in_time(task, s, job);
    if (result == GALE_OK && s->assign == ASSIGN_GROUP)
        result = subscribe(task, s);
    else if (result == GALE_OK)
        assign(task, s, job->list);
    job_free(job);
    s->commit_at = gale_now(task) + s->commit_ms * MS;
    s->refresh_at = gale_now(task) + s->refresh_secs * SECOND;
    return result;
}

/* -- the end --------------------------------------------------------------- */

/* The answer to a commit, as long as there is patience. */
static void await_commit(gale_task *task, struct kafka_spout *s, int64_t until)
{
    while (s->committing && gale_now(task) < until)
        serve(task, s, 100);
}

static void last_commit(gale_task *task, struct kafka_spout *s)
{
    int64_t until = gale_now(task) + CHANGE_NS;

    await_commit(task, s, until);
    commit(s);
    await_commit(task, s, until);
    if (s->committing)
        gale_log(task, GALE_LOG_WARN,
                 "the last commit was not answered in time: what it says was "
                 "acked may come again");
}

/* What the group gives back is known to be committed. */
static void leave_group(gale_task *task, struct kafka_spout *s)
{
    int64_t until = gale_now(task) + CHANGE_NS;
    rd_kafka_error_t *error =
        rd_kafka_consumer_close_queue(s->client.handle, s->queue);
    rd_kafka_event_t *event;

    if (error != NULL) {
        rd_kafka_error_destroy(error);
        return;
    }
    while (!rd_kafka_consumer_closed(s->client.handle) &&
           gale_now(task) < until) {
        event = rd_kafka_queue_poll(s->queue, 100);
        if (event != NULL)
            rd_kafka_event_destroy(event);
        if (s->change.revoking)
            rd_kafka_assign(s->client.handle, NULL);
        s->change.revoking = false;
    }
}

static void close_spout(gale_task *task, gale_close_reason reason)
{
    struct kafka_spout *s = gale_instance(task);

    (void)reason;
    atomic_store(&s->stop, true);
    if (s->client.handle != NULL) {
        last_commit(task, s);
        forget_all(task, s);
        if (s->assign == ASSIGN_GROUP)
            leave_group(task, s);
        rd_kafka_queue_destroy(s->queue);
        kafka_client_close(&s->client);
    }
    if (s->to_assign != NULL)
        rd_kafka_topic_partition_list_destroy(s->to_assign);
    kafka_partitions_fini(&s->partitions);
    retry_queue_fini(&s->retries);
    kafka_topics_fini(&s->topics);
    if (s->fd >= 0)
        close(s->fd);
}

/* -- running --------------------------------------------------------------- */

static void measure(gale_task *task, struct kafka_spout *s)
{
    for (size_t i = 0; i < s->partitions.n; i++)
        kafka_partition_measure(s->partitions.items[i], task, s->client.handle);
}

static void tick(gale_task *task, struct kafka_spout *s)
{
    int64_t now = gale_now(task);

    look_around(task, s, now);
    if (now < s->commit_at)
        return;
    s->commit_at = now + s->commit_ms * MS;
    commit(s);
    measure(task, s);
}

static bool is_done(const struct kafka_spout *s)
{
    for (size_t i = 0; i < s->partitions.n; i++)
        if (!s->partitions.items[i]->done)
            return false;
    return s->until == UNTIL_END && s->retries.n == 0 && s->n_ahead == 0;
}

static void wait(gale_task *task, struct kafka_spout *s)
{
    int64_t due = retry_queue_due(&s->retries);

    if (is_done(s)) {
        gale_exhausted(task);
        return;
    }
    gale_wait_fd(task, s->fd, POLLIN);
    gale_wait_until(task, due < s->commit_at ? due : s->commit_at);
}

static gale_result next(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);
    gale_result result = GALE_OK;
    uint64_t events;
    bool empty;

    if (s->fatal[0] != '\0')
        return gale_error(task, GALE_FATAL, "%s", s->fatal);
    while (read(s->fd, &events, sizeof(events)) > 0)
        ; /* before looking, so that nothing goes unseen */
    serve(task, s, 0);
    tick(task, s);
    if (s->change.revoking && s->n_ahead == 0)
        give_back(task, s);
    if (emit_due(task, s, &result))
        return result;
    if (s->guarantee == AT_MOST_ONCE)
        empty = go_ahead(task, s, &result);
    else
        empty = read_some(task, s, s->batch, &result);
    if (empty && result == GALE_OK)
        wait(task, s);
    return result;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct kafka_spout *s = gale_instance(task);
    struct kafka_partition *p = kafka_partitions_of(&s->partitions, id);
    rd_kafka_message_t *m =
        p == NULL ? NULL : offset_ledger_ack(&p->ledger, (int64_t)id.lo);

    if (m == NULL)
        return; /* of a partition that is another's now */
    rd_kafka_message_destroy(m);
    if (p->paused && !is_much(s, p, 2))
        stop_for_now(task, s, p, false);
    if (s->active)
        return;
    serve(task, s, 0);
    if (gale_n_pending(task) == 0 || gale_now(task) >= s->commit_at)
        tick(task, s);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct kafka_spout *s = gale_instance(task);
    struct kafka_partition *p = kafka_partitions_of(&s->partitions, id);
    struct offset_entry *e =
        p == NULL ? NULL : offset_ledger_find(&p->ledger, (int64_t)id.lo);

    if (e == NULL)
        gale_give_up(task, id);
    else
        retry_queue_push(&s->retries, id, ++e->fails, gale_now(task),
                         gale_random(task));
}

static void activate(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);

    s->active = true;
}

/* What is acked by now; the rest follows with the acks, and by close. */
static void deactivate(gale_task *task)
{
    struct kafka_spout *s = gale_instance(task);

    s->active = false;
    commit(s);
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct kafka_spout *s = instance;

    return kafka_record_declare(out, s->fields);
}

#define OPTION(kind_, member_, ...)                                            \
    GALE_OPTION_##kind_(struct kafka_spout, member_, __VA_ARGS__)

GALE_SPOUT(
    kafka_spout, .summary = "the records of Kafka's topics",
    .declare = declare, .open = open_spout, .close = close_spout,
    .activate = activate, .deactivate = deactivate, .next = next, .ack = ack,
    .fail = fail, .instance_size = sizeof(struct kafka_spout),
    .needs = GALE_NEEDS_NETWORK,
    .options = GALE_OPTIONS(
        OPTION(STR, brokers, "brokers", NULL,
               "where to ask first: host:port, …"),
        OPTION(STR, topics_list, "topics", NULL,
               "names of topics, or patterns that begin with ^"),
        OPTION(STR, group, "group", "",
               "under which offsets are committed; without one it is "
               "gale-TOPOLOGY-COMPONENT"),
        OPTION(ENUM, assign, "assign", "tasks", "tasks group",
               "who shares partitions out: by the index of the task, or "
               "Kafka's consumer group"),
        OPTION(ENUM, start.kind, "start", "committed", KAFKA_START_WORDS,
               "where to begin; what is not committed is for the first start "
               "of the topology"),
        OPTION(ENUM, start.fallback, "fallback", "unsaid", KAFKA_FALLBACK_WORDS,
               "where to begin if nothing is committed, or offsets has none"),
        OPTION(INT, timestamp, "timestamp", "0", 0, INT64_MAX,
               "milliseconds since 1970, of start or fallback timestamp"),
        OPTION(STR, start.offsets, "offsets", "",
               "TOPIC:PARTITION:OFFSET, …, of start offsets"),
        OPTION(ENUM, out_of_range, "out.of.range", "earliest",
               "earliest latest error",
               "what to do when the offset is gone: go on there, or stop"),
        OPTION(ENUM, guarantee, "guarantee", "at_least_once",
               "at_least_once at_most_once none",
               "commit what is acked; commit before it is emitted; neither"),
        OPTION(ENUM, isolation, "isolation", "read_committed",
               "read_committed read_uncommitted",
               "whether records of open and aborted transactions are left out"),
        OPTION(INT, commit_ms, "commit.ms", "1000", 1, 86400000,
               "how often acked offsets are committed"),
        OPTION(INT, max_uncommitted, "max.uncommitted", "100000", 2, 100000000,
               "a partition with so many offsets that are emitted and cannot "
               "be committed yet is not read on"),
        OPTION(INT, max_bytes, "max.uncommitted.bytes", "33554432", 1,
               INT64_MAX, "the same in bytes, of all partitions of a task"),
        OPTION(INT, retry_ms, "retry.ms", "100", 1, 86400000,
               "pause before what failed is emitted again; it doubles"),
        OPTION(INT, retry_max_ms, "retry.max.ms", "10000", 1, 86400000,
               "no pause is longer"),
        OPTION(INT, refresh_secs, "refresh.secs", "30", 1, 86400,
               "how often to look for new partitions and topics"),
        OPTION(INT, start_secs, "start.secs", "10", 1, 3600,
               "how long to wait for a broker at the start"),
        OPTION(ENUM, until, "until", "stopped", "stopped end",
               "end: no further than the partitions reach at the start"),
        OPTION(STR, fields, "fields", KAFKA_RECORD_FIELDS,
               "what a tuple has of a record, in this order"),
        OPTION(MAP, properties, "kafka.",
               "any property of librdkafka's consumer")));
