/* kafka_assignment.c - which partitions a reader has; see kafka_reader.h. */
#include "connectors/kafka_reader.h"
#include "connectors/kafka_trouble.h"
#include "connectors/must.h"

#define MS INT64_C(1000000)

/* Of one question; and a topic that was just made may be unknown for long. */
enum { ASK_MS = 3000, MISSING_MS = 1000 };

/* A question on its way; one at a time. */
struct kafka_job {
    struct kafka_lookup lookup;
    rd_kafka_topic_partition_list_t *list; /* whose offsets; NULL: partitions */
    uint64_t assignment;                   /* for which it was asked */
};

/* -- given back ------------------------------------------------------------ */

void kafka_assignment_drop(struct kafka_reader *r)
{
    while (r->partitions.n > 0) {
        kafka_reader_forget(r, r->partitions.items[r->partitions.n - 1]);
        kafka_partitions_remove(&r->partitions, r->partitions.n - 1);
    }
    if (r->to_assign != NULL)
        rd_kafka_topic_partition_list_destroy(r->to_assign);
    r->to_assign = NULL;
}

static void give_back(struct kafka_reader *r)
{
    struct kafka_change *c = &r->change;
    bool wait = !c->lost && gale_now(r->task) < c->until;

    if (wait && r->committing)
        return;
    if (wait && !c->sent) {
        c->sent = true;
        kafka_reader_commit(r);
        if (r->committing)
            return;
    }
    for (size_t i = 0; i < r->partitions.n; i++)
        kafka_partition_unmeasure(r->partitions.items[i], r->task);
    kafka_assignment_drop(r);
    rd_kafka_assign(r->client.handle, NULL);
    c->revoking = false;
}

void kafka_assignment_changed(rd_kafka_t *handle, rd_kafka_resp_err_t error,
                              rd_kafka_topic_partition_list_t *list,
                              void *opaque)
{
    struct kafka_reader *r = opaque;

    if (r->to_assign != NULL)
        rd_kafka_topic_partition_list_destroy(r->to_assign);
    r->to_assign = NULL;
    r->assignment++;
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        gale_log(r->task, GALE_LOG_INFO, "the group gives %d partitions",
                 list->cnt);
        r->to_assign = rd_kafka_topic_partition_list_copy(list);
        return;
    }
    r->change = (struct kafka_change){.revoking = true,
                                      .lost = rd_kafka_assignment_lost(handle),
                                      .until = gale_now(r->task) +
                                               KAFKA_ANSWER_MS * MS};
    gale_log(r->task, GALE_LOG_INFO, "the group takes %d partitions%s",
             list->cnt, r->change.lost ? ", which have another owner" : "");
}

/* Of an assignment by tasks: one that is not there any longer. */
static void drop_one(struct kafka_reader *r, size_t i)
{
    struct kafka_partition *p = r->partitions.items[i];
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_error_t *error;

    gale_report_error(r->task,
                      "topic %s, partition %d: it is not there any longer, or "
                      "another task's, and not read on",
                      p->topic, (int)p->number);
    rd_kafka_topic_partition_list_add(list, p->topic, p->number)->offset =
        p->ledger.safe;
    if (p->ledger.safe >= 0 && p->ledger.safe != p->committed)
        rd_kafka_commit(r->client.handle, list, true);
    kafka_reader_forget(r, p);
    kafka_partition_unmeasure(p, r->task);
    error = rd_kafka_incremental_unassign(r->client.handle, list);
    if (error != NULL)
        rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
    kafka_partitions_remove(&r->partitions, i);
}

/* -- new ------------------------------------------------------------------- */

static const char *special(int64_t offset)
{
    return offset == RD_KAFKA_OFFSET_BEGINNING ? "the beginning" : "the end";
}

static void add(struct kafka_reader *r, const rd_kafka_topic_partition_t *at)
{
    struct kafka_partition *p =
        kafka_partitions_add(&r->partitions, at->topic, at->partition);
    char text[24];

    snprintf(text, sizeof(text), "offset %lld", (long long)at->offset);
    if (at->offset >= 0) {
        p->start = at->offset;
        offset_ledger_reach(&p->ledger, at->offset);
    }
    gale_log(r->task, GALE_LOG_INFO, "topic %s, partition %d: from %s on",
             at->topic, (int)at->partition,
             at->offset >= 0 ? text : special(at->offset));
}

