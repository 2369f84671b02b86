/*
 * gale/task.h - what the running code of a spout or bolt may ask of its host.
 *
 * A task is one instance of a component. Its callbacks get a gale_task, and
 * gale_instance(task) is the memory that the descriptor's instance_size asked
 * for: zeroed, filled from the options, owned by the host, one per task.
 *
 *     static gale_result execute(gale_task *task, const gale_tuple *in)
 *     {
 *         struct count *c = gale_instance(task);
 *         ...
 *         return gale_emit(task, gale_s(word), gale_int(n));
 *     }
 *
 * Threads. All callbacks of a task run one at a time, never re-entrantly, but
 * not always on the same thread. Everything here may be called only from
 * within a callback of that task, except gale_post() and gale_wakeup(), which
 * any thread may call between the return of open or prepare and the call of
 * close or cleanup; what is posted from there on is not run. What a thread that
 * does not run the task would change or emit ends the process with a line that
 * names the task. Nothing here waits for another task: emit never blocks.
 *
 * Seeds. A plugin that asks only gale_now(), gale_wall_us(), gale_random() and
 * gale_async() for time, chance and threads can be run from a seed.
 *
 * Places. Elsewhere, or with NULL for a name or a function, a call is an error:
 *
 *     emit                next, activate, deactivate; execute, tick,
 *                         end_of_input; functions of post and async
 *     ack, fail, poison,
 *     release             a bolt's callbacks; hold, retain: execute
 *     tick_every          the same; from end_of_input on only with 0
 *     pause_input         prepare, execute, tick; functions of post and async
 *     resume_input        a bolt's callbacks
 *     wait_…, exhausted   next
 *     position_get, _set  open; a spout's callbacks but close
 *     give_up, n_pending  a spout's callbacks; so is wakeup
 *     async               all but close, cleanup; other functions: everywhere
 *
 * Promises for later. An instance may be closed and opened again in a living
 * process, so keep no state in globals. `ack` may come late and in batches, and
 * not every message gets an `ack` or a `fail`: close and open may come instead.
 * Handles of an earlier run are ignored. Borrowed pointers die with the
 * callback.
 */
#ifndef GALE_TASK_H
#define GALE_TASK_H

#include <gale/tuple.h>

typedef struct gale_task gale_task;
typedef struct gale_metric gale_metric;

/*
 * An input that execute has held (gale_hold): a small value, apart from the
 * tuple's bytes. {0} names nothing. Copies name the same input.
 */
typedef struct gale_handle {
    uint64_t id;
} gale_handle;

typedef enum gale_emit_flags {
    GALE_EMIT_UNANCHORED = 1u << 0, /* not part of the input's tree */
} gale_emit_flags;

/* The long form of emit. Start from `{.size = sizeof(gale_emit_opts)}`. */
typedef struct gale_emit_opts {
    size_t size;     /* of this struct */
    uint32_t stream; /* number of the stream; 0 is the first declared */
    uint32_t flags;  /* gale_emit_flags */
    int32_t
        direct_task; /* the consuming task's id on a direct stream, else 0 */
    uint32_t n_anchors;
    const gale_handle *anchors; /* held inputs; then the current input is an
                                   anchor only if it is among them */
    const gale_msgid *id;       /* spouts: track this message under this id */
    int32_t *tasks;             /* out: ids of the tasks it went to … */
    uint32_t tasks_max;         /* … as many as fit … */
    uint32_t n_tasks;           /* … out: and how many there are */
    /* Reserved; must be 0 until they work. */
    int64_t time_us;
    uint32_t kind;
    uint32_t reserved;
} gale_emit_opts;

typedef enum gale_log_level {
    GALE_LOG_ERROR = 0,
    GALE_LOG_WARN = 1,
    GALE_LOG_INFO = 2,
    GALE_LOG_DEBUG = 3,
} gale_log_level;

typedef enum gale_metric_kind {
    GALE_METRIC_COUNTER = 0,   /* adds up */
    GALE_METRIC_GAUGE = 1,     /* the last value set */
    GALE_METRIC_HISTOGRAM = 2, /* values ≥ 0, quantiles within 1/16 */
} gale_metric_kind;

/* Runs on a pool thread; may block; must not touch the task. */
typedef gale_result gale_work_fn(void *arg);
/* Runs in the task like any callback; may emit, ack and fail held inputs. */
typedef void gale_done_fn(gale_task *task, gale_result result, void *arg);
typedef void gale_post_fn(gale_task *task, void *arg);
/* Makes or ends a resource of the worker; see gale_resource(). */
typedef void *gale_create_fn(gale_task *task, void *arg);
typedef void gale_destroy_fn(void *resource);

