/* scale_worker.c - workers that are numbers; see scale_worker.h. */
#include "cli/scale_worker.h"
#include "cli/scale_nimbus.h"
#include "common/assignment_record.h"
#include "common/histogram_pack.h"
#include "common/topology_record.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define START_NS INT64_C(500000000)
#define COUNTERS_NS (3 * SCALE_SECOND)
#define PATH_SIZE (TOPOLOGY_ID_SIZE + 32u)

/* -- what is read before it starts ----------------------------------------- */

/* Of one worker, one node after the other. */
struct supply {
    struct scale_workers *workers;
    struct slot_order order;
    uint64_t life;
    bool renews; /* the assignment alone */
};

/* The worker that it is for; NULL: nobody waits for it any more. */
static struct scale_worker *worker_of(const struct supply *s)
{
    struct scale_workers *w = s->workers;

    for (uint32_t i = 0; i < w->n && w->zookeeper != NULL && s->life == w->life;
         i++)
        if (w->list[i].order.port == s->order.port &&
            w->list[i].order.birth == s->order.birth &&
            strcmp(w->list[i].order.topology, s->order.topology) == 0)
            return &w->list[i];
    return NULL;
}

static void ask(struct supply *s, const char *folder, bool children,
                zookeeper_fn *fn)
{
    struct zookeeper *z = s->workers->zookeeper;
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "%s/%s", folder, s->order.topology);
    if (children)
        zookeeper_children(z, path, NULL, (struct zookeeper_then){fn, s});
    else
        zookeeper_get(z, path, NULL, (struct zookeeper_then){fn, s});
}

static void drop(struct supply *s)
{
    s->workers->n_unsupplied += worker_of(s) != NULL;
    free(s);
}

static void come_up(void *arg)
{
    struct scale_workers *w = arg;

    w->changed(w->arg);
}

static void positions_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supply *s = arg;
    struct scale_worker *worker = worker_of(s);
    struct scale_workers *w = s->workers;

    (void)answer;
    if (worker != NULL && worker->up_ns == INT64_MAX) {
        worker->up_ns = loop_now(w->loop) + START_NS;
        loop_timer_set(w->loop, &w->up, worker->up_ns, come_up, w);
    }
    free(s);
}

static bool fits(const struct supply *s, const struct zookeeper_answer *answer)
{
    struct assignment_record a;
    bool fits;

    if (answer->result != ZOOKEEPER_OK ||
        assignment_record_unpack(answer->data, answer->size,
                                 s->workers->records_key, &a, NULL) != 0)
        return false;
    fits = a.assignment_version >= s->order.assignment_version &&
           s->order.worker < a.n_workers &&
           a.workers[s->order.worker].birth == s->order.birth;
    assignment_record_free(&a);
    return fits;
}

static void assignment_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supply *s = arg;

    if (worker_of(s) == NULL || !fits(s, answer))
        drop(s);
    else if (s->renews)
        free(s);
    else
        ask(s, "/positions", true, positions_read);
}

static void topology_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supply *s = arg;
    struct topology_record t;

    if (worker_of(s) == NULL || answer->result != ZOOKEEPER_OK ||
        topology_record_unpack(answer->data, answer->size,
                               s->workers->records_key, &t, NULL) != 0) {
        drop(s);
        return;
    }
    topology_record_free(&t);
    ask(s, "/assignments", false, assignment_read);
}

static void supply(struct scale_workers *w, const struct slot_order *order,
                   bool renews)
{
    struct supply *s = xcalloc(1, sizeof(*s));

    *s = (struct supply){w, *order, w->life, renews};
    if (renews)
        ask(s, "/assignments", false, assignment_read);
    else
        ask(s, "/topologies", false, topology_read);
}

/* -- what is wanted -------------------------------------------------------- */

static const struct scale_worker *before(const struct scale_workers *w,
                                         const struct slot_order *order)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (w->list[i].order.port == order->port &&
            w->list[i].order.birth == order->birth &&
            w->list[i].order.worker == order->worker &&
            strcmp(w->list[i].order.topology, order->topology) == 0)
            return &w->list[i];
    return NULL;
}

