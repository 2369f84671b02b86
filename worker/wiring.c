/* wiring.c - makes tasks and executors; see wiring.h. */
#include "worker/wiring.h"
#include "common/check.h"
#include "common/config.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "worker/async_pool.h"
#include "worker/bolt_task.h"
#include "worker/carriers.h"
#include "worker/grouper.h"
#include "worker/hooks.h"
#include "worker/link.h"
#include "worker/links.h"
#include "worker/memory_wait.h"
#include "worker/plan.h"
#include "worker/recent_errors.h"
#include "worker/resources.h"
#include "worker/routes.h"
#include "worker/spout_task.h"
#include "worker/stand_in.h"
#include "worker/task_base.h"
#include "worker/user_metrics.h"
#include "worker/worker_config.h"
#include <errno.h>
#include <stdlib.h>

#define INBOX_BYTES_ONE (48u << 10) /* one carrier: stay in the cache */
#define INBOX_BYTES_MANY (1u << 20) /* several: ride over a pause */
#define INBOX_BYTES_ALL (16u << 20) /* in front of all of a carrier, about */
#define INBOX_BYTES_MIN (16u << 10)
#define BLOCKS_PER_SHARE 8 /* of memory, where it is limited */

/* -- tasks ----------------------------------------------------------------- */

/* What a spout, or a bolt, records for each message or tuple of its first
 * stream; NULL: it has none. */
static histogram_slot *first_times(struct task *t)
{
    if (t->component->is_spout)
        return t->n_streams > 0 ? &t->streams[0].messages.complete : NULL;
    return t->component->n_inputs > 0 ? &t->inputs[0].execute : NULL;
}

static struct task *task_new(struct executor *e, uint32_t index, uint32_t place)
{
    const struct component *c = e->component;
    struct worker *w = e->worker;
    struct task *t = xcalloc(1, sizeof(*t));

    t->public.host = &task_host;
    t->executor = e;
    t->carrier = e->carrier;
    t->component = c;
    t->id = c->first_task + (int32_t)index;
    t->index = index;
    t->place = place;
    t->n_streams = c->n_streams;
    t->streams = xcalloc(c->n_streams + 1, sizeof(*t->streams));
    for (uint32_t i = 0; i < c->n_streams; i++)
        t->streams[i].decl = &c->streams[i];
    task_allow_emit(t, false);
    t->inputs = xcalloc(c->n_inputs + 1, sizeof(*t->inputs));
    if (first_times(t) != NULL)
        atomic_init(first_times(t), &t->first_times);
    t->debug = config_bool(w->model, c, "topology.debug");
    t->hooks = hooks_new(w->model);
    t->watched = t->debug || t->hooks != NULL;
    t->trees = &t->one_tree;
    t->wakeup = (struct message){.kind = MESSAGE_WAKEUP, .task = t};
    t->view.public.host = &tuple_view_host;
    t->view.task = t;
    t->view.tuple = &tuple_none;
    random_seed(&t->random, w->seed ^ ((uint64_t)t->id << 32));
    throttle_init(&t->throttle, w->config.errors_max,
                  w->config.errors_interval_ns);
    if (c->is_spout)
        t->spout = spout_part_new(t);
    else
        t->bolt = bolt_part_new(t);
    task_use(t, c);
    check(t->id >= 1 && (uint32_t)t->id <= w->n_tasks &&
          w->tasks[t->id] == NULL);
    w->tasks[t->id] = t;
    return t;
}

static void times_free(struct task *t)
{
    if (first_times(t) != NULL)
        atomic_init(first_times(t), NULL);
    histogram_fini(&t->first_times);
    for (uint32_t i = 0; i < t->n_streams; i++)
        histogram_slot_fini(&t->streams[i].messages.complete);
    for (uint32_t i = 0; i < t->component->n_inputs; i++) {
        histogram_slot_fini(&t->inputs[i].execute);
        histogram_slot_fini(&t->inputs[i].process);
    }
    free(t->inputs);
}

static void task_free(struct task *t)
{
    times_free(t);
    routes_free(t);
    spout_part_free(t->spout);
    bolt_part_free(t->bolt);
    user_metrics_fini(t);
    hooks_free(t->hooks);
    free(t->text);
    free(t->taken_text);
    if (t->errors != NULL)
        recent_errors_free(t->errors);
    free(t->errors);
    free(t->public.instance);
    free(t);
}

static int fill_instance(struct task *t, gale_err *error)
{
    const struct component *c = t->component;
    size_t size = c->is_spout ? c->spout.instance_size : c->bolt.instance_size;

    t->public.instance = xcalloc(1, size + 1);
    return model_fill_options(t->executor->worker->model, c, t->public.instance,
                              error);
}

/* -- executors ------------------------------------------------------------- */

static struct executor *executor_new(struct worker *w,
                                     const struct component *c, uint32_t index,
                                     struct carrier *carrier)
{
    struct executor *e = aligned_alloc(64, (sizeof(*e) + 63) & ~(size_t)63);
    uint32_t n = w->crews[c - w->model->components].n;
    uint32_t first = model_first_task(c->tasks, n, index);
    uint32_t end = model_first_task(c->tasks, n, index + 1);