/* The host's side; members are only ever added at the end. */
typedef struct gale_task_host {
    size_t size; /* of this table, in bytes */
    /* emit, ack */
    gale_result (*emit)(gale_task *, const gale_value *, uint32_t n);
    gale_result (*emit_to)(gale_task *, uint32_t stream, const gale_value *,
                           uint32_t n);
    gale_result (*emit_msg)(gale_task *, gale_msgid, const gale_value *,
                            uint32_t n);
    gale_result (*emit_with)(gale_task *, gale_emit_opts *, const gale_value *,
                             uint32_t n);
    void (*flush)(gale_task *);
    gale_handle (*hold)(gale_task *, const gale_tuple *);
    void (*ack)(gale_task *, gale_handle);
    void (*fail)(gale_task *, gale_handle);
    const gale_tuple *(*retain)(gale_task *, const gale_tuple *);
    void (*release)(gale_task *, const gale_tuple *);
    /* ticks, waiting, positions */
    void (*tick_every)(gale_task *, int64_t ms);
    void (*wait_fd)(gale_task *, int fd, uint32_t events);
    void (*wait_until)(gale_task *, int64_t ns);
    void (*wait_wakeup)(gale_task *);
    void (*exhausted)(gale_task *);
    void (*give_up)(gale_task *, gale_msgid);
    uint64_t (*n_pending)(gale_task *);
    gale_result (*position_set)(gale_task *, gale_str split, gale_str position);
    gale_str (*position_get)(gale_task *, gale_str split);
    /* time, chance, threads */
    int64_t (*now)(gale_task *);
    int64_t (*wall_us)(gale_task *);
    uint64_t (*random)(gale_task *);
    gale_result (*async)(gale_task *, gale_work_fn *, gale_done_fn *, void *);
    void (*post)(gale_task *, gale_post_fn *, void *);
    void (*wakeup)(gale_task *);
    /* context */
    int32_t (*id)(gale_task *);
    uint32_t (*index)(gale_task *);
    uint32_t (*n_tasks)(gale_task *);
    uint32_t (*n_executors)(gale_task *);
    const char *(*component)(gale_task *);
    const char *(*topology)(gale_task *);
    uint32_t (*stream)(gale_task *, const char *name);
    const char *(*target)(gale_task *, uint32_t stream, uint32_t i);
    uint32_t (*tasks_of)(gale_task *, const char *component, int32_t *,
                         uint32_t);
    const char *(*field_of)(gale_task *, const char *component,
                            const char *stream, uint32_t i);
    gale_value (*config)(gale_task *, const char *key);
    gale_value (*config_item)(gale_task *, gale_value, uint32_t i);
    void *(*resource)(gale_task *, const char *name, gale_create_fn *,
                      gale_destroy_fn *, void *arg);
    /* talk */
    bool (*log_on)(gale_task *, uint32_t level);
    void (*log)(gale_task *, uint32_t level, const char *text);
    gale_result (*error)(gale_task *, gale_result, const char *text);
    void (*report_error)(gale_task *, const char *text);
    gale_metric *(*metric)(gale_task *, uint32_t kind, const char *name);
    void (*metric_add)(gale_metric *, int64_t n);
    void (*metric_set)(gale_metric *, double value);
    void (*metric_record)(gale_metric *, int64_t value);
    /* emit */
    gale_result (*emit_rows)(gale_task *, uint32_t stream, const gale_value *,
                             uint32_t n_rows);
    gale_value (*key_value)(const gale_key *);
    /* ack */
    void (*poison)(gale_task *, gale_handle);
    /* input, for bolts */
    void (*pause_input)(gale_task *);
    void (*resume_input)(gale_task *);
} gale_task_host;

struct gale_task {
    const gale_task_host *host;
    void *instance;
    /* what follows belongs to the host */
};

#define GALE_NO_STREAM UINT32_MAX

static inline void *gale_instance(gale_task *task)
{
    return task->instance;
}

/* -- emit ------------------------------------------------------------------ */

/*
 * gale_emit(task, values…) emits to the first declared stream. From `execute`
 * the tuple is anchored to the input; elsewhere it belongs to no tree. Values
 * are copied before the call returns, also lists and maps of the input, of its
 * batch, of a retained tuple. As many values as the stream declares fields.
 *
 * Emitting what the stream does not declare (wrong number of values, unknown
 * stream, a reserved kind, more than gale.topology.max.tuple.bytes) emits
 * nothing, returns GALE_FATAL and marks the task: the worker stops with a
 * sentence that names component, stream, found and expected, and the input
 * fails, whatever the callback returns.
 */
