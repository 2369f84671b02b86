/*
 * fake_local.h - a topology that "ran": counters for tests of what shows them.
 *
 * Included by one test file each; it defines what gale/local.h declares.
 */
#ifndef FAKE_LOCAL_H
#define FAKE_LOCAL_H

#include <gale/local.h>
#include <gale/task.h>

struct gale_local {
    const gale_component_stats *components;
    size_t n_components;
    const gale_metric_stats *metrics;
    size_t n_metrics;
    const char *error;
};

void gale_local_stats(gale_local *l, gale_component_fn *fn, void *arg)
{
    for (size_t i = 0; i < l->n_components; i++)
        fn(arg, &l->components[i]);
}

void gale_local_metrics(gale_local *l, gale_metric_fn *fn, void *arg)
{
    for (size_t i = 0; i < l->n_metrics; i++)
        fn(arg, &l->metrics[i]);
}

const char *gale_local_error(gale_local *l)
{
    return l->error;
}

static const gale_stream_stats fake_outputs[] = {
    {.component = "lines",
     .stream = "default",
     .emitted = 1000,
     .transferred = 1001,
     .acked = 900,
     .failed = 60,
     .timed_out = 20,
     .pending = 40,
     .complete = {900, 1500000, 1200000, 4500000, 5000000, 9000000}},
};

static const gale_stream_stats fake_inputs[] = {
    {.component = "lines",
     .stream = "default",
     .emitted = 1001,
     .acked = 990,
     .failed = 11,
     .execute = {1001, 50.5, 48, 120, 3000, 9000}},
};

static const gale_component_stats fake_components[] = {
    {.id = "lines",
     .plugin = "lines",
     .spout = true,
     .executors = 1,
     .tasks = 1,
     .emitted = 1000,
     .transferred = 1001,
     .acked = 900,
     .failed = 60,
     .timed_out = 20,
     .pending = 40,
     .complete = {900, 1500000, 1200000, 4500000, 5000000, 9000000},
     .outputs = fake_outputs,
     .n_outputs = 1,
     .last_error = ""},
    {.id = "count",
     .plugin = "my_count",
     .executors = 2,
     .tasks = 4,
     .executed = 12345678,
     .acked = 990,
     .failed = 11,
     .dropped = 1000,
     .poisoned = 2,
     .stale = 5,
     .errors = 3,
     .capacity = 0.875,
     .execute = {1001, 50.5, 48, 120, 3000, 9000},
     .inputs = fake_inputs,
     .n_inputs = 1,
     .last_error = "no \"room\"\nleft"},
};

static const gale_metric_stats fake_metrics[] = {
    {.component = "count",
     .name = "letters",
     .kind = GALE_METRIC_COUNTER,
     .value = 1234567},
    {.component = "count",
     .name = "sizes",
     .kind = GALE_METRIC_HISTOGRAM,
     .histogram = {100, 50, 48, 120, 3000, 9000}},
};

static inline gale_local fake_local(void)
{
    return (gale_local){fake_components, 2, fake_metrics, 2, ""};
}

#endif