    check(e != NULL);
    executor_init(e, w, c, carrier, c->is_spout ? spout_run : bolt_run);
    e->blocking = carriers_own(c);
    e->takes_batches =
        !c->is_spout && c->bolt.execute_batch != NULL && w->model->n_hooks == 0;
    gate_limit(&e->own_gate, executor_credit(e));
    e->edge = c->cyclic ? 0 : carrier_edge(carrier);
    check(first < end && end <= c->tasks);
    e->n_tasks = end - first;
    e->tasks = xcalloc(e->n_tasks, sizeof(struct task *));
    for (uint32_t i = 0; i < e->n_tasks; i++)
        e->tasks[i] = task_new(e, first + i, i);
    return e;
}

static void executor_free(struct executor *e)
{
    if (e->away) {
        stand_in_free(e);
        return;
    }
    executor_fini(e);
    for (uint32_t i = 0; i < e->n_tasks; i++)
        task_free(e->tasks[i]);
    free(e->tasks);
    free(e);
}

/* Where tuples for its tasks go, and acks for them. */
void wiring_enter(struct executor *e, uint32_t index)
{
    const struct component *c = e->component;
    struct worker *w = e->worker;
    struct crew *crew = &w->crews[c - w->model->components];
    uint32_t first = model_first_task(c->tasks, crew->n, index);
    uint32_t end = model_first_task(c->tasks, crew->n, index + 1);
    const struct ack_home *home =
        e->away ? link_home(stand_in_of(e)->link) : &e->carrier->home;

    e->index = index;
    e->number = (uint32_t)c->first_task + first;
    e->gate = c->cyclic ? &w->cycles[c->cycle] : &e->own_gate;
    crew->executors[index] = w->executors[e->number] = e;
    for (uint32_t i = first; i < end; i++) {
        crew->place[i] = index << 16 | (i - first);
        /* Pairs with the look in ack_way.c. */
        atomic_store_explicit(&w->homes[(uint32_t)c->first_task + i], home,
                              memory_order_release);
    }
}

/* Which carriers the next executors go to. */
struct placing {
    uint32_t n;     /* carriers that are shared */
    uint32_t here;  /* executors of the component that are here, so far */
    uint32_t owned; /* the next carrier of one that blocks */
};

/* Executor i of those that are here on carrier i mod n, for every component:
 * chains stay together, and only keyed streams cross. One that blocks has the
 * next carrier of its own. */
static void make_here(struct worker *w, const struct component *c, uint32_t i,
                      struct placing *p)
{
    uint32_t at = carriers_own(c) ? p->owned++ : p->here++ % p->n;
    struct executor *e = executor_new(w, c, i, w->carriers[at]);

    e->here = w->n_here++;
    wiring_enter(e, i);
}

static void make_crew(struct worker *w, const struct component *c,
                      struct placing *p)
{
    struct crew *crew = &w->crews[c - w->model->components];

    crew->executors = xcalloc(crew->n, sizeof(struct executor *));
    crew->place = xcalloc(c->tasks, sizeof(*crew->place));
    p->here = 0;
    for (uint32_t i = 0; i < crew->n; i++) {
        uint32_t number = crew->first + i;

        if (plan_is_mine(w->plan, number))
            make_here(w, c, i, p);
        else
            wiring_enter(
                stand_in_new(links_to(w->links, w->plan->homes[number]), c), i);
    }
}

static void make_cycles(struct worker *w)
{
    const struct model *m = w->model;

    w->cycles = aligned_alloc(
        64, m->n_components * ((sizeof(struct gate) + 63) & ~(size_t)63));
    check(w->cycles != NULL);
    for (uint32_t i = 0; i < m->n_components; i++)
        gate_init(&w->cycles[i], NULL, credit_for(0, w->config.inbox_bytes, 1));
}

static uint32_t carriers_wanted(struct worker *w, uint32_t n)
{
    if (n == 0)
        n = (uint32_t)worker_config_int_or(w->model, "gale.worker.carriers", 0);
    if (n == 0)
        n = w->env->ops->n_cpus(w->env);
    return n;
}

/* What an executor has of the memory that may be used while spouts go on:
 * budget_rule.h. */
