/*
 * task_base.h - one task: an instance of a component, and what it is doing.
 *
 * `public` is what plugins hold; the host functions (task_host.c) find the rest
 * behind it. All of it is written by the task's carrier alone; counters are
 * relaxed atomics so that the control thread can read them at any time.
 */
#ifndef GALE_TASK_BASE_H
#define GALE_TASK_BASE_H

#include "common/check.h"
#include "common/histogram.h"
#include "common/random.h"
#include "common/throttle.h"
#include "worker/carrier.h"
#include "worker/executor.h"
#include "worker/outbox.h"
#include "worker/task_calls.h"
#include <gale/task.h>

struct hooks;       /* hooks.h */
struct spout_part;  /* spout_task.h */
struct bolt_part;   /* bolt_task.h */
struct user_metric; /* user_metrics.h */

typedef _Atomic(uint64_t) counter;

/* The only writer adds; a plain load and store. */
static inline void counter_add(counter *c, uint64_t n)
{
    atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static inline void counter_set(counter *c, uint64_t n)
{
    atomic_store_explicit(c, n, memory_order_relaxed);
}

static inline uint64_t counter_get(counter *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

/* Of one subscription of a bolt. */
struct input_counters {
    counter executed;
    counter acked;
    counter failed;
    histogram_slot execute; /* ns */
    histogram_slot process; /* ns, only of those that were held */
};

struct task_counters {
    counter acked;     /* spout: messages */
    counter failed;    /* spout: messages, timed out ones, too */
    counter timed_out; /* spout */
    counter pending;   /* spout: copied from the ring after each run */
    counter resting;   /* spout: failed, and it is not told yet */
    counter dead;      /* spout: messages that became dead letters */
    counter dropped;   /* bolt */
    counter poisoned;  /* bolt */
    counter held;      /* bolt: inputs held and not settled */
    counter stale;     /* bolt: acks and fails of unknown handles */
    counter errors;    /* reported */
    counter busy_ns;   /* in callbacks that handle tuples */
};

/* Why the input must fail although execute said otherwise; see tuple_view.c. */
#define TASK_TEXT_MAX 1024

#define TASK_UNKNOWN_MAX 64 /* of the name of a field that is not there */

struct task {
    gale_task public; /* first: handles are pointers to it */
    struct executor *executor;
    const struct component *component;
    int32_t id;
    uint32_t index; /* within the component */
    uint32_t place; /* within the executor */
    uint32_t n_streams;
    struct stream_out *streams;
    uint32_t n_destinations;
    struct destination *destinations;
    struct spout_part *spout; /* one of these two */
    struct bolt_part *bolt;
    struct hooks *hooks; /* NULL: none */
    gale_result (*run_execute)(gale_task *,
                               const gale_tuple *); /* a bolt's, with
                                                 its hooks around it */
    struct random random;                           /* gale_random() */

    /* The call under way. */
    struct tree *trees; /* of the current input */
    uint32_t n_trees;
    /* How often it has begun anew; its carrier counts, any thread reads. */
    _Atomic(uint32_t) incarnation;
    bool opened;   /* open or prepare was called: close or cleanup must be */
    bool debug;    /* topology.debug: log what is emitted */
    bool watched;  /* emits go the general way: debug, or hooks */
    uint8_t call;  /* enum task_call: the callback under way */
    bool can_emit; /* not before open, not in close and cleanup */
    /* More than that it was executed is to be said of an input: */
    union {
        struct {
            bool held;   /* the current input was held */
            bool marked; /* it must fail: a field of it, or an emit, was
                            refused */
            bool said;   /* there is a text for why it fails, if it does */
            bool pauses; /* input_pause.h: none comes after it */
        };
        uint32_t special; /* not 0: one of these */
    };
    uint32_t n_async; /* gale_async() under way */
    struct tuple_view view;
    struct tree one_tree;
    struct shared_anchor *shared; /* of the current input, or NULL */
    uint64_t n_acked;             /* of the envelope, not counted yet */
    char *text;       /* gale_error() or the mark; NULL until first used */
    char *taken_text; /* what task_take_text() gave out; NULL until then */
    /* The latest name of a field that was asked for and is not there; copied,
     * since it may be gone when the field is read. Its end may be missing. */
    char unknown[TASK_UNKNOWN_MAX];

    struct task_counters counters;
    struct input_counters *inputs; /* bolt: per subscription */
    /* Of the first output, or input, which is the only one of most: near, since
     * thousands of executors find their caches cold. */
    struct histogram first_times;
    struct throttle throttle;      /* reported errors */
    struct recent_errors *errors;  /* NULL: none yet; in worker->monitor */
    const gale_grouping *choosing; /* the custom one that an emit asks now */
    struct user_metric *_Atomic metrics;
    const struct carrier *carrier; /* the executor's: the only thread that may
                                      come here */

    /* Written by any thread: see task_wakeup(). */
    _Atomic(bool) waking;
    struct message wakeup; /* its kind and task never change */
};

/* The tree of an input with one anchor. */
static inline void tree_begin(struct task *t, const struct anchor *a)
{
    t->one_tree = (struct tree){a->root, a->edge, t->executor->edge};
}

/* The tree of one that shares an anchor: what it makes is taken off that. */
static inline void tree_begin_shared(struct task *t, struct shared_anchor *s)
{
    t->shared = s;
    t->one_tree = (struct tree){s->anchor.root, 0, t->executor->edge};
}

static inline void tree_end_shared(struct task *t)
{
    t->shared->anchor.edge += t->one_tree.sum;
    t->shared = NULL;
}

/*
 * A tuple with this root is settled by `value`, within a run. If a tuple of the
 * same message is written and not yet sent, the value becomes part of its edge:
 * the sum over the tree is the same, and nothing need be told to the spout.
 * So what a bolt acks travels on with what it emitted, and only tuples that
 * nothing comes from cost a record.
 */
static inline void executor_ack(struct executor *e, uint64_t root,
                                uint64_t value)
{
    struct anchor *last = e->last_anchor;

    if (last != NULL && last->root == root)
        last->edge += value;
    else
        carrier_ack(e->carrier, root, value);
}

/* Calls of emit so far, to see whether a callback emitted. */
static inline uint64_t task_emits(struct task *t)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < t->n_streams; i++)
        n += counter_get(&t->streams[i].emitted) +
             counter_get(&t->streams[i].emitted_fast);
    return n;
}

