/*
 * kafka_fetching.c - what librdkafka has fetched is taken, and it goes on to
 * fetch; see kafka_reader.h.
 *
 * The thread that fetches stops when its queue is full or its partitions are
 * paused, and looks again after a second; when there is room nobody tells it.
 * But it wakes for any request to its broker. So when it may sleep, the ends of
 * the partitions are asked for, by a thread that may wait for the answer.
 *
 * A broker answers a connection's requests one after the other, and keeps one
 * that fetches what is not there yet for fetch.wait.max.ms. So nothing is asked
 * when a run has all that it is going to read, or its end would wait for the
 * answer.
 */
#include "connectors/kafka_reader.h"
#include "connectors/must.h"

/* Fetches tell the ends, too, unless nothing is fetched. */
#define ENDS_NS INT64_C(2000000000)

enum { WAKE_MS = 1000, SPENT = 16384, SPENT_BYTES = 4 * 1024 * 1024 };

struct kafka_wake {
    struct kafka_reader *reader;
    rd_kafka_t *client;
    rd_kafka_topic_partition_list_t *ends;
    rd_kafka_topic_partition_list_t *starts; /* that nobody knows yet */
};

/* -- waking ---------------------------------------------------------------- */

/* All that a bounded run still reads is among the messages at hand. */
static bool has_all(const struct kafka_reader *r, uint64_t at_hand)
{
    uint64_t wanted = 0;

    for (size_t i = 0; i < r->partitions.n && !r->follows; i++) {
        const struct kafka_partition *p = r->partitions.items[i];

        if (p->done)
            continue;
        if (p->end < 0 || p->ledger.next < 0)
            return false;
        wanted += (uint64_t)(p->end - p->ledger.next);
    }
    return !r->follows && wanted <= at_hand;
}