static uint32_t memory_share(const struct worker *w, uint32_t n_executors)
{
    uint64_t bytes = w->budget.marks.go_on / (n_executors + 1);

    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

/* What may wait in front of an executor; with very many it is less, so that all
 * that waits on a carrier stays near. */
static uint32_t inbox_bytes(const struct worker *w, uint32_t n_executors,
                            uint32_t n_carriers)
{
    bool one = n_carriers == 1 && w->links == NULL;
    uint32_t bytes = one ? INBOX_BYTES_ONE : INBOX_BYTES_MANY, share;
    uint32_t memory = memory_share(w, n_executors);

    share = INBOX_BYTES_ALL / (n_executors / n_carriers + 1);
    if (bytes > share)
        bytes = share;
    if (bytes > memory)
        bytes = memory;
    return bytes < INBOX_BYTES_MIN ? INBOX_BYTES_MIN : bytes;
}

/* Of a block: each executor may have begun some. */
static uint32_t block_bytes(const struct worker *w, uint32_t n_executors)
{
    uint32_t bytes = memory_share(w, n_executors) / BLOCKS_PER_SHARE;

    return bytes < w->config.inbox_bytes ? bytes : w->config.inbox_bytes;
}

/* One carrier does everything: what carriers share otherwise is its own, and
 * needs no locked instructions. */
static void set_alone(struct worker *w)
{
    const struct model *m = w->model;

    w->carriers[0]->pool.alone = true;
    for (uint32_t i = 0; i < m->n_components; i++)
        w->cycles[i].alone = true;
}

uint32_t wiring_count(struct worker *w)
{
    const struct model *m = w->model;
    uint32_t n = 0;

    for (uint32_t i = 0; i < m->n_components; i++) {
        w->crews[i].first = n;
        w->crews[i].n = plan_executors(w->plan, m, i);
        n += w->crews[i].n;
    }
    return n;
}

static void make_executors(struct worker *w, uint32_t n_executors, uint32_t n)
{
    const struct model *m = w->model;
    struct placing p = {.n = n, .owned = n};

    w->config.inbox_bytes = inbox_bytes(w, n_executors, n);
    w->config.block_bytes = block_bytes(w, n_executors);
    w->n_tasks = m->n_tasks;
    w->tasks = xcalloc((size_t)m->n_tasks + 1, sizeof(*w->tasks));
    w->homes = xcalloc((size_t)m->n_tasks + 1, sizeof(*w->homes));
    w->executors = xcalloc((size_t)m->n_tasks + 1, sizeof(*w->executors));
    make_cycles(w);
    for (uint32_t i = 0; i < m->n_components; i++)
        make_crew(w, &m->components[i], &p);
    check(p.owned == w->n_carriers);
    if (w->n_carriers == 1)
        set_alone(w);
}

static bool make_tasks(struct worker *w, uint32_t n_carriers, gale_err *error)
{
    uint32_t n = carriers_wanted(w, n_carriers);
    uint32_t n_executors = wiring_count(w);

    if (!carriers_make(w, n, error))
        return false;
    if (w->plan != NULL)
        w->links = links_new(w, n);
    make_executors(w, n_executors, n);
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i] != NULL && (routes_make(w->tasks[i], error) != 0 ||
                                    fill_instance(w->tasks[i], error) != 0))
            return false;
    return true;
}

static bool make_control(struct worker *w, gale_err *error)
{
    w->control = w->env->ops->waiter_new(w->env);
    if (w->control != NULL)
        return true;
    error_set(error,
              "cannot wait for events: %s; raise the limit of open files "
              "(ulimit -n)",
              strerror(errno));
    return false;
}

/* Wherever they are now: they may come here. */
static uint32_t blocking_tasks(const struct model *m)
{
    uint64_t n = 1;

    for (uint32_t i = 0; i < m->n_components; i++)
        if (!m->components[i].is_spout && carriers_own(&m->components[i]))
            n += m->components[i].tasks;
    check(n <= UINT32_MAX);
    return (uint32_t)n;
}

struct worker *worker_new(struct env *env, const struct model *m,
                          const struct plan *plan, struct log *log,
                          uint32_t n_carriers, gale_err *error)
{
    struct worker *w = xcalloc(1, sizeof(*w));

    w->model = m;
    w->plan = plan;
    w->env = env;
    w->log = log;
    w->seed = env->ops->entropy(env);
    if (plan != NULL)
        w->incarnation = env->ops->entropy(env);
    w->key_seed = XXH3_64bits(m->name, strlen(m->name));
    w->started = env->ops->now(env);
    w->monitor = env->ops->monitor_new(env);
    w->parking = env->ops->monitor_new(env);
    worker_config_read(w);
    w->memory = memory_wait_new(w);
    w->resources = resources_new(env);
    w->pool = async_pool_new(w, w->config.pool_threads);
    w->blocking_pool = async_pool_new(w, blocking_tasks(m));
    w->crews = xcalloc(m->n_components, sizeof(*w->crews));
    if (make_control(w, error) && make_tasks(w, n_carriers, error))
        return w;
    worker_free(w);
    return NULL;
}

void worker_free(struct worker *w)
{
    if (w == NULL)
        return;
    w->budget.changed = NULL; /* nobody is to run any more */
    async_pool_free(w->pool);
    async_pool_free(w->blocking_pool);
    for (uint32_t c = 0; c < w->model->n_components; c++) {
        for (uint32_t i = 0; w->crews[c].executors && i < w->crews[c].n; i++)
            executor_free(w->crews[c].executors[i]);
        free(w->crews[c].executors);
        free(w->crews[c].place);
    }
    links_free(w->links);
    carriers_free(w);
    resources_free(w->resources);
    w->env->ops->waiter_free(w->env, w->control);
    w->env->ops->monitor_free(w->env, w->monitor);
    w->env->ops->monitor_free(w->env, w->parking);
    free(w->crews);
    free(w->tasks);
    free(w->homes);
    free(w->executors);
    free(w->cycles);
    free(w->memory);
    free(w->config.spool);
    free(w);
}
