/*
 * naps.h - bolts that wait now and then, and do not say so, so that the engine
 * gives them carriers of their own; and what they see.
 *
 * They wait in poll() for nothing, longer than a run may be taken for a short
 * one: however busy the machine is, that is a long run in which nothing is
 * computed.
 */
#ifndef TESTS_NAPS_H
#define TESTS_NAPS_H

#include "tests/support/setting.h"
#include <stdatomic.h>

enum { NAPS_EVERY = 20 };

/* What the bolts of a run have seen: `arg` of their probes. */
struct naps {
    _Atomic(uint32_t) executed, naps, ticks, posts, works, wrong;
    _Atomic(bool) goes_on; /* somebody else is to */
};

/* One task's; numbers come in turn from each of its producers. */
struct naps_task {
    int64_t last[64], sent;
    uint32_t n, works;
    const gale_tuple *kept;
};

#define NAPS_TASK .state_size = sizeof(struct naps_task), .streams = OUTPUT_N

/* Once. */
void naps_wait(void);
/* Every so many calls. */
void naps_now_and_then(gale_task *task);

/* `execute` of bolts: what comes is in order; the others pass on numbers of
 * their own, since those of several producers mix. */
gale_result naps_take(gale_task *task, const gale_tuple *in);
gale_result naps_pass_on(gale_task *task, const gale_tuple *in);
gale_result naps_and_pass_on(gale_task *task, const gale_tuple *in);

/* `open` of a bolt. */
gale_result naps_tick_often(gale_task *task);

/* Of the run, now. */
uint32_t naps_carriers(struct setting *s);

#endif
