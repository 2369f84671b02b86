/*
 * task_host.c - the host functions behind gale/task.h: the border between a
 * plugin and the engine. Each does little and calls the part that knows.
 */
#include "common/config.h"
#include "common/log.h"
#include "worker/async_pool.h"
#include "worker/bolt_host.h"
#include "worker/bolt_task.h"
#include "worker/carriers.h"
#include "worker/joint_trees.h"
#include "worker/resources.h"
#include "worker/spout_host.h"
#include "worker/spout_messages.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"
#include "worker/user_metrics.h"
#include "worker/worker.h"
#include "topology-api/memory.h"

#define ANCHORS_MAX (1u << 20) /* of one tuple */

static struct worker *worker_of(const struct task *t)
{
    return t->executor->worker;
}

static struct env *env_of(const struct task *t)
{
    return worker_of(t)->env;
}

/* The task, on its own thread. */
static inline struct task *own(gale_task *public, const char *function)
{
    struct task *t = task_of(public);

    task_check_thread(t, function);
    return t;
}

/* The same for what must cost nothing. */
static inline struct task *watched(gale_task *public, const char *function)
{
    struct task *t = task_of(public);

    task_watch_thread(t, function);
    return t;
}

__attribute__((noinline, cold)) static bool refuse_null(gale_task *public,
                                                        const char *function,
                                                        const char *what)
{
    char text[64];

    snprintf(text, sizeof(text), "%s is NULL", what);
    task_fatal(own(public, function), function, text);
    return false;
}

/* Whether an argument that must be there is: a plugin's slip is no crash. */
static inline bool given(gale_task *public, const char *function,
                         const char *what, bool there)
{
    return __builtin_expect(there, 1) || refuse_null(public, function, what);
}

/* -- emit ------------------------------------------------------------------ */

static inline gale_result emit_stream(struct task *t, uint32_t stream,
                                      const gale_value *values, uint32_t n)
{
    if (__builtin_expect(stream >= t->n_streams, 0))
        return task_no_stream(t, stream);
    return t->streams[stream].emit(t, &t->streams[stream], t->trees, t->n_trees,
                                   values, n);
}

static gale_result emit(gale_task *public, const gale_value *values, uint32_t n)
{
    return emit_stream(watched(public, "gale_emit()"), 0, values, n);
}

static gale_result emit_to(gale_task *public, uint32_t stream,
                           const gale_value *values, uint32_t n)
{
    return emit_stream(watched(public, "gale_emit_to()"), stream, values, n);
}

static gale_result emit_rows(gale_task *public, uint32_t stream,
                             const gale_value *values, uint32_t n_rows)
{
    struct task *t = watched(public, "gale_emit_rows()");

    if (__builtin_expect(stream >= t->n_streams, 0))
        return task_no_stream(t, stream);
    return t->streams[stream].emit_rows(t, &t->streams[stream], values, n_rows);
}

static void refuse_anchors(struct task *t, uint64_t found)
{
    char text[200];

    snprintf(text, sizeof(text),
             "%llu anchors are given for a tuple, expected %u at most: emit "
             "more tuples with fewer, or one without when its inputs are acked",
             (unsigned long long)found, ANCHORS_MAX);
    task_fatal(t, "emit", text);
}

/* How many trees the anchors have; false and an error for a handle that is not
 * open, or for too many. */
static bool count_trees(struct task *t, const gale_emit_opts *opts,
                        uint64_t *all)
{
    *all = 0;
    for (uint32_t i = 0; i < opts->n_anchors; i++) {
        const struct held_input *in =
            t->bolt != NULL ? held_find(&t->bolt->held, opts->anchors[i])
                            : NULL;

        if (in == NULL) {
            task_fatal(t, "emit",
                       "an anchor is not a held input of this task, or "
                       "was acked or failed before");
            return false;
        }
        *all += in->n_trees;
    }
    if (*all > ANCHORS_MAX)
        refuse_anchors(t, *all);
    return *all <= ANCHORS_MAX;
}

