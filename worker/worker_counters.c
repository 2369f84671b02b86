/*
 * worker_counters.c - what a worker tells of its components: counters, metrics
 * of plugins and the last errors of each, for those who look (`gale monitor`,
 * `gale metrics`, `gale get-errors`).
 *
 *     counters  [COMPONENT …]     a notification
 *
 * COMPONENT: {id, executors, executed, acked, failed, errors, capacity, recent:
 * [[at_us, count, text] …], streams: [STREAM …], inputs: [INPUT …], times_cut,
 * metrics, metrics_cut}; those alone that have executors here. executors: how
 * many, and capacity is theirs; recent: the last errors of different texts, the
 * latest first; metrics: see common/metric_table.c.
 *
 *     STREAM  [name, emitted, transferred], of a bolt; of a spout also
 *             acked, failed, timed out, pending, COMPLETE
 *     INPUT   [component, stream, executed, acked, failed, EXECUTE, PROCESS]
 *
 * The last ones are times: lists as common/histogram_pack.h has them; PROCESS
 * is empty where no input was held. Of all components together errors take at
 * most ERRORS_BYTES, metrics METRICS_BYTES, times and inputs TIMES_BYTES: those
 * of the first ones come first, and times_cut and metrics_cut say that some are
 * left out.
 *
 * Nothing depends on it: what is lost is told anew, at the latest after
 * IDLE_NS, since the nimbus that leads may be another one.
 */
#include "common/histogram_pack.h"
#include "topology-api/memory.h"
#include "worker/stats.h"
#include "worker/worker.h"
#include "worker/worker_process_in.h"

#define PERIOD_NS (3 * SECOND_NS)
#define IDLE_NS (30 * SECOND_NS)
#define ERROR_MAX 500 /* bytes of a text */
#define ERRORS_BYTES (96u << 10)
#define STREAMS_MAX 256u
#define METRICS_BYTES (96u << 10)
#define TIMES_BYTES (96u << 10)

struct told {
    struct process *process;
    const struct model *model;
    uint32_t next; /* in the order of the stream */
    struct pack list;
    uint32_t n;
    size_t metrics_bytes, errors_bytes, times_bytes; /* that may still come */
    bool times_cut; /* of the component that is told of now */
};

/* -- streams --------------------------------------------------------------- */

static void pack_times(struct told *t, uint32_t component,
                       enum stats_times which, uint32_t stream, struct pack *p)
{
    struct histogram_snapshot times = {.n = 0};

    stats_times(member_worker(t->process->member), component, which, stream,
                &times);
    pack_array(p, times.n > 0 ? HISTOGRAM_PACKED : 0);
    if (times.n > 0)
        histogram_pack(&times, p);
}

/* Adds it, if there is still room for it. */
static bool takes(struct told *t, const struct pack *part, struct pack *p)
{
    bool fits = part->buffer.size <= t->times_bytes;

    t->times_cut |= !fits;
    if (fits) {
        t->times_bytes -= part->buffer.size;
        pack_packed(p, part);
    }
    return fits;
}

static void pack_messages(struct told *t, uint32_t component, uint32_t i,
                          const gale_stream_stats *s, struct pack *p)
{
    struct pack times;

    pack_uint(p, s->acked);
    pack_uint(p, s->failed);
    pack_uint(p, s->timed_out);
    pack_uint(p, s->pending);
    pack_init(&times);
    pack_times(t, component, TIMES_COMPLETE, i, &times);
    if (!takes(t, &times, p))
        pack_array(p, 0);
    pack_free(&times);
}

static void pack_streams(struct told *t, uint32_t component,
                         const gale_component_stats *stats, struct pack *p)
{
    uint32_t n =
        stats->n_outputs < STREAMS_MAX ? stats->n_outputs : STREAMS_MAX;

    pack_text(p, "streams");
    pack_array(p, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_array(p, stats->spout ? 8 : 3);
        pack_text(p, stats->outputs[i].stream);
        pack_uint(p, stats->outputs[i].emitted);
        pack_uint(p, stats->outputs[i].transferred);
        if (stats->spout)
            pack_messages(t, component, i, &stats->outputs[i], p);
    }
}

static void pack_input(struct told *t, uint32_t component, uint32_t i,
                       const gale_stream_stats *s, struct pack *p)
{
    pack_array(p, 7);
    pack_text(p, s->component);
    pack_text(p, s->stream);
    pack_uint(p, s->emitted);
    pack_uint(p, s->acked);
    pack_uint(p, s->failed);
    pack_times(t, component, TIMES_EXECUTE, i, p);
    pack_times(t, component, TIMES_PROCESS, i, p);
}

