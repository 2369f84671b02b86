/*
 * gale/grouping.h - a grouping of one's own: which tasks get a tuple.
 *
 *     static uint32_t choose(gale_router *r, const gale_value *values,
 *                            uint32_t n, uint32_t *targets)
 *     {
 *         targets[0] = values[0].as.i % 2 ? 1 % r->n_targets : 0;
 *         return 1;
 *     }
 *
 *     GALE_GROUPING(odd_even, .summary = "odd numbers to task 1",
 *                   .choose = choose);
 *
 * There is one router per producing task and subscription, and it is used by
 * that task's thread alone, in emit: it must not block. What it may depend on
 * is in gale_router, so that a run can be repeated.
 */
#ifndef GALE_GROUPING_H
#define GALE_GROUPING_H

#include <gale/value.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct gale_router {
    size_t size;        /* of this struct */
    void *instance;     /* instance_size bytes, zeroed, owned by the host */
    const char *from;   /* the producing component … */
    const char *stream; /* … its stream … */
    const char *to;     /* … and the consuming component */
    const char *const *fields; /* names of the stream's fields */
    uint32_t n_fields;
    uint32_t n_targets;        /* tasks of the consumer */
    const int32_t *target_ids; /* their task ids, ascending */
    uint64_t seed;             /* random, the same for a whole run */
    char *error;               /* error_max bytes: gale_grouping_error() */
    size_t error_max;
} gale_router;

/* What choose returns after gale_grouping_error(): the tuple has no target, and
 * the topology stops. */
#define GALE_NO_CHOICE UINT32_MAX

/*
 * Say why; the sentence that stops the topology has it. In prepare and choose:
 *     gale_grouping_error(r, "%u targets are too many", r->n_targets);
 *     return GALE_FATAL;                   (of choose: GALE_NO_CHOICE)
 */
GALE_PRINTF(2, 3)
static inline void gale_grouping_error(gale_router *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(r->error, r->error_max, format, args);
    va_end(args);
}

typedef struct gale_grouping {
    uint32_t abi;        /* GALE_ABI */
    uint32_t size;       /* of this struct */
    const char *name;    /* the id it is found by */
    const char *summary; /* one line for people */
    uint64_t features;   /* reserved: 0 */
    uint32_t instance_size;
    uint32_t reserved;
    /* Optional; once, before the first tuple. An error stops the topology. */
    gale_result (*prepare)(gale_router *router);
    /*
     * Write the chosen targets, as indices 0 … n_targets - 1, each at most
     * once, and return how many (0 … n_targets): targets has room for
     * n_targets. An index out of range or given twice is fatal, and so is
     * GALE_NO_CHOICE. values are borrowed.
     */
    uint32_t (*choose)(gale_router *router, const gale_value *values,
                       uint32_t n, uint32_t *targets);
    /* Optional; once, at the end. */
    void (*cleanup)(gale_router *router);
} gale_grouping;

#ifndef __cplusplus /* C++ has it in gale/topology.hpp */
#define GALE_GROUPING(id_, ...)                                                \
    GALE_MANIFEST(grouping, id_);                                              \
    GALE_EXPORT extern const gale_grouping gale_grouping_##id_;                \
    GALE_EXPORT const gale_grouping gale_grouping_##id_ = {                    \
        .abi = GALE_ABI,                                                       \
        .size = sizeof(gale_grouping),                                         \
        .name = #id_,                                                          \
        __VA_ARGS__}
#endif

#endif
