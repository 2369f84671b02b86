/*
 * gale/invariant.h - what must be true of a topology in every run from a seed.
 *
 *     static void balanced(gale_look *look)
 *     {
 *         const struct till *till = gale_look_at(look, "till", 0);
 *
 *         if (till->taken != till->given + till->kept)
 *             gale_look_wrong(look, "taken %lld, of which %lld are nowhere",
 *                             till->taken, till->taken - till->given);
 *     }
 *
 *     GALE_INVARIANT(balanced, .summary = "no penny is lost",
 *                    .look = balanced);
 *
 * `gale local --seed` and `--seeds` call the invariants of the file that the
 * topology is in. They do so at quiet points, where no callback runs and no
 * tuple is under way, and once more in the end, when all final results are out
 * and nothing is closed yet (end). What is wrong ends the run, with the command
 * that repeats it. Other runs do not call them.
 *
 * At a quiet point messages may be pending: of a tuple that a fault has lost,
 * or that a bolt holds. In the end there are none. After a crash (restarts) the
 * tasks of a host have begun anew: their instances, too, and what they had sent
 * is executed once more.
 *
 * What is found is borrowed until the return, and must not be changed. Nothing
 * here waits or emits; clock and chance are not to be asked.
 */
#ifndef GALE_INVARIANT_H
#define GALE_INVARIANT_H

#include <gale/abi.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct gale_look gale_look;

/* Exact, since the start, of all tasks of a component. Start from
 * {.size = sizeof(gale_look_counts)}. */
typedef struct gale_look_counts {
    size_t size;       /* of this struct */
    uint64_t emitted;  /* calls of emit, all streams */
    uint64_t executed; /* bolts: inputs */
    uint64_t acked;    /* spouts: messages; bolts: inputs */
    uint64_t failed;   /* the same */
    uint64_t pending;  /* spouts: messages */
    uint64_t held;     /* bolts: inputs */
} gale_look_counts;

/* The host's side; members are only ever added at the end. */
typedef struct gale_look_host {
    size_t size; /* of this table */
    uint32_t (*tasks)(gale_look *, const char *component);
    const void *(*at)(gale_look *, const char *component, uint32_t index);
    bool (*counts)(gale_look *, const char *component, gale_look_counts *);
    void (*wrong)(gale_look *, const char *text);
} gale_look_host;

struct gale_look {
    const gale_look_host *host;
    int64_t now_ns;    /* of the world's clock, as gale_now() */
    uint32_t end;      /* 1: all results are out; 0: a quiet point */
    uint32_t restarts; /* tasks that have begun anew, so far */
};

/* How many tasks the component has; 0: there is none of that id. */
static inline uint32_t gale_look_tasks(gale_look *look, const char *component)
{
    return look->host->tasks(look, component);
}

/* The instance of a task, by its index from 0 on; NULL if there is none. */
static inline const void *gale_look_at(gale_look *look, const char *component,
                                       uint32_t index)
{
    return look->host->at(look, component, index);
}

/* False if there is no such component. */
static inline bool gale_look_count(gale_look *look, const char *component,
                                   gale_look_counts *counts)
{
    return look->host->counts(look, component, counts);
}

/* It is not true; the first text of a run is kept, up to 400 bytes of it. */
GALE_PRINTF(2, 3)
static inline void gale_look_wrong(gale_look *look, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    look->host->wrong(look, text);
}

typedef struct gale_invariant {
    uint32_t abi;        /* GALE_ABI */
    uint32_t size;       /* of this struct */
    uint32_t host_needs; /* least size of gale_look_host */
    uint32_t reserved;
    uint64_t features;   /* reserved: 0 */
    const char *name;    /* the id it is found by */
    const char *summary; /* one line for people */
    void (*look)(gale_look *look);
} gale_invariant;

#ifndef __cplusplus /* C++ has it in gale/topology.hpp */
#define GALE_INVARIANT(id_, ...)                                               \
    GALE_MANIFEST(invariant, id_);                                             \
    GALE_EXPORT extern const gale_invariant gale_invariant_##id_;              \
    GALE_EXPORT const gale_invariant gale_invariant_##id_ = {                  \
        .abi = GALE_ABI,                                                       \
        .size = sizeof(gale_invariant),                                        \
        .host_needs = sizeof(gale_look_host),                                  \
        .name = #id_,                                                          \
        __VA_ARGS__}
#endif

#endif
