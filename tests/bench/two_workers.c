/* two_workers.c - how many tuples a second cross; see two_workers.h. */
#include "tests/bench/two_workers.h"
#include "tests/bench/latency.h"
#include "tests/bench/forked_worker.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DRAIN_MS = 60000 };

/* -- both of them ---------------------------------------------------------- */

static struct forked_worker workers[FORKED_WORKERS];

static int refused(const char *why)
{
    fprintf(stderr, "bench: two workers: %s\n", why);
    return -1;
}

static void build(struct embedded *e, const struct bench_run *r)
{
    if (!strncmp(r->of->topology, "due", 3))
        latency_build(e, r->of, latency_rate(r));
    else
        embedded_build(e, r->of);
    gale_configure(e->builder, "gale.worker.transport",
                   gale_cstr(r->of->transport));
}

static int start(const struct bench_run *r)
{
    uint16_t ports[FORKED_WORKERS];
    struct worker_answer a;
    struct embedded e;
    int rc = 0;

    build(&e, r);
    for (uint32_t i = 0; i < FORKED_WORKERS && !rc; i++)
        rc = forked_worker_start(&workers[i], &e, i, r->of->carriers);
    for (uint32_t i = 0; i < FORKED_WORKERS && !rc; i++) {
        rc = forked_worker_ask(&workers[i], &a);
        ports[i] = a.port;
    }
    for (uint32_t i = 0; i < FORKED_WORKERS && !rc; i++)
        rc = forked_worker_join(&workers[i], &a, ports);
    embedded_free(&e);
    return rc;
}

static int end(void)
{
    int rc = 0;

    for (uint32_t i = 0; i < FORKED_WORKERS; i++)
        if (forked_worker_end(&workers[i]))
            rc = -1;
    return rc;
}

static void pause_ms(double ms)
{
    struct timespec t = {(time_t)(ms / 1e3),
                         (long)((ms - (double)(time_t)(ms / 1e3) * 1e3) * 1e6)};

    nanosleep(&t, NULL);
}

/* Both together; `quiet` is that both are. */
static int add_up(struct worker_answer *sum,
                  int (*ask)(struct forked_worker *, struct worker_answer *))
{
    *sum = (struct worker_answer){.quiet = true};
    for (uint32_t i = 0; i < FORKED_WORKERS; i++) {
        struct worker_answer a;

        if (ask(&workers[i], &a))
            return -1;
        sum->quiet &= a.quiet;
        sum->pending += a.pending;
        sum->sent += a.sent;
        sum->received += a.received;
        sum->measured += a.measured;
        sum->counts.messages += a.counts.messages;
        sum->counts.acked += a.counts.acked;
        sum->counts.failed += a.counts.failed;
        sum->counts.pending += a.counts.pending;
        sum->counts.sent += a.counts.sent;
        sum->counts.executed += a.counts.executed;
        sum->counts.last += a.counts.last;
    }
    return 0;
}

/* -- the end --------------------------------------------------------------- */

static bool is_drained(const struct worker_answer *now,
                       const struct worker_answer *before)
{
    return now->quiet && before->quiet && now->pending == 0 &&
           now->sent == now->received && now->sent == before->sent &&
           now->counts.executed == before->counts.executed;
}

/* Drain, and account for every tuple. */
static int drain(const struct bench_run *r)
{
    struct worker_answer before, now;

    if (add_up(&now, forked_worker_drain))
        return -1;
    for (int ms = 0; ms < DRAIN_MS; ms += 5) {
        before = now;
        pause_ms(5);
        if (add_up(&now, forked_worker_ask))
            return -1;
        if (is_drained(&now, &before))
            return embedded_account(&now.counts, r->of->acked);
    }
    return refused("they do not come to rest");
}

/* -- measuring ------------------------------------------------------------- */

static int measure_rate(const struct bench_run *r)
{
    struct worker_answer before, after;
    double begun;

    pause_ms(500);
    if (add_up(&before, forked_worker_ask))
        return -1;
    begun = bench_now();
    pause_ms(r->options->seconds * 1e3);
    if (add_up(&after, forked_worker_ask))
        return -1;
    bench_figure("rate", (double)(after.counts.last - before.counts.last) /
                             (bench_now() - begun) / 1e6);
    if (before.counts.last == 0)
        return refused("nothing came through");
    return drain(r);
}

static int measure_latency(const struct bench_run *r)
{
    struct worker_answer sum;

    pause_ms((LATENCY_WARMUP + r->options->latency_seconds) * 1e3);
    if (drain(r) || add_up(&sum, forked_worker_figures))
        return -1;
    latency_note(r, sum.measured / (r->of->acked ? 2 : 1));
    return 0;
}

static int run(const struct bench_run *r,
               int (*measure)(const struct bench_run *))
{
    int rc = start(r);

    if (!rc)
        rc = measure(r);
    return end() || rc ? -1 : 0;
}

int two_workers(const struct bench_run *r)
{
    return run(r, measure_rate);
}

int two_workers_latency(const struct bench_run *r)
{
    return run(r, measure_latency);
}