static inline gale_result gale_emit_values(gale_task *task,
                                           const gale_value *values, uint32_t n)
{
    return task->host->emit(task, values, n);
}

static inline gale_result gale_emit_values_to(gale_task *task, uint32_t stream,
                                              const gale_value *values,
                                              uint32_t n)
{
    return task->host->emit_to(task, stream, values, n);
}

/*
 * Many tuples in one call, which costs less than as many calls: n_rows times
 * as many values as the stream declares fields, row after row. Each is a tuple
 * of its own, as if emitted by itself. On an error the rows before it are out.
 */
static inline gale_result gale_emit_rows(gale_task *task, uint32_t stream,
                                         const gale_value *values,
                                         uint32_t n_rows)
{
    return task->host->emit_rows(task, stream, values, n_rows);
}

/* Spouts: emit to the first stream and track the tuple's tree under id. */
static inline gale_result gale_emit_values_msg(gale_task *task, gale_msgid id,
                                               const gale_value *values,
                                               uint32_t n)
{
    return task->host->emit_msg(task, id, values, n);
}

/* opts is written to only where a member says "out". */
static inline gale_result gale_emit_values_with(gale_task *task,
                                                gale_emit_opts *opts,
                                                const gale_value *values,
                                                uint32_t n)
{
    return task->host->emit_with(task, opts, values, n);
}

/* Anchored to these held inputs, not to the current one unless it is among
 * them; one that is given twice counts once:
 * gale_emit_anchored(task, GALE_HANDLES(left, right), values…), or of an array
 * gale_emit_anchored(task, GALE_HANDLES_N(handles, n), values…). */
static inline gale_result gale_emit_values_anchored(gale_task *task,
                                                    const gale_handle *anchors,
                                                    uint32_t n_anchors,
                                                    const gale_value *values,
                                                    uint32_t n)
{
    gale_emit_opts opts;

    memset(&opts, 0, sizeof(opts));
    opts.size = sizeof(opts);
    opts.anchors = anchors;
    opts.n_anchors = n_anchors;
    return task->host->emit_with(task, &opts, values, n);
}

#ifndef __cplusplus
#define gale_emit(task, ...) gale_emit_values(task, GALE_VALUES(__VA_ARGS__))
#define gale_emit_to(task, stream, ...)                                        \
    gale_emit_values_to(task, stream, GALE_VALUES(__VA_ARGS__))
#define gale_emit_msg(task, id, ...)                                           \
    gale_emit_values_msg(task, id, GALE_VALUES(__VA_ARGS__))
#define gale_emit_with(task, opts, ...)                                        \
    gale_emit_values_with(task, opts, GALE_VALUES(__VA_ARGS__))
#define gale_emit_anchored(task, handles, ...)                                 \
    gale_emit_values_anchored(task, handles, GALE_VALUES(__VA_ARGS__))
/* The two arguments "array of these, how many". */
#define GALE_HANDLES(...)                                                      \
    ((const gale_handle[]){__VA_ARGS__}),                                      \
        ((uint32_t)(sizeof((gale_handle[]){__VA_ARGS__}) /                     \
                    sizeof(gale_handle)))
/* The same of an array that is there, with as many as n. */
#define GALE_HANDLES_N(handles, n) (handles), ((uint32_t)(n))
#endif

/* Send what has been emitted on its way now; needed only for latency inside
 * one long callback, since the host flushes whenever it is idle. */
static inline void gale_flush(gale_task *task)
{
    task->host->flush(task);
}

/* -- ticks ----------------------------------------------------------------- */

/* Call the bolt's `tick`, which it must have, every ms milliseconds from now
 * on; 0 stops, less is refused. A late tick comes once, not several times. */
static inline void gale_tick_every(gale_task *task, int64_t ms)
{
    task->host->tick_every(task, ms);
}

/* -- input, for bolts ------------------------------------------------------ */

/*
 * No more input for now: when the callback under way has returned, `execute` is
 * not called again before gale_resume_input(); of a batch the rest is the
 * bolt's. Inputs wait in front of the bolt, which is back pressure; ticks,
 * posts and the ends of gale_async() come as ever, and one of them resumes. A
 * bolt that gathers the next batch while gale_async() writes the last one
 * pauses when both are full. The tasks of an executor pause together. Paused
 * twice is paused once, and so is resumed.
 *
 * A task that has paused has something to do: a run does not come to its end
 * before it resumes, or the stop has lost its patience.
 */
