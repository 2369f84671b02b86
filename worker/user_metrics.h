/*
 * user_metrics.h - counters, gauges and histograms that plugins make.
 *
 * A task makes and writes its own; the control thread reads them at any time. A
 * metric lives as long as its task.
 */
#ifndef GALE_USER_METRICS_H
#define GALE_USER_METRICS_H

#include "common/histogram.h"
#include <gale/task.h>

struct task;

struct user_metric {
    struct user_metric *_Atomic next; /* list of the task, newest first */
    uint32_t kind;                    /* gale_metric_kind */
    char *name;
    _Atomic(int64_t) count;
    _Atomic(double) level;
    struct histogram histogram;
};

gale_metric *user_metrics_get(struct task *t, uint32_t kind, const char *name);
void user_metric_add(gale_metric *m, int64_t n);
void user_metric_set(gale_metric *m, double value);
void user_metric_record(gale_metric *m, int64_t value);

/* Any thread; NULL behind the last. */
struct user_metric *user_metrics_first(struct task *t);
void user_metrics_fini(struct task *t);

#endif
