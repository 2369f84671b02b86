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

/* -- what does not fit ----------------------------------------------------- */

/* Of the list, from `from` on: whether it says again where that one begins. */
static bool is_again(gale_str list, const char *topic, size_t name,
                     int64_t number, size_t from)
{
    int64_t other, offset;
    size_t size, length;

    for (size_t at = from; (size = next_item(list, &at)) > 0; at += size)
        if (parse(list.data + at, size, &length, &other, &offset) &&
            length == name && other == number &&
            !memcmp(list.data + at, topic, name))
            return true;
    return false;
}

static bool check_offsets(gale_str list, char *text, size_t size)
{
    int64_t partition, offset;
    size_t length, name;

    for (size_t at = 0; (length = next_item(list, &at)) > 0; at += length) {
        const char *item = list.data + at;
        int shown = (int)(length < 200 ? length : 200);

        if (!parse(item, length, &name, &partition, &offset)) {
            snprintf(text, size,
                     "option offsets: found %.*s, expected "
                     "TOPIC:PARTITION:OFFSET",
                     shown, item);
            return false;
        }
        if (is_again(list, item, name, partition, at + length)) {
            snprintf(text, size,
                     "option offsets: %.*s, and another one for the same "
                     "partition: expected one for each",
                     shown, item);
            return false;
        }
    }
    return true;
}

/* What is needed is given. */
static bool check_given(const struct kafka_start *s, char *text, size_t size)
{
    bool offsets = s->kind == KAFKA_START_OFFSETS && s->offsets.size == 0;
    bool time =
        s->timestamp_ms == 0 && (s->kind == KAFKA_START_TIMESTAMP ||
                                 s->fallback == KAFKA_FALLBACK_TIMESTAMP);

    if (s->kind == KAFKA_START_COMMITTED &&
        s->fallback == KAFKA_FALLBACK_UNSAID)
        snprintf(text, size,
                 "option start is committed: say by the option fallback where "
                 "a partition begins of which nothing is committed: earliest, "
                 "latest, timestamp, or error");
    else if (offsets)
        snprintf(text, size,
                 "option start is offsets: give them by the option offsets, as "
                 "TOPIC:PARTITION:OFFSET");
    else if (time)
        snprintf(text, size,
                 "option %s is timestamp: say which by the option timestamp, "
                 "in milliseconds since 1970",
                 s->kind == KAFKA_START_TIMESTAMP ? "start" : "fallback");
    else
        return true;
    return false;
}

/* What is given means something. */
static bool check_meant(const struct kafka_start *s, char *text, size_t size)
{
    static const char *const words[] = {"committed", "earliest", "latest",
                                        "timestamp", "offsets"};
    const char *start = words[s->kind];
    bool falls =
        s->kind == KAFKA_START_COMMITTED || s->kind == KAFKA_START_OFFSETS;

    if (s->offsets.size > 0 && s->kind != KAFKA_START_OFFSETS)
        snprintf(text, size,
                 "option offsets means nothing where start is %s: leave it "
                 "out, or set start to offsets",
                 start);
    else if (s->fallback != KAFKA_FALLBACK_UNSAID && !falls)
        snprintf(text, size,
                 "option fallback means nothing where start is %s: leave it "
                 "out, or set start to committed or offsets",
                 start);
    else if (s->timestamp_ms != 0 && s->kind != KAFKA_START_TIMESTAMP &&
             s->fallback != KAFKA_FALLBACK_TIMESTAMP)
        snprintf(text, size,
                 "option timestamp means nothing where neither start nor "
                 "fallback is timestamp: leave it out, or set one of them");
    else
        return true;
    return false;
}

bool kafka_start_check(const struct kafka_start *s, char *text, size_t size)
{
    return check_given(s, text, size) &&
           check_offsets(s->offsets, text, size) && check_meant(s, text, size);
}

static bool is_read(const char *topic, size_t name, int64_t number,
                    const struct partition_name *read, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (read[i].number == number && strlen(read[i].topic) == name &&
            !memcmp(read[i].topic, topic, name))
            return true;
    return false;
}

gale_str kafka_start_unread(const struct kafka_start *s,
                            const struct partition_name *read, size_t n,
                            size_t *at)
{
    int64_t number, offset;
    size_t size, name;

    while (s->kind == KAFKA_START_OFFSETS &&
           (size = next_item(s->offsets, at)) > 0) {
        const char *item = s->offsets.data + *at;

        *at += size;
        if (parse(item, size, &name, &number, &offset) &&
            !is_read(item, name, number, read, n))
            return gale_str_make(item, size);
    }
    return gale_str_make(NULL, 0);
}

/* -- where to begin -------------------------------------------------------- */

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
