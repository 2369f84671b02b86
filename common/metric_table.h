/*
 * metric_table.h - metrics of plugins' own, of one component: added up over its
 * tasks in each worker, and over workers in nimbus.
 *
 *     counter      the sum over tasks
 *     gauge        mean, least and greatest of the tasks' last values
 *     histogram    bucket by bucket, so that quantiles are those of all values,
 *                  and exact within 1/16 as those of one task
 *
 * What comes from a worker is what somebody's code has named: names and numbers
 * are checked, and how many there may be is bounded.
 */
#ifndef GALE_METRIC_TABLE_H
#define GALE_METRIC_TABLE_H

#include "common/histogram.h"
#include "common/pack.h"
#include <gale/task.h>

#define METRICS_MAX 64u      /* of one component */
#define METRIC_NAME_MAX 255u /* bytes */

struct metric {
    gale_metric_kind kind;
    char *name;
    uint64_t n_tasks; /* that have it */
    int64_t count;    /* counter */
    double sum;       /* gauge: of the tasks' values … */
    double min, max;
    struct histogram_snapshot *histogram; /* NULL: it is none */
};

/* All bytes zero: it is empty, and has room for none. */
struct metric_table {
    uint32_t n;
    uint32_t max; /* how many it may have: the owner's, at most METRICS_MAX */
    struct metric list[METRICS_MAX];
    bool cut; /* there were more, or one whose name is too long */
};

void metric_table_free(struct metric_table *t); /* it is empty then */

/* What a task has: the metric of this kind and name that it is to be added to,
 * NULL if there is no room for it. n_tasks counts it. */
struct metric *metric_table_at(struct metric_table *t, gale_metric_kind kind,
                               gale_str name);
void metric_set(struct metric *m, double value); /* a gauge of one more task */

/* By name, and of one name by kind. */
void metric_table_sort(struct metric_table *t);

/* A list of them, for metric_table_add(); in at most `bytes`: what does not fit
 * is left out, and `cut` says so. */
void metric_table_pack(struct metric_table *t, size_t bytes, struct pack *p);

/* Adds what somebody else has packed; what makes no sense is passed over. */
void metric_table_add(struct metric_table *t, const msgpack_object *list);

#endif
