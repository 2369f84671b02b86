/*
 * delays.h - how old records are when they come: each has the time at which it
 * was sent as its value, in nanoseconds of the monotonic clock.
 */
#ifndef BENCH_CONNECTORS_DELAYS_H
#define BENCH_CONNECTORS_DELAYS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DELAYS_DIGITS = 20 };

/* Starts zeroed, but for skip and most ≥ 1: so many at first do not count, so
 * many do. */
struct delays {
    size_t skip, most, n;
    int64_t *values;
};

static inline int64_t delays_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* True: that was the last one. */
static inline bool delays_add(struct delays *d, const void *value, size_t size)
{
    int64_t now = delays_now();
    char text[DELAYS_DIGITS + 1] = {0};

    if (d->skip > 0) {
        d->skip--;
        return false;
    }
    if (d->values == NULL)
        d->values = malloc(d->most * sizeof(*d->values));
    if (d->values == NULL || d->n == d->most)
        return true;
    memcpy(text, value, size < DELAYS_DIGITS ? size : DELAYS_DIGITS);
    d->values[d->n++] = now - strtoll(text, NULL, 10);
    return d->n == d->most;
}

static inline int delays_compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* The median and the 99th percentile in microseconds, onto standard output. */
static inline void delays_print(struct delays *d)
{
    if (d->n == 0)
        return;
    qsort(d->values, d->n, sizeof(*d->values), delays_compare);
    printf("%lld %lld\n", (long long)d->values[d->n / 2] / 1000,
           (long long)d->values[d->n * 99 / 100] / 1000);
    fflush(stdout);
    free(d->values);
}

#endif
