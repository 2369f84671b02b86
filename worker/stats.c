/* stats.c - from the tasks' counters to what people read; see stats.h. */
#include "worker/stats.h"
#include "topology-api/memory.h"
#include "worker/recent_errors.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/user_metrics.h"
#include <math.h>
#include <stdlib.h>

/* What one component adds up to, with room for its texts. */
struct sum {
    gale_component_stats stats;
    gale_stream_stats *outputs;
    gale_stream_stats *inputs;
    struct histogram_snapshot execute, process, complete;
    struct histogram_snapshot stream, held; /* of one stream, then the next */
    uint64_t busy_ns;
    char last_error[RECENT_ERROR_BYTES];
};

static gale_latency latency(const struct histogram_snapshot *s)
{
    return (gale_latency){
        .n = s->n,
        .mean = histogram_mean(s),
        .p50 = histogram_quantile(s, 0.5),
        .p99 = histogram_quantile(s, 0.99),
        .p999 = histogram_quantile(s, 0.999),
        .max = s->max,
    };
}

static void add_outputs(struct sum *sum, struct task *t)
{
    for (uint32_t i = 0; i < t->n_streams; i++) {
        struct stream_out *s = &t->streams[i];

        uint64_t fast = counter_get(&s->emitted_fast);
        uint64_t emitted = counter_get(&s->emitted) + fast;
        uint64_t transferred = counter_get(&s->transferred) + fast;

        sum->outputs[i].emitted += emitted;
        sum->outputs[i].transferred += transferred;
        sum->stats.emitted += emitted;
        sum->stats.transferred += transferred;
    }
}

static void add_messages(gale_stream_stats *to, struct stream_messages *m)
{
    to->acked += counter_get(&m->acked);
    to->failed += counter_get(&m->failed);
    to->timed_out += counter_get(&m->timed_out);
    to->pending += counter_get(&m->pending);
}

/* What is under way between two counters is never below nothing. */
static uint64_t rest(counter *all, uint64_t others)
{
    uint64_t n = counter_get(all);

    return n > others ? n - others : 0;
}

/* Of a spout: the first stream has what the others have not, which are
 * therefore read before. */
static void add_messages_by_stream(struct sum *sum, struct task *t)
{
    struct task_counters *all = &t->counters;
    gale_stream_stats others = {.acked = 0}, *first = &sum->outputs[0];

    for (uint32_t i = 1; i < t->n_streams; i++) {
        add_messages(&sum->outputs[i], &t->streams[i].messages);
        add_messages(&others, &t->streams[i].messages);
    }
    first->acked += rest(&all->acked, others.acked);
    first->failed += rest(&all->failed, others.failed);
    first->timed_out += rest(&all->timed_out, others.timed_out);
    first->pending += rest(&all->pending, others.pending);
}

static void add_inputs(struct sum *sum, struct task *t)
{
    for (uint32_t i = 0; i < t->component->n_inputs; i++) {
        gale_stream_stats *in = &sum->inputs[i];

        in->emitted += counter_get(&t->inputs[i].executed);
        in->acked += counter_get(&t->inputs[i].acked);
        in->failed += counter_get(&t->inputs[i].failed);
        sum->stats.executed += counter_get(&t->inputs[i].executed);
        sum->stats.acked += counter_get(&t->inputs[i].acked);
        sum->stats.failed += counter_get(&t->inputs[i].failed);
    }
}

static void add_counters(struct sum *sum, struct task *t)
{
    struct task_counters *c = &t->counters;
    gale_component_stats *s = &sum->stats;

    s->acked += counter_get(&c->acked);
    s->failed += counter_get(&c->failed);
    s->timed_out += counter_get(&c->timed_out);
    s->pending += counter_get(&c->pending);
    s->dead_letters += counter_get(&c->dead);
    s->dropped += counter_get(&c->dropped);
    s->poisoned += counter_get(&c->poisoned);
    s->held += counter_get(&c->held);
    s->stale += counter_get(&c->stale);
    s->errors += counter_get(&c->errors);
    sum->busy_ns += counter_get(&c->busy_ns);
}

