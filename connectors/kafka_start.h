/*
 * kafka_start.h - with which offset of a partition to begin.
 *
 * What is committed counts if the user said so; if the topology has begun with
 * the partition before (else a worker that comes back would read all of it
 * anew, or skip what came meanwhile); and for a partition that is found later.
 * Otherwise it is what the user said. Pure.
 */
#ifndef CONNECTORS_KAFKA_START_H
#define CONNECTORS_KAFKA_START_H

#include "connectors/partition_share.h"
#include <gale/value.h>

/* The words of the options start and fallback, in their order. */
#define KAFKA_START_WORDS "committed earliest latest timestamp offsets"
#define KAFKA_FALLBACK_WORDS "unsaid earliest latest timestamp error"

enum kafka_start_kind {
    KAFKA_START_COMMITTED,
    KAFKA_START_EARLIEST,
    KAFKA_START_LATEST,
    KAFKA_START_TIMESTAMP,
    KAFKA_START_OFFSETS,
};

enum kafka_fallback {
    KAFKA_FALLBACK_UNSAID,
    KAFKA_FALLBACK_EARLIEST,
    KAFKA_FALLBACK_LATEST,
    KAFKA_FALLBACK_TIMESTAMP,
    KAFKA_FALLBACK_ERROR,
};

struct kafka_start {
    int32_t kind;
    int32_t fallback;
    gale_str offsets; /* TOPIC:PARTITION:OFFSET, one a line; commas part, too */
    int64_t timestamp_ms; /* since 1970; 0: not said */
};

struct kafka_start_case {
    const char *topic;
    int32_t partition;
    int64_t committed; /* < 0: none */
    bool begun;        /* this topology has committed here before */
    bool late;         /* found while the topology ran */
};

enum { KAFKA_START_NONE = -1 }; /* an error: nothing says where */

struct kafka_start_at {
    int32_t kind; /* EARLIEST, LATEST, TIMESTAMP, OFFSETS: at .offset, or
                       KAFKA_START_NONE */
    int64_t offset;
};

/* The options fit together; false with the sentence in text[size]. */
bool kafka_start_check(const struct kafka_start *s, char *text, size_t size);

/* The next entry of the offsets, from *at on, of a partition that is not among
 * those that are read; empty behind the last. */
gale_str kafka_start_unread(const struct kafka_start *s,
                            const struct partition_name *read, size_t n,
                            size_t *at);

/* Whether what is committed matters for such a case at all. */
bool kafka_start_resumes(const struct kafka_start *s,
                         const struct kafka_start_case *c);

struct kafka_start_at kafka_start_choose(const struct kafka_start *s,
                                         const struct kafka_start_case *c);

#endif
