/* throughput.c - how many tuples a second a running topology executes. */
#include "tests/bench/throughput.h"
#include "tests/bench/embedded.h"
#include "tests/bench/resident.h"
#include "tests/bench/zipf_text.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Many executors take their time until they have all come to run. */
#define MANY 100
#define MANY_WARMUP 3.0

/* Tuples a second, in the unit of the case's figure. */
static double in_unit(const struct bench_case *c, double per_second)
{
    return strcmp(c->topology, "payload") != 0
               ? per_second / 1e6
               : per_second * (double)c->size / 1e9;
}

/* What the figure is of. The events of an example are not those that its last
 * bolt has got: it filters. */
static uint64_t counted(const struct bench_case *c,
                        const struct embedded_counts *n)
{
    if (c->run != throughput_example)
        return n->last;
    return c->acked ? n->acked : n->messages;
}

int throughput_of(struct embedded *e, const struct bench_run *r)
{
    double warmup = r->of->parallelism < MANY ? 0.3 : MANY_WARMUP;
    struct embedded_counts before, after;
    double start, n;

    if (embedded_start(e, r->of->carriers) || embedded_run(e, warmup))
        return -1;
    embedded_count(e, &before);
    start = bench_now();
    if (embedded_run(e, r->options->seconds))
        return -1;
    embedded_count(e, &after);
    n = (double)(counted(r->of, &after) - counted(r->of, &before));
    bench_figure("rate", in_unit(r->of, n / (bench_now() - start)));
    bench_figure("pending", (double)after.pending);
    bench_figure("resident", resident_bytes(getpid()) / 1024 / 1024);
    return embedded_stop(e);
}

int throughput(const struct bench_run *r)
{
    struct embedded e;
    int rc = embedded_build(&e, r->of);

    if (!rc)
        rc = throughput_of(&e, r);
    embedded_free(&e);
    return rc;
}

/* -- topologies that ship -------------------------------------------------- */

static int load(struct embedded *e, const char *topology,
                const char *const *args, bool acked)
{
    char *argv[4];
    int argc = 0;
    gale_err error;

    for (; args[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc];
    *e = (struct embedded){.builder = gale_builder_new(), .acked = acked};
    if (!gale_builder_load(e->builder, topology, argc, argv, &error))
        return 0;
    fprintf(stderr, "bench: %s\n", error.text);
    return -1;
}

static int to_nowhere(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    return fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ? -1 : close(fd);
}

/* As `-c` does. */
static int track(struct embedded *e)
{
    const char *tracked =
        e->acked ? "events.tracked=true" : "events.tracked=false";
    gale_err error;

    if (gale_builder_override(e->builder, tracked, NULL, NULL, &error) >= 0)
        return 0;
    fprintf(stderr, "bench: %s\n", error.text);
    return -1;
}

int throughput_example(const struct bench_run *r)
{
    const struct bench_case *c = r->of;
    struct embedded e;
    int rc;

    if (to_nowhere())
        return -1;
    rc = load(&e, c->topology, c->args, c->acked);
    if (!rc)
        rc = track(&e);
    if (!rc)
        rc = throughput_of(&e, r);
    embedded_free(&e);
    return rc;
}

/* -- the large text -------------------------------------------------------- */

static int read_to_the_end(struct embedded *e, const struct bench_run *r,
                           const struct zipf_text *text)
{
    struct embedded_counts counts;
    double start = bench_now();

    if (embedded_start(e, r->of->carriers))
        return -1;
    gale_local_wait(e->local, -1);
    if (embedded_stop(e))
        return -1;
    bench_figure("rate", (double)text->words / (bench_now() - start) / 1e6);
    embedded_count(e, &counts);
    if (counts.last == text->words)
        return 0;
    fprintf(stderr, "bench: the text has %llu words, %llu were counted\n",
            (unsigned long long)text->words, (unsigned long long)counts.last);
    return -1;
}

int throughput_file(const struct bench_run *r)
{
    struct zipf_text text;
    const char *const args[] = {text.path, NULL};
    struct embedded e;
    int rc;

    if (zipf_text_get(&text, r->options->file_mb) || to_nowhere())
        return -1;
    rc = load(&e, "wordcount", args, true);
    if (!rc)
        rc = read_to_the_end(&e, r, &text);
    embedded_free(&e);
    return rc;
}
