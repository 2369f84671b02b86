/*
 * worker_counters.c - what a worker tells of its components: counters and the
 * last error of each, for those who look (`gale monitor`, `gale get-errors`).
 *
 *     counters  [COMPONENT …]     a notification
 *
 * COMPONENT: {id, executed, acked, failed, errors, error, error_us, streams:
 * [[name, emitted, transferred] …]}; those alone that have executors here.
 * Nothing depends on it: what is lost is told anew, at the latest after
 * IDLE_NS, since the nimbus that leads may be another one.
 */
#include "topology-api/memory.h"
#include "worker/worker.h"
#include "worker/worker_process_in.h"

#define PERIOD_NS (3 * SECOND_NS)
#define IDLE_NS (30 * SECOND_NS)
#define ERROR_MAX 500 /* bytes of its text */
#define STREAMS_MAX 256u

struct told {
    struct process *process;
    const struct model *model;
    uint32_t next; /* in the order of the stream */
    struct pack list;
    uint32_t n;
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

static void pack_error(const gale_component_stats *stats, struct pack *p)
{
    size_t size = strlen(stats->last_error);

    pack_text(p, "error");
    pack_text_n(p, stats->last_error, size < ERROR_MAX ? size : ERROR_MAX);
    pack_key_int(p, "error_us", stats->last_error_us);
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

static void add(void *arg, const gale_component_stats *stats)
{
    struct told *t = arg;
    struct pack *p = &t->list;

    if (!is_here(t, t->model->order[t->next++]))
        return;
    t->n++;
    pack_map(p, 8);
    pack_key_text(p, "id", stats->id);
    pack_key_uint(p, "executed", stats->executed);
    pack_key_uint(p, "acked", stats->acked);
    pack_key_uint(p, "failed", stats->failed);
    pack_key_uint(p, "errors", stats->errors);
    pack_error(stats, p);
    pack_streams(stats, p);
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
    struct told t = {.process = p, .model = member_worker(p->member)->model};
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
