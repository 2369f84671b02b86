/* kafka_partitions.c - see kafka_partitions.h. */
#include "connectors/kafka_partitions.h"
#include "connectors/must.h"
#include <math.h>
#include <string.h>

struct kafka_partition *kafka_partitions_add(struct kafka_partitions *all,
                                             const char *topic, int32_t number)
{
    struct kafka_partition *p = must_alloc(NULL, sizeof(*p));

    memset(p, 0, sizeof(*p));
    p->topic = strdup(topic);
    p->number = number;
    p->stay = ++all->stays;
    p->committed = p->start = p->latest = p->end = -1;
    offset_ledger_init(&p->ledger);
    all->items = must_alloc(all->items, (all->n + 1) * sizeof(p));
    all->items[all->n++] = p;
    return p;
}

void kafka_partitions_remove(struct kafka_partitions *all, size_t i)
{
    struct kafka_partition *p = all->items[i];

    offset_ledger_fini(&p->ledger);
    free(p->topic);
    free(p);
    all->items[i] = all->items[--all->n];
    all->last = 0;
}

void kafka_partitions_fini(struct kafka_partitions *all)
{
    while (all->n > 0)
        kafka_partitions_remove(all, all->n - 1);
    free(all->items);
    all->items = NULL;
}

static bool is(const struct kafka_partition *p, const char *topic,
               int32_t number)
{
    return p->number == number && !strcmp(p->topic, topic);
}

struct kafka_partition *kafka_partitions_find(struct kafka_partitions *all,
                                              const char *topic, int32_t number)
{
    if (all->last < all->n && is(all->items[all->last], topic, number))
        return all->items[all->last];
    for (size_t i = 0; i < all->n; i++)
        if (is(all->items[i], topic, number)) {
            all->last = i;
            return all->items[i];
        }
    return NULL;
}

struct kafka_partition *kafka_partitions_of(struct kafka_partitions *all,
                                            gale_msgid id)
{
    if (all->last < all->n && all->items[all->last]->stay == id.hi)
        return all->items[all->last];
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i]->stay == id.hi)
            return all->items[i];
    return NULL;
}

void kafka_partitions_renew(struct kafka_partitions *all,
                            struct kafka_partition *p)
{
    p->stay = ++all->stays;
}

static bool is_committed(const struct kafka_partition *p)
{
    return p->ledger.safe < 0 || p->ledger.safe == p->committed;
}

bool kafka_partitions_all_committed(const struct kafka_partitions *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (!is_committed(all->items[i]))
            return false;
    return true;
}

rd_kafka_topic_partition_list_t *kafka_partitions_uncommitted(
    const struct kafka_partitions *all)
{
    rd_kafka_topic_partition_list_t *list = NULL;

    for (size_t i = 0; i < all->n; i++) {
        const struct kafka_partition *p = all->items[i];

        if (is_committed(p))
            continue;
        if (list == NULL)
            list = rd_kafka_topic_partition_list_new((int)all->n);
        rd_kafka_topic_partition_list_add(list, p->topic, p->number)->offset =
            p->ledger.safe;
    }
    return list;
}

/* < 0: it is not known. */
static void show(gale_task *task, const struct kafka_partition *p,
                 gale_metric **gauge, const char *what, int64_t value)
{
    char name[300];

    if (value < 0)
        return;
    snprintf(name, sizeof(name), "%s %s[%d]", what, p->topic, (int)p->number);
    if (*gauge == NULL)
        *gauge = gale_gauge(task, name);
    gale_gauge_set(task, *gauge, (double)value);
}

/* What a fetch has told, or a broker that was asked: while a partition is
 * paused, or its brokers are slow, nothing is fetched. */
static int64_t latest_of(const struct kafka_partition *p, rd_kafka_t *client)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(client, p->topic, p->number, &low,
                                       &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        high > p->latest)
        return high;
    return p->latest;
}

static int64_t lag_of(const struct kafka_partition *p, int64_t latest)
{
    int64_t from = p->committed >= 0 ? p->committed : p->start;

    if (latest < 0 || from < 0)
        return -1;
    return latest > from ? latest - from : 0;
}

void kafka_partition_measure(struct kafka_partition *p, gale_task *task,
                             rd_kafka_t *client)
{
    int64_t latest = latest_of(p, client);

    show(task, p, &p->committed_shown, "committed", p->committed);
    show(task, p, &p->latest_shown, "latest", latest);
    show(task, p, &p->lag_shown, "lag", lag_of(p, latest));
}

void kafka_partition_unmeasure(const struct kafka_partition *p, gale_task *task)
{
    gale_metric *const shown[] = {p->lag_shown, p->latest_shown,
                                  p->committed_shown};

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (shown[i] != NULL)
            gale_gauge_set(task, shown[i], NAN);
}