static struct scale_worker next_of(struct scale_workers *w,
                                   const struct slot_order *order)
{
    const struct scale_worker *was = before(w, order);
    struct scale_worker next = {.up_ns = INT64_MAX};

    if (was != NULL)
        next = *was;
    else
        next.incarnation = ++w->last_incarnation;
    next.order = *order;
    return next;
}

void scale_workers_want(struct scale_workers *w,
                        const struct slots_record *record,
                        struct zookeeper *zookeeper)
{
    bool begins = w->zookeeper == NULL;
    struct scale_worker *list = xcalloc(record->n_slots, sizeof(*list));
    uint8_t *reads = xcalloc(record->n_slots, 1); /* 1: all, 2: renews */

    w->zookeeper = zookeeper;
    for (uint32_t i = 0; i < record->n_slots; i++) {
        const struct scale_worker *was = before(w, &record->slots[i]);

        reads[i] = was == NULL || begins ? 1
                   : was->order.assignment_version !=
                           record->slots[i].assignment_version
                       ? 2
                       : 0;
        list[i] = next_of(w, &record->slots[i]);
    }
    free(w->list);
    w->list = list;
    w->n = record->n_slots;
    for (uint32_t i = 0; i < w->n; i++)
        if (reads[i] != 0)
            supply(w, &list[i].order, reads[i] == 2);
    free(reads);
}

void scale_workers_init(struct scale_workers *w, struct loop *loop,
                        const struct digest *records_key,
                        void (*changed)(void *arg), void *arg)
{
    *w = (struct scale_workers){.loop = loop,
                                .records_key = records_key,
                                .changed = changed,
                                .arg = arg};
}

void scale_workers_end(struct scale_workers *w)
{
    loop_timer_clear(&w->up);
    w->zookeeper = NULL;
    w->life++;
}

void scale_workers_free(struct scale_workers *w)
{
    free(w->list);
}

/* -- what is told ---------------------------------------------------------- */

uint32_t scale_workers_running(const struct scale_workers *w, int64_t now)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n; i++)
        n += w->list[i].up_ns <= now;
    return n;
}

/* As worker/worker_reports.c packs it, of one that has work. */
static void pack_report(struct scale_worker *worker, struct pack *p)
{
    uint64_t n = ++worker->n_reports;

    pack_map(p, 18);
    pack_key_uint(p, "incarnation", worker->incarnation);
    pack_key_uint(p, "number", n);
    pack_key_uint(p, "version", worker->order.assignment_version);
    pack_key_uint(p, "round", 0);
    pack_key_uint(p, "stage", 0);
    pack_key_bool(p, "opened", true);
    pack_key_bool(p, "quiet", false);
    pack_key_bool(p, "exhausted", false);
    pack_key_bool(p, "active", worker->order.active);
    pack_key_uint(p, "pending", 100);
    pack_key_uint(p, "sent", 10000 * n);
    pack_key_uint(p, "received", 10000 * n - 10);
    pack_key_uint(p, "acked", 1000 * n);
    pack_key_uint(p, "failed", 0);
    pack_key_uint(p, "executed", 20000 * n);
    pack_key_bool(p, "links_up", true);
    pack_key_text(p, "hangs", "");
    pack_key_bool(p, "ended", false);
}

static void pack_worker(struct scale_worker *worker, int64_t now,
                        struct pack *p)
{
    bool runs = worker->up_ns <= now;

    pack_map(p, 14);
    pack_key_text(p, "topology", worker->order.topology);
    pack_key_uint(p, "worker", worker->order.worker);
    pack_key_uint(p, "birth", worker->order.birth);
    pack_key_uint(p, "port", worker->order.port);
    pack_key_int(p, "pid", runs ? 12345 : 0);
    pack_key_bool(p, "runs", runs);
    pack_key_uint(p, "restarts", 0);
    pack_key_uint(p, "failed_starts", 0);
    pack_key_text(p, "why", "");
    pack_key_uint(p, "errors", 0);
    pack_key_int(p, "error_us", 0);
    pack_key_int(p, "again_ns", 0);
    pack_key_bool(p, "ended", false);
    pack_text(p, "report");
    if (runs)
        pack_report(worker, p);
    else
        pack_nil(p);
}

