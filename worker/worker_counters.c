/*
 * worker_counters.c - what a worker tells of its components: counters, metrics
 * of plugins and the last errors of each, for those who look (`gale monitor`,
 * `gale metrics`, `gale get-errors`).
 *
 *     counters  [COMPONENT …]     a notification
 *
 * COMPONENT: {id, executed, acked, failed, errors, recent: [[at_us, count,
 * text] …], streams: [[name, emitted, transferred] …], metrics, metrics_cut};
 * those alone that have executors here. recent: the last errors of different
 * texts, the latest first; metrics: see common/metric_table.c. Of all
 * components together they take at most ERRORS_BYTES and METRICS_BYTES: those
 * of the first ones come first, and metrics_cut says that some are left out.
 *
 * Nothing depends on it: what is lost is told anew, at the latest after
 * IDLE_NS, since the nimbus that leads may be another one.
 */
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

struct told {
    struct process *process;
    const struct model *model;
    uint32_t next; /* in the order of the stream */
    struct pack list;
    uint32_t n;
    size_t metrics_bytes, errors_bytes; /* that may still come */
};

static void pack_streams(const gale_component_stats *stats, struct pack *p)
{
    uint32_t n =
        stats->n_outputs < STREAMS_MAX ? stats->n_outputs : STREAMS_MAX;

    pack_text(p, "streams");
    pack_array(p, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_array(p, 3);
        pack_text(p, stats->outputs[i].stream);
        pack_uint(p, stats->outputs[i].emitted);
        pack_uint(p, stats->outputs[i].transferred);
    }
}

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

/* Whether executors of it are here. They have numbers, those of the first
 * component first. */
static bool is_here(const struct told *t, uint32_t component)
{
    const struct plan *p = t->process->plan;
    uint32_t first = 0, n = plan_executors(p, t->model, component);

    for (uint32_t i = 0; i < component; i++)
        first += plan_executors(p, t->model, i);
    for (uint32_t i = 0; i < n; i++)
        if (plan_is_mine(p, first + i))
            return true;
    return false;
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
    struct pack *p = &t->list;

    if (!is_here(t, component))
        return;
    t->n++;
    pack_map(p, 9);
    pack_key_text(p, "id", stats->id);
    pack_key_uint(p, "executed", stats->executed);
    pack_key_uint(p, "acked", stats->acked);
    pack_key_uint(p, "failed", stats->failed);
    pack_key_uint(p, "errors", stats->errors);
    pack_errors(t, component, p);
    pack_streams(stats, p);
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
                     .errors_bytes = ERRORS_BYTES};
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
