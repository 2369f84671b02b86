/*
 * placement.c - two pinned threads play ping-pong with one cache line.
 *
 * The line holds a number: one side makes odd numbers of even ones, the other
 * even ones of odd ones. Threads live for the length of one probe.
 */
#include "tests/bench/placement.h"
#include "common/check.h"
#include "tests/bench/bench.h"
#include "tests/bench/samples.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

enum {
    SLICES = 33,
    TRANSFERS = 4000, /* of a slice: 0.1 to 1 ms */
};

#define SMT_BELOW_NS 35
#define NEAR_BELOW_NS 120

/* Both sides write to it, each when it has the turn. */
struct line {
    _Alignas(128) _Atomic uint64_t n;
    char pad[128 - sizeof(uint64_t)];
};

struct side {
    struct line *line;
    uint64_t first; /* the turn of this side: this number and every other */
    int cpu;
};

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((unsigned)cpu, &set);
    /* Refused at worst: then the measurement is rough. */
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void await(struct line *line, uint64_t n)
{
    while (atomic_load_explicit(&line->n, memory_order_acquire) != n)
        __builtin_ia32_pause();
}

static void play_slice(struct line *line, uint64_t from, uint64_t until)
{
    for (uint64_t n = from; n < until; n += 2) {
        await(line, n);
        atomic_store_explicit(&line->n, n + 1, memory_order_release);
    }
}

static void *answer(void *arg)
{
    const struct side *s = arg;

    pin(s->cpu);
    play_slice(s->line, s->first, (uint64_t)SLICES * TRANSFERS);
    return NULL;
}

static double measure(int cpu, int other)
{
    static struct line line;
    struct side side = {&line, 1, other};
    struct samples times = {.n = 0};
    pthread_t thread;

    atomic_store(&line.n, 0);
    check(pthread_create(&thread, NULL, answer, &side) == 0);
    pin(cpu);
    for (uint64_t i = 0; i < SLICES; i++) {
        double start = bench_now();

        play_slice(&line, i * TRANSFERS, (i + 1) * TRANSFERS);
        samples_add(&times, (bench_now() - start) / TRANSFERS * 1e9);
    }
    pthread_join(thread, NULL);
    return samples_median(&times);
}

/* The first two processors that we may use; how many there are of them. */
static int two_cpus(const cpu_set_t *allowed, int cpus[2])
{
    int n = 0;

    for (int i = 0; i < CPU_SETSIZE && n < 2; i++)
        if (CPU_ISSET((unsigned)i, allowed))
            cpus[n++] = i;
    return n;
}

double placement_ns(void)
{
    cpu_set_t allowed;
    double ns = 0;
    int cpus[2];

    CPU_ZERO(&allowed);
    if (pthread_getaffinity_np(pthread_self(), sizeof(allowed), &allowed))
        return 0;
    if (two_cpus(&allowed, cpus) == 2)
        ns = measure(cpus[0], cpus[1]);
    pthread_setaffinity_np(pthread_self(), sizeof(allowed), &allowed);
    return ns;
}

enum placement_class placement_class(double ns)
{
    if (ns <= 0)
        return PLACEMENT_NONE;
    return ns < SMT_BELOW_NS    ? PLACEMENT_SMT
           : ns < NEAR_BELOW_NS ? PLACEMENT_NEAR
                                : PLACEMENT_FAR;
}

enum placement_class placement_between(double before, double after)
{
    enum placement_class c = placement_class(before);

    return c == placement_class(after) ? c : PLACEMENT_MIXED;
}

const char *placement_name(enum placement_class c)
{
    static const char *const names[] = {"none", "smt", "near", "far", "mixed"};

    return names[c];
}
