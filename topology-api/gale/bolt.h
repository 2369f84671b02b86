/*
 * gale/bolt.h - a step of the stream.
 *
 *     static gale_result execute(gale_task *task, const gale_tuple *in)
 *     {
 *         return gale_emit(task, gale_int(gale_get_int(in, 0) * 2));
 *     }
 *
 *     GALE_BOLT(twice, .summary = "doubles", .execute = execute,
 *               .streams = GALE_OUTPUTS("n"));
 *
 * The result of `execute` settles the input: GALE_OK acks it after everything
 * that was emitted from it, GALE_RETRY fails it (see gale_result). A bolt that
 * must settle later (a window, a join, a batch) sets GALE_BOLT_MANUAL_ACK,
 * holds the input (gale_hold) and acks or fails the handle when it knows.
 *
 * The host calls, one at a time: prepare, then execute and tick as they come,
 * end_of_input when no more input comes in this run, cleanup. Only `execute` is
 * required; a bolt that gains from many tuples at a time adds `execute_batch`.
 *
 * `execute` may take its time, but while it runs the other executors of its
 * carrier wait; a bolt that calls something that blocks sets
 * GALE_BOLT_BLOCKING and gets a thread of its own, or uses gale_async(), and
 * gale_pause_input() when it can take no more until that has ended. (One that
 * does neither gets a thread, too, when it has blocked some times. One that
 * sets GALE_BOLT_BLOCKING finds a thread for one gale_async() of each task at
 * any time, whatever others have under way.)
 */
#ifndef GALE_BOLT_H
#define GALE_BOLT_H

#include <gale/batch.h>
#include <gale/option.h>
#include <gale/stream.h>
#include <gale/task.h>

typedef enum gale_bolt_flags {
    GALE_BOLT_BLOCKING = 1u << 0,   /* callbacks may block: own thread */
    GALE_BOLT_MANUAL_ACK = 1u << 1, /* may hold inputs */
} gale_bolt_flags;

typedef struct gale_bolt {
    /* The same first members as gale_spout. */
    uint32_t abi;         /* GALE_ABI */
    uint32_t size;        /* of this struct */
    uint32_t host_needs;  /* least size of gale_task_host */
    uint32_t flags;       /* gale_bolt_flags */
    uint64_t features;    /* reserved: 0 */
    const char *name;     /* the id it is found by */
    const char *summary;  /* one line for people */
    gale_streams streams; /* what it emits; none is legal */
    gale_options options;
    uint32_t instance_size; /* bytes of a task's own memory, at most 1 GiB */
    uint32_t state_version; /* reserved: 0 */
    const void *states;     /* reserved: NULL */
    uint32_t n_states;      /* reserved: 0 */
    uint32_t state_size;    /* reserved: 0 */
    /* While the topology is built: streams that depend on the options, and what
     * is wrong with options that does not show in each by itself. instance
     * is filled from the options and not a task's own. */
    gale_result (*declare)(gale_outputs *out, const void *instance);

    /* Once, before anything else. An error stops the topology with its text. */
    gale_result (*prepare)(gale_task *task);
    /* Once, after the last other call, also after a failed prepare; components
     * in the order of the stream. Emits nothing: see end_of_input. */
    void (*cleanup)(gale_task *task);
    /* One input tuple, borrowed until the return. */
    gale_result (*execute)(gale_task *task, const gale_tuple *in);
    /* Many input tuples at a time, if the bolt has it: see gale/batch.h. */
    gale_result (*execute_batch)(gale_task *task, gale_batch *in);
    /* The period of gale_tick_every() or topology.tick.tuple.freq.secs has
     * passed. What is emitted has no anchor unless it names one. */
    gale_result (*tick)(gale_task *task);
    /* All that this run has to give has been executed (bounded sources are
     * exhausted, or the topology is being stopped gracefully): emit final
     * results. Not called when the run is stopped at once or fails. It comes
     * when all messages are settled: a bolt that holds inputs lets go of them
     * by a tick, at the latest. It comes once: after an error, GALE_RETRY, too,
     * the run has failed. */
    gale_result (*end_of_input)(gale_task *task);

    /* Reserved for state, event time and sinks; a plugin that fills one is
     * refused. */
    void (*on_timer)(void);
    void (*on_watermark)(void);
    void (*drain)(void);
    void (*snapshot)(void);
    void (*restore)(void);
    void (*upgrade)(void);
    void (*checkpoint_done)(void);
    void (*fence)(void);
    void (*delivered)(void);
    void (*deliver)(void);
    void (*commit_prepare)(void);
    void (*commit)(void);
    void (*abort)(void);

    uint32_t needs; /* gale_needs; 0: nothing but its host */
} gale_bolt;

#ifndef __cplusplus
#define GALE_BOLT(id_, ...)                                                    \
    GALE_MANIFEST(bolt, id_);                                                  \
    GALE_EXPORT extern const gale_bolt gale_bolt_##id_;                        \
    GALE_EXPORT const gale_bolt gale_bolt_##id_ = {.abi = GALE_ABI,            \
                                                   .size = sizeof(gale_bolt),  \
                                                   .host_needs =               \
                                                       sizeof(gale_task_host), \
                                                   .name = #id_,               \
                                                   __VA_ARGS__}
#endif

#endif