/* The latest of all tasks. */
static void take_last_error(struct sum *sum, const struct task *t)
{
    const struct recent_error *last;

    if (t->errors == NULL ||
        t->errors->list[0].at_us < sum->stats.last_error_us)
        return;
    last = &t->errors->list[0];
    snprintf(sum->last_error, sizeof(sum->last_error), "%s", last->text);
    sum->stats.last_error_us = last->at_us;
}

static void add_task(struct sum *sum, struct task *t)
{
    struct worker *w = t->executor->worker;

    add_outputs(sum, t);
    if (t->component->is_spout && t->n_streams > 0)
        add_messages_by_stream(sum, t);
    add_inputs(sum, t);
    add_counters(sum, t);
    env_enter(w->env, w->monitor);
    take_last_error(sum, t);
    env_leave(w->env, w->monitor);
}

static void name_streams(struct sum *sum, const struct model *m,
                         const struct component *c)
{
    for (uint32_t i = 0; i < c->n_streams; i++) {
        sum->outputs[i].component = c->id;
        sum->outputs[i].stream = c->streams[i].name;
    }
    for (uint32_t i = 0; i < c->n_inputs; i++) {
        const struct component *from = &m->components[c->inputs[i].from];

        sum->inputs[i].component = from->id;
        sum->inputs[i].stream = from->streams[c->inputs[i].stream].name;
    }
}

static void describe(struct sum *sum, const struct worker *w,
                     const struct component *c)
{
    sum->stats.id = c->id;
    sum->stats.plugin = c->plugin;
    sum->stats.spout = c->is_spout;
    sum->stats.executors = w->crews[c - w->model->components].n;
    sum->stats.tasks = c->tasks;
    sum->stats.outputs = sum->outputs;
    sum->stats.n_outputs = c->n_streams;
    sum->stats.inputs = sum->inputs;
    sum->stats.n_inputs = c->n_inputs;
    sum->stats.last_error = sum->last_error;
    name_streams(sum, w->model, c);
}

static const histogram_slot *times_of(struct task *t, enum stats_times which,
                                      uint32_t stream)
{
    switch (which) {
    case TIMES_COMPLETE:
        return &t->streams[stream].messages.complete;
    case TIMES_EXECUTE:
        return &t->inputs[stream].execute;
    default:
        return &t->inputs[stream].process;
    }
}

void stats_times(struct worker *w, uint32_t component, enum stats_times which,
                 uint32_t stream, struct histogram_snapshot *to)
{
    struct crew *crew = &w->crews[component];

    for (uint32_t e = 0; e < crew->n; e++)
        for (uint32_t k = 0; k < crew->executors[e]->n_tasks; k++)
            histogram_slot_read(
                times_of(crew->executors[e]->tasks[k], which, stream), to);
}

static const struct histogram_snapshot *read_times(
    struct worker *w, uint32_t component, enum stats_times which,
    uint32_t stream, struct histogram_snapshot *to)
{
    memset(to, 0, sizeof(*to));
    stats_times(w, component, which, stream, to);
    return to;
}

static void add_output_times(struct sum *sum, struct worker *w, uint32_t c,
                             uint32_t i)
{
    const struct histogram_snapshot *complete =
        read_times(w, c, TIMES_COMPLETE, i, &sum->stream);

    sum->outputs[i].complete = latency(complete);
    histogram_merge(&sum->complete, complete);
}

/* Without held inputs, a tuple is processed when its execute returns. */
static void add_input_times(struct sum *sum, struct worker *w, uint32_t c,
                            uint32_t i)
{
    const struct histogram_snapshot *execute = read_times(w, c, TIMES_EXECUTE,
                                                          i, &sum->stream),
                                    *process = read_times(w, c, TIMES_PROCESS,
                                                          i, &sum->held);

    if (process->n == 0)
        process = execute;
    sum->inputs[i].execute = latency(execute);
    sum->inputs[i].process = latency(process);
    histogram_merge(&sum->execute, execute);
    histogram_merge(&sum->process, process);
}