static void assign(struct kafka_reader *r,
                   const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_error_t *error = NULL;

    for (int i = 0; i < list->cnt; i++)
        add(r, &list->elems[i]);
    if (r->by_group)
        rd_kafka_assign(r->client.handle, list);
    else if (list->cnt > 0)
        error = rd_kafka_incremental_assign(r->client.handle, list);
    if (error == NULL)
        return;
    snprintf(r->fatal, sizeof(r->fatal), "cannot read new partitions: %s",
             rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
}

/* Of the share, what is not read yet. */
static rd_kafka_topic_partition_list_t *new_ones(struct kafka_reader *r,
                                                 const struct kafka_lookup *l,
                                                 size_t share)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)share);

    for (size_t i = 0; i < share; i++)
        if (kafka_partitions_find(&r->partitions, l->names[i].topic,
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

/* -- questions ------------------------------------------------------------- */

static struct kafka_job *job_new(const struct kafka_reader *r, bool late)
{
    struct kafka_job *job = must_alloc(NULL, sizeof(*job));

    memset(job, 0, sizeof(*job));
    job->lookup.client = r->client.handle;
    job->lookup.topics = &r->topics;
    job->lookup.start = &r->start;
    job->lookup.timestamp_ms = r->timestamp_ms;
    job->lookup.timeout_ms = r->start_ms < ASK_MS ? (int)r->start_ms : ASK_MS;
    job->lookup.stop = &r->stop;
    job->lookup.late = late;
    job->assignment = r->assignment;
    return job;
}

static void job_free(struct kafka_job *job)
{
    kafka_lookup_fini(&job->lookup);
    if (job->list != NULL)
        rd_kafka_topic_partition_list_destroy(job->list);
    free(job);
}

static gale_result look(void *arg)
{
    struct kafka_job *job = arg;
    bool ok = job->list == NULL ? kafka_lookup_partitions(&job->lookup)
                                : kafka_lookup_offsets(&job->lookup, job->list);

    return ok ? GALE_OK : GALE_RETRY;
}

static void job_done(gale_task *task, gale_result result, void *arg);

/* arg of the job: the reader. */
static void ask(struct kafka_reader *r, struct kafka_job *job)
{
    job->lookup.arg = r;
    r->job = job;
    if (gale_async(r->task, look, job_done, job) == GALE_OK)
        return;
    r->job = NULL; /* too many under way: at the next opportunity */
    job_free(job);
}

static void compare(struct kafka_reader *r, struct kafka_job *job)
{
    struct kafka_lookup *l = &job->lookup;
    size_t share = partition_share(
        l->names, l->n_names, gale_task_index(r->task), gale_n_tasks(r->task));
    struct kafka_job *more;

    for (size_t i = r->partitions.n; i-- > 0;)
        if (!in_share(l, share, r->partitions.items[i]))
            drop_one(r, i);
    more = job_new(r, true);
    more->list = new_ones(r, l, share);
    if (more->list->cnt > 0)
        ask(r, more);
    else
        job_free(more);
}

/* Of a group, it is asked again until the assignment is another one; of tasks,
 * when it is time to look again. */
static void job_failed(struct kafka_reader *r, struct kafka_job *job)
{
    if (job->lookup.never)
        snprintf(r->fatal, sizeof(r->fatal), "%s", job->lookup.error);
    else if (!atomic_load_explicit(&r->stop, memory_order_relaxed))
        /* that brokers are away, whether librdkafka calls it so or not */
        outage_fails(&r->away, r->task, "%s; it is asked again",
                     job->lookup.error);
    if (!r->by_group)
        return;
    r->to_assign = job->list;
    job->list = NULL;
}

static void job_done(gale_task *task, gale_result result, void *arg)
{
    struct kafka_job *job = arg;
    struct kafka_reader *r = job->lookup.arg;

    (void)task;
    r->job = NULL;
    if (result == GALE_OK)
        kafka_reader_is_back(r);
    if (job->assignment != r->assignment)
        ; /* they have been taken away meanwhile */
    else if (result != GALE_OK)
        job_failed(r, job);
    else if (job->list == NULL)
        compare(r, job);
    else
        assign(r, job->list);
    job_free(job);
}

void kafka_assignment_serve(struct kafka_reader *r)
{
    int64_t now = gale_now(r->task);
    struct kafka_job *job;

    if (r->change.revoking)
        give_back(r);
    if (r->change.revoking || r->job != NULL)
        return;
    if (r->to_assign != NULL) {
        job = job_new(r, r->assignment > 1);
        job->list = r->to_assign;
        r->to_assign = NULL;
        ask(r, job);
    } else if (!r->by_group && r->follows && now >= r->refresh_at) {
        r->refresh_at = now + r->refresh_ns;
        ask(r, job_new(r, true));
    }
}

/* -- the beginning --------------------------------------------------------- */

static bool has_begun(void *arg, const char *topic, int32_t partition)
{
    char split[300];
    int n = snprintf(split, sizeof(split), "%s:%d", topic, (int)partition);

    return gale_position_get(arg, gale_str_make(split, (size_t)n)).size > 0;
}

/* Of a group, only that the topics are there. */
static bool find(struct kafka_reader *r, struct kafka_job *job)
{
    struct kafka_lookup *l = &job->lookup;
    size_t share;

    if (!kafka_lookup_partitions(l))
        return false;
    if (r->by_group)
        return true;
    share = partition_share(l->names, l->n_names, gale_task_index(r->task),
                            gale_n_tasks(r->task));
    if (job->list != NULL)
        rd_kafka_topic_partition_list_destroy(job->list);
    job->list = new_ones(r, l, share);
    return kafka_lookup_offsets(l, job->list);
}

/* Nothing runs yet, so waiting holds up nobody. */
static bool find_in_time(struct kafka_reader *r, struct kafka_job *job,
                         char *text)
{
    int64_t now = gale_now(r->task), until = now + r->start_ms * MS;
    int64_t until_missing = now + MISSING_MS * MS;

    while (!find(r, job)) {
        kafka_client_listen(&r->client, r->task, 100);
        now = gale_now(r->task);
        if (!job->lookup.never && now < until &&
            (!job->lookup.missing || now < until_missing))
            continue;
        if (job->lookup.never || job->lookup.missing)
            snprintf(text, KAFKA_TEXT, "%s", job->lookup.error);
        else
            kafka_trouble_explain(r->from, r->start_ms / 1000,
                                  job->lookup.error, r->client.trouble, text,
                                  KAFKA_TEXT);
        return false;
    }
    return true;
}

static bool subscribe(struct kafka_reader *r, char *text)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)r->topics.n);
    rd_kafka_resp_err_t error;

    for (size_t i = 0; i < r->topics.n; i++)
        rd_kafka_topic_partition_list_add(list, r->topics.rules[i].text,
                                          RD_KAFKA_PARTITION_UA);
    error = rd_kafka_subscribe(r->client.handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        snprintf(text, KAFKA_TEXT, "cannot subscribe: %s",
                 rd_kafka_err2str(error));
    return error == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static bool matches_any(const struct kafka_topic_rule *rule,
                        const struct kafka_lookup *l)
{
    for (size_t i = 0; i < l->n_names; i++)
        if (regexec(&rule->pattern, l->names[i].topic, 0, NULL, 0) == 0)
            return true;
    return false;
}

/* It may be meant so: topics come later. It may be a slip, too. All tasks see
 * the same; one says it. */
static void warn_of_patterns(const struct kafka_reader *r,
                             const struct kafka_lookup *l)
{
    for (size_t i = 0; i < r->topics.n; i++) {
        const struct kafka_topic_rule *rule = &r->topics.rules[i];

        if (rule->is_pattern && !matches_any(rule, l))
            gale_log(r->task, GALE_LOG_WARN,
                     "the pattern %.200s matches no topic%s", rule->text,
                     r->follows ? ", it is looked for again" : "");
    }
}

static int n_partitions(const struct kafka_lookup *l, const char *topic)
{
    int n = 0;

    for (size_t i = 0; i < l->n_names; i++)
        n += !strcmp(l->names[i].topic, topic);
    return n;
}

/* What is read, as "words 0 to 3, other 0 to 1"; the end is cut off. */
static void say_partitions(const struct kafka_lookup *l, char *text,
                           size_t size)
{
    size_t used = 0;

    snprintf(text, size, "none");
    for (size_t i = 0; i < l->n_names && used < size; i++)
        if (l->names[i].number == 0)
            used += (size_t)snprintf(text + used, size - used, "%s%s 0 to %d",
                                     used > 0 ? ", " : "", l->names[i].topic,
                                     n_partitions(l, l->names[i].topic) - 1);
}

/* As above: a slip, or a topic that comes later, which begins at its start. */
static void warn_of_offsets(const struct kafka_reader *r,
                            const struct kafka_lookup *l)
{
    char read[KAFKA_TEXT];
    gale_str item;

    say_partitions(l, read, sizeof(read));
    for (size_t at = 0;
         (item = kafka_start_unread(&r->start, l->names, l->n_names, &at))
             .size > 0;)
        gale_log(r->task, GALE_LOG_WARN,
                 "option offsets: %.*s is of no partition that is read; these "
                 "are %s",
                 (int)(item.size < 200 ? item.size : 200), item.data, read);
}

bool kafka_assignment_begin(struct kafka_reader *r, char *text)
{
    struct kafka_job *job = job_new(r, false);
    bool ok;

    job->lookup.begun = has_begun;
    job->lookup.arg = r->task;
    ok = find_in_time(r, job, text);
    if (ok && gale_task_index(r->task) == 0) {
        warn_of_patterns(r, &job->lookup);
        warn_of_offsets(r, &job->lookup);
    }
    if (ok && r->by_group)
        ok = subscribe(r, text);
    else if (ok)
        assign(r, job->list);
    job_free(job);
    return ok;
}
