/* kafka_lookup.c - see kafka_lookup.h. */
#include "connectors/kafka_lookup.h"
#include "connectors/must.h"

static bool failed(struct kafka_lookup *l, const char *what,
                   rd_kafka_resp_err_t error)
{
    if (atomic_load_explicit(l->stop, memory_order_relaxed))
        snprintf(l->error, sizeof(l->error), "it is being stopped");
    else
        snprintf(l->error, sizeof(l->error), "%s: %s", what,
                 rd_kafka_err2str(error));
    return false;
}

static bool is_stopped(const struct kafka_lookup *l)
{
    return atomic_load_explicit(l->stop, memory_order_relaxed);
}

/* -- partitions ------------------------------------------------------------ */

static void add_topic(struct kafka_lookup *l, const char *topic, int n)
{
    l->names =
        must_alloc(l->names, (l->n_names + (size_t)n) * sizeof(*l->names));
    for (int i = 0; i < n; i++) /* each owns its name */
        l->names[l->n_names++] = (struct partition_name){strdup(topic), i};
}

static bool has_topic(const struct kafka_lookup *l, const char *topic)
{
    for (size_t i = 0; i < l->n_names; i++)
        if (!strcmp(l->names[i].topic, topic))
            return true;
    return false;
}

static bool is_unknown(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

static bool missing(struct kafka_lookup *l, const char *topic)
{
    if (l->late)
        return true;
    l->missing = true;
    snprintf(l->error, sizeof(l->error),
             "there is no topic %.249s: create it, or name another one", topic);
    return false;
}

static bool take(struct kafka_lookup *l, const rd_kafka_metadata_topic_t *t)
{
    char what[300];

    if (!kafka_topics_match(l->topics, t->topic) || has_topic(l, t->topic))
        return true;
    if (is_unknown(t->err))
        return missing(l, t->topic);
    if (t->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        add_topic(l, t->topic, t->partition_cnt);
        return true;
    }
    snprintf(what, sizeof(what), "topic %.249s", t->topic);
    return failed(l, what, t->err);
}

/* handle NULL: of all topics. */
static bool ask(struct kafka_lookup *l, rd_kafka_topic_t *handle)
{
    const struct rd_kafka_metadata *data;
    rd_kafka_resp_err_t error;
    bool ok = true;

    error = rd_kafka_metadata(l->client, handle == NULL, handle, &data,
                              l->timeout_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return failed(l, "no broker says which topics there are", error);
    for (int i = 0; ok && i < data->topic_cnt; i++)
        ok = take(l, &data->topics[i]);
    rd_kafka_metadata_destroy(data);
    return ok;
}

static bool ask_by_name(struct kafka_lookup *l, const char *topic)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(l->client, topic, NULL);
    bool ok;

    if (handle == NULL)
        return failed(l, topic, rd_kafka_last_error());
    ok = ask(l, handle);
    rd_kafka_topic_destroy(handle);
    return ok;
}

static void forget(struct kafka_lookup *l)
{
    for (size_t i = 0; i < l->n_names; i++)
        free((char *)l->names[i].topic);
    l->n_names = 0;
    l->missing = false;
    l->error[0] = '\0';
}

bool kafka_lookup_partitions(struct kafka_lookup *l)
{
    bool ok = true;

    forget(l);
    if (kafka_topics_have_pattern(l->topics))
        ok = ask(l, NULL);
    for (size_t i = 0; ok && i < l->topics->n; i++) {
        const struct kafka_topic_rule *rule = &l->topics->rules[i];

        if (!rule->is_pattern && !has_topic(l, rule->text))
            ok = !is_stopped(l) && ask_by_name(l, rule->text);
    }
    return ok;
}

void kafka_lookup_fini(struct kafka_lookup *l)
{
    forget(l);
    free(l->names);
    l->names = NULL;
}

/* -- offsets --------------------------------------------------------------- */

static struct kafka_start_case case_of(const struct kafka_lookup *l,
                                       const rd_kafka_topic_partition_t *p)
{
    return (struct kafka_start_case){
        .topic = p->topic,
        .partition = p->partition,
        .committed = p->offset,
        .begun = l->begun != NULL && l->begun(l->arg, p->topic, p->partition),
        .late = l->late};
}

static bool any_resumes(const struct kafka_lookup *l,
                        const rd_kafka_topic_partition_list_t *partitions)
{
    for (int i = 0; i < partitions->cnt; i++) {
        struct kafka_start_case c = case_of(l, &partitions->elems[i]);

        if (kafka_start_resumes(l->start, &c))
            return true;
    }
    return false;
}

/* Leaves what is committed in each, < 0 for none. */
static bool ask_committed(struct kafka_lookup *l,
                          rd_kafka_topic_partition_list_t *partitions)
{
    static const char what[] = "the group's coordinator does not say what is "
                               "committed";
    rd_kafka_resp_err_t error;

    for (int i = 0; i < partitions->cnt; i++)
        partitions->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
    if (!any_resumes(l, partitions))
        return true;
    error = rd_kafka_committed(l->client, partitions, l->timeout_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return failed(l, what, error);
    for (int i = 0; i < partitions->cnt; i++)
        if (partitions->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return failed(l, what, partitions->elems[i].err);
    return true;
}

static const char no_offset[] =
    "no broker says which offset a time has, or the end";

/* Of those that begin at a time, or at the end: the offset, instead. */
static bool ask_times(struct kafka_lookup *l,
                      rd_kafka_topic_partition_list_t *partitions,
                      const rd_kafka_topic_partition_list_t *times)
{
    for (int i = 0; i < times->cnt; i++) {
        const rd_kafka_topic_partition_t *t = &times->elems[i];
        rd_kafka_topic_partition_t *p = rd_kafka_topic_partition_list_find(
            partitions, t->topic, t->partition);

        if (t->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return failed(l, no_offset, t->err);
        p->offset = t->offset; /* the end, if all is older */
    }
    return true;
}

static bool nothing_committed(struct kafka_lookup *l,
                              const rd_kafka_topic_partition_t *p)
{
    l->never = true;
    if (l->start->kind == KAFKA_START_OFFSETS)
        snprintf(
            l->error, sizeof(l->error),
            "option offsets has none for partition %d of topic %.249s, and "
            "fallback does not say where to begin then",
            (int)p->partition, p->topic);
    else
        snprintf(l->error, sizeof(l->error),
                 "nothing is committed for partition %d of topic %.249s, and "
                 "fallback is error",
                 (int)p->partition, p->topic);
    return false;
}

static void ask_time(rd_kafka_topic_partition_list_t *times,
                     const rd_kafka_topic_partition_t *p, int64_t time)
{
    rd_kafka_topic_partition_list_add(times, p->topic, p->partition)->offset =
        time;
}

/* A time goes into `times`, and so does the end: what is written once the spout
 * runs is read. The rest is known now. */
static bool choose(struct kafka_lookup *l, rd_kafka_topic_partition_t *p,
                   rd_kafka_topic_partition_list_t *times)
{
    struct kafka_start_case c = case_of(l, p);
    struct kafka_start_at at = kafka_start_choose(l->start, &c);

    switch (at.kind) {
    case KAFKA_START_EARLIEST:
        p->offset = RD_KAFKA_OFFSET_BEGINNING;
        return true;
    case KAFKA_START_LATEST:
        ask_time(times, p, RD_KAFKA_OFFSET_END);
        return true;
    case KAFKA_START_OFFSETS:
        p->offset = at.offset;
        return true;
    case KAFKA_START_TIMESTAMP:
        ask_time(times, p, l->timestamp_ms);
        return true;
    default:
        return nothing_committed(l, p);
    }
}

bool kafka_lookup_offsets(struct kafka_lookup *l,
                          rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_topic_partition_list_t *times =
        rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    bool ok;

    l->error[0] = '\0';
    ok = ask_committed(l, partitions);
    for (int i = 0; ok && i < partitions->cnt; i++)
        ok = choose(l, &partitions->elems[i], times);
    if (ok && times->cnt > 0 && !is_stopped(l))
        error = rd_kafka_offsets_for_times(l->client, times, l->timeout_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        ok = failed(l, no_offset, error);
    ok = ok && ask_times(l, partitions, times);
    rd_kafka_topic_partition_list_destroy(times);
    return ok;
}
