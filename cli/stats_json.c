/*
 * stats_json.c - everything that gale counted, as one JSON object.
 */
#include "cli/stats_json.h"
#include "common/json.h"
#include <gale/task.h> /* gale_metric_kind */

static void put_string(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_string(j, text);
}

static void put_count(struct json *j, const char *key, uint64_t n)
{
    json_key(j, key);
    json_uint(j, n);
}

static void put_number(struct json *j, const char *key, double x)
{
    json_key(j, key);
    json_float(j, x);
}

static void put_ns(struct json *j, const char *key, const gale_latency *l)
{
    json_key(j, key);
    json_object(j);
    put_count(j, "n", l->n);
    put_number(j, "mean_ns", l->mean);
    put_count(j, "p50_ns", (uint64_t)l->p50);
    put_count(j, "p99_ns", (uint64_t)l->p99);
    put_count(j, "p999_ns", (uint64_t)l->p999);
    put_count(j, "max_ns", (uint64_t)l->max);
    json_end(j);
}

static void put_outputs(struct json *j, const gale_component_stats *c)
{
    json_key(j, "outputs");
    json_list(j);
    for (uint32_t i = 0; i < c->n_outputs; i++) {
        json_object(j);
        put_string(j, "stream", c->outputs[i].stream);
        put_count(j, "emitted", c->outputs[i].emitted);
        put_count(j, "transferred", c->outputs[i].transferred);
        if (c->spout) {
            put_count(j, "acked", c->outputs[i].acked);
            put_count(j, "failed", c->outputs[i].failed);
            put_count(j, "timed_out", c->outputs[i].timed_out);
            put_count(j, "pending", c->outputs[i].pending);
            put_ns(j, "complete", &c->outputs[i].complete);
        }
        json_end(j);
    }
    json_end(j);
}

static void put_inputs(struct json *j, const gale_component_stats *c)
{
    json_key(j, "inputs");
    json_list(j);
    for (uint32_t i = 0; i < c->n_inputs; i++) {
        json_object(j);
        put_string(j, "component", c->inputs[i].component);
        put_string(j, "stream", c->inputs[i].stream);
        put_count(j, "executed", c->inputs[i].emitted);
        put_count(j, "acked", c->inputs[i].acked);
        put_count(j, "failed", c->inputs[i].failed);
        put_ns(j, "execute", &c->inputs[i].execute);
        put_ns(j, "process", &c->inputs[i].process);
        json_end(j);
    }
    json_end(j);
}

static void put_counters(struct json *j, const gale_component_stats *c)
{
    put_count(j, "executors", c->executors);
    put_count(j, "tasks", c->tasks);
    put_count(j, "emitted", c->emitted);
    put_count(j, "transferred", c->transferred);
    put_count(j, "executed", c->executed);
    put_count(j, "acked", c->acked);
    put_count(j, "failed", c->failed);
    put_count(j, "timed_out", c->timed_out);
    put_count(j, "pending", c->pending);
    put_count(j, "dead_letters", c->dead_letters);
    put_count(j, "dropped", c->dropped);
    put_count(j, "poisoned", c->poisoned);
    put_count(j, "held", c->held);
    put_count(j, "stale", c->stale);
    put_count(j, "queued", c->queued);
    put_count(j, "errors", c->errors);
    put_number(j, "capacity", c->capacity);
}

static void put_component(void *arg, const gale_component_stats *c)
{
    struct json *j = arg;

    json_object(j);
    put_string(j, "id", c->id);
    put_string(j, "plugin", c->plugin);
    put_string(j, "kind", c->spout ? "spout" : "bolt");
    put_counters(j, c);
    if (c->spout) {
        put_ns(j, "complete", &c->complete);
    } else {
        put_ns(j, "execute", &c->execute);
        put_ns(j, "process", &c->process);
    }
    put_outputs(j, c);
    put_inputs(j, c);
    put_string(j, "last_error", c->last_error);
    json_end(j);
}

/* The unit is the plugin's. */
static void put_histogram(struct json *j, const gale_latency *l)
{
    put_count(j, "n", l->n);
    put_number(j, "mean", l->mean);
    put_count(j, "p50", (uint64_t)l->p50);
    put_count(j, "p99", (uint64_t)l->p99);
    put_count(j, "p999", (uint64_t)l->p999);
    put_count(j, "max", (uint64_t)l->max);
}

static void put_metric(void *arg, const gale_metric_stats *m)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    struct json *j = arg;

    json_object(j);
    put_string(j, "component", m->component);
    put_string(j, "name", m->name);
    put_string(j, "kind", kinds[m->kind]);
    if (m->kind == GALE_METRIC_HISTOGRAM)
        put_histogram(j, &m->histogram);
    else
        put_number(j, "value", m->value);
    json_end(j);
}

int stats_json_write(gale_local *l, const struct stats_run *run, FILE *out)
{
    static const char *const states[] = {"running", "complete", "stopped",
                                         "failed", "stuck"};
    struct json j;

    json_to_file(&j, out);
    json_object(&j);
    put_string(&j, "topology", run->topology);
    put_string(&j, "state", states[run->state]);
    put_string(&j, "error", gale_local_error(l));
    put_number(&j, "seconds", run->seconds);
    json_key(&j, "components");
    json_list(&j);
    gale_local_stats(l, put_component, &j);
    json_end(&j);
    json_key(&j, "metrics");
    json_list(&j);
    gale_local_metrics(l, put_metric, &j);
    json_end(&j);
    json_end(&j);
    fputc('\n', out);
    return json_finish(&j);
}
