/* kafka_start.c - see kafka_start.h. */
#include "connectors/kafka_start.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char parting[] = "\n, \t";

/* A number ≥ 0 that ends where the text does. */
static bool number_of(const char *text, size_t size, int64_t most, int64_t *n)
{
    char copy[24], *end;

    if (size == 0 || size >= sizeof(copy) || text[0] < '0' || text[0] > '9')
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    errno = 0;
    *n = strtoll(copy, &end, 10);
    return errno == 0 && *end == '\0' && *n <= most;
}

/* One item TOPIC:PARTITION:OFFSET of the list. */
static bool parse(const char *item, size_t size, size_t *topic,
                  int64_t *partition, int64_t *offset)
{
    const char *last = memrchr(item, ':', size);
    const char *middle =
        last == NULL ? NULL : memrchr(item, ':', (size_t)(last - item));

    if (middle == NULL || middle == item)
        return false;
    *topic = (size_t)(middle - item);
    return number_of(middle + 1, (size_t)(last - middle - 1), INT32_MAX,
                     partition) &&
           number_of(last + 1, size - (size_t)(last + 1 - item), INT64_MAX,
                     offset);
}

/* The next item from *at on; its size, 0 behind the last. */
static size_t next_item(gale_str list, size_t *at)
{
    if (list.data == NULL)
        return 0;
    *at += strspn(list.data + *at, parting);
    return strcspn(list.data + *at, parting);
}

/* < 0: it is not in the list. */
static int64_t listed(const struct kafka_start *s, const char *topic,
                      int32_t partition)
{
    size_t size, name;
    int64_t number, offset;

    for (size_t at = 0; (size = next_item(s->offsets, &at)) > 0; at += size)
        if (parse(s->offsets.data + at, size, &name, &number, &offset) &&
            name == strlen(topic) && number == partition &&
            !memcmp(s->offsets.data + at, topic, name))
            return offset;
    return -1;
}

bool kafka_start_check(const struct kafka_start *s, char *text, size_t size)
{
    int64_t partition, offset;
    size_t length, name;

    if (s->kind == KAFKA_START_COMMITTED &&
        s->fallback == KAFKA_FALLBACK_UNSAID) {
        snprintf(text, size,
                 "option start is committed: say by the option fallback where "
                 "a partition begins of which nothing is committed: earliest, "
                 "latest, timestamp, or error");
        return false;
    }
    if (s->kind == KAFKA_START_OFFSETS && s->offsets.size == 0) {
        snprintf(text, size,
                 "option start is offsets: give them by the option offsets, as "
                 "TOPIC:PARTITION:OFFSET");
        return false;
    }
    if (s->timestamp_ms == 0 && (s->kind == KAFKA_START_TIMESTAMP ||
                                 s->fallback == KAFKA_FALLBACK_TIMESTAMP)) {
        snprintf(text, size,
                 "option %s is timestamp: say which by the option timestamp, "
                 "in milliseconds since 1970",
                 s->kind == KAFKA_START_TIMESTAMP ? "start" : "fallback");
        return false;
    }
    for (size_t at = 0; (length = next_item(s->offsets, &at)) > 0; at += length)
        if (!parse(s->offsets.data + at, length, &name, &partition, &offset)) {
            snprintf(text, size,
                     "option offsets: found %.*s, expected "
                     "TOPIC:PARTITION:OFFSET",
                     (int)(length < 200 ? length : 200), s->offsets.data + at);
            return false;
        }
    return true;
}

bool kafka_start_resumes(const struct kafka_start *s,
                         const struct kafka_start_case *c)
{
    return s->kind == KAFKA_START_COMMITTED || c->begun || c->late;
}

static struct kafka_start_at fall_back(const struct kafka_start *s)
{
    switch (s->fallback) {
    case KAFKA_FALLBACK_EARLIEST:
        return (struct kafka_start_at){KAFKA_START_EARLIEST, 0};
    case KAFKA_FALLBACK_LATEST:
        return (struct kafka_start_at){KAFKA_START_LATEST, 0};
    case KAFKA_FALLBACK_TIMESTAMP:
        return (struct kafka_start_at){KAFKA_START_TIMESTAMP, 0};
    default:
        return (struct kafka_start_at){KAFKA_START_NONE, 0};
    }
}

struct kafka_start_at kafka_start_choose(const struct kafka_start *s,
                                         const struct kafka_start_case *c)
{
    int64_t offset;

    if (kafka_start_resumes(s, c) && c->committed >= 0)
        return (struct kafka_start_at){KAFKA_START_OFFSETS, c->committed};
    if (c->late) /* it is new: all of it came while the topology ran */
        return (struct kafka_start_at){KAFKA_START_EARLIEST, 0};
    if (s->kind == KAFKA_START_COMMITTED)
        return fall_back(s);
    if (s->kind != KAFKA_START_OFFSETS)
        return (struct kafka_start_at){s->kind, 0};
    offset = listed(s, c->topic, c->partition);
    if (offset >= 0)
        return (struct kafka_start_at){KAFKA_START_OFFSETS, offset};
    return fall_back(s);
}