static inline void gale_pause_input(gale_task *task)
{
    task->host->pause_input(task);
}

static inline void gale_resume_input(gale_task *task)
{
    task->host->resume_input(task);
}

/* -- waiting, for spouts --------------------------------------------------- */

/*
 * Said from within `next` when there is nothing to emit now: do not call `next`
 * again before this happens. Several may be said, and the first that comes
 * counts; of descriptors the last one said, which may be one of epoll.
 * They hold for one wait, which a `fail` ends, too. A `next` that emits nothing
 * and says nothing is called again after 50 µs, then less often, after a while
 * every 4 ms.
 * events: the POLLIN and POLLOUT bits of <poll.h>.
 */
static inline void gale_wait_fd(gale_task *task, int fd, uint32_t events)
{
    task->host->wait_fd(task, fd, events);
}

/* ns: on the clock of gale_now(). */
static inline void gale_wait_until(gale_task *task, int64_t ns)
{
    task->host->wait_until(task, ns);
}

/* Until gale_wakeup(), a gale_post() or the end of a gale_async(). */
static inline void gale_wait_wakeup(gale_task *task)
{
    task->host->wait_wakeup(task);
}

/*
 * Said from within `next`: this source has ended. `next` is called again only
 * after a `fail`, a gale_wakeup() or a gale_post(), since there may be
 * something to emit again. When every spout is exhausted and everything is
 * acked, a bounded run is complete.
 */
static inline void gale_exhausted(gale_task *task)
{
    task->host->exhausted(task);
}

/* Tracked messages of this task that are neither acked nor failed. */
static inline uint64_t gale_n_pending(gale_task *task)
{
    return task->host->n_pending(task);
}

/* -- positions, for spouts ------------------------------------------------- */

/*
 * "All that this split held up to here has been emitted": where to go on after
 * a restart. The host makes the position durable once every message emitted
 * before this call is acked; the latest that fulfils this wins, so calling
 * often is cheap. A message that failed holds the position back until a message
 * of the same id is emitted again and acked, or until gale_give_up(); what was
 * acked comes again after a restart only. Without tracking, emitting is enough.
 *
 * split names a part of the source (a file, a partition; "" for a source of one
 * part); split ≤ 255 bytes, position ≤ 4096 bytes, 1 MiB of all splits that a
 * task has set; GALE_FATAL beyond. A position belongs to its task: others of
 * the component may use the same names and have positions of their own, with
 * `gale local` and on a cluster, whichever worker runs the task.
 */
static inline gale_result gale_position_set(gale_task *task, gale_str split,
                                            gale_str position)
{
    return task->host->position_set(task, split, position);
}

/* From `open`: the position that this task left in an earlier run, borrowed
 * until it returns; empty if there is none. */
static inline gale_str gale_position_get(gale_task *task, gale_str split)
{
    return task->host->position_get(task, split);
}

/* This spout will not emit the failed message again. */
static inline void gale_give_up(gale_task *task, gale_msgid id)
{
    task->host->give_up(task, id);
}

/* -- time, chance, threads ------------------------------------------------- */

/* Monotonic nanoseconds. */
static inline int64_t gale_now(gale_task *task)
{
    return task->host->now(task);
}

/* Microseconds since 1970; for people, not for measuring. */
static inline int64_t gale_wall_us(gale_task *task)
{
    return task->host->wall_us(task);
}

/* 64 random bits from the task's own generator; not for secrets. */
static inline uint64_t gale_random(gale_task *task)
{
    return task->host->random(task);
}

/*
 * Run work(arg) on a pool thread (topology.worker.shared.thread.pool.size of
 * them, and one for each task of a bolt with GALE_BOLT_BLOCKING, for those),
 * then done(task, its result, arg) in this task. arg is yours all along.
 * End_of_input, close and cleanup wait until all are done. GALE_RETRY, and
 * nothing runs, when gale.topology.max.async of this task are under way.
 * GALE_FATAL, and nothing runs, when no thread can be started: then the worker
 * stops.
 *
 * What becomes of an error that work returns is up to done. If that reports
 * nothing and fails no input, it is counted and logged as one of the task, with
 * the text of gale_error(), if done has called it.
 */
GALE_MUST_CHECK static inline gale_result gale_async(gale_task *task,
                                                     gale_work_fn *work,
                                                     gale_done_fn *done,
                                                     void *arg)
{
    return task->host->async(task, work, done, arg);
}

/* Any thread, until close or cleanup: run fn(task, arg) in it, in order. */
static inline void gale_post(gale_task *task, gale_post_fn *fn, void *arg)
{
    task->host->post(task, fn, arg);
}

