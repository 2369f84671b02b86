/*
 * stream_sums.h - what the streams of one component have done, added up over
 * workers: counts, and times bucket by bucket, so that quantiles are those of
 * all tuples.
 *
 * What comes from a worker may be anything: names are looked at, and how many
 * there may be is bounded.
 */
#ifndef GALE_STREAM_SUMS_H
#define GALE_STREAM_SUMS_H

#include "common/histogram.h"
#include "common/pack.h"

#define STREAM_SUMS_MAX 1024u /* outputs and inputs of a component */

struct stream_sum {
    char *from; /* of an input: whose stream it is; NULL: of an output */
    char *name;
    uint64_t counts[6]; /* those of outputs, or of inputs: stream_sums.c */
    /* Of an input: execute, process; of an output: complete. NULL: nothing was
     * told. */
    struct histogram_snapshot *times[2];
};

/* All bytes zero: nothing. */
struct stream_sums {
    struct stream_sum *list;
    uint32_t n;
    uint32_t max;     /* the owner's, at most STREAM_SUMS_MAX */
    double busy;      /* executors that were, in the mean … */
    double executors; /* … of so many */
    bool cut;         /* there are more, or times that were not told */
};

void stream_sums_free(struct stream_sums *s);

/* What a worker has told of the component; see worker/worker_counters.c. */
void stream_sums_add(struct stream_sums *s, const msgpack_object *component);

/* Three pairs of a map: capacity, outputs and inputs. */
void stream_sums_pack(const struct stream_sums *s, bool spout, struct pack *p);

#endif
