/*
 * backoff.h - when a spout is asked again that had nothing and said nothing.
 *
 * At first soon, since more may be about to come. Being woken costs some µs
 * however little is done then, so that what is asked each millisecond for hours
 * would use more of a CPU than an idle topology may: the longer nothing comes,
 * the less often. Pure.
 */
#ifndef GALE_BACKOFF_H
#define GALE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_MIN_NS 50000
#define BACKOFF_SOON_NS 1000000 /* doubled up to this, in 1 ms, … */
#define BACKOFF_MAX_NS 4000000  /* … and then slowly up to this, in 40 ms */

/* After a pause of `ns` in vain; 0: this is the first. */
static inline int64_t backoff_next(int64_t ns)
{
    if (ns < BACKOFF_MIN_NS)
        return BACKOFF_MIN_NS;
    ns += ns < BACKOFF_SOON_NS ? ns : ns / 16;
    return ns < BACKOFF_MAX_NS ? ns : BACKOFF_MAX_NS;
}

#endif
