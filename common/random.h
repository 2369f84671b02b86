/*
 * random.h - a small seeded generator of pseudo-random numbers.
 *
 * The generator is a 64-bit counter with an odd step whose values pass through
 * mix64(); 8 bytes of state, about a nanosecond a number. Good for choices,
 * jitter and ids, not for secrets. Same seed, same numbers, on any machine, so
 * that a run can be repeated.
 */
#ifndef GALE_RANDOM_H
#define GALE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

#define RANDOM_STEP UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

/* One-to-one on 64 bits; every bit of x changes half the bits of the result. */
static inline uint64_t mix64(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Neighbouring seeds (1, 2, 3 …) give unrelated numbers. */
static inline void random_seed(struct random *r, uint64_t seed)
{
    r->state = mix64(seed ^ RANDOM_STEP);
}

static inline uint64_t random_next(struct random *r)
{
    r->state += RANDOM_STEP;
    return mix64(r->state);
}

/* 0 … n - 1; n ≥ 1. Uneven by at most n / 2^64. */
static inline uint64_t random_below(struct random *r, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)random_next(r) * n) >> 64);
}

#endif