static gale_result emit_anchored(struct task *t, struct emission *x,
                                 const gale_emit_opts *opts,
                                 const gale_value *values, uint32_t n)
{
    struct joint_trees joint;
    gale_result result;
    uint64_t all;

    if (!count_trees(t, opts, &all))
        return GALE_FATAL;
    joint_trees_init(&joint, t->executor->edge, all);
    for (uint32_t i = 0; i < opts->n_anchors; i++) {
        struct held_input *in = held_find(&t->bolt->held, opts->anchors[i]);

        for (uint32_t k = 0; k < in->n_trees; k++)
            joint_trees_add(&joint, &in->trees[k]);
    }
    joint_trees_merge(&joint);
    x->trees = joint.trees;
    x->n_trees = joint.n;
    result = outbox_emit(t, x, values, n);
    joint_trees_fini(&joint);
    return result;
}

static const char *refused_opts(const struct task *t, const gale_emit_opts *o)
{
    if (o->size < sizeof(gale_emit_opts))
        return "gale_emit_opts.size is less than sizeof(gale_emit_opts)";
    if (o->time_us != 0 || o->kind != 0 || o->reserved != 0)
        return "gale_emit_opts.time_us and .kind are reserved and must be 0";
    if ((o->flags & ~(uint32_t)GALE_EMIT_UNANCHORED) != 0)
        return "gale_emit_opts.flags has bits that are reserved and must be 0; "
               "expected GALE_EMIT_UNANCHORED or 0";
    if (o->id != NULL && t->spout == NULL)
        return "only a spout emits with a message id";
    return NULL;
}

static gale_result emit_with(gale_task *public, gale_emit_opts *opts,
                             const gale_value *values, uint32_t n)
{
    struct task *t = own(public, "gale_emit_with()");
    const char *why = refused_opts(t, opts);
    struct emission x = {.trees = t->trees,
                         .n_trees = t->n_trees,
                         .direct_task = opts->direct_task,
                         .tasks = opts->tasks,
                         .tasks_max = opts->tasks_max};
    gale_result result;

    if (why != NULL) {
        task_fatal(t, "emit", why);
        return GALE_FATAL;
    }
    if (opts->stream >= t->n_streams)
        return task_no_stream(t, opts->stream);
    x.stream = &t->streams[opts->stream];
    if (opts->flags & GALE_EMIT_UNANCHORED)
        x.n_trees = 0;
    if (opts->id != NULL)
        result = spout_emit_msg_with(t, &x, *opts->id, values, n);
    else if (opts->n_anchors > 0 && x.n_trees + opts->n_anchors > 0 &&
             !(opts->flags & GALE_EMIT_UNANCHORED))
        result = emit_anchored(t, &x, opts, values, n);
    else
        result = outbox_emit(t, &x, values, n);
    opts->n_tasks = x.n_tasks;
    return result;
}

static void flush(gale_task *public)
{
    outbox_flush(own(public, "gale_flush()")->executor, true);
}

/* -- time, chance, threads ------------------------------------------------- */

static int64_t now(gale_task *public)
{
    struct env *env = env_of(task_of(public));

    return env->ops->now(env);
}

static int64_t wall_us(gale_task *public)
{
    struct env *env = env_of(task_of(public));

    return env->ops->wall_us(env);
}

static uint64_t random_bits(gale_task *public)
{
    return random_next(&own(public, "gale_random()")->random);
}

static struct async_pool *pool_of(const struct task *t)
{
    return t->bolt != NULL && carriers_own(t->component)
               ? worker_of(t)->blocking_pool
               : worker_of(t)->pool;
}

static gale_result async(gale_task *public, gale_work_fn *work,
                         gale_done_fn *done, void *arg)
{
    struct task *t = task_calls_from(public, &call_async);

    if (t == NULL ||
        !given(public, call_async.function, "work", work != NULL) ||
        !given(public, call_async.function, "done", done != NULL))
        return GALE_FATAL;
    return async_pool_run(pool_of(t), t, work, done, arg);
}

/* From any thread: nothing of the task may be written. */
static void fail_anywhere(struct task *t, const char *why)
{
    char text[TASK_TEXT_MAX];

    snprintf(text, sizeof(text), "%s \"%s\" (task %d), %s",
             t->spout != NULL ? "spout" : "bolt", t->component->id, t->id, why);
    worker_fail(worker_of(t), text);
}