/* That it was asked wakes; what is answered is for the gauges. */
static gale_result ask(void *arg)
{
    struct kafka_wake *wake = arg;

    if (rd_kafka_offsets_for_times(wake->client, wake->ends, WAKE_MS) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return GALE_RETRY;
    if (wake->starts->cnt > 0 &&
        rd_kafka_offsets_for_times(wake->client, wake->starts, WAKE_MS) !=
            RD_KAFKA_RESP_ERR_NO_ERROR)
        return GALE_RETRY;
    return GALE_OK;
}

/* NULL: there is no answer, or nobody reads it any longer. */
static struct kafka_partition *answered(
    struct kafka_reader *r, const rd_kafka_topic_partition_t *answer)
{
    if (answer->err != RD_KAFKA_RESP_ERR_NO_ERROR || answer->offset < 0)
        return NULL;
    return kafka_partitions_find(&r->partitions, answer->topic,
                                 answer->partition);
}

static void note(struct kafka_wake *wake)
{
    struct kafka_partition *p;

    for (int i = 0; i < wake->ends->cnt; i++)
        if ((p = answered(wake->reader, &wake->ends->elems[i])) != NULL)
            p->latest = wake->ends->elems[i].offset;
    for (int i = 0; i < wake->starts->cnt; i++)
        if ((p = answered(wake->reader, &wake->starts->elems[i])) != NULL &&
            p->start < 0)
            p->start = wake->starts->elems[i].offset;
    kafka_reader_measure(wake->reader);
}

static void asked(gale_task *task, gale_result result, void *arg)
{
    struct kafka_wake *wake = arg;
    struct kafka_reader *r = wake->reader;

    (void)task;
    r->waking = false;
    if (result == GALE_OK)
        note(wake);
    rd_kafka_topic_partition_list_destroy(wake->ends);
    rd_kafka_topic_partition_list_destroy(wake->starts);
    free(wake);
    if (r->wake_again && result == GALE_OK &&
        !has_all(r, rd_kafka_queue_length(r->queue)))
        kafka_fetching_wake(r);
}

static struct kafka_wake *wake_new(struct kafka_reader *r)
{
    struct kafka_wake *wake = must_alloc(NULL, sizeof(*wake));
    int n = (int)r->partitions.n;

    wake->reader = r;
    wake->client = r->client.handle;
    wake->ends = rd_kafka_topic_partition_list_new(n);
    wake->starts = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++) {
        const struct kafka_partition *p = r->partitions.items[i];

        rd_kafka_topic_partition_list_add(wake->ends, p->topic, p->number)
            ->offset = RD_KAFKA_OFFSET_END;
        if (p->start < 0)
            rd_kafka_topic_partition_list_add(wake->starts, p->topic, p->number)
                ->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    return wake;
}

void kafka_fetching_wake(struct kafka_reader *r)
{
    struct kafka_wake *wake;

    r->wake_again = r->waking;
    if (r->waking || r->partitions.n == 0)
        return;
    wake = wake_new(r);
    r->waking = true;
    r->ends_at = gale_now(r->task) + ENDS_NS;
    if (gale_async(r->task, ask, asked, wake) != GALE_OK)
        asked(r->task, GALE_RETRY, wake); /* too many under way */
}

void kafka_fetching_look(struct kafka_reader *r)
{
    if (!r->waking && !kafka_reader_was_down(r) &&
        gale_now(r->task) >= r->ends_at &&
        !has_all(r, rd_kafka_queue_length(r->queue)))
        kafka_fetching_wake(r);
}

/* -- freeing --------------------------------------------------------------- */

/*
 * What we free, the thread that fetches has allocated, and malloc has one lock
 * for both: while it makes messages of what a broker has answered, the two
 * would wait for each other more than work. So what is spent is freed together,
 * when something has just come: then it waits for the next answer.
 */
void kafka_fetching_free(struct kafka_reader *r)
{
    while (r->n_spent > 0)
        rd_kafka_message_destroy(r->spent[--r->n_spent]);
    r->spent_bytes = 0;
}

void kafka_reader_drop(struct kafka_reader *r, rd_kafka_message_t *m)
{
    r->spent[r->n_spent++] = m;
    r->spent_bytes += m->len + m->key_len;
    if (r->n_spent == SPENT || r->spent_bytes > SPENT_BYTES)
        kafka_fetching_free(r);
}

/* -- taking ---------------------------------------------------------------- */

static int64_t setting(const rd_kafka_t *client, const char *property)
{
    char text[32];
    size_t size = sizeof(text);

    must(rd_kafka_conf_get(rd_kafka_conf((rd_kafka_t *)client), property, text,
                           &size) == RD_KAFKA_CONF_OK);
    return strtoll(text, NULL, 10);
}

void kafka_fetching_begin(struct kafka_reader *r)
{
    r->spent = must_alloc(NULL, SPENT * sizeof(r->spent[0]));
    r->pace.most_messages =
        (uint64_t)setting(r->client.handle, "queued.min.messages");
    r->pace.most_bytes =
        (uint64_t)setting(r->client.handle, "queued.max.messages.kbytes") *
        1024;
}

void kafka_fetching_end(struct kafka_reader *r)
{
    kafka_fetching_free(r);
    free(r->spent);
    r->spent = NULL;
}

/* The batch call of librdkafka 2.0.2 is safe as long as no partition is paused,
 * assigned or taken away meanwhile, and all of that is done by this task. */
uint32_t kafka_reader_take(struct kafka_reader *r, rd_kafka_message_t **to,
                           uint32_t most)
{
    ssize_t n = rd_kafka_consume_batch_queue(r->queue, 0, to, most);
    uint64_t bytes = 0, left;

    if (n <= 0)
        return 0;
    left = rd_kafka_queue_length(r->queue);
    if (left + (uint64_t)n > r->pace.left)
        kafka_fetching_free(r);
    for (ssize_t i = 0; i < n; i++)
        bytes += to[i]->len;
    if (fetch_pace_taken(&r->pace, (uint64_t)n, bytes, left) &&
        !has_all(r, left + (uint64_t)n))
        kafka_fetching_wake(r);
    return (uint32_t)n;
}