/* Aborts: a thread that is not the task's has called this. */
void task_foreign(const struct task *t, const char *function)
    __attribute__((noreturn));

/* Plugins may call only gale_post() and gale_wakeup() from other threads; what
 * else they call there would break the engine where nobody finds it. */
static inline void task_check_thread(const struct task *t, const char *function)
{
    if (__builtin_expect(t->carrier != carrier_here, 0))
        task_foreign(t, function);
}

/*
 * The same where it would cost each tuple something: builds for looking closely
 * do it every time, the release build when a block is full (outlet_open()).
 */
static inline void task_watch_thread(const struct task *t, const char *function)
{
#ifdef GALE_WATCH_THREADS
    task_check_thread(t, function);
#else
    (void)t, (void)function;
#endif
}

/* execute has a tuple, and its view shows it. */
static inline bool task_has_input(const struct task *t)
{
    return t->view.tuple != &tuple_none;
}

/* A callback of the task begins … */
static inline void task_enter(struct task *t, enum task_call call)
{
    t->call = (uint8_t)call;
    atomic_store_explicit(&t->executor->calling, t, memory_order_relaxed);
}

/* … and has returned. */
static inline void task_leave(struct task *t)
{
    t->call = CALL_NONE;
    atomic_store_explicit(&t->executor->calling, NULL, memory_order_relaxed);
}

/*
 * Any thread: end the spout's wait. There is one message for it, which is under
 * way while `waking` is true; whoever turns it true sends it. The task turns it
 * back before it looks at what it was woken for. Both exchanges read what the
 * other one wrote: who finds it true has written before task_woken() looks, and
 * who finds it false sends a message again. The queue is done with the message
 * when it has been popped.
 */
static inline void task_wakeup(struct task *t)
{
    /* Pairs with the exchange in task_woken(). */
    if (!atomic_exchange_explicit(&t->waking, true, memory_order_acq_rel))
        executor_tell(t->executor, &t->wakeup, NULL);
}

/* The message has come. Pairs with the exchange in task_wakeup(). */
static inline void task_woken(struct task *t)
{
    check(atomic_exchange_explicit(&t->waking, false, memory_order_acq_rel));
}

/* Of an executor that runs: whose callback it is, as far as that can be known;
 * NULL if it has no tasks. Any thread, and a signal handler. */
static inline const struct task *task_under_way(const struct executor *e)
{
    const struct task *t =
        atomic_load_explicit(&e->calling, memory_order_relaxed);

    return t != NULL ? t : e->tasks[0];
}

static inline struct task *task_of(gale_task *public)
{
    return (struct task *)(void *)public;
}

/* The task calls this component's callbacks; with its hooks
 * around them. */
void task_use(struct task *t, const struct component *c);

/* Emitting is allowed between open or prepare and close or cleanup. */
void task_allow_emit(struct task *t, bool allowed);

/* The host functions; task_host.c. */
extern const gale_task_host task_host;

/* "component-index", for logs and errors; returns buffer. */
char *task_name(const struct task *t, char *buffer, size_t size);

/* Remember why; the latest text before the result is looked at wins. */
void task_set_text(struct task *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The text, "" if there is none; it is forgotten, and good until a text that
 * was said later is taken and another one is said. */
const char *task_take_text(struct task *t);

/* A call has ended: what it said and did not fail for is forgotten. */
static inline void task_forget_text(struct task *t)
{
    t->said = false;
}

/* Remember an error for those who ask for the last ones; any thread. */
void task_keep_error(struct task *t, const char *text);

/* Count and remember an error of the user's code, and log some of them. */
void task_report(struct task *t, const char *text);

/* The worker stops: component, task, what it was doing, and the text. */
void task_fatal(struct task *t, const char *doing, const char *text);

/* Emitting to a stream number that is not there; GALE_FATAL. */
gale_result task_no_stream(struct task *t, uint32_t stream);

/* What a callback other than execute returned; false if the worker stops. */
bool task_result(struct task *t, const char *doing, gale_result result);

#endif