static void add_times(struct sum *sum, struct worker *w, uint32_t component)
{
    const struct component *c = &w->model->components[component];

    for (uint32_t i = 0; c->is_spout && i < c->n_streams; i++)
        add_output_times(sum, w, component, i);
    for (uint32_t i = 0; i < c->n_inputs; i++)
        add_input_times(sum, w, component, i);
}

static void finish(struct sum *sum, struct worker *w)
{
    double ns = (double)(w->env->ops->now(w->env) - w->started);

    if (w->stopped != 0)
        ns = (double)(w->stopped - w->started);
    sum->stats.execute = latency(&sum->execute);
    sum->stats.process = latency(&sum->process);
    sum->stats.complete = latency(&sum->complete);
    sum->stats.capacity =
        ns > 0 ? (double)sum->busy_ns / ns / sum->stats.executors : 0;
}

static void add_queue(struct sum *sum, struct executor *e)
{
    if (!e->away) /* what waits there is counted there */
        sum->stats.queued += gate_queued_tuples(&e->own_gate);
}

static void one_component(struct worker *w, uint32_t i, gale_component_fn *fn,
                          void *arg)
{
    const struct component *c = &w->model->components[i];
    struct crew *crew = &w->crews[i];
    struct sum *sum = xcalloc(1, sizeof(*sum));

    sum->outputs = xcalloc(c->n_streams + 1, sizeof(*sum->outputs));
    sum->inputs = xcalloc(c->n_inputs + 1, sizeof(*sum->inputs));
    describe(sum, w, c);
    for (uint32_t e = 0; e < crew->n; e++) {
        for (uint32_t k = 0; k < crew->executors[e]->n_tasks; k++)
            add_task(sum, crew->executors[e]->tasks[k]);
        add_queue(sum, crew->executors[e]);
    }
    if (c->cyclic)
        sum->stats.queued = gate_queued_tuples(&w->cycles[c->cycle]);
    add_times(sum, w, i);
    finish(sum, w);
    fn(arg, &sum->stats);
    free(sum->outputs);
    free(sum->inputs);
    free(sum);
}

void stats_components(struct worker *w, gale_component_fn *fn, void *arg)
{
    for (uint32_t i = 0; i < w->model->n_components; i++)
        one_component(w, w->model->order[i], fn, arg);
}

/* -- metrics of plugins ---------------------------------------------------- */

/* Not a gauge that was told to have none for now. */
static bool has_value(const struct user_metric *m)
{
    return m->kind != GALE_METRIC_GAUGE ||
           !isnan(atomic_load_explicit(&m->level, memory_order_relaxed));
}

