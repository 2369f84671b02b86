/*
 * reign_metrics.c - what the streams of components have done and how long it
 * took, and what plugins have measured, for those who look; see reign.h.
 *
 *     metrics  {name} → {id, name, status, components: [{id, spout, capacity,
 *                        outputs, inputs} …], metrics: [METRIC …],
 *                        cut: [id …], streams_cut: [id …]}
 *
 * METRIC: {component, name, kind, tasks} and, of a counter, value; of a gauge
 * value (the mean over tasks), min, max; of a histogram n, mean, p50, p99,
 * p999, max. outputs, inputs: see stream_sums.c. cut: components that have more
 * metrics than are told; streams_cut: more streams, or times.
 *
 * They come with counters, and are added up when somebody asks: at most
 * METRICS_MAX of a component and ALL_MAX of a topology, and as many streams.
 */
#include "common/metric_table.h"
#include "nimbus/reign_in.h"
#include "nimbus/stream_sums.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define ALL_MAX 4096u

struct all_metrics {
    const struct topology *topology;
    struct metric_table *tables; /* by component */
    uint32_t n;                  /* in all of them */
    struct stream_sums *streams; /* by component */
    uint32_t n_streams;
};

static void add_streams(struct all_metrics *all, uint32_t i,
                        const msgpack_object *component)
{
    struct stream_sums *s = &all->streams[i];
    uint32_t before = s->n;

    s->max = before + ALL_MAX - all->n_streams;
    stream_sums_add(s, component);
    all->n_streams += s->n - before;
}

static void add_metrics(struct all_metrics *all, uint32_t i,
                        const msgpack_object *component)
{
    struct metric_table *t = &all->tables[i];
    uint32_t before = t->n, room = ALL_MAX - all->n;

    t->max = before + room < METRICS_MAX ? before + room : METRICS_MAX;
    t->cut |= unpack_bool(unpack_key(component, "metrics_cut"), false);
    metric_table_add(t, unpack_key(component, "metrics"));
    all->n += t->n - before;
}

static void add_worker(void *arg, const msgpack_object *list)
{
    struct all_metrics *all = arg;
    const struct topology_record *record = &all->topology->record;

    for (uint32_t i = 0; i < record->n_components; i++) {
        const char *id = record->components[i].id;
        const msgpack_object *component =
            reign_component_in(list, (gale_str){id, strlen(id)});

        if (component == NULL)
            continue;
        add_metrics(all, i, component);
        add_streams(all, i, component);
    }
}

/* -- what is answered ------------------------------------------------------ */

static void pack_key_float(struct pack *p, const char *key, double value)
{
    pack_text(p, key);
    pack_float(p, value);
}

static void pack_histogram(const struct histogram_snapshot *h, struct pack *p)
{
    pack_key_uint(p, "n", h->n);
    pack_key_float(p, "mean", histogram_mean(h));
    pack_key_int(p, "p50", histogram_quantile(h, 0.5));
    pack_key_int(p, "p99", histogram_quantile(h, 0.99));
    pack_key_int(p, "p999", histogram_quantile(h, 0.999));
    pack_key_int(p, "max", h->max);
}

static void pack_gauge(const struct metric *m, struct pack *p)
{
    pack_key_float(p, "value",
                   m->n_tasks > 0 ? m->sum / (double)m->n_tasks : 0);
    pack_key_float(p, "min", m->min);
    pack_key_float(p, "max", m->max);
}

static void pack_metric(const char *component, const struct metric *m,
                        struct pack *p)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    static const uint32_t sizes[] = {5, 7, 10};

    pack_map(p, sizes[m->kind]);
    pack_key_text(p, "component", component);
    pack_key_text(p, "name", m->name);
    pack_key_text(p, "kind", kinds[m->kind]);
    pack_key_uint(p, "tasks", m->n_tasks);
    if (m->kind == GALE_METRIC_COUNTER)
        pack_key_int(p, "value", m->count);
    else if (m->kind == GALE_METRIC_GAUGE)
        pack_gauge(m, p);
    else
        pack_histogram(m->histogram, p);
}

static void pack_metrics(struct all_metrics *all, struct pack *p)
{
    const struct topology_record *record = &all->topology->record;

    pack_text(p, "metrics");
    pack_array(p, all->n);
    for (uint32_t i = 0; i < record->n_components; i++) {
        metric_table_sort(&all->tables[i]);
        for (uint32_t k = 0; k < all->tables[i].n; k++)
            pack_metric(record->components[i].id, &all->tables[i].list[k], p);
    }
}

static bool metrics_are_cut(const struct all_metrics *all, uint32_t i)
{
    return all->tables[i].cut;
}

static bool streams_are_cut(const struct all_metrics *all, uint32_t i)
{
    return all->streams[i].cut;
}

static void pack_cut(const struct all_metrics *all, const char *key,
                     bool (*is_cut)(const struct all_metrics *all, uint32_t i),
                     struct pack *p)
{
    const struct topology_record *record = &all->topology->record;
    uint32_t n = 0;

    for (uint32_t i = 0; i < record->n_components; i++)
        n += is_cut(all, i);
    pack_text(p, key);
    pack_array(p, n);
    for (uint32_t i = 0; i < record->n_components; i++)
        if (is_cut(all, i))
            pack_text(p, record->components[i].id);
}

static void pack_component(const struct topology_component *c,
                           const struct stream_sums *streams, struct pack *p)
{
    pack_map(p, 5);
    pack_key_text(p, "id", c->id);
    pack_key_bool(p, "spout", c->is_spout);
    stream_sums_pack(streams, c->is_spout, p);
}

static void pack_all(struct all_metrics *all, struct pack *p)
{
    const struct topology_record *record = &all->topology->record;

    pack_map(p, 7);
    pack_key_text(p, "id", record->id);
    pack_key_text(p, "name", record->name);
    pack_key_text(p, "status",
                  topology_life_word(record, all->topology->assigned));
    pack_text(p, "components");
    pack_array(p, record->n_components);
    for (uint32_t i = 0; i < record->n_components; i++)
        pack_component(&record->components[i], &all->streams[i], p);
    pack_metrics(all, p);
    pack_cut(all, "cut", metrics_are_cut, p);
    pack_cut(all, "streams_cut", streams_are_cut, p);
}

static void free_all(struct all_metrics *all)
{
    for (uint32_t i = 0; i < all->topology->record.n_components; i++) {
        metric_table_free(&all->tables[i]);
        stream_sums_free(&all->streams[i]);
    }
    free(all->tables);
    free(all->streams);
}

void reign_metrics(struct reign *r, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct topology *t = reign_asked_for(r, call, params);
    struct all_metrics all = {.topology = t};
    struct pack p;

    if (t == NULL)
        return;
    all.tables = xcalloc(t->record.n_components, sizeof(*all.tables));
    all.streams = xcalloc(t->record.n_components, sizeof(*all.streams));
    reign_counters_each(t, add_worker, &all);
    pack_init(&p);
    pack_all(&all, &p);
    rpc_reply(call, &p);
    pack_free(&p);
    free_all(&all);
}
