/* kafka_partitions.c - see kafka_partitions.h. */
#include "connectors/kafka_partitions.h"
#include "connectors/must.h"
#include <string.h>

static gale_metric *gauge(gale_task *task, const struct kafka_partition *p,
                          const char *what)
{
    char name[300];

    snprintf(name, sizeof(name), "%s %s[%d]", what, p->topic, (int)p->number);
    return gale_gauge(task, name);
}

struct kafka_partition *kafka_partitions_add(struct kafka_partitions *all,
                                             gale_task *task, const char *topic,
                                             int32_t number)
{
    struct kafka_partition *p = must_alloc(NULL, sizeof(*p));

    memset(p, 0, sizeof(*p));
    p->topic = strdup(topic);
    p->number = number;
    p->stay = ++all->stays;
    p->committed = p->end = -1;
    offset_ledger_init(&p->ledger);
    p->lag = gauge(task, p, "lag");
    p->latest = gauge(task, p, "latest");
    p->commit = gauge(task, p, "committed");
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

void kafka_partition_measure(struct kafka_partition *p, gale_task *task,
                             rd_kafka_t *client)
{
    int64_t low, high;

    if (p->committed >= 0)
        gale_gauge_set(task, p->commit, (double)p->committed);
    if (rd_kafka_get_watermark_offsets(client, p->topic, p->number, &low,
                                       &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0)
        return;
    gale_gauge_set(task, p->latest, (double)high);
    if (p->committed >= 0)
        gale_gauge_set(task, p->lag, (double)(high - p->committed));
}
