/* samples.h - a handful of measurements: smallest, middle, largest. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include "common/check.h"
#include <stdint.h>
#include <string.h>

enum { SAMPLES_MAX = 1000 };

struct samples {
    uint32_t n;
    double values[SAMPLES_MAX]; /* ascending */
};

static inline void samples_add(struct samples *s, double value)
{
    uint32_t at = s->n;

    check(s->n < SAMPLES_MAX);
    while (at > 0 && s->values[at - 1] > value)
        at--;
    memmove(s->values + at + 1, s->values + at,
            (s->n - at) * sizeof(s->values[0]));
    s->values[at] = value;
    s->n++;
}

/* At least one has been added. */
static inline double samples_median(const struct samples *s)
{
    uint32_t half = s->n / 2;

    check(s->n > 0);
    return s->n % 2 ? s->values[half]
                    : (s->values[half - 1] + s->values[half]) / 2;
}

static inline double samples_min(const struct samples *s)
{
    check(s->n > 0);
    return s->values[0];
}

static inline double samples_max(const struct samples *s)
{
    check(s->n > 0);
    return s->values[s->n - 1];
}

#endif
