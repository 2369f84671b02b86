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
void stats_metrics(struct worker *w, gale_metric_fn *fn, void *arg);
/* Metrics of a component's tasks that are here, by its number: each task's
 * oldest first, as many as the table has room for. */
void stats_metric_table(struct worker *w, uint32_t component,
                        struct metric_table *table);
/* The last errors of the same tasks. */
void stats_errors(struct worker *w, uint32_t component,
                  struct recent_errors *errors);

#endif
