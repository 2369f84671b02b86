/*
 * stats.h - the tasks' counters, added up per component (gale/local.h).
 *
 * Reads relaxed counters of running tasks: each is exact, and together they are
 * of about one moment. After the end they agree exactly.
 */
#ifndef GALE_STATS_H
#define GALE_STATS_H

#include "common/metric_table.h"
#include "worker/recent_errors.h"
#include "worker/worker.h"
#include <gale/local.h>

void stats_components(struct worker *w, gale_component_fn *fn, void *arg);

/* Adds the times of one stream to a snapshot, those of the component's tasks
 * that are here; it may have to be added to those of other workers. */
enum stats_times {
    TIMES_COMPLETE, /* stream: an output of a spout, by its number */
    TIMES_EXECUTE,  /* stream: an input of a bolt, by its number */
    TIMES_PROCESS,  /* the same, and only of those that were held */
};
void stats_times(struct worker *w, uint32_t component, enum stats_times which,
                 uint32_t stream, struct histogram_snapshot *to);

void stats_metrics(struct worker *w, gale_metric_fn *fn, void *arg);
/* Metrics of a component's tasks that are here, by its number: each task's
 * oldest first, as many as the table has room for. */
void stats_metric_table(struct worker *w, uint32_t component,
                        struct metric_table *table);
/* The last errors of the same tasks. */
void stats_errors(struct worker *w, uint32_t component,
                  struct recent_errors *errors);

#endif