/* Any thread: end the spout's wait. A bolt does not wait: see gale_post(). */
static inline void gale_wakeup(gale_task *task)
{
    task->host->wakeup(task);
}

/* -- context --------------------------------------------------------------- */

/* Unique in the topology, from 1 on. */
static inline int32_t gale_task_id(gale_task *task)
{
    return task->host->id(task);
}

/* 0 … gale_n_tasks() - 1 within the component. */
static inline uint32_t gale_task_index(gale_task *task)
{
    return task->host->index(task);
}

static inline uint32_t gale_n_tasks(gale_task *task)
{
    return task->host->n_tasks(task);
}

static inline uint32_t gale_n_executors(gale_task *task)
{
    return task->host->n_executors(task);
}

/* Texts of the context live as long as the topology. */
static inline const char *gale_component_id(gale_task *task)
{
    return task->host->component(task);
}

static inline const char *gale_topology_name(gale_task *task)
{
    return task->host->topology(task);
}

/* The number of an own stream; GALE_NO_STREAM if it is not declared. */
static inline uint32_t gale_stream_of(gale_task *task, const char *name)
{
    return task->host->stream(task, name);
}

/* The i-th component that takes an own stream; NULL behind the last. */
static inline const char *gale_target(gale_task *task, uint32_t stream,
                                      uint32_t i)
{
    return task->host->target(task, stream, i);
}

/* Ids of a component's tasks, ascending, at most max of them; returns how many
 * there are, 0 for an unknown component. */
static inline uint32_t gale_tasks_of(gale_task *task, const char *component,
                                     int32_t *tasks, uint32_t max)
{
    return task->host->tasks_of(task, component, tasks, max);
}

/* Name of the i-th field of any component's stream; NULL behind the last. */
static inline const char *gale_field_of(gale_task *task, const char *component,
                                        const char *stream, uint32_t i)
{
    return task->host->field_of(task, component, stream, i);
}

/* The effective configuration, component over topology over defaults; nil for
 * a key without a value. Lives as long as the task; lists and maps are read by
 * gale_config_item(). */
static inline gale_value gale_config(gale_task *task, const char *key)
{
    return task->host->config(task, key);
}

/* As gale_item(), for a value of the configuration; nil behind the last. */
static inline gale_value gale_config_item(gale_task *task, gale_value container,
                                          uint32_t i)
{
    return task->host->config_item(task, container, i);
}

/*
 * Something that all tasks of this worker share (a connection pool, a table):
 * the first caller's create makes it, under a lock; when the last task that
 * asked for it is closed, destroy ends it (NULL: nothing does). NULL if create
 * returned NULL. The resource itself must be safe for threads. create may ask
 * for others, which end after this one; asking for its own stops the worker.
 */
static inline void *gale_resource(gale_task *task, const char *name,
                                  gale_create_fn *create,
                                  gale_destroy_fn *destroy, void *arg)
{
    return task->host->resource(task, name, create, destroy, arg);
}

/* The value that a key was made of, nil for none; text is borrowed from
 * *key. */
static inline gale_value gale_key_value(gale_task *task, const gale_key *key)
{
    return task->host->key_value(key);
}

/* -- log, errors, metrics -------------------------------------------------- */

/* (gale_log(), gale_error(), gale_report_error(): gale/task_text.h.) A metric
 * of this task; the same name and kind answers the same one, never NULL; a name
 * that is empty or has control characters stops the worker with an error. Call
 * it in open or prepare and keep the pointer. */
static inline gale_metric *gale_counter(gale_task *task, const char *name)
{
    return task->host->metric(task, GALE_METRIC_COUNTER, name);
}

static inline gale_metric *gale_gauge(gale_task *task, const char *name)
{
    return task->host->metric(task, GALE_METRIC_GAUGE, name);
}

static inline gale_metric *gale_histogram(gale_task *task, const char *name)
{
    return task->host->metric(task, GALE_METRIC_HISTOGRAM, name);
}

static inline void gale_counter_add(gale_task *task, gale_metric *m, int64_t n)
{
    task->host->metric_add(m, n);
}

/* NAN: it has no value for now, and is shown as if it were not there. */
static inline void gale_gauge_set(gale_task *task, gale_metric *m, double value)
{
    task->host->metric_set(m, value);
}

static inline void gale_histogram_record(gale_task *task, gale_metric *m,
                                         int64_t value)
{
    task->host->metric_record(m, value);
}

#include <gale/task_ack.h>
#include <gale/task_text.h>

#endif
