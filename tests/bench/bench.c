/*
 * bench.c - measures gale: `bench FILE.jsonl`, called by run.sh for `make
 * bench`; docs/benchmarks.md says how to read what it prints.
 *
 * `bench FILE.jsonl BASE` runs each case by turns with the bench of another
 * build and shows ratios: `make bench BASE=REVISION`.
 *
 * `bench --run CASE [RATE [SIZE [EXECUTORS]]]` is one run of one case, in this
 * process: what the parent starts, and what a profiler is pointed at. RATE:
 * messages a second, of which a paced case takes its load. SIZE, EXECUTORS: in
 * place of the case's own, for pictures (plots.sh); 0: its own.
 */
#include "tests/bench/bench.h"
#include "tests/bench/compare.h"
#include "tests/bench/instructions.h"
#include "tests/bench/rounds.h"
#include "tests/bench/throughput.h"
#include "tests/bench/verdict.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Where figures go: the standard output that the process was started with. */
static FILE *figures;

void bench_figure(const char *name, double value)
{
    fprintf(figures, "%s\t%.17g\n", name, value);
    fflush(figures);
}

double bench_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* -- options --------------------------------------------------------------- */

static int read_number(const char *name, double least, double most, double *to)
{
    const char *text = getenv(name);
    char *end;

    if (!text || !*text)
        return 0;
    *to = strtod(text, &end);
    if (!*end && *to >= least && *to <= most)
        return 0;
    fprintf(stderr, "bench: %s is \"%s\": give a number from %g to %g\n", name,
            text, least, most);
    return -1;
}

int bench_options_read(struct bench_options *o)
{
    double runs = 7, mb = 1000;

    *o = (struct bench_options){.seconds = 1, .latency_seconds = 4};
    if (read_number("BENCH_SECONDS", 0.05, 3600, &o->seconds) ||
        read_number("BENCH_LATENCY_SECONDS", 0.1, 3600, &o->latency_seconds) ||
        read_number("BENCH_RUNS", 1, BENCH_RUNS_MAX, &runs) ||
        read_number("BENCH_FILE_MB", 1, 100000, &mb))
        return -1;
    o->runs = (uint32_t)runs;
    o->file_mb = (uint32_t)mb;
    o->only = getenv("ONLY") ? getenv("ONLY") : "";
    return 0;
}

/* -- one run --------------------------------------------------------------- */

/* 0 if it is not there. */
static double argument(int argc, char **argv, int i)
{
    return argc > i ? strtod(argv[i], NULL) : 0;
}

static void change(struct bench_case *c, double size, double executors)
{
    if (size > 0)
        c->size = (uint64_t)size;
    if (executors > 0)
        c->parallelism = (uint32_t)executors;
}

static int run_one(int argc, char **argv, const struct bench_options *o)
{
    const struct bench_case *named = cases_find(argv[2]);
    struct bench_case c;
    struct bench_run r = {
        .of = &c, .options = o, .rate = argument(argc, argv, 3)};
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

    if (!named || !named->run) {
        fprintf(stderr, "bench: there is no case %s that can be run\n",
                argv[2]);
        return -1;
    }
    c = *named;
    change(&c, argument(argc, argv, 4), argument(argc, argv, 5));
    if (r.of->paced_by && r.rate <= 0) {
        fprintf(stderr, "bench: %s needs a rate, the messages a second of %s\n",
                r.of->id, r.of->paced_by);
        return -1;
    }
    figures = fd < 0 ? NULL : fdopen(fd, "w");
    if (!figures) {
        fprintf(stderr, "bench: standard output: %s\n", strerror(errno));
        return -1;
    }
    return r.of->run(&r);
}

/* So many messages of a case, for valgrind to count instructions. */
static int count_one(int argc, char **argv)
{
    const struct bench_case *c = argc == 4 ? cases_find(argv[2]) : NULL;

    if (c && c->run == throughput)
        return instructions(c, argv[3]);
    fprintf(stderr, "usage: bench --count CASE N\n");
    return -1;
}

/* -- all of them ----------------------------------------------------------- */

static int measure(const struct bench_options *o, FILE *json)
{
    struct found *found = xcalloc(cases_n, sizeof(*found));
    int rc = rounds_choose(found, o, true);

    if (!rc) {
        rc = rounds_run(found, o);
        verdict_table(found, stdout);
        if (verdict_json(found, json))
            rc = -1;
    }
    free(found);
    return rc;
}

static int run_all(int argc, char **argv, const struct bench_options *o)
{
    FILE *json = fopen(argv[1], "we");
    int rc;

    if (!json || !getenv("GALE_BUILD")) {
        fprintf(stderr, "bench: %s: %s\n", argv[1],
                json ? "GALE_BUILD is not set: start it by run.sh"
                     : strerror(errno));
        return -1;
    }
    rc = argc > 2 ? compare(o, argv[2], json) : measure(o, json);
    if (fflush(stdout) || fclose(json)) {
        fprintf(stderr, "bench: cannot write the figures: %s\n",
                strerror(errno));
        rc = -1;
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct bench_options o;

    bool run = argc > 1 && !strcmp(argv[1], "--run");
    bool count = argc > 1 && !strcmp(argv[1], "--count");

    if (argc < 2 || (run && argc < 3) ||
        (argv[1][0] == '-' && !run && !count)) {
        fprintf(stderr, "usage: bench FILE.jsonl [BASE]\n       bench --run "
                        "CASE [RATE [SIZE "
                        "[EXECUTORS]]]\n"
                        "       bench --count CASE N\n");
        return 2;
    }
    if (bench_options_read(&o))
        return 2;
    if (count)
        return count_one(argc, argv) ? 1 : 0;
    if (run)
        return run_one(argc, argv, &o) ? 1 : 0;
    return run_all(argc, argv, &o) ? 1 : 0;
}