static void pack_inputs(struct told *t, uint32_t component,
                        const gale_component_stats *stats, struct pack *p)
{
    struct pack list;
    uint32_t n = 0;

    pack_init(&list);
    for (uint32_t i = 0; i < stats->n_inputs; i++) {
        struct pack input;

        pack_init(&input);
        pack_input(t, component, i, &stats->inputs[i], &input);
        n += takes(t, &input, &list);
        pack_free(&input);
    }
    pack_text(p, "inputs");
    pack_array(p, n);
    pack_packed(p, &list);
    pack_free(&list);
}

/* -- errors and metrics ---------------------------------------------------- */

static void pack_error(const struct recent_error *e, struct pack *p)
{
    size_t size = strlen(e->text);

    pack_array(p, 3);
    pack_int(p, e->at_us);
    pack_uint(p, e->count);
    pack_text_n(p, e->text, size < ERROR_MAX ? size : ERROR_MAX);
}

/* As many as there is room for. */
static void pack_errors(struct told *t, uint32_t component, struct pack *p)
{
    struct recent_errors errors = {.n = 0};
    struct pack list;
    uint32_t n = 0;

    stats_errors(member_worker(t->process->member), component, &errors);
    pack_init(&list);
    while (n < errors.n && list.buffer.size + ERROR_MAX < t->errors_bytes)
        pack_error(&errors.list[n++], &list);
    pack_text(p, "recent");
    pack_array(p, n);
    pack_packed(p, &list);
    t->errors_bytes -= list.buffer.size;
    pack_free(&list);
    recent_errors_free(&errors);
}

/* How many executors of it are here. They have numbers, those of the first
 * component first. */
static uint32_t executors_here(const struct told *t, uint32_t component)
{
    const struct plan *p = t->process->plan;
    uint32_t first = 0, n = plan_executors(p, t->model, component), here = 0;

    for (uint32_t i = 0; i < component; i++)
        first += plan_executors(p, t->model, i);
    for (uint32_t i = 0; i < n; i++)
        here += plan_is_mine(p, first + i);
    return here;
}

/* Of those that are here. In hundredths: it goes down as long as nothing is
 * executed, and is no news each time. */
static double capacity_here(const gale_component_stats *stats, uint32_t here)
{
    double hundredths = 100 * stats->capacity * stats->executors / here;

    return (double)(int64_t)(hundredths + 0.5) / 100;
}

static void pack_metrics(struct told *t, uint32_t component, struct pack *p)
{
    struct metric_table table = {.max = METRICS_MAX};
    size_t before;

    stats_metric_table(member_worker(t->process->member), component, &table);
    pack_text(p, "metrics");
    before = p->buffer.size;
    metric_table_pack(&table, t->metrics_bytes, p);
    before = p->buffer.size - before;
    t->metrics_bytes -= before < t->metrics_bytes ? before : t->metrics_bytes;
    pack_key_bool(p, "metrics_cut", table.cut);
    metric_table_free(&table);
}

static void add(void *arg, const gale_component_stats *stats)
{
    struct told *t = arg;
    uint32_t component = t->model->order[t->next++];
    uint32_t here = executors_here(t, component);
    struct pack *p = &t->list;

    if (here == 0)
        return;
    t->n++;
    t->times_cut = false;
    pack_map(p, 13);
    pack_key_text(p, "id", stats->id);
    pack_key_uint(p, "executors", here);
    pack_key_uint(p, "executed", stats->executed);
    pack_key_uint(p, "acked", stats->acked);
    pack_key_uint(p, "failed", stats->failed);
    pack_key_uint(p, "errors", stats->errors);
    pack_text(p, "capacity");
    pack_float(p, capacity_here(stats, here));
    pack_errors(t, component, p);
    pack_streams(t, component, stats, p);
    pack_inputs(t, component, stats, p);
    pack_key_bool(p, "times_cut", t->times_cut);
    pack_metrics(t, component, p);
}

static bool is_news(struct process *p, const struct pack *list)
{
    struct digest now = digest_of(list->buffer.data, list->buffer.size);
    bool news = !digest_equal(&now, &p->counted);

    p->counted = now;
    return news;
}

void counters_tell(struct process *p, bool last)
{
    struct told t = {.process = p,
                     .model = member_worker(p->member)->model,
                     .metrics_bytes = METRICS_BYTES,
                     .errors_bytes = ERRORS_BYTES,
                     .times_bytes = TIMES_BYTES};
    int64_t since = loop_now(p->loop) - p->counted_ns;
    struct pack message;

    if (since < PERIOD_NS && !last && p->counted_ns != 0)
        return;
    pack_init(&t.list);
    member_stats(p->member, add, &t);
    if (is_news(p, &t.list) || since >= IDLE_NS) {
        p->counted_ns = loop_now(p->loop);
        pack_init(&message);
        pack_array(&message, t.n);
        if (t.n > 0)
            pack_packed(&message, &t.list);
        rpc_client_notify(p->supervisor, "counters", &message);
        pack_free(&message);
    }
    pack_free(&t.list);
}