static void post(gale_task *public, gale_post_fn *fn, void *arg)
{
    struct task *t = task_of(public);
    struct message *m;

    if (fn == NULL) {
        fail_anywhere(t, "gale_post(): the function is NULL");
        return;
    }
    m = xcalloc(1, sizeof(*m));
    m->kind = MESSAGE_POST;
    m->incarnation = atomic_load_explicit(&task_of(public)->incarnation,
                                          memory_order_relaxed);
    m->task = t;
    m->post = fn;
    m->arg = arg;
    executor_tell(t->executor, m, NULL);
}

static void wakeup(gale_task *public)
{
    struct task *t = task_of(public);

    if (t->spout != NULL)
        task_wakeup(t);
    else
        fail_anywhere(t, "gale_wakeup(): only a spout waits; gale_post() runs "
                         "a function in a bolt");
}

/* -- context --------------------------------------------------------------- */

static int32_t id(gale_task *public)
{
    return task_of(public)->id;
}

static uint32_t index_in(gale_task *public)
{
    return task_of(public)->index;
}

static uint32_t n_tasks(gale_task *public)
{
    return task_of(public)->component->tasks;
}

static uint32_t n_executors(gale_task *public)
{
    const struct task *t = task_of(public);
    const struct worker *w = t->executor->worker;

    return w->crews[t->executor->component - w->model->components].n;
}

static const char *component(gale_task *public)
{
    return task_of(public)->component->id;
}

static const char *topology(gale_task *public)
{
    return worker_of(task_of(public))->model->name;
}

static uint32_t stream(gale_task *public, const char *name)
{
    const struct task *t = task_of(public);

    if (!given(public, "gale_stream_of()", "the name", name != NULL))
        return GALE_NO_STREAM;
    for (uint32_t i = 0; i < t->n_streams; i++)
        if (strcmp(t->streams[i].decl->name, name) == 0)
            return i;
    return GALE_NO_STREAM;
}

static const char *target(gale_task *public, uint32_t number, uint32_t i)
{
    const struct task *t = task_of(public);

    if (number >= t->n_streams || i >= t->streams[number].n_routes)
        return NULL;
    return t->streams[number].routes[i].to->component->id;
}

static uint32_t tasks_of(gale_task *public, const char *name, int32_t *tasks,
                         uint32_t max)
{
    const struct model *m = worker_of(task_of(public))->model;
    uint32_t found;

    if (!given(public, "gale_tasks_of()", "the component", name != NULL))
        return 0;
    found = model_find(m, name);
    if (found == UINT32_MAX)
        return 0;
    for (uint32_t i = 0; i < m->components[found].tasks && i < max; i++)
        tasks[i] = m->components[found].first_task + (int32_t)i;
    return m->components[found].tasks;
}

static const char *field_of(gale_task *public, const char *name,
                            const char *stream_name, uint32_t i)
{
    const struct model *m = worker_of(task_of(public))->model;
    uint32_t found;

    if (!given(public, "gale_field_of()", "the component", name != NULL) ||
        !given(public, "gale_field_of()", "the stream", stream_name != NULL))
        return NULL;
    found = model_find(m, name);
    for (uint32_t k = 0;
         found != UINT32_MAX && k < m->components[found].n_streams; k++) {
        const struct stream_decl *s = &m->components[found].streams[k];

        if (strcmp(s->name, stream_name) == 0)
            return i < s->n_fields ? s->fields[i] : NULL;
    }
    return NULL;
}

static gale_value config(gale_task *public, const char *key)
{
    const struct task *t = task_of(public);

    if (!given(public, "gale_config()", "the key", key != NULL))
        return gale_nil();
    return config_value(worker_of(t)->model, t->component, key);
}

static gale_value config_item(gale_task *public, gale_value v, uint32_t i)
{
    uint64_t n = v.kind == GALE_MAP    ? 2 * (uint64_t)v.size
                 : v.kind == GALE_LIST ? v.size
                                       : 0;

    (void)public;
    if (n > 0 && value_is_borrowed(&v)) /* not of the configuration */
        return gale_nil();
    return i < n ? v.as.items[i] : gale_nil();
}