void scale_workers_report(struct scale_workers *w, const char *supervisor,
                          uint64_t change, int64_t now, struct pack *p)
{
    pack_map(p, 4);
    pack_key_text(p, "supervisor", supervisor);
    pack_key_uint(p, "change", change);
    pack_key_bool(p, "ends", false);
    pack_text(p, "workers");
    pack_array(p, w->n);
    for (uint32_t i = 0; i < w->n; i++)
        pack_worker(&w->list[i], now, p);
}

/* n of them, as of calls that take 100 ns to some µs. */
static void pack_times(uint64_t n, struct pack *p)
{
    enum { BUCKETS = 100, FIRST = 64 };
    struct histogram_snapshot times = {
        .n = n, .sum = 1000.0 * (double)n, .max = 10000};

    for (uint32_t i = 0; i < BUCKETS; i++)
        times.counts[FIRST + i] = n / BUCKETS;
    pack_array(p, HISTOGRAM_PACKED);
    histogram_pack(&times, p);
}

static void pack_stream(uint64_t n, struct pack *p)
{
    pack_text(p, "streams");
    pack_array(p, 1);
    pack_array(p, 8);
    pack_text(p, "default");
    for (uint32_t i = 0; i < 6; i++)
        pack_uint(p, n);
    pack_times(n, p);
}

static void pack_inputs(uint64_t n, struct pack *p)
{
    pack_text(p, "inputs");
    pack_array(p, 1);
    pack_array(p, 7);
    pack_text(p, "source");
    pack_text(p, "default");
    for (uint32_t i = 0; i < 3; i++)
        pack_uint(p, n);
    pack_times(n, p);
    pack_array(p, 0);
    pack_key_bool(p, "times_cut", false);
}

/* As worker/worker_counters.c packs it. */
static void pack_component(const char *id, uint64_t n, struct pack *p)
{
    pack_map(p, 13);
    pack_key_text(p, "id", id);
    pack_key_uint(p, "executors", 1);
    pack_key_uint(p, "executed", 4000 * n);
    pack_key_uint(p, "acked", 200 * n);
    pack_key_uint(p, "failed", 0);
    pack_key_uint(p, "errors", 0);
    pack_text(p, "capacity");
    pack_float(p, 0.5);
    pack_text(p, "recent");
    pack_array(p, 0);
    pack_stream(4000 * n, p);
    pack_inputs(4000 * n, p);
    pack_text(p, "metrics");
    pack_array(p, 0);
    pack_key_bool(p, "metrics_cut", false);
}

static void pack_counters(const struct scale_worker *worker, struct pack *p)
{
    static const char *const ids[] = {"source", "split", "count", "join",
                                      "sink"};

    pack_map(p, 4);
    pack_key_text(p, "topology", worker->order.topology);
    pack_key_uint(p, "worker", worker->order.worker);
    pack_key_uint(p, "birth", worker->order.birth);
    pack_text(p, "components");
    pack_array(p, sizeof(ids) / sizeof(ids[0]));
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        pack_component(ids[i], worker->n_reports, p);
}

void scale_workers_count(struct scale_workers *w, int64_t now,
                         struct scale_nimbus *leader)
{
    for (uint32_t i = 0; i < w->n; i++) {
        struct scale_worker *worker = &w->list[i];
        struct pack p;

        if (worker->up_ns > now || now - worker->counted_ns < COUNTERS_NS)
            continue;
        worker->counted_ns = now;
        pack_init(&p);
        pack_counters(worker, &p);
        scale_nimbus_counters(leader, &p);
        pack_free(&p);
    }
}
