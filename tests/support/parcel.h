/*
 * parcel.h - one tuple that a spout emits to one of four streams, and what a
 * bolt finds in it.
 */
#ifndef TESTS_PARCEL_H
#define TESTS_PARCEL_H

#include "tests/support/topology_run.h"
#include <stdatomic.h>

struct parcel {
    uint32_t stream; /* of parcel_streams */
    gale_result (*send)(gale_task *task);
    bool (*check)(const gale_tuple *in);
    _Atomic(uint32_t) right, wrong; /* what check() said, so often */
};

enum { PARCEL_STREAMS = 4 };

/* default: one; two: one, two; none: no field; direct: one. */
extern const gale_stream parcel_streams[PARCEL_STREAMS];

/* `execute` of the bolt; the parcel is its probe's arg. */
gale_result parcel_check(gale_task *task, const gale_tuple *in);

#endif