static void *resource(gale_task *public, const char *name,
                      gale_create_fn *create, gale_destroy_fn *destroy,
                      void *arg)
{
    struct task *t = own(public, "gale_resource()");

    if (!given(public, "gale_resource()", "the name", name != NULL) ||
        !given(public, "gale_resource()", "create", create != NULL))
        return NULL;
    return resources_get(worker_of(t)->resources, t, name, create, destroy,
                         arg);
}

/* -- talk ------------------------------------------------------------------ */

static bool log_is_on(gale_task *public, uint32_t level)
{
    return log_on(worker_of(task_of(public))->log, (gale_log_level)level);
}

static void log_line(gale_task *public, uint32_t level, const char *text)
{
    struct task *t = task_of(public);
    char name[300];

    log_write(worker_of(t)->log, (gale_log_level)level,
              task_name(t, name, sizeof(name)), text, strlen(text));
}

static gale_result error(gale_task *public, gale_result result,
                         const char *text)
{
    task_set_text(own(public, "gale_error()"), "%s", text);
    return result;
}

static void report_error(gale_task *public, const char *text)
{
    task_report(own(public, "gale_report_error()"), text);
}

/* It stands in tables: some bytes, and no control characters. */
static bool names_a_metric(const char *name)
{
    if (name == NULL || *name == '\0')
        return false;
    while (*name != '\0' && (unsigned char)*name >= 0x20 && *name != 0x7f)
        name++;
    return *name == '\0';
}

static void refuse_metric(struct task *t, const char *shown)
{
    char text[400];

    snprintf(text, sizeof(text),
             "the name %s of a metric is empty or has control characters; "
             "expected printable text",
             shown);
    task_fatal(t, "gale_metric…()", text);
}

static gale_metric *metric(gale_task *public, uint32_t kind, const char *name)
{
    struct task *t = own(public, "gale_metric…()");
    char shown[256];

    if (!names_a_metric(name)) {
        value_text(gale_cstr(name != NULL ? name : ""), shown, sizeof(shown));
        refuse_metric(t, shown);
        name = shown; /* the caller gets a metric all the same */
    }
    return user_metrics_get(t, kind, name);
}

const gale_task_host task_host = {
    .size = sizeof(gale_task_host),
    .emit = emit,
    .emit_to = emit_to,
    .emit_msg = spout_emit_msg,
    .emit_with = emit_with,
    .flush = flush,
    .hold = bolt_host_hold,
    .ack = bolt_host_ack,
    .fail = bolt_host_fail,
    .retain = bolt_host_retain,
    .release = bolt_host_release,
    .tick_every = bolt_host_tick_every,
    .wait_fd = spout_host_wait_fd,
    .wait_until = spout_host_wait_until,
    .wait_wakeup = spout_host_wait_wakeup,
    .exhausted = spout_host_exhausted,
    .give_up = spout_host_give_up,
    .n_pending = spout_host_n_pending,
    .position_set = spout_host_position_set,
    .position_get = spout_host_position_get,
    .now = now,
    .wall_us = wall_us,
    .random = random_bits,
    .async = async,
    .post = post,
    .wakeup = wakeup,
    .id = id,
    .index = index_in,
    .n_tasks = n_tasks,
    .n_executors = n_executors,
    .component = component,
    .topology = topology,
    .stream = stream,
    .target = target,
    .tasks_of = tasks_of,
    .field_of = field_of,
    .config = config,
    .config_item = config_item,
    .resource = resource,
    .log_on = log_is_on,
    .log = log_line,
    .error = error,
    .report_error = report_error,
    .metric = metric,
    .metric_add = user_metric_add,
    .metric_set = user_metric_set,
    .emit_rows = emit_rows,
    .key_value = slot_key_value,
    .poison = bolt_host_poison,
    .pause_input = bolt_host_pause_input,
    .resume_input = bolt_host_resume_input,
    .metric_record = user_metric_record,
};
