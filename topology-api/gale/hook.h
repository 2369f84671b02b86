/*
 * gale/hook.h - somebody who looks on: at what tasks emit, execute and settle.
 *
 *     static void executed(gale_task *task, void *instance,
 *                          const gale_tuple *in, int64_t ns)
 *     {
 *         struct slow *s = instance;
 *
 *         if (ns > 1000000)
 *             gale_counter_add(task, s->slow, 1);
 *     }
 *
 *     GALE_HOOK(slow, .summary = "counts calls of more than 1 ms",
 *               .prepare = prepare, .bolt_execute = executed,
 *               .instance_size = sizeof(struct slow));
 *
 * The key topology.auto.task.hooks names hooks, which are found as other
 * plugins are; each task of the topology gets an instance of each. Callbacks
 * run on the task's thread, may use what the task's own callbacks may (metrics,
 * log, time), and must not emit, ack or fail. All are optional.
 *
 * In C++ a hook is a class: GALE_CPP_HOOK (gale/hook.hpp).
 *
 * A topology without hooks pays nothing for them; with some, its bolts get
 * their tuples one by one (no execute_batch), and each is timed.
 */
#ifndef GALE_HOOK_H
#define GALE_HOOK_H

#include <gale/task.h>
#include <gale/tuple.h>

/* What was emitted; borrowed. */
typedef struct gale_emitted {
    size_t size;        /* of this struct */
    const char *stream; /* its name */
    const gale_value *values;
    uint32_t n;
    uint32_t n_tasks; /* that it went to */
} gale_emitted;

typedef struct gale_hook {
    uint32_t abi;        /* GALE_ABI */
    uint32_t size;       /* of this struct */
    const char *name;    /* the id it is found by */
    const char *summary; /* one line for people */
    uint64_t features;   /* reserved: 0 */
    uint32_t instance_size;
    uint32_t reserved;

    /* Before the task's open or prepare, and after its close or cleanup. */
    void (*prepare)(gale_task *task, void *instance);
    void (*cleanup)(gale_task *task, void *instance);
    /* A tuple is on its way to its tasks. */
    void (*emit)(gale_task *task, void *instance, const gale_emitted *what);
    /* A spout is about to be told; fail: only one that has a `fail`. */
    void (*spout_ack)(gale_task *task, void *instance, gale_msgid id);
    void (*spout_fail)(gale_task *task, void *instance, gale_msgid id);
    /* execute has returned, after so many nanoseconds. */
    void (*bolt_execute)(gale_task *task, void *instance, const gale_tuple *in,
                         int64_t ns);
    /* An input is settled; in: NULL if it was held and is gone. */
    void (*bolt_ack)(gale_task *task, void *instance, const gale_tuple *in);
    void (*bolt_fail)(gale_task *task, void *instance, const gale_tuple *in);
} gale_hook;

#ifndef __cplusplus
#define GALE_HOOK(id_, ...)                                                    \
    GALE_MANIFEST(hook, id_);                                                  \
    GALE_EXPORT extern const gale_hook gale_hook_##id_;                        \
    GALE_EXPORT const gale_hook gale_hook_##id_ = {                            \
        .abi = GALE_ABI, .size = sizeof(gale_hook), .name = #id_, __VA_ARGS__}
#endif

#endif
