/*
 * gale/spout.h - a source of tuples.
 *
 *     static gale_result next(gale_task *task)
 *     {
 *         struct numbers *s = gale_instance(task);
 *
 *         if (s->n == s->end) {
 *             gale_exhausted(task);
 *             return GALE_OK;
 *         }
 *         s->n++;
 *         return gale_emit_msg(task, ((gale_msgid){0, s->n}), gale_int(s->n));
 *     }
 *
 *     GALE_SPOUT(numbers, .summary = "counts", .next = next,
 *                .instance_size = sizeof(struct numbers),
 *                .streams = GALE_OUTPUTS("n"));
 *
 * The host calls, one at a time: open, activate, then next as often as there
 * is room (fewer pending than topology.max.spout.pending, downstream not
 * full), ack and fail in between; deactivate and activate again as the
 * operator says (acks and fails still come while inactive); at last
 * deactivate, close, also when the run fails or is stopped at once (but then
 * nothing can be emitted any more). Only `next` is required.
 *
 * No callback may block: who waits for something says so (gale_wait_fd,
 * gale_wait_until, gale_wait_wakeup) and returns. A spout that must block sets
 * GALE_SPOUT_BLOCKING and gets a thread of its own.
 */
#ifndef GALE_SPOUT_H
#define GALE_SPOUT_H

#include <gale/option.h>
#include <gale/stream.h>
#include <gale/task.h>

typedef enum gale_spout_flags {
    GALE_SPOUT_BLOCKING = 1u << 0, /* callbacks may block: own thread */
} gale_spout_flags;

typedef enum gale_close_reason {
    GALE_CLOSE_END = 0,      /* the topology ends */
    GALE_CLOSE_ROLLBACK = 1, /* reserved: the instance is opened again */
} gale_close_reason;

typedef struct gale_spout {
    /* The same first members as gale_bolt. */
    uint32_t abi;         /* GALE_ABI */
    uint32_t size;        /* of this struct */
    uint32_t host_needs;  /* least size of gale_task_host */
    uint32_t flags;       /* gale_spout_flags */
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

    /* Once, before anything else; positions of the last run are at hand. An
     * error stops the topology with its text. Spouts begin inactive. */
    gale_result (*open)(gale_task *task);
    /* Once, after the last other call, also after a failed open. */
    void (*close)(gale_task *task, gale_close_reason reason);
    void (*activate)(gale_task *task);
    void (*deactivate)(gale_task *task);
    /* Emit a few tuples, or none and say what to wait for. GALE_RETRY reports
     * the error and calls again after a pause; GALE_FATAL stops the worker. */
    gale_result (*next)(gale_task *task);
    /* The tree of the message is complete; or it failed or timed out, and the
     * spout decides whether to emit it again, here or from `next`; what it will
     * not, gale_give_up() says, else a stop that comes later names it as
     * missing. Of a spout with a `fail`, ids of messages that are pending
     * differ: failures are told, and counted, by the id. A spout that emits new
     * messages from here stops that when it is deactivated, else a stop has no
     * end but gale.topology.drain.secs. Just before close nothing is emitted
     * any more: an emit from here returns GALE_RETRY. */
    void (*ack)(gale_task *task, gale_msgid id);
    void (*fail)(gale_task *task, gale_msgid id);

    /* Reserved for checkpoints; a plugin that fills one is refused. */
    void (*snapshot)(void);
    void (*restore)(void);
    void (*rewind)(void);
    void (*checkpoint_done)(void);
    void (*owner)(void);
    void (*pause)(void);
    void (*resume)(void);

    uint32_t needs; /* gale_needs; 0: nothing but its host */
} gale_spout;

#ifndef __cplusplus
#define GALE_SPOUT(id_, ...)                                                   \
    GALE_MANIFEST(spout, id_);                                                 \
    GALE_EXPORT extern const gale_spout gale_spout_##id_;                      \
    GALE_EXPORT const gale_spout gale_spout_##id_ = {                          \
        .abi = GALE_ABI,                                                       \
        .size = sizeof(gale_spout),                                            \
        .host_needs = sizeof(gale_task_host),                                  \
        .name = #id_,                                                          \
        __VA_ARGS__}
#endif

#endif
