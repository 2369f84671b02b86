/* kafka_handles.c - see kafka_handles.h. */
#include "connectors/kafka_handles.h"
#include "connectors/must.h"
#include <inttypes.h>

static int compare(gale_str name, const rd_kafka_topic_t *topic)
{
    const char *other = rd_kafka_topic_name(topic);
    int order = strncmp(name.data, other, name.size);

    return order != 0 ? order : -(other[name.size] != '\0');
}

/* Where it is, or would be. */
static size_t place_of(const struct kafka_handles *h, gale_str name,
                       bool *found)
{
    size_t low = 0, high = h->n;

    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name, h->items[middle]);

        *found = order == 0;
        if (*found)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void insert(struct kafka_handles *h, size_t at, rd_kafka_topic_t *topic)
{
    h->items = must_alloc(h->items, (h->n + 1) * sizeof(*h->items));
    memmove(h->items + at + 1, h->items + at, (h->n - at) * sizeof(*h->items));
    h->items[at] = topic;
    h->n++;
}

rd_kafka_topic_t *kafka_handles_find(struct kafka_handles *h,
                                     rd_kafka_t *producer, gale_str name,
                                     char *text, size_t size)
{
    rd_kafka_topic_t *topic = NULL;
    char copy[256];
    bool found;
    size_t at = place_of(h, name, &found);

    if (found)
        return h->items[at];
    snprintf(copy, sizeof(copy), "%.*s", (int)name.size, name.data);
    if ((int64_t)h->n >= h->max)
        snprintf(text, size,
                 "topic %s would be one more than max.topics, which is "
                 "%" PRId64,
                 copy, h->max);
    else if ((topic = rd_kafka_topic_new(producer, copy, NULL)) == NULL)
        snprintf(text, size, "topic %s: %s", copy,
                 rd_kafka_err2str(rd_kafka_last_error()));
    if (topic != NULL)
        insert(h, at, topic);
    return topic;
}

void kafka_handles_drop(struct kafka_handles *h)
{
    for (size_t i = 0; i < h->n; i++)
        rd_kafka_topic_destroy(h->items[i]);
    free(h->items);
    h->items = NULL;
    h->n = 0;
}
