/*
 * partition_share.h - which of a source's partitions a task reads.
 *
 * Sorted by topic and number, the i-th partition belongs to task i modulo the
 * number of tasks: each task computes its own share, and no two overlap as long
 * as they see the same partitions. If they see a new one at different moments,
 * partitions move between tasks only behind it.
 */
#ifndef CONNECTORS_PARTITION_SHARE_H
#define CONNECTORS_PARTITION_SHARE_H

#include <stddef.h>
#include <stdint.h>

struct partition_name {
    const char *topic; /* borrowed */
    int32_t number;
};

/* Brings the share of task `index` of `tasks` to the beginning of all[n], in
 * order, and returns how many these are; the others are behind. index < tasks.
 */
size_t partition_share(struct partition_name *all, size_t n, uint32_t index,
                       uint32_t tasks);

#endif