static bool is_same(const struct user_metric *a, const struct user_metric *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

/* Adds one metric of every task of the component; `first` names it. How many
 * tasks have it. */
static uint32_t one_metric(struct crew *crew, const struct user_metric *first,
                           gale_metric_stats *stats)
{
    struct histogram_snapshot *all = xcalloc(1, sizeof(*all));
    double sum = 0;
    uint32_t n = 0;

    for (uint32_t e = 0; e < crew->n; e++)
        for (uint32_t k = 0; k < crew->executors[e]->n_tasks; k++) {
            struct user_metric *m =
                user_metrics_first(crew->executors[e]->tasks[k]);

            for (; m != NULL; m = m->next) {
                double level =
                    atomic_load_explicit(&m->level, memory_order_relaxed);

                if (!is_same(m, first) || isnan(level))
                    continue;
                sum +=
                    m->kind == GALE_METRIC_COUNTER ? (double)m->count : level;
                histogram_read(&m->histogram, all);
                n++;
            }
        }
    stats->name = first->name;
    stats->kind = first->kind;
    stats->value = first->kind == GALE_METRIC_GAUGE && n > 0 ? sum / n : sum;
    stats->histogram = latency(all);
    free(all);
    return n;
}

/* Has a task of the crew before this one made the metric, too? */
static bool is_seen(struct crew *crew, const struct task *until,
                    const struct user_metric *m)
{
    for (uint32_t e = 0; e < crew->n; e++)
        for (uint32_t k = 0; k < crew->executors[e]->n_tasks; k++) {
            struct task *t = crew->executors[e]->tasks[k];
            struct user_metric *other = user_metrics_first(t);

            if (t == until)
                return false;
            for (; other != NULL; other = other->next)
                if (is_same(other, m) && has_value(other))
                    return true;
        }
    return false;
}

/* Each metric once, at the first task that has it. */
static void task_metrics(struct crew *crew, struct task *t, gale_metric_fn *fn,
                         void *arg)
{
    struct user_metric *m = user_metrics_first(t);

    for (; m != NULL; m = m->next) {
        gale_metric_stats stats = {.component = t->component->id};

        if (has_value(m) && !is_seen(crew, t, m) &&
            one_metric(crew, m, &stats) > 0)
            fn(arg, &stats);
    }
}

void stats_metrics(struct worker *w, gale_metric_fn *fn, void *arg)
{
    for (uint32_t i = 0; i < w->model->n_components; i++) {
        struct crew *crew = &w->crews[w->model->order[i]];

        for (uint32_t e = 0; e < crew->n; e++)
            for (uint32_t k = 0; k < crew->executors[e]->n_tasks; k++)
                task_metrics(crew, crew->executors[e]->tasks[k], fn, arg);
    }
}

/* -- the same, for those who are elsewhere --------------------------------- */

static void add_metric(struct metric_table *table, const struct user_metric *m)
{
    gale_metric_kind kind = (gale_metric_kind)m->kind;
    double level = atomic_load_explicit(&m->level, memory_order_relaxed);
    struct metric *to;

    if (isnan(level))
        return;
    to = metric_table_at(table, kind, gale_str_make(m->name, strlen(m->name)));
    if (to == NULL)
        return;
    if (kind == GALE_METRIC_COUNTER)
        to->count += atomic_load_explicit(&m->count, memory_order_relaxed);
    else if (kind == GALE_METRIC_GAUGE)
        metric_set(to, level);
    else
        histogram_read(&m->histogram, to->histogram);
}

/* The task's list begins with the newest, of which there may be any number: the
 * oldest ones are its last, and stay the same. */
static void add_metrics_of(struct metric_table *table, struct task *t)
{
    const struct user_metric *last[METRICS_MAX + 1];
    uint32_t n = 0;

    for (const struct user_metric *m = user_metrics_first(t); m != NULL;
         m = m->next)
        last[n++ % (METRICS_MAX + 1)] = m;
    for (uint32_t i = 0; i < n && i <= METRICS_MAX; i++)
        add_metric(table, last[(n - 1 - i) % (METRICS_MAX + 1)]);
}

void stats_metric_table(struct worker *w, uint32_t component,
                        struct metric_table *table)
{
    struct crew *crew = &w->crews[component];

    for (uint32_t e = 0; e < crew->n; e++)
        for (uint32_t k = 0; k < crew->executors[e]->n_tasks; k++)
            add_metrics_of(table, crew->executors[e]->tasks[k]);
}

void stats_errors(struct worker *w, uint32_t component,
                  struct recent_errors *errors)
{
    struct crew *crew = &w->crews[component];

    env_enter(w->env, w->monitor);
    for (uint32_t e = 0; e < crew->n; e++)
        for (uint32_t k = 0; k < crew->executors[e]->n_tasks; k++)
            if (crew->executors[e]->tasks[k]->errors != NULL)
                recent_errors_merge(errors,
                                    crew->executors[e]->tasks[k]->errors);
    env_leave(w->env, w->monitor);
}
