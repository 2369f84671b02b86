/*
 * stats.h - the tasks' counters, added up per component (gale/local.h).
 *
 * Reads relaxed counters of running tasks: each is exact, and together they are
 * of about one moment. After the end they agree exactly.
 */
#ifndef GALE_STATS_H
#define GALE_STATS_H

#include "worker/worker.h"
#include <gale/local.h>

void stats_components(struct worker *w, gale_component_fn *fn, void *arg);
void stats_metrics(struct worker *w, gale_metric_fn *fn, void *arg);

#endif
